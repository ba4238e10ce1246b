// SPDX-License-Identifier: Apache-2.0
//
// What a letter that was taken before is answered with: the receipt it got
// then, byte for byte, as long as its sender can believe it. Not any more when
// a restore ended the key before the time that the receipt names (the clock
// had been ahead), or when the key itself was lost: then the receipt is signed
// anew, or the sender would go on offering what we hold.
#ifndef AMPARO_NODE_DELIVERY_REPETITIONS_H_
#define AMPARO_NODE_DELIVERY_REPETITIONS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/outbox.h"
#include "node/storage/store.h"

namespace amparo::delivery {

// Thread-safe; `outbox` must outlive it.
class Repetitions {
 public:
  explicit Repetitions(const Outbox& outbox) : outbox_(outbox) {}

  // The receipt for `name`; nullopt when no such letter was taken. `former` is
  // the receipt that came with the letter, empty for none: a sender who has
  // the one we keep gets no other. When `batch` is not empty afterwards, the
  // receipt may leave only once it is committed; kVersionConflict there: ask
  // again. kRecordDamaged, kStorageFailed.
  absl::StatusOr<std::optional<std::string>> Answer(
      const LetterName& name, absl::string_view former,
      storage::Batch& batch) const;

 private:
  const Outbox& outbox_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_REPETITIONS_H_
