// SPDX-License-Identifier: Apache-2.0
#include "node/cases/counting_actions.h"

#include <string>

#include "crypto/base/bytes.h"
#include "node/base/status_macros.h"
#include "node/storage/table.h"

namespace amparo::cases {

using people::Permission;

absl::StatusOr<Quarter> CountingActions::Count(
    const people::Caller& caller, const RequestId& request,
    const std::vector<Profile::Pair>& said) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  CountingRecord record;
  ASSIGN_OR_RETURN(record.said,
                   CheckCounted(vocabulary::Lists::BuiltIn(), said));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(caller, request, people::BodyDigest("CountPerson", ""),
                 [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
                   record.quarter = QuarterOf(desk_.Today());
                   RETURN_IF_ERROR(
                       storage::Table<CountingCodec>(desk_.registry().vault())
                           .Insert(batch,
                                   crypto::RandomBytes(desk_.services().random,
                                                       CountingCodec::kKeySize),
                                   record));
                   RETURN_IF_ERROR(desk_.services().log.Record(
                       batch, {.kind = audit::EventKind::kPersonCounted,
                               .at = desk_.services().clock.Now(),
                               .actor = caller.person(),
                               .about = {}}));
                   std::string quarter;
                   crypto::AppendU32(
                       &quarter, static_cast<uint32_t>(record.quarter.year));
                   crypto::AppendU32(
                       &quarter, static_cast<uint32_t>(record.quarter.number));
                   return quarter;
                 }));
  crypto::ByteReader reader(answer);
  ASSIGN_OR_RETURN(const uint32_t year, reader.ReadU32());
  ASSIGN_OR_RETURN(const uint32_t number, reader.ReadU32());
  return Quarter{static_cast<int>(year), static_cast<int>(number)};
}

absl::StatusOr<Counts> CountingActions::Show(
    const people::Caller& caller) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseRead));
  Counts counts;
  counts.present = static_cast<int>(desk_.Today().year());
  RETURN_IF_ERROR(
      storage::Table<CountingCodec>(desk_.registry().vault())
          .Scan(desk_.store(), {}, {},
                [&](const std::string&, const storage::Row<CountingRecord>& row)
                    -> absl::StatusOr<bool> {
                  counts.tally.Add(row.value);
                  return true;
                }));
  return counts;
}

}  // namespace amparo::cases
