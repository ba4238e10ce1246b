// SPDX-License-Identifier: Apache-2.0
#include "node/peering/own_office.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/bytes.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/own_keys.h"
#include "node/peering/peering_records.h"
#include "node/storage/table.h"

namespace amparo::peering {
namespace {

constexpr absl::Duration kTlsRenewBefore = absl::Hours(24 * 30);
constexpr absl::Duration kEpochRenewBefore = absl::Hours(24 * 30);
// A new epoch signs only when peers have had a week to learn of it.
constexpr absl::Duration kEpochUsedAfter = absl::Hours(24 * 7);

absl::Status CheckSettings(const OfficeSettings& settings) {
  if (!IsOfficeName(settings.name)) {
    return FieldError("office_name", "must be 1 to 128 bytes of text");
  }
  const bool country_ok =
      settings.country.empty() ||
      (settings.country.size() == 3 &&
       std::all_of(settings.country.begin(), settings.country.end(),
                   [](char c) { return c >= 'A' && c <= 'Z'; }));
  if (!country_ok) {
    return FieldError("country", "must be three capital letters or empty");
  }
  if (!IsAddress(settings.address)) {
    return FieldError("peer_address", "must be host:port or empty");
  }
  return absl::OkStatus();
}

// The newest epoch that has begun; the first one when the clock went back
// behind all of them.
template <class Entry, class Keys>
uint32_t EpochAt(const std::vector<Entry>& entries, const Keys& keys,
                 absl::Time now) {
  uint32_t best = 0;
  for (const Entry& entry : entries) {
    if (keys.count(entry.epoch) == 0) continue;
    if (entry.validity.not_before <= now) best = std::max(best, entry.epoch);
  }
  return best != 0 ? best : keys.begin()->first;
}

template <class Entry>
absl::Time LastSignUntil(const std::vector<Entry>& entries) {
  absl::Time last = absl::InfinitePast();
  for (const Entry& entry : entries) {
    last = std::max(last, entry.validity.sign_until);
  }
  return last;
}

absl::Time NewEpochStart(absl::Time last_sign_until, absl::Time now) {
  return std::max(now, std::min(now + kEpochUsedAfter, last_sign_until));
}

absl::Time LastSealingKeyMadeAt(const KeyBundle& bundle) {
  absl::Time last = absl::InfinitePast();
  for (const SealingKey& key : bundle.sealing_keys) {
    last = std::max(last, key.delete_at - limits::kSealingKeyLifetime);
  }
  return last;
}

}  // namespace

std::string OfficeUri(const OfficeId& office) {
  return absl::StrCat("amparo:office:", office.hex());
}

class OwnOffice::Impl {
 public:
  Impl(storage::Store& store, storage::Vault& vault,
       crypto::RandomSource& random, const Clock& clock, OwnState state)
      : store_(store),
        vault_(vault),
        random_(random),
        clock_(clock),
        fixed_(state.row),
        office_key_(state.bundle.office_key),
        state_(std::make_shared<const OwnState>(std::move(state))) {}

  std::shared_ptr<const OwnState> Now() const {
    absl::MutexLock lock(&mutex_);
    return state_;
  }

  const Clock& clock() const { return clock_; }
  const OwnOfficeRow& fixed() const { return fixed_; }
  const crypto::P256PublicKey& office_key() const { return office_key_; }

  // Runs `prepare` on a copy; commits and takes over what it did, unless it
  // did nothing.
  template <class Prepare>
  absl::StatusOr<bool> Change(const audit::Log& log, absl::Time now,
                              const Prepare& prepare) {
    absl::MutexLock writing(&writer_);
    const std::shared_ptr<const OwnState> before = Now();
    KeyChange change(*before, vault_, random_);
    ASSIGN_OR_RETURN(const bool address_changed, prepare(change));
    if (change.events().empty() && !address_changed) return false;
    RETURN_IF_ERROR(change.SignBundle(now));
    RETURN_IF_ERROR(PutOffice(change));
    for (const KeyEvent& event : change.events()) {
      RETURN_IF_ERROR(log.Record(
          change.batch(),
          {audit::EventKind::kKeyChange,
           now,
           PersonId(),
           {{"type", event.type},
            {"epoch", absl::StrCat(event.epoch)},
            {"state", event.removed ? "removed" : "made"},
            {"version", absl::StrCat(change.state().bundle.version)}}}));
    }
    if (address_changed) {
      RETURN_IF_ERROR(log.Record(
          change.batch(),
          {audit::EventKind::kKeyChange,
           now,
           PersonId(),
           {{"type", "address"},
            {"version", absl::StrCat(change.state().bundle.version)}}}));
    }
    RETURN_IF_ERROR(store_.Commit(change.batch()).status());
    auto after = std::make_shared<const OwnState>(std::move(change.state()));
    absl::MutexLock lock(&mutex_);
    state_ = std::move(after);
    return true;
  }

 private:
  // Only this object writes the row, one change at a time; the check is for a
  // second process that cannot be.
  absl::Status PutOffice(KeyChange& change) {
    const storage::Table<OwnOfficeCodec> table(vault_);
    ASSIGN_OR_RETURN(const auto row, table.Get(store_, {}));
    if (!row.has_value()) return Error(Reason::kNotInitialised);
    return table.Replace(change.batch(), {}, *row, change.state().row);
  }

  storage::Store& store_;
  storage::Vault& vault_;
  crypto::RandomSource& random_;
  const Clock& clock_;
  const OwnOfficeRow fixed_;
  const crypto::P256PublicKey office_key_;
  absl::Mutex writer_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  std::shared_ptr<const OwnState> state_ ABSL_GUARDED_BY(mutex_);
};

OwnOffice::OwnOffice(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OwnOffice::~OwnOffice() = default;

absl::Status OwnOffice::Initialise(storage::Store& store, storage::Vault& vault,
                                   crypto::RandomSource& random, absl::Time now,
                                   const OfficeSettings& settings) {
  RETURN_IF_ERROR(CheckSettings(settings));
  crypto::P256PrivateKey office_key = crypto::P256PrivateKey::Generate();
  ASSIGN_OR_RETURN(const OfficeId id, OfficeId::FromBytes(crypto::RandomBytes(
                                          random, OfficeId::kSize)));
  OwnState empty{{id, settings, 1, {}, {}},
                 KeyBundle{id,
                           office_key.public_key(),
                           settings.name,
                           settings.address,
                           settings.country,
                           settings.exercise,
                           settings.role,
                           1,
                           0,
                           now,
                           kProtocolMin,
                           kProtocolMax,
                           {},
                           {},
                           {}},
                 {},
                 {}};
  KeyChange change(std::move(empty), vault, random);
  // A peer's clock may be behind ours.
  const absl::Time not_before = now - limits::kClockSkewMax;
  RETURN_IF_ERROR(change.AddOfficeKey(std::move(office_key)));
  RETURN_IF_ERROR(change.AddSigningKey(not_before));
  RETURN_IF_ERROR(change.AddLogKey(not_before));
  RETURN_IF_ERROR(change.AddSealingKey(now));
  RETURN_IF_ERROR(change.NewTlsKey(now));
  RETURN_IF_ERROR(change.SignBundle(now));
  RETURN_IF_ERROR(storage::Table<OwnOfficeCodec>(vault).Insert(
      change.batch(), {}, change.state().row));
  const absl::Status committed = store.Commit(change.batch()).status();
  if (ReasonOf(committed) == Reason::kVersionConflict) {
    return Error(Reason::kAlreadyExists, "this node already has an office");
  }
  return committed;
}

absl::StatusOr<std::unique_ptr<OwnOffice>> OwnOffice::Load(
    storage::Store& store, storage::Vault& vault, crypto::RandomSource& random,
    const Clock& clock) {
  ASSIGN_OR_RETURN(auto row,
                   storage::Table<OwnOfficeCodec>(vault).Get(store, {}));
  if (!row.has_value()) {
    return Error(Reason::kNotInitialised,
                 "this node has no office yet; run amparod init");
  }
  ASSIGN_OR_RETURN(OwnKeys keys, ReadOwnKeys(store, vault));
  if (!keys.office.has_value()) {
    return Error(Reason::kRecordDamaged, "the office key is not there");
  }
  absl::StatusOr<KeyBundle> bundle =
      KeyBundle::Verify(row->value.signed_bundle, keys.office->public_key(),
                        absl::InfiniteFuture());
  if (!bundle.ok() || bundle->office != row->value.id) {
    return Error(Reason::kRecordDamaged,
                 "the key bundle of this office does not verify");
  }
  OwnState state{
      std::move(row->value), *std::move(bundle), std::move(keys), {}};
  RETURN_IF_ERROR(CheckAndComplete(state, clock.Now()));
  return std::unique_ptr<OwnOffice>(new OwnOffice(
      std::make_unique<Impl>(store, vault, random, clock, std::move(state))));
}

const OfficeId& OwnOffice::id() const { return impl_->fixed().id; }
const std::string& OwnOffice::name() const {
  return impl_->fixed().settings.name;
}
const std::string& OwnOffice::country() const {
  return impl_->fixed().settings.country;
}
bool OwnOffice::exercise() const { return impl_->fixed().settings.exercise; }
NodeRole OwnOffice::role() const { return impl_->fixed().settings.role; }
uint32_t OwnOffice::incarnation() const { return impl_->fixed().incarnation; }
const crypto::P256PublicKey& OwnOffice::office_public_key() const {
  return impl_->office_key();
}

KeyBundle OwnOffice::bundle() const { return impl_->Now()->bundle; }
std::string OwnOffice::signed_bundle() const {
  return impl_->Now()->row.signed_bundle;
}

absl::StatusOr<std::string> OwnOffice::SignAsOffice(
    absl::string_view dsse_type, absl::string_view body) const {
  return crypto::SignDsse(*impl_->Now()->keys.office, dsse_type, body);
}

uint32_t OwnOffice::signing_epoch() const {
  const auto state = impl_->Now();
  return EpochAt(state->bundle.signing_keys, state->keys.signing,
                 impl_->clock().Now());
}

absl::StatusOr<EpochSignature> OwnOffice::Sign(absl::string_view dsse_type,
                                               absl::string_view body) const {
  const uint32_t epoch = signing_epoch();
  ASSIGN_OR_RETURN(std::string signature,
                   SignWithEpoch(epoch, dsse_type, body));
  return EpochSignature{epoch, std::move(signature)};
}

absl::StatusOr<std::string> OwnOffice::SignWithEpoch(
    uint32_t epoch, absl::string_view dsse_type, absl::string_view body) const {
  const auto state = impl_->Now();
  const auto key = state->keys.signing.find(epoch);
  if (key == state->keys.signing.end()) {
    return Error(Reason::kKeyEpochUnknown);
  }
  return crypto::SignDsse(key->second, dsse_type, body);
}

std::shared_ptr<const crypto::X25519PrivateKey> OwnOffice::SealingKeyFor(
    const SealingKeyId& id) const {
  const auto state = impl_->Now();
  const auto held = state->keys.sealing.find(id);
  return held == state->keys.sealing.end() ? nullptr : held->second.key;
}

crypto::Ed25519PrivateKey OwnOffice::LogKey() const {
  const auto state = impl_->Now();
  const uint32_t epoch =
      EpochAt(state->bundle.log_keys, state->keys.log, impl_->clock().Now());
  return state->keys.log.at(epoch);
}

TlsIdentity OwnOffice::tls_identity() const {
  const auto state = impl_->Now();
  return TlsIdentity{state->keys.tls->ToPem(), state->row.tls_certificate};
}

uint64_t OwnOffice::tls_generation() const {
  return impl_->Now()->tls_generation;
}

absl::StatusOr<bool> OwnOffice::RotateIfDue(const audit::Log& log,
                                            absl::Time now) {
  return impl_->Change(
      log, now, [now](KeyChange& change) -> absl::StatusOr<bool> {
        const KeyBundle& bundle = change.state().bundle;
        const absl::Time signing_end = LastSignUntil(bundle.signing_keys);
        if (signing_end - now < kEpochRenewBefore) {
          RETURN_IF_ERROR(
              change.AddSigningKey(NewEpochStart(signing_end, now)));
        }
        const absl::Time log_end = LastSignUntil(bundle.log_keys);
        if (log_end - now < kEpochRenewBefore) {
          RETURN_IF_ERROR(change.AddLogKey(NewEpochStart(log_end, now)));
        }
        if (now - LastSealingKeyMadeAt(bundle) >= limits::kSealingKeyPeriod) {
          RETURN_IF_ERROR(change.AddSealingKey(now));
        }
        if (change.state().tls_not_after - now < kTlsRenewBefore) {
          RETURN_IF_ERROR(change.NewTlsKey(now));
        }
        change.DropEnded(now);
        return false;
      });
}

absl::StatusOr<bool> OwnOffice::SetAddress(const audit::Log& log,
                                           absl::string_view address,
                                           absl::Time now) {
  if (!IsAddress(address)) {
    return FieldError("peer_address", "must be host:port or empty");
  }
  return impl_->Change(
      log, now, [address](KeyChange& change) -> absl::StatusOr<bool> {
        std::string& stored = change.state().row.settings.address;
        if (stored == address) return false;
        stored = std::string(address);
        return true;
      });
}

}  // namespace amparo::peering
