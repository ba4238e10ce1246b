// SPDX-License-Identifier: Apache-2.0
//
// The offices this one knows, each by its pinned office key.
#ifndef AMPARO_NODE_PEERING_PEERS_H_
#define AMPARO_NODE_PEERING_PEERS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/sign/p256.h"
#include "node/base/ids.h"
#include "node/peering/key_bundle.h"
#include "node/peering/server_checks.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {

// Frozen numbers, as on disk. Letters pass in kActive only; protective ones
// (exchange_terms.h) also in kSuspended; nothing before the first
// confirmation.
enum class PeerState {
  kAwaitingConfirmation = 1,  // Keys exchanged, no second person yet.
  kActive = 2,                // Two persons here compared the safety number.
  kSuspended = 3,
};
absl::string_view Name(PeerState state);

inline constexpr size_t kPeeringNonceSize = 32;

// "amparo.safety.v1", a zero byte and the two pairs of office key (33 bytes)
// and nonce (32 bytes) in ascending byte order, SHA-256; six groups of five
// digits, group i from 0 = bytes 5i to 5i+4 big-endian modulo 100000,
// separated by spaces. Both offices compute the same.
std::string SafetyNumber(absl::string_view office_key_a,
                         absl::string_view nonce_a,
                         absl::string_view office_key_b,
                         absl::string_view nonce_b);

// The last bundle of an incarnation that a restore ended.
struct FormerBundle {
  KeyBundle bundle;
  std::string signed_bytes;
};

// A value; any thread.
struct Peer {
  OfficeId id;
  crypto::P256PublicKey office_key;  // The pin; never changes.
  PeerState state = PeerState::kAwaitingConfirmation;
  std::string own_nonce;  // kPeeringNonceSize bytes each.
  std::string peer_nonce;
  // Ours: two persons here confirmed it once. Theirs: as their last hello
  // says. Until both are true nothing but peering messages passes.
  bool confirmed_by_us = false;
  bool confirmed_by_peer = false;
  PersonId first_person;      // Invited, accepted, or asked to resume.
  PersonId second_person;     // Confirmed; empty while that is awaited.
  KeyBundle bundle;           // The newest one taken, verified under the pin.
  std::string signed_bundle;  // Its exact bytes.
  // Their clock less ours at the last hello.
  absl::Duration skew;
  absl::Time added_at;
  absl::Time last_hello_at = absl::InfinitePast();
  // One an incarnation before the present one, oldest first: a restored office
  // may have lost keys, and what they signed before verifies for ever.
  std::vector<FormerBundle> former_bundles = {};

  const std::string& name() const { return bundle.office_name; }
  const std::string& address() const { return bundle.address; }
  const std::string& country() const { return bundle.country; }
  // What is shown to be compared by telephone. `own_office_key` is 33 bytes.
  std::string safety_number(absl::string_view own_office_key) const;
  // From the bundle, else from the newest former one that lists it.
  // kKeyEpochUnknown.
  absl::StatusOr<SigningKey> SigningKeyOf(uint32_t epoch) const;
};

// OK when letters may pass: kPeerNotConfirmed or kPeerSuspended otherwise.
// `protective` letters also pass to and from a suspended peer.
absl::Status CheckMayExchange(const Peer& peer, bool protective);

// All peers, in memory, as stored. Thread-safe; reads never wait for a disk.
// Every change of a peer's row goes through here, so that what is read is what
// was committed.
class Peers {
 public:
  // Reads all rows; kRecordDamaged when one does not hold together. `store`
  // and `vault` must outlive it.
  static absl::StatusOr<std::unique_ptr<Peers>> Load(
      storage::Store& store, const storage::Vault& vault);
  ~Peers();

  // kPeerUnknown when there is none.
  absl::StatusOr<Peer> Get(const OfficeId& id) const;
  absl::StatusOr<Peer> ByOfficeKey(const crypto::P256PublicKey& key) const;
  // By id, ascending.
  std::vector<Peer> List() const;
  std::optional<crypto::P256PublicKey> PinFor(const OfficeId& id) const;

  // Adds a row to `batch` and commits all of it. kAlreadyExists when the
  // office or its key is known. On failure nothing is changed.
  absl::Status Add(storage::Batch& batch, const Peer& peer);

  // Applies `change` to the stored peer, adds the new row to `batch` and
  // commits all of it. `change` may add to `batch` too; when it fails, nothing
  // is committed and its status is returned. It must not touch the id or the
  // office key, nor call this object. Returns the peer as committed.
  using Change = std::function<absl::Status(Peer& peer, storage::Batch& batch)>;
  absl::StatusOr<Peer> Update(storage::Batch& batch, const OfficeId& id,
                              const Change& change);

  // Takes a newer bundle of a peer. False when it is the one we have.
  // kKeyBundleInvalid: not signed under the pin, of another office, a lower
  // version or incarnation than the one we have, the same version with
  // another body, or without a key that was announced; kExerciseMismatch when
  // it changed that. Nothing changes then. Under a higher incarnation keys may
  // be gone: the bundle before is kept as a former one.
  absl::StatusOr<bool> TakeBundle(const OfficeId& id,
                                  absl::string_view signed_bundle,
                                  absl::Time now);

  // Whether the peer's office key signed this bundle and the one we have is
  // later, another one of the same version, or of another life of it.
  bool IsOutdated(const OfficeId& id, absl::string_view signed_bundle) const;

  // What the certificates of their servers were worth. Never null; shared,
  // because connections may be judged while this object goes.
  std::shared_ptr<ServerChecks> server_checks() const;

 private:
  class Impl;
  explicit Peers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERS_H_
