// SPDX-License-Identifier: Apache-2.0
//
// The agreements of this office, with their signatures.
#ifndef AMPARO_NODE_PEERING_AGREEMENTS_H_
#define AMPARO_NODE_PEERING_AGREEMENTS_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/peering/agreement.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {

// An agreement and who signed it.
struct SignedAgreement {
  Agreement agreement;
  std::string proposer_signature;  // DER; checked, never empty.
  std::string acceptor_signature;  // Empty until the acceptor signed.
  PersonId drawn_up_by;            // Our person, when we proposed it.
  PersonId signed_by;              // Our person, when we accepted it.

  bool fully_signed() const { return !acceptor_signature.empty(); }
};

// Thread-safe. Reads the store each time, because letters add signatures in
// transactions of delivery. Nothing unsigned or wrongly signed gets in: each
// signature is verified against the pinned office keys when it is added, and
// when a row is read that is not, byte for byte, the one read before.
class Agreements {
 public:
  // kRecordDamaged when a stored signature does not verify. All references
  // must outlive it.
  static absl::StatusOr<std::unique_ptr<Agreements>> Load(
      storage::Store& store, const storage::Vault& vault, const OwnOffice& own,
      const Peers& peers);
  ~Agreements();

  // kAgreementMissing when there is none. May be signed by one side only.
  absl::StatusOr<SignedAgreement> Get(const AgreementId& id) const;

  // The newest (by created_at, then id) that both signed and that is in force
  // at `now`. kAgreementExpired when the last one is over, else
  // kAgreementMissing.
  absl::StatusOr<Agreement> ActiveWith(const OfficeId& peer,
                                       absl::Time now) const;

  // The newest in that order, among those in force, that allows such a letter
  // of ours. Otherwise what CheckLetter() says of the newest one in force, or
  // as ActiveWith().
  absl::StatusOr<Agreement> Covering(const OfficeId& peer, LetterType type,
                                     Purpose purpose,
                                     const std::set<DataCategory>& categories,
                                     absl::Time now) const;

  // What a letter named: fully signed and the hash is its hash, in force or
  // not. kAgreementMissing, kAgreementHashMismatch.
  absl::StatusOr<Agreement> Named(const OfficeId& peer, const AgreementId& id,
                                  absl::string_view hash) const;

  // By created_at, then id; with one peer or with all.
  absl::StatusOr<std::vector<SignedAgreement>> List(
      std::optional<OfficeId> peer = std::nullopt) const;

  // Adds rows to `batch` for an agreement between us and a peer. Verifies the
  // signatures (kSignatureInvalid), the parties (kFieldInvalid, kPeerUnknown),
  // and that the id is new: with the same body it is OK and adds nothing, with
  // another kAlreadyExists.
  absl::Status Insert(storage::Batch& batch, const SignedAgreement& value);

  // Adds the acceptor's signature over the body we have. kAgreementMissing,
  // kAgreementHashMismatch, kSignatureInvalid, kWrongState when another
  // signature stands; the same one again is OK and changes nothing.
  absl::Status AddAcceptorSignature(storage::Batch& batch,
                                    const AgreementId& id,
                                    absl::string_view hash,
                                    absl::string_view signature,
                                    const PersonId& signed_by);

 private:
  class Impl;
  explicit Agreements(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_AGREEMENTS_H_
