// SPDX-License-Identifier: Apache-2.0
#include "node/app/restore.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/retention_records.h"
#include "node/delivery/waiting_letters.h"
#include "node/peering/own_office.h"
#include "node/storage/read_only_store.h"
#include "node/storage/vault.h"

namespace amparo::app {
namespace {

// Nobody is reached while a backup is put right.
class NoLink final : public delivery::PeerLink, public peering::PeeringLink {
 public:
  absl::StatusOr<std::vector<delivery::Outcome>> Deliver(
      const OfficeId&, absl::Span<const std::string>) override {
    return Error(Reason::kUnavailable);
  }
  absl::StatusOr<std::string> AcceptInvitation(const peering::InvitationCode&,
                                               absl::string_view) override {
    return Error(Reason::kUnavailable);
  }
  absl::StatusOr<std::string> Hello(const peering::Peer&,
                                    absl::string_view) override {
    return Error(Reason::kUnavailable);
  }
};

absl::Status UnlessDamaged(const absl::Status& status, size_t& damaged) {
  if (ReasonOf(status) != Reason::kRecordDamaged) return status;
  ++damaged;
  return absl::OkStatus();
}

using RowReader =
    std::function<absl::Status(absl::string_view key, absl::string_view value)>;

// Calls `read` for each row and counts those that it finds damaged. The scan
// itself ends where the disk gives something else than was written.
absl::Status ReadSoundRows(const storage::Reader& store, storage::TableId table,
                           size_t& damaged, const RowReader& read) {
  return UnlessDamaged(
      store.ScanPrefix(table, {},
                       [&](absl::string_view key,
                           absl::string_view value) -> absl::StatusOr<bool> {
                         RETURN_IF_ERROR(
                             UnlessDamaged(read(key, value), damaged));
                         return true;
                       }),
      damaged);
}

}  // namespace

absl::StatusOr<Erasures> ErasedIn(const std::string& store_directory,
                                  storage::Disk* disk) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Reader> store,
                   storage::OpenReadOnly(store_directory, disk));
  Erasures erasures;
  RETURN_IF_ERROR(ReadSoundRows(
      *store, cases::ErasedCaseCodec::kTable, erasures.damaged,
      [&](absl::string_view key, absl::string_view) -> absl::Status {
        ASSIGN_OR_RETURN(const CaseId id,
                         cases::ErasedCaseCodec::DecodeKey(key));
        erasures.cases.try_emplace(id);
        return absl::OkStatus();
      }));
  for (const storage::TableId index :
       {storage::TableId::kCaseNumbers, storage::TableId::kCaseSources}) {
    RETURN_IF_ERROR(ReadSoundRows(
        *store, index, erasures.damaged,
        [&](absl::string_view key, absl::string_view value) -> absl::Status {
          ASSIGN_OR_RETURN(const CaseId id, cases::ReadCaseIndex(key, value));
          const auto found = erasures.cases.find(id);
          if (found != erasures.cases.end()) {
            found->second.push_back({index, std::string(key)});
          }
          return absl::OkStatus();
        }));
  }
  return erasures;
}

absl::StatusOr<Restored> RestoreNode(const Ground& ground,
                                     const crypto::Secret& node_key,
                                     const cases::ErasedCases& erased) {
  Restored restored;
  {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<storage::Vault> vault,
        storage::Vault::Open(ground.store, node_key.Clone(), ground.random));
    ASSIGN_OR_RETURN(const delivery::WaitingOverview waiting,
                     delivery::OverviewOfWaiting(ground.store, *vault));
    restored.letters_waiting = waiting.letters;
    ASSIGN_OR_RETURN(restored.incarnation,
                     peering::OwnOffice::RaiseIncarnation(
                         ground.store, *vault, ground.random, ground.clock,
                         waiting.last_written_at));
  }
  if (erased.empty()) return restored;
  NoLink link;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Node> node,
      Node::Open(ground, node_key.Clone(),
                 [&link](const peering::OwnOffice&, const peering::Peers&) {
                   return Links{link, link};
                 }));
  ASSIGN_OR_RETURN(restored.cases, node->retention().EraseAgain(erased));
  return restored;
}

}  // namespace amparo::app
