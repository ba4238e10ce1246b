// SPDX-License-Identifier: Apache-2.0
//
// This office: who it is and all its private keys. They are kept as sealed
// rows and are in no file in the clear.
//
//   office key    P-256     10 years; signs certificates, bundles, agreements
//   signing keys  P-256     1 year each, by epoch; letters, receipts, releases
//   log keys      Ed25519   1 year each, by epoch; checkpoints
//   TLS key       P-256     90 days; connections
//   sealing keys  X25519    made weekly, deleted after 30 days
#ifndef AMPARO_NODE_PEERING_OWN_OFFICE_H_
#define AMPARO_NODE_PEERING_OWN_OFFICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/seal/x25519.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/peering/key_bundle.h"
#include "node/peering/signed_body.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {

// What `amparod init` is told. All but the address is fixed for ever.
struct OfficeSettings {
  std::string name;     // See IsOfficeName().
  std::string country;  // Three capital letters (ISO 3166-1 alpha-3), or empty.
  std::string address;  // See IsAddress().
  bool exercise = false;
  NodeRole role = NodeRole::kOffice;
};

// What TLS needs; both parts belong together.
struct TlsIdentity {
  crypto::Secret private_key_pem;
  std::string certificate_pem;
};

// A signature by a signing key.
struct EpochSignature {
  uint32_t epoch = 0;
  std::string signature;  // DER.
};

// The URI that certificates of an office carry: "amparo:office:" and 32
// lower-case hexadecimal digits.
std::string OfficeUri(const OfficeId& office);

// Thread-safe: several threads may sign while one rotates. All references
// must outlive it.
class OwnOffice {
 public:
  // Makes identity and keys in one commit. kAlreadyExists when the store
  // already has an office, kFieldInvalid naming a setting. On failure nothing
  // is stored.
  static absl::Status Initialise(storage::Store& store, storage::Vault& vault,
                                 crypto::RandomSource& random, absl::Time now,
                                 const OfficeSettings& settings);

  // kNotInitialised before Initialise(); kRecordDamaged when keys do not
  // belong together.
  static absl::StatusOr<std::unique_ptr<OwnOffice>> Load(
      storage::Store& store, storage::Vault& vault,
      crypto::RandomSource& random, const Clock& clock);
  ~OwnOffice();

  // What makes a store that was put back from a backup fit to be used again,
  // before anything is opened over it: a new incarnation, above the stored one
  // and above each that peers have shown, so that no sequence number, key epoch
  // or bundle version of the lost time is used twice; new signing, log, TLS and
  // sealing keys; and a bundle in which all earlier signing and log keys have
  // ended. What they signed up to now, or up to `last_letter_at` when that is
  // later (the clock may have been set back), stays valid: a copy of the
  // office that goes on running is heard no more. One commit, with a leaf.
  // Returns the new incarnation. kNotInitialised, kRecordDamaged,
  // kLimitExceeded; on failure nothing is stored.
  static absl::StatusOr<uint32_t> RaiseIncarnation(storage::Store& store,
                                                   storage::Vault& vault,
                                                   crypto::RandomSource& random,
                                                   const Clock& clock,
                                                   absl::Time last_letter_at);

  const OfficeId& id() const;
  const std::string& name() const;
  const std::string& country() const;
  bool exercise() const;
  NodeRole role() const;
  uint32_t incarnation() const;
  const crypto::P256PublicKey& office_public_key() const;

  // The current bundle, and the serialised SignedBody that peers are sent:
  // the same bytes until something in it changes.
  KeyBundle bundle() const;
  std::string signed_bundle() const;

  // A peer holds `signed_bundle` as ours. When our office key signed it and it
  // is later than our present one, another of the same version, or of another
  // life of our incarnation, then this data is a copy put back without a
  // restore, or restored twice: that is stored, logged, and from then on every
  // signature is refused. kRestoreNeeded in that case, also
  // later and after a restart; OK for what we know; a bundle that is not ours
  // says nothing.
  absl::Status CheckHeldBundle(absl::string_view signed_bundle);
  // kRestoreNeeded once a peer has shown a later bundle. Signatures below
  // answer it too, so nothing is posted, sent or receipted.
  absl::Status CheckFresh() const;

  // A DSSE signature of the office key, DER; `dsse_type` is one of
  // signed_body.h.
  absl::StatusOr<std::string> SignAsOffice(absl::string_view dsse_type,
                                           absl::string_view body) const;

  // A DSSE signature of the newest signing key that is valid by the clock.
  absl::StatusOr<EpochSignature> Sign(absl::string_view dsse_type,
                                      absl::string_view body) const;
  // The epoch Sign() would use: it stands in headers that are signed.
  uint32_t signing_epoch() const;
  // The same with a given epoch. kKeyEpochUnknown for one we do not have.
  absl::StatusOr<std::string> SignWithEpoch(uint32_t epoch,
                                            absl::string_view dsse_type,
                                            absl::string_view body) const;

  // Null when there is no such key or it was deleted. The key stays usable as
  // long as the pointer is held: hold it for one letter only.
  std::shared_ptr<const crypto::X25519PrivateKey> SealingKeyFor(
      const SealingKeyId& id) const;

  // The log key that is valid by the clock; audit::Log asks before it signs.
  crypto::Ed25519PrivateKey LogKey() const;

  TlsIdentity tls_identity() const;
  // Rises when the TLS identity changes: connections made before should be
  // made again.
  uint64_t tls_generation() const;

  // Makes what is due: a sealing key a week after the last one, a TLS key when
  // less than 30 days are left, signing and log keys 30 days before the last
  // one ends (used a week later, when peers know them); deletes sealing keys
  // whose time has come, with the data key they were sealed under. One commit
  // with a bundle of the next version and a leaf per key. True when something
  // changed. On failure nothing changed.
  absl::StatusOr<bool> RotateIfDue(const audit::Log& log, absl::Time now);

  // Puts another address into the bundle, as RotateIfDue() does; true when it
  // was another one.
  absl::StatusOr<bool> SetAddress(const audit::Log& log,
                                  absl::string_view address, absl::Time now);

 private:
  class Impl;
  explicit OwnOffice(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_OWN_OFFICE_H_
