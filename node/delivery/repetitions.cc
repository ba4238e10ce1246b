// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/repetitions.h"

#include <utility>

#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/receipts.h"
#include "node/peering/own_office.h"
#include "node/storage/table.h"

namespace amparo::delivery {

absl::StatusOr<std::optional<std::string>> Repetitions::Answer(
    const LetterName& name, absl::string_view former,
    storage::Batch& batch) const {
  const storage::Table<SeenCodec> table(outbox_.vault_);
  const SeenKey key{name.sender, name.message};
  ASSIGN_OR_RETURN(const auto seen, table.Get(outbox_.store_, key));
  if (!seen.has_value()) return std::optional<std::string>();
  const std::optional<std::string> kept(seen->value);
  const absl::StatusOr<SignedReceipt> receipt = ParseSignedReceipt(*kept);
  const absl::Time now = outbox_.clock_.Now();
  // What cannot be read is for fsck to name.
  if (former == *kept || !receipt.ok() ||
      StillHolds(receipt->body, outbox_.own_.bundle(), now)) {
    return kept;
  }
  ASSIGN_OR_RETURN(
      std::string renewed,
      outbox_.SignReceipt(name.message, receipt->body.plain_digest, name.sender,
                          outbox_.own_.id(), receipt->body.kind, now));
  RETURN_IF_ERROR(table.Replace(batch, key, *seen, renewed));
  return std::optional<std::string>(std::move(renewed));
}

}  // namespace amparo::delivery
