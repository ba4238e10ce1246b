// SPDX-License-Identifier: Apache-2.0
//
// What both directions of soundness.h need: signatures of letters and
// receipts, and threads without gaps. Not for others.
#ifndef AMPARO_NODE_DELIVERY_SOUNDNESS_EVIDENCE_H_
#define AMPARO_NODE_DELIVERY_SOUNDNESS_EVIDENCE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/soundness.h"
#include "node/storage/soundness.h"

namespace amparo::delivery {

// Whether `signature` is one of that office's key of that epoch. A key that
// the office's bundle no longer lists cannot be asked: a restore may have ended
// it, and then this is true.
bool SignatureHolds(const peering::KnownOffices& offices,
                    const OfficeId& office, uint32_t epoch,
                    absl::string_view dsse_type, absl::string_view body,
                    absl::string_view signature);

// Whether the stored receipt is of this kind for this letter, between these
// offices, issued by `issuer` and signed by it.
struct ReceiptPlace {
  ReceiptKind kind = ReceiptKind::kSubmitted;
  MessageId message;
  absl::string_view plain_digest;
  OfficeId sender;
  OfficeId receiver;
  OfficeId issuer;
};
bool ReceiptHolds(const peering::KnownOffices& offices,
                  absl::string_view signed_body, const ReceiptPlace& place);

// That the letters of every thread follow each other from the first to where
// the thread stands: each letter leads from (seq, digest before) to (seq + 1,
// its digest), each thread from (next seq, last digest) back to (1, zeros). All
// steps cancel out exactly when no letter is missing, doubled or out of place;
// no order and no memory is needed to see it.
class ThreadChains {
 public:
  // `digest` is what the next letter names as the one before it.
  void Letter(const ThreadKey& thread, uint64_t seq,
              absl::string_view prev_digest, absl::string_view digest);
  void Thread(const ThreadKey& thread, const ThreadState& state);
  void Add(const ThreadChains& other);

  // Adds a finding about `table` unless all steps cancel out. With `mute`
  // letters, whose place nobody can read, only their number is compared.
  void Finish(storage::Inspection& inspection, storage::TableId table,
              uint64_t mute) const;

 private:
  storage::RowSet from_;
  storage::RowSet to_;
  uint64_t letters_ = 0;
  uint64_t expected_letters_ = 0;
};

// Holds the threads of a table against its letters, which are in `chains`;
// `letters` says how many of these could be read. Codec: ThreadOutCodec or
// ThreadInCodec.
template <class Codec>
absl::Status CheckThreads(storage::Inspection& inspection,
                          const storage::Opened& letters,
                          ThreadChains& chains) {
  ASSIGN_OR_RETURN(
      const storage::Opened opened,
      storage::OpenAll<Codec>(
          inspection, storage::Erasure::kNever,
          [&](const ThreadKey& key, const storage::Row<ThreadState>& row) {
            chains.Thread(key, row.value);
            return absl::OkStatus();
          }));
  if (opened.complete() && letters.damaged == 0) {
    chains.Finish(inspection, Codec::kTable, letters.mute);
  }
  return absl::OkStatus();
}

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_SOUNDNESS_EVIDENCE_H_
