// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/soundness_evidence.h"

#include "absl/strings/str_cat.h"
#include "crypto/sign/dsse.h"

namespace amparo::delivery {

using storage::Gravity;
using storage::Inspection;
using storage::TableId;

bool SignatureHolds(const peering::KnownOffices& offices,
                    const OfficeId& office, uint32_t epoch,
                    absl::string_view dsse_type, absl::string_view body,
                    absl::string_view signature) {
  const peering::KeyBundle* const bundle = offices.BundleOf(office);
  if (bundle == nullptr) return false;
  const auto key = bundle->SigningKeyOf(epoch);
  if (!key.ok()) return bundle->incarnation > 1;
  return crypto::VerifyDsse(key->key, dsse_type, body, signature).ok();
}

bool ReceiptHolds(const peering::KnownOffices& offices,
                  absl::string_view signed_body, const ReceiptPlace& place) {
  const absl::StatusOr<SignedReceipt> receipt = ParseSignedReceipt(signed_body);
  if (!receipt.ok()) return false;
  const ReceiptBody& body = receipt->body;
  return body.kind == place.kind && body.message == place.message &&
         body.plain_digest == place.plain_digest &&
         body.sender == place.sender && body.receiver == place.receiver &&
         body.issuer == place.issuer &&
         SignatureHolds(offices, place.issuer, body.key_epoch, kReceiptDsse,
                        receipt->body_bytes, receipt->signature);
}

void ThreadChains::Letter(const ThreadKey& thread, uint64_t seq,
                          absl::string_view prev_digest,
                          absl::string_view digest) {
  const std::string key = ThreadOutCodec::EncodeKey(thread);
  from_.Add({key, absl::StrCat(seq), prev_digest});
  to_.Add({key, absl::StrCat(seq + 1), digest});
  ++letters_;
}

void ThreadChains::Thread(const ThreadKey& thread, const ThreadState& state) {
  const std::string key = ThreadOutCodec::EncodeKey(thread);
  from_.Add({key, absl::StrCat(state.next_seq), state.last_digest});
  const ThreadState start;
  to_.Add({key, absl::StrCat(start.next_seq), start.last_digest});
  expected_letters_ += state.next_seq - start.next_seq;
}

void ThreadChains::Add(const ThreadChains& other) {
  from_.Add(other.from_);
  to_.Add(other.to_);
  letters_ += other.letters_;
  expected_letters_ += other.expected_letters_;
}

void ThreadChains::Finish(Inspection& inspection, TableId table,
                          uint64_t mute) const {
  if (letters_ + mute != expected_letters_) {
    inspection.Add(table, Gravity::kEvidence,
                   "threads stand elsewhere than their letters lead: letters "
                   "are missing, doubled or not counted");
  } else if (mute == 0 && from_ != to_) {
    inspection.Add(table, Gravity::kEvidence,
                   "letters of a thread do not follow each other by their "
                   "digests up to where the thread stands");
  }
}

}  // namespace amparo::delivery
