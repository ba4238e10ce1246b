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
#include "node/base/log.h"
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

// Whether there is a key that may sign now.
template <class Entry, class Keys>
bool HasBegun(const std::vector<Entry>& entries, const Keys& keys,
              absl::Time now) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return keys.count(entry.epoch) > 0 && entry.validity.not_before <= now &&
           now <= entry.validity.sign_until;
  });
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

  absl::Status CheckFresh() const {
    return Now()->row.later_bundle.empty() ? absl::OkStatus()
                                           : Error(Reason::kRestoreNeeded);
  }

  // Commits that a peer has shown `bundle`.
  absl::Status KeepLater(absl::string_view bundle) {
    absl::MutexLock writing(&writer_);
    OwnState after = *Now();
    after.row.later_bundle = std::string(bundle);
    {
      // Known at once, whatever the disk says.
      absl::MutexLock lock(&mutex_);
      state_ = std::make_shared<const OwnState>(after);
    }
    KeyChange change(std::move(after), vault_, random_);
    RETURN_IF_ERROR(PutOffice(change));
    return store_.Commit(change.batch()).status();
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
    RETURN_IF_ERROR(CheckFresh());
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
  OwnState empty{{id, settings, 1, {}, {}, {}},
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

namespace {

absl::StatusOr<OwnState> LoadState(const storage::Store& store,
                                   const storage::Vault& vault,
                                   absl::Time now) {
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
      std::move(row->value), *std::move(bundle), std::move(keys), {}, {}};
  RETURN_IF_ERROR(CheckAndComplete(state, now));
  return state;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OwnOffice>> OwnOffice::Load(
    storage::Store& store, storage::Vault& vault, crypto::RandomSource& random,
    const Clock& clock) {
  ASSIGN_OR_RETURN(OwnState state, LoadState(store, vault, clock.Now()));
  return std::unique_ptr<OwnOffice>(new OwnOffice(
      std::make_unique<Impl>(store, vault, random, clock, std::move(state))));
}

absl::StatusOr<uint32_t> OwnOffice::RaiseIncarnation(
    storage::Store& store, storage::Vault& vault, crypto::RandomSource& random,
    const Clock& clock, absl::Time last_letter_at) {
  const absl::Time now = clock.Now();
  ASSIGN_OR_RETURN(OwnState state, LoadState(store, vault, now));
  const storage::Table<OwnOfficeCodec> table(vault);
  ASSIGN_OR_RETURN(const auto row, table.Get(store, {}));
  uint32_t known = state.bundle.incarnation;
  if (!state.row.later_bundle.empty()) {
    ASSIGN_OR_RETURN(
        const KeyBundle later,
        KeyBundle::Verify(state.row.later_bundle, state.bundle.office_key,
                          absl::InfiniteFuture()));
    known = later.incarnation;
  }
  KeyChange change(std::move(state), vault, random);
  const absl::Time ended = std::max(now, last_letter_at);
  RETURN_IF_ERROR(change.RaiseIncarnation(known, ended));
  const absl::Time not_before = now - limits::kClockSkewMax;
  RETURN_IF_ERROR(change.AddSigningKey(not_before));
  RETURN_IF_ERROR(change.AddLogKey(not_before));
  RETURN_IF_ERROR(change.AddSealingKey(now));
  RETURN_IF_ERROR(change.NewTlsKey(now));
  RETURN_IF_ERROR(change.SignBundle(now));
  const uint32_t incarnation = change.state().row.incarnation;
  RETURN_IF_ERROR(table.Replace(change.batch(), {}, *row, change.state().row));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<audit::Log> log,
      audit::Log::Open(store, vault, clock, random, change.state().row.id,
                       incarnation, change.state().keys.log.rbegin()->second));
  RETURN_IF_ERROR(log->Record(
      change.batch(),
      {audit::EventKind::kRestored,
       now,
       PersonId(),
       {{"incarnation", absl::StrCat(incarnation)},
        {"version", absl::StrCat(change.state().bundle.version)}}}));
  RETURN_IF_ERROR(store.Commit(change.batch()).status());
  return incarnation;
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

absl::Status OwnOffice::CheckFresh() const { return impl_->CheckFresh(); }

absl::Status OwnOffice::CheckHeldBundle(absl::string_view signed_bundle) {
  RETURN_IF_ERROR(CheckFresh());
  const auto state = impl_->Now();
  if (signed_bundle.empty() || signed_bundle == state->row.signed_bundle) {
    return absl::OkStatus();
  }
  const absl::StatusOr<KeyBundle> held = KeyBundle::Verify(
      signed_bundle, impl_->office_key(), absl::InfiniteFuture());
  if (!held.ok() || held->office != id()) return absl::OkStatus();
  // Versions rise with incarnations. What was signed twice with one version
  // was signed by two lives of this office; so were keys that we do not have,
  // though ours may have come to a higher version since.
  const KeyBundle& own = state->bundle;
  const bool later = held->incarnation > own.incarnation ||
                     held->version > own.version ||
                     (held->version == own.version &&
                      held->EncodeBody() != own.EncodeBody()) ||
                     IsOfAnotherLife(*held, own);
  if (!later) return absl::OkStatus();
  const absl::Status kept = impl_->KeepLater(signed_bundle);
  Log("restore_needed", {LogField::Why(Reason::kRestoreNeeded)});
  RETURN_IF_ERROR(kept);
  return CheckFresh();
}

absl::StatusOr<std::string> OwnOffice::SignAsOffice(
    absl::string_view dsse_type, absl::string_view body) const {
  RETURN_IF_ERROR(CheckFresh());
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
  RETURN_IF_ERROR(CheckFresh());
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
        // Keys made while the clock was ahead are of no use once it is right
        // again, and must not keep others from being made.
        const absl::Time at_once = now - limits::kClockSkewMax;
        if (!HasBegun(bundle.signing_keys, change.state().keys.signing, now)) {
          RETURN_IF_ERROR(change.AddSigningKey(at_once));
        } else if (signing_end - now < kEpochRenewBefore) {
          RETURN_IF_ERROR(
              change.AddSigningKey(NewEpochStart(signing_end, now)));
        }
        const absl::Time log_end = LastSignUntil(bundle.log_keys);
        if (!HasBegun(bundle.log_keys, change.state().keys.log, now)) {
          RETURN_IF_ERROR(change.AddLogKey(at_once));
        } else if (log_end - now < kEpochRenewBefore) {
          RETURN_IF_ERROR(change.AddLogKey(NewEpochStart(log_end, now)));
        }
        if (now - LastSealingKeyMadeAt(bundle) >= limits::kSealingKeyPeriod ||
            !bundle.SealingKeyToUse(now).ok()) {
          RETURN_IF_ERROR(change.AddSealingKey(now));
        }
        if (change.state().tls_not_after - now < kTlsRenewBefore ||
            now < change.state().tls_not_before) {
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
