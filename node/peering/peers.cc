// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peers.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/peering/peering_records.h"
#include "node/peering/signed_body.h"
#include "node/storage/table.h"

namespace amparo::peering {
namespace {

using PeerMap = std::map<OfficeId, Peer>;

absl::Status CheckSuccessor(const KeyBundle& old_bundle,
                            absl::string_view old_signed,
                            const KeyBundle& bundle,
                            absl::string_view signed_bundle) {
  const auto refused = [](absl::string_view cause) {
    return Error(Reason::kKeyBundleInvalid,
                 absl::StrCat("the key bundle is refused: ", cause));
  };
  if (bundle.office != old_bundle.office) {
    return refused("it is of another office");
  }
  if (bundle.exercise != old_bundle.exercise) {
    return Error(Reason::kExerciseMismatch);
  }
  if (bundle.version < old_bundle.version ||
      bundle.incarnation < old_bundle.incarnation) {
    return refused("it is older than the one we have");
  }
  // A key that was announced stays what it was: receipts and letters signed
  // under it must go on verifying.
  for (const SigningKey& before : old_bundle.signing_keys) {
    const absl::StatusOr<SigningKey> after = bundle.SigningKeyOf(before.epoch);
    // Who was restored from a backup does not know the keys made after it.
    if (!after.ok() && bundle.incarnation > old_bundle.incarnation) continue;
    if (!after.ok() || !(after->key == before.key)) {
      return refused("it drops or changes a signing key that was announced");
    }
  }
  if (bundle.version > old_bundle.version) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SignedBody before, SignedBody::Decode(old_signed));
  ASSIGN_OR_RETURN(const SignedBody after, SignedBody::Decode(signed_bundle));
  if (before.body != after.body) {
    return refused("two of one version differ");
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view Name(PeerState state) {
  switch (state) {
    case PeerState::kAwaitingConfirmation:
      return "AWAITING_CONFIRMATION";
    case PeerState::kActive:
      return "ACTIVE";
    case PeerState::kSuspended:
      return "SUSPENDED";
  }
  return "UNKNOWN";
}

std::string SafetyNumber(absl::string_view office_key_a,
                         absl::string_view nonce_a,
                         absl::string_view office_key_b,
                         absl::string_view nonce_b) {
  std::array<std::string, 2> pairs = {absl::StrCat(office_key_a, nonce_a),
                                      absl::StrCat(office_key_b, nonce_b)};
  // std::string compares as unsigned bytes.
  std::sort(pairs.begin(), pairs.end());
  const std::string digest = crypto::Sha256(absl::StrCat(
      "amparo.safety.v1", absl::string_view("\0", 1), pairs[0], pairs[1]));
  std::string number;
  for (size_t group = 0; group < 6; ++group) {
    uint64_t value = 0;
    for (size_t i = 0; i < 5; ++i) {
      value = (value << 8) | static_cast<unsigned char>(digest[5 * group + i]);
    }
    absl::StrAppendFormat(&number, "%s%05d", group == 0 ? "" : " ",
                          value % 100000);
  }
  return number;
}

std::string Peer::safety_number(absl::string_view own_office_key) const {
  return SafetyNumber(own_office_key, own_nonce, office_key.Compressed(),
                      peer_nonce);
}

absl::StatusOr<SigningKey> Peer::SigningKeyOf(uint32_t epoch) const {
  absl::StatusOr<SigningKey> found = bundle.SigningKeyOf(epoch);
  for (auto former = former_bundles.rbegin();
       !found.ok() && former != former_bundles.rend(); ++former) {
    found = former->bundle.SigningKeyOf(epoch);
  }
  return found;
}

absl::Status CheckMayExchange(const Peer& peer, bool protective) {
  switch (peer.state) {
    case PeerState::kActive:
      return absl::OkStatus();
    case PeerState::kSuspended:
      if (protective) return absl::OkStatus();
      return Error(Reason::kPeerSuspended);
    case PeerState::kAwaitingConfirmation:
      break;
  }
  return Error(Reason::kPeerNotConfirmed);
}

class Peers::Impl {
 public:
  Impl(storage::Store& store, const storage::Vault& vault, PeerMap peers)
      : store_(store),
        table_(vault),
        peers_(std::make_shared<const PeerMap>(std::move(peers))) {}

  std::shared_ptr<ServerChecks> server_checks() const { return checks_; }

  std::shared_ptr<const PeerMap> Now() const {
    absl::MutexLock lock(&mutex_);
    return peers_;
  }

  absl::Status Add(storage::Batch& batch, const Peer& peer) {
    absl::MutexLock writing(&writer_);
    for (const auto& [id, known] : *Now()) {
      if (id == peer.id || known.office_key == peer.office_key) {
        return Error(Reason::kAlreadyExists, "this office is a peer already");
      }
    }
    RETURN_IF_ERROR(table_.Insert(batch, peer.id, peer));
    RETURN_IF_ERROR(store_.Commit(batch).status());
    TakeIn(peer);
    return absl::OkStatus();
  }

  absl::StatusOr<Peer> Update(storage::Batch& batch, const OfficeId& id,
                              const Change& change) {
    absl::MutexLock writing(&writer_);
    ASSIGN_OR_RETURN(const auto row, table_.Get(store_, id));
    if (!row.has_value()) return Error(Reason::kPeerUnknown);
    Peer peer = row->value;
    RETURN_IF_ERROR(change(peer, batch));
    RETURN_IF_ERROR(table_.Replace(batch, id, *row, peer));
    RETURN_IF_ERROR(store_.Commit(batch).status());
    TakeIn(peer);
    return peer;
  }

 private:
  void TakeIn(const Peer& peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_) {
    auto next = std::make_shared<PeerMap>(*Now());
    next->insert_or_assign(peer.id, peer);
    absl::MutexLock lock(&mutex_);
    peers_ = std::move(next);
  }

  storage::Store& store_;
  const storage::Table<PeerCodec> table_;
  absl::Mutex writer_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  const std::shared_ptr<ServerChecks> checks_ =
      std::make_shared<ServerChecks>();
  std::shared_ptr<const PeerMap> peers_ ABSL_GUARDED_BY(mutex_);
};

Peers::Peers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Peers::~Peers() = default;

absl::StatusOr<std::unique_ptr<Peers>> Peers::Load(
    storage::Store& store, const storage::Vault& vault) {
  PeerMap peers;
  RETURN_IF_ERROR(storage::Table<PeerCodec>(vault).Scan(
      store, {}, {},
      [&](const OfficeId& id,
          const storage::Row<Peer>& row) -> absl::StatusOr<bool> {
        if (row.value.id != id) {
          return Error(Reason::kRecordDamaged,
                       "a peer stands in another peer's place");
        }
        peers.emplace(id, row.value);
        return true;
      }));
  return std::unique_ptr<Peers>(
      new Peers(std::make_unique<Impl>(store, vault, std::move(peers))));
}

absl::StatusOr<Peer> Peers::Get(const OfficeId& id) const {
  const auto peers = impl_->Now();
  const auto found = peers->find(id);
  if (found == peers->end()) return Error(Reason::kPeerUnknown);
  return found->second;
}

absl::StatusOr<Peer> Peers::ByOfficeKey(
    const crypto::P256PublicKey& key) const {
  const auto peers = impl_->Now();
  for (const auto& [id, peer] : *peers) {
    if (peer.office_key == key) return peer;
  }
  return Error(Reason::kPeerUnknown);
}

std::vector<Peer> Peers::List() const {
  const auto peers = impl_->Now();
  std::vector<Peer> list;
  list.reserve(peers->size());
  for (const auto& [id, peer] : *peers) list.push_back(peer);
  return list;
}

std::optional<crypto::P256PublicKey> Peers::PinFor(const OfficeId& id) const {
  const auto peers = impl_->Now();
  const auto found = peers->find(id);
  if (found == peers->end()) return std::nullopt;
  return found->second.office_key;
}

absl::Status Peers::Add(storage::Batch& batch, const Peer& peer) {
  return impl_->Add(batch, peer);
}

absl::StatusOr<Peer> Peers::Update(storage::Batch& batch, const OfficeId& id,
                                   const Change& change) {
  return impl_->Update(batch, id, change);
}

std::shared_ptr<ServerChecks> Peers::server_checks() const {
  return impl_->server_checks();
}

bool Peers::IsOutdated(const OfficeId& id,
                       absl::string_view signed_bundle) const {
  const absl::StatusOr<Peer> known = Get(id);
  if (!known.ok() || known->signed_bundle == signed_bundle) return false;
  const absl::StatusOr<KeyBundle> bundle = KeyBundle::Verify(
      signed_bundle, known->office_key, absl::InfiniteFuture());
  if (!bundle.ok() || bundle->office != id) return false;
  return IsOfAnotherLife(known->bundle, *bundle) ||
         (bundle->version <= known->bundle.version &&
          bundle->EncodeBody() != known->bundle.EncodeBody());
}

absl::StatusOr<bool> Peers::TakeBundle(const OfficeId& id,
                                       absl::string_view signed_bundle,
                                       absl::Time now) {
  ASSIGN_OR_RETURN(const Peer known, Get(id));
  // The usual case, told without any signature: nothing is new.
  if (known.signed_bundle == signed_bundle) return false;
  ASSIGN_OR_RETURN(KeyBundle bundle,
                   KeyBundle::Verify(signed_bundle, known.office_key, now));
  RETURN_IF_ERROR(
      CheckSuccessor(known.bundle, known.signed_bundle, bundle, signed_bundle));
  if (bundle.version == known.bundle.version) return false;
  storage::Batch batch;
  const absl::StatusOr<Peer> updated =
      Update(batch, id, [&](Peer& peer, storage::Batch&) -> absl::Status {
        RETURN_IF_ERROR(CheckSuccessor(peer.bundle, peer.signed_bundle, bundle,
                                       signed_bundle));
        if (bundle.incarnation > peer.bundle.incarnation) {
          peer.former_bundles.push_back({peer.bundle, peer.signed_bundle});
        }
        peer.bundle = bundle;
        peer.signed_bundle = std::string(signed_bundle);
        return absl::OkStatus();
      });
  RETURN_IF_ERROR(updated.status());
  return true;
}

}  // namespace amparo::peering
