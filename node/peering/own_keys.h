// SPDX-License-Identifier: Apache-2.0
//
// Inside of OwnOffice: the private keys in memory, and a change of them that
// is prepared, committed, and only then takes effect. Not for other rooms.
#ifndef AMPARO_NODE_PEERING_OWN_KEYS_H_
#define AMPARO_NODE_PEERING_OWN_KEYS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/seal/x25519.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "node/base/ids.h"
#include "node/peering/key_bundle.h"
#include "node/peering/peering_records.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {

// All private keys. Copies share them. Public parts and validity stand in the
// bundle alone, so that the two cannot disagree.
struct OwnKeys {
  std::optional<crypto::P256PrivateKey> office;
  std::optional<crypto::P256PrivateKey> tls;
  std::map<uint32_t, crypto::P256PrivateKey> signing;  // By epoch.
  std::map<uint32_t, crypto::Ed25519PrivateKey> log;   // By epoch.
  struct Sealing {
    std::shared_ptr<const crypto::X25519PrivateKey> key;
    KeyId data_key;  // The row is sealed under a data key of its own.
  };
  std::map<SealingKeyId, Sealing> sealing;
};

// What one moment of the office looks like. Immutable once shared.
struct OwnState {
  OwnOfficeRow row;
  KeyBundle bundle;
  OwnKeys keys;
  absl::Time tls_not_before = absl::InfinitePast();
  absl::Time tls_not_after = absl::InfinitePast();
  uint64_t tls_generation = 1;
};

// A private key that a change made or removed, for the log.
struct KeyEvent {
  const char* type;    // "signing", "log", "tls", "sealing".
  uint32_t epoch = 0;  // Of signing and log keys.
  bool removed = false;
};

// A change in the making: works on a copy of the state and on a batch.
class KeyChange {
 public:
  KeyChange(OwnState state, storage::Vault& vault, crypto::RandomSource& random)
      : state_(std::move(state)), vault_(vault), random_(random) {}

  // Each makes a key, puts its row into the batch and its public part into
  // the bundle. `not_before` is when it may first be used.
  absl::Status AddSigningKey(absl::Time not_before);
  absl::Status AddLogKey(absl::Time not_before);
  absl::Status AddSealingKey(absl::Time now);
  absl::Status NewTlsKey(absl::Time now);
  // The office key itself, once.
  absl::Status AddOfficeKey(crypto::P256PrivateKey key);

  // Removes sealing keys whose time has come, with the data keys they are
  // sealed under, and old signing and log keys that may not sign any more.
  void DropEnded(absl::Time now);

  // Starts the incarnation after the present one and `known`, the highest one
  // that peers have shown. All signing and log keys end at `ended`; new ones
  // must be added. Versions and epochs go on above all that the incarnations
  // before can have given out. kLimitExceeded after 65,535 restores.
  absl::Status RaiseIncarnation(uint32_t known, absl::Time ended);

  // Signs a bundle of the next version; `state().row` is then complete.
  absl::Status SignBundle(absl::Time now);

  OwnState& state() { return state_; }
  storage::Batch& batch() { return batch_; }
  const std::vector<KeyEvent>& events() const { return events_; }

 private:
  absl::Status PutRow(const OwnKeyName& name, absl::string_view private_key,
                      std::optional<KeyId> data_key);

  OwnState state_;
  storage::Vault& vault_;
  crypto::RandomSource& random_;
  storage::Batch batch_;
  std::vector<KeyEvent> events_;
  uint32_t epoch_floor_ = 0;  // New epochs lie above it.
};

// Reads all key rows. kRecordDamaged when one is no key.
absl::StatusOr<OwnKeys> ReadOwnKeys(const storage::Reader& store,
                                    const storage::Vault& vault);

// kRecordDamaged unless there is a private key for the office key, for each
// sealing key of the bundle, for each signing and log key that is still in use
// and has no successor, and for the TLS certificate. Fills in what is derived
// from the certificate.
absl::Status CheckAndComplete(OwnState& state, absl::Time now);

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_OWN_KEYS_H_
