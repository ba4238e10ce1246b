// SPDX-License-Identifier: Apache-2.0
#include "node/peering/own_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "crypto/certificate/certificate.h"
#include "crypto/sign/dsse.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/signed_body.h"
#include "node/storage/table.h"

namespace amparo::peering {
namespace {

// What a signing key signed stays usable this long after it stopped signing:
// longer than any letter travels.
constexpr absl::Duration kVerifyAfterSigning = absl::Hours(24 * 90);
// Sealing to a key stops a week before it is deleted, so that a letter sealed
// on the last day still has a week to travel before it must be sealed again.
constexpr absl::Duration kSealUntilBeforeDeletion = absl::Hours(24 * 7);

// Epochs of one incarnation: 65,536, of which one or two a year are used.
constexpr int kEpochBits = 16;
constexpr int kVersionBits = 32;

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("the keys of this office are damaged: ", what));
}

// Times in a bundle are whole milliseconds; so are ours, from the start.
absl::Time Cut(absl::Time time) {
  return FromUnixMillis(amparo::ToUnixMillis(time));
}

KeyValidity ValidityFrom(absl::Time not_before) {
  const absl::Time until = not_before + limits::kSigningKeyLifetime;
  return KeyValidity{not_before, until, until + kVerifyAfterSigning};
}

template <class Entry>
uint32_t NextEpoch(const std::vector<Entry>& entries, uint32_t floor) {
  uint32_t last = floor;
  for (const Entry& entry : entries) last = std::max(last, entry.epoch);
  return last + 1;
}

template <class Entry>
bool MaySignLater(const std::vector<Entry>& entries, uint32_t epoch,
                  absl::Time now) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.epoch == epoch && entry.validity.sign_until >= now;
  });
}

template <class Entry>
bool MayBeNeeded(const std::vector<Entry>& entries, uint32_t epoch,
                 absl::Time now) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.epoch == epoch && entry.validity.verify_until >= now;
  });
}

// Whether the private key may have been deleted: its time is over, or seemed
// to be while the clock was ahead, and another one was made since.
template <class Entry, class Keys>
bool MayBeGone(const Entry& entry, const Keys& keys, absl::Time now) {
  return entry.validity.sign_until < now ||
         keys.upper_bound(entry.epoch) != keys.end();
}

absl::Status AddToKeys(OwnKeys& keys, const OwnKeyName& name,
                       const OwnKeyRow& row, const KeyId& data_key) {
  const absl::string_view bytes = row.private_key.Reveal();
  switch (name.kind) {
    case OwnKeyKind::kOffice: {
      ASSIGN_OR_RETURN(keys.office, crypto::P256PrivateKey::FromScalar(bytes));
      return absl::OkStatus();
    }
    case OwnKeyKind::kTls: {
      ASSIGN_OR_RETURN(keys.tls, crypto::P256PrivateKey::FromScalar(bytes));
      return absl::OkStatus();
    }
    case OwnKeyKind::kSigning: {
      ASSIGN_OR_RETURN(crypto::P256PrivateKey key,
                       crypto::P256PrivateKey::FromScalar(bytes));
      keys.signing.emplace(name.epoch, std::move(key));
      return absl::OkStatus();
    }
    case OwnKeyKind::kLog: {
      ASSIGN_OR_RETURN(crypto::Ed25519PrivateKey key,
                       crypto::Ed25519PrivateKey::FromSeed(bytes));
      keys.log.emplace(name.epoch, std::move(key));
      return absl::OkStatus();
    }
    case OwnKeyKind::kSealing: {
      ASSIGN_OR_RETURN(crypto::X25519PrivateKey key,
                       crypto::X25519PrivateKey::FromBytes(bytes));
      if (SealingKeyIdOf(key.public_key()) != name.sealing) {
        return Damaged("a sealing key has another id");
      }
      keys.sealing.emplace(
          name.sealing,
          OwnKeys::Sealing{
              std::make_shared<const crypto::X25519PrivateKey>(std::move(key)),
              data_key});
      return absl::OkStatus();
    }
  }
  return Damaged("the kind of a key is not known");
}

}  // namespace

absl::Status KeyChange::PutRow(const OwnKeyName& name,
                               absl::string_view private_key,
                               std::optional<KeyId> data_key) {
  OwnKeyRow row{name.kind, name.epoch, crypto::Secret::Copy(private_key)};
  return storage::Table<OwnKeyCodec>(vault_).Put(batch_, name, row, data_key);
}

absl::Status KeyChange::AddOfficeKey(crypto::P256PrivateKey key) {
  RETURN_IF_ERROR(
      PutRow({OwnKeyKind::kOffice, 0, {}}, key.Scalar().Reveal(), {}));
  state_.keys.office = std::move(key);
  return absl::OkStatus();
}

absl::Status KeyChange::AddSigningKey(absl::Time not_before) {
  const uint32_t epoch = NextEpoch(state_.bundle.signing_keys, epoch_floor_);
  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  RETURN_IF_ERROR(
      PutRow({OwnKeyKind::kSigning, epoch, {}}, key.Scalar().Reveal(), {}));
  state_.bundle.signing_keys.push_back(
      {epoch, key.public_key(), ValidityFrom(Cut(not_before))});
  state_.keys.signing.emplace(epoch, std::move(key));
  events_.push_back({"signing", epoch});
  return absl::OkStatus();
}

absl::Status KeyChange::AddLogKey(absl::Time not_before) {
  const uint32_t epoch = NextEpoch(state_.bundle.log_keys, epoch_floor_);
  crypto::Ed25519PrivateKey key = crypto::Ed25519PrivateKey::Generate(random_);
  RETURN_IF_ERROR(
      PutRow({OwnKeyKind::kLog, epoch, {}}, key.Seed().Reveal(), {}));
  state_.bundle.log_keys.push_back(
      {epoch, key.public_key(), ValidityFrom(Cut(not_before))});
  state_.keys.log.emplace(epoch, std::move(key));
  events_.push_back({"log", epoch});
  return absl::OkStatus();
}

absl::Status KeyChange::AddSealingKey(absl::Time now) {
  crypto::X25519PrivateKey key = crypto::X25519PrivateKey::Generate(random_);
  const SealingKeyId id = SealingKeyIdOf(key.public_key());
  ASSIGN_OR_RETURN(const KeyId data_key, vault_.NewKey(batch_));
  RETURN_IF_ERROR(
      PutRow({OwnKeyKind::kSealing, 0, id}, key.Reveal(), data_key));
  const absl::Time delete_at = Cut(now) + limits::kSealingKeyLifetime;
  // A peer's clock may be behind ours.
  state_.bundle.sealing_keys.push_back(
      {id, key.public_key(), Cut(now) - limits::kClockSkewMax,
       delete_at - kSealUntilBeforeDeletion, delete_at});
  state_.keys.sealing.emplace(
      id, OwnKeys::Sealing{
              std::make_shared<const crypto::X25519PrivateKey>(std::move(key)),
              data_key});
  events_.push_back({"sealing"});
  return absl::OkStatus();
}

absl::Status KeyChange::NewTlsKey(absl::Time now) {
  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  const absl::Time until = now + limits::kTlsKeyLifetime;
  ASSIGN_OR_RETURN(
      state_.row.tls_certificate,
      crypto::IssueCertificate(*state_.keys.office, key.public_key(),
                               state_.row.id.hex(), {OfficeUri(state_.row.id)},
                               now - limits::kClockSkewMax, until, random_));
  state_.tls_not_before = now - limits::kClockSkewMax;
  RETURN_IF_ERROR(PutRow({OwnKeyKind::kTls, 0, {}}, key.Scalar().Reveal(), {}));
  state_.keys.tls = std::move(key);
  state_.tls_not_after = until;
  ++state_.tls_generation;
  events_.push_back({"tls"});
  return absl::OkStatus();
}

void KeyChange::DropEnded(absl::Time now) {
  const storage::Table<OwnKeyCodec> table(vault_);
  auto& listed = state_.bundle.sealing_keys;
  for (auto entry = listed.begin(); entry != listed.end();) {
    if (entry->delete_at > now) {
      ++entry;
      continue;
    }
    const auto held = state_.keys.sealing.find(entry->id);
    if (held != state_.keys.sealing.end()) {
      table.Delete(batch_, {OwnKeyKind::kSealing, 0, entry->id});
      vault_.DeleteKey(batch_, held->second.data_key);
      state_.keys.sealing.erase(held);
    }
    events_.push_back({"sealing", 0, true});
    entry = listed.erase(entry);
  }
  // Public parts stay in the bundle: old evidence verifies for ever. A private
  // signing key stays as long as a peer takes what it signs: a recall written
  // under it may still have to be sealed again for a peer that was away.
  std::erase_if(state_.keys.signing, [&](const auto& entry) {
    if (MayBeNeeded(state_.bundle.signing_keys, entry.first, now)) {
      return false;
    }
    table.Delete(batch_, {OwnKeyKind::kSigning, entry.first, {}});
    events_.push_back({"signing", entry.first, true});
    return true;
  });
  std::erase_if(state_.keys.log, [&](const auto& entry) {
    if (MaySignLater(state_.bundle.log_keys, entry.first, now)) return false;
    table.Delete(batch_, {OwnKeyKind::kLog, entry.first, {}});
    events_.push_back({"log", entry.first, true});
    return true;
  });
}

absl::Status KeyChange::RaiseIncarnation(uint32_t known, absl::Time ended) {
  const uint32_t next = std::max(state_.row.incarnation, known) + 1;
  if (next >> kEpochBits != 0) {
    return Error(Reason::kLimitExceeded,
                 "this office was restored more often than can be counted");
  }
  KeyBundle& bundle = state_.bundle;
  state_.row.incarnation = next;
  state_.row.later_bundle.clear();
  bundle.incarnation = next;
  // Where no earlier incarnation can have come to; and not where another
  // restore of the same backup has begun.
  const std::string part = crypto::RandomBytes(random_, 2);
  epoch_floor_ = ((next - 1) << kEpochBits) +
                 (static_cast<uint8_t>(part[0]) & 0x7Fu) * 256 +
                 static_cast<uint8_t>(part[1]);
  // Above every version that was given out after the backup.
  bundle.version = std::max(bundle.version, uint64_t{next - 1} << kVersionBits);
  const auto end = [&](KeyValidity& validity) {
    validity.sign_until = std::max(validity.not_before,
                                   std::min(validity.sign_until, Cut(ended)));
  };
  for (SigningKey& key : bundle.signing_keys) end(key.validity);
  for (LogVerificationKey& key : bundle.log_keys) end(key.validity);
  return absl::OkStatus();
}

absl::Status KeyChange::SignBundle(absl::Time now) {
  KeyBundle& bundle = state_.bundle;
  bundle.address = state_.row.settings.address;
  bundle.version += 1;
  bundle.issued_at = Cut(now);
  SignedBody envelope;
  envelope.body = bundle.EncodeBody();
  ASSIGN_OR_RETURN(
      std::string signature,
      crypto::SignDsse(*state_.keys.office, kKeyBundleType, envelope.body));
  envelope.signatures.push_back({bundle.office, 0, std::move(signature)});
  state_.row.signed_bundle = envelope.Encode();
  return absl::OkStatus();
}

absl::StatusOr<OwnKeys> ReadOwnKeys(const storage::Reader& store,
                                    const storage::Vault& vault) {
  OwnKeys keys;
  RETURN_IF_ERROR(storage::Table<OwnKeyCodec>(vault).Scan(
      store, {}, {},
      [&](const OwnKeyName& name,
          const storage::Row<OwnKeyRow>& row) -> absl::StatusOr<bool> {
        if (row.value.kind != name.kind || row.value.epoch != name.epoch) {
          return Damaged("a key stands in another key's place");
        }
        if (!AddToKeys(keys, name, row.value, row.key).ok()) {
          return Damaged("a private key is none");
        }
        return true;
      }));
  return keys;
}

absl::Status CheckAndComplete(OwnState& state, absl::Time now) {
  const OwnKeys& keys = state.keys;
  if (!keys.office.has_value() ||
      keys.office->public_key() != state.bundle.office_key) {
    return Damaged("the office key is not the bundle's");
  }
  for (const SigningKey& entry : state.bundle.signing_keys) {
    const auto held = keys.signing.find(entry.epoch);
    const bool ended = MayBeGone(entry, keys.signing, now);
    if (held == keys.signing.end() ? !ended
                                   : held->second.public_key() != entry.key) {
      return Damaged("a signing key is not the bundle's");
    }
  }
  for (const LogVerificationKey& entry : state.bundle.log_keys) {
    const auto held = keys.log.find(entry.epoch);
    const bool ended = MayBeGone(entry, keys.log, now);
    if (held == keys.log.end() ? !ended
                               : !(held->second.public_key() == entry.key)) {
      return Damaged("a log key is not the bundle's");
    }
  }
  if (keys.signing.empty() || keys.log.empty()) {
    return Damaged("there is no key to sign with");
  }
  for (const SealingKey& entry : state.bundle.sealing_keys) {
    if (keys.sealing.count(entry.id) == 0) {
      return Damaged("a sealing key of the bundle is not there");
    }
  }
  absl::StatusOr<crypto::Certificate> certificate =
      crypto::Certificate::FromPem(state.row.tls_certificate);
  if (!certificate.ok() || !keys.tls.has_value() ||
      certificate->public_key() != keys.tls->public_key() ||
      !certificate->SignedBy(state.bundle.office_key).ok()) {
    return Damaged("the TLS certificate is not the TLS key's");
  }
  state.tls_not_before = certificate->not_before();
  state.tls_not_after = certificate->not_after();
  return absl::OkStatus();
}

}  // namespace amparo::peering
