// SPDX-License-Identifier: Apache-2.0
#include "node/peering/agreements.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/peering/peering_records.h"
#include "node/peering/signed_body.h"
#include "node/storage/table.h"

namespace amparo::peering {
namespace {

bool Older(const Agreement& a, const Agreement& b) {
  return std::make_tuple(a.created_at(), a.id()) <
         std::make_tuple(b.created_at(), b.id());
}

}  // namespace

class Agreements::Impl {
 public:
  Impl(storage::Store& store, const storage::Vault& vault, const OwnOffice& own,
       const Peers& peers)
      : store_(store), table_(vault), own_(own), peers_(peers) {}

  const storage::Store& store() const { return store_; }
  const storage::Table<AgreementCodec>& table() const { return table_; }
  const OwnOffice& own() const { return own_; }

  // OK when `signature` is one of the office key of `signer` over the body.
  absl::Status CheckSignature(const Agreement& agreement,
                              const OfficeId& signer,
                              absl::string_view signature) const {
    ASSIGN_OR_RETURN(const crypto::P256PublicKey key, KeyOf(signer));
    if (!crypto::VerifyDsse(key, kAgreementType, agreement.body(), signature)
             .ok()) {
      return Error(Reason::kSignatureInvalid,
                   "an agreement is not signed by the office it names");
    }
    return absl::OkStatus();
  }

  absl::Status CheckAll(const SignedAgreement& value) const {
    const Agreement& agreement = value.agreement;
    if (!agreement.IsParty(own_.id())) {
      return FieldError("acceptor", "must be this office or the proposer be");
    }
    RETURN_IF_ERROR(CheckSignature(agreement, agreement.proposer(),
                                   value.proposer_signature));
    if (!value.fully_signed()) return absl::OkStatus();
    return CheckSignature(agreement, agreement.acceptor(),
                          value.acceptor_signature);
  }

  absl::StatusOr<SignedAgreement> FromRow(
      const AgreementId& id, const storage::Row<AgreementRow>& row) const {
    if (auto known = Known(id, row.stored)) return *std::move(known);
    const AgreementRow& read = row.value;
    absl::StatusOr<Agreement> agreement = Agreement::Parse(read.body);
    if (agreement.ok()) {
      SignedAgreement value{*std::move(agreement), read.proposer_signature,
                            read.acceptor_signature, read.drawn_up_by,
                            read.signed_by};
      if (CheckAll(value).ok()) {
        absl::MutexLock lock(&mutex_);
        if (known_.size() >= kKnownMax) known_.clear();
        known_.insert_or_assign(id, std::pair(row.stored, value));
        return value;
      }
    }
    return Error(Reason::kRecordDamaged,
                 "a stored agreement does not parse or verify");
  }

  // As the store has it now.
  absl::StatusOr<std::optional<SignedAgreement>> Read(
      const AgreementId& id) const {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> stored,
        store_.Get(AgreementCodec::kTable, AgreementCodec::EncodeKey(id)));
    if (!stored.has_value()) return std::optional<SignedAgreement>();
    if (auto known = Known(id, *stored)) return known;
    ASSIGN_OR_RETURN(const auto row, table_.Get(store_, id));
    if (!row.has_value()) return std::optional<SignedAgreement>();
    ASSIGN_OR_RETURN(SignedAgreement value, FromRow(id, *row));
    return std::optional<SignedAgreement>(std::move(value));
  }

  absl::StatusOr<std::vector<SignedAgreement>> ReadWith(
      const OfficeId& peer) const {
    std::vector<AgreementId> ids;
    RETURN_IF_ERROR(store_.ScanPrefix(
        storage::TableId::kAgreementsByPeer, peer.bytes(),
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const AgreementId id, AgreementOfPeerKey(key));
          ids.push_back(id);
          return true;
        }));
    std::vector<SignedAgreement> values;
    for (const AgreementId& id : ids) {
      ASSIGN_OR_RETURN(std::optional<SignedAgreement> value, Read(id));
      if (!value.has_value()) {
        return Error(Reason::kRecordDamaged,
                     "an agreement of the index is not there");
      }
      values.push_back(*std::move(value));
    }
    return values;
  }

 private:
  absl::StatusOr<crypto::P256PublicKey> KeyOf(const OfficeId& office) const {
    if (office == own_.id()) return own_.office_public_key();
    std::optional<crypto::P256PublicKey> pin = peers_.PinFor(office);
    if (!pin.has_value()) return Error(Reason::kPeerUnknown);
    return *std::move(pin);
  }

  // What was read and verified before, if the row is still the very same: a
  // pin never changes, so neither does what these bytes say.
  std::optional<SignedAgreement> Known(const AgreementId& id,
                                       absl::string_view stored) const {
    absl::MutexLock lock(&mutex_);
    const auto known = known_.find(id);
    if (known == known_.end() || known->second.first != stored) {
      return std::nullopt;
    }
    return known->second.second;
  }

  static constexpr size_t kKnownMax = 1024;

  storage::Store& store_;
  const storage::Table<AgreementCodec> table_;
  const OwnOffice& own_;
  const Peers& peers_;
  mutable absl::Mutex mutex_;
  // With the stored bytes they were read from.
  mutable absl::flat_hash_map<AgreementId,
                              std::pair<std::string, SignedAgreement>>
      known_ ABSL_GUARDED_BY(mutex_);
};

Agreements::Agreements(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agreements::~Agreements() = default;

absl::StatusOr<std::unique_ptr<Agreements>> Agreements::Load(
    storage::Store& store, const storage::Vault& vault, const OwnOffice& own,
    const Peers& peers) {
  auto impl = std::make_unique<Impl>(store, vault, own, peers);
  const absl::Status read = impl->table().Scan(
      store, {}, {},
      [&](const AgreementId& id,
          const storage::Row<AgreementRow>& row) -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(impl->FromRow(id, row).status());
        return true;
      });
  RETURN_IF_ERROR(read);
  return std::unique_ptr<Agreements>(new Agreements(std::move(impl)));
}

absl::StatusOr<SignedAgreement> Agreements::Get(const AgreementId& id) const {
  ASSIGN_OR_RETURN(std::optional<SignedAgreement> value, impl_->Read(id));
  if (!value.has_value()) return Error(Reason::kAgreementMissing);
  return *std::move(value);
}

absl::StatusOr<Agreement> Agreements::ActiveWith(const OfficeId& peer,
                                                 absl::Time now) const {
  ASSIGN_OR_RETURN(const std::vector<SignedAgreement> all,
                   impl_->ReadWith(peer));
  const Agreement* best = nullptr;
  bool expired = false;
  for (const SignedAgreement& value : all) {
    if (!value.fully_signed()) continue;
    const absl::Status in_force = CheckInForce(value.agreement, now);
    expired |= ReasonOf(in_force) == Reason::kAgreementExpired;
    if (!in_force.ok()) continue;
    if (best == nullptr || Older(*best, value.agreement)) {
      best = &value.agreement;
    }
  }
  if (best != nullptr) return *best;
  return Error(expired ? Reason::kAgreementExpired : Reason::kAgreementMissing);
}

absl::StatusOr<Agreement> Agreements::Covering(
    const OfficeId& peer, LetterType type, Purpose purpose,
    const std::set<DataCategory>& categories, absl::Time now) const {
  ASSIGN_OR_RETURN(const Agreement newest, ActiveWith(peer, now));
  const auto check = [&](const Agreement& agreement) {
    return CheckLetter(agreement, impl_->own().id(), type, purpose, categories,
                       now);
  };
  const absl::Status refused = check(newest);
  if (refused.ok()) return newest;
  ASSIGN_OR_RETURN(const std::vector<SignedAgreement> all,
                   impl_->ReadWith(peer));
  const Agreement* best = nullptr;
  for (const SignedAgreement& value : all) {
    if (!value.fully_signed() || !check(value.agreement).ok()) continue;
    if (best == nullptr || Older(*best, value.agreement)) {
      best = &value.agreement;
    }
  }
  if (best == nullptr) return refused;
  return *best;
}

absl::StatusOr<Agreement> Agreements::Named(const OfficeId& peer,
                                            const AgreementId& id,
                                            absl::string_view hash) const {
  ASSIGN_OR_RETURN(SignedAgreement value, Get(id));
  if (!value.fully_signed() || !value.agreement.IsParty(peer)) {
    return Error(Reason::kAgreementMissing);
  }
  if (value.agreement.hash() != hash) {
    return Error(Reason::kAgreementHashMismatch);
  }
  return std::move(value.agreement);
}

absl::StatusOr<std::vector<SignedAgreement>> Agreements::List(
    std::optional<OfficeId> peer) const {
  ASSIGN_OR_RETURN(std::vector<SignedAgreement> list,
                   impl_->ReadWith(peer.value_or(OfficeId())));
  if (!peer.has_value()) {
    RETURN_IF_ERROR(impl_->table().Scan(
        impl_->store(), {}, {},
        [&](const AgreementId& id,
            const storage::Row<AgreementRow>& row) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(SignedAgreement value, impl_->FromRow(id, row));
          list.push_back(std::move(value));
          return true;
        }));
  }
  std::sort(list.begin(), list.end(),
            [](const SignedAgreement& a, const SignedAgreement& b) {
              return Older(a.agreement, b.agreement);
            });
  return list;
}

absl::Status Agreements::Insert(storage::Batch& batch,
                                const SignedAgreement& value) {
  RETURN_IF_ERROR(impl_->CheckAll(value));
  const Agreement& agreement = value.agreement;
  ASSIGN_OR_RETURN(const auto known,
                   impl_->table().Get(impl_->store(), agreement.id()));
  if (known.has_value()) {
    if (known->value.body == agreement.body()) return absl::OkStatus();
    return Error(Reason::kAlreadyExists,
                 "another agreement has this id already");
  }
  RETURN_IF_ERROR(impl_->table().Insert(
      batch, agreement.id(),
      {agreement.body(), value.proposer_signature, value.acceptor_signature,
       value.drawn_up_by, value.signed_by}));
  const OfficeId& peer = agreement.Other(impl_->own().id());
  batch.Put(storage::TableId::kAgreementsByPeer,
            AgreementByPeerKey(peer, agreement.id()), "");
  return absl::OkStatus();
}

absl::Status Agreements::AddAcceptorSignature(storage::Batch& batch,
                                              const AgreementId& id,
                                              absl::string_view hash,
                                              absl::string_view signature,
                                              const PersonId& signed_by) {
  ASSIGN_OR_RETURN(const auto row, impl_->table().Get(impl_->store(), id));
  if (!row.has_value()) return Error(Reason::kAgreementMissing);
  ASSIGN_OR_RETURN(const SignedAgreement value, impl_->FromRow(id, *row));
  if (value.agreement.hash() != hash) {
    return Error(Reason::kAgreementHashMismatch);
  }
  if (value.fully_signed()) {
    if (value.acceptor_signature == signature) return absl::OkStatus();
    return WithState(
        Error(Reason::kWrongState, "the agreement was signed by both already"),
        "SIGNED");
  }
  RETURN_IF_ERROR(impl_->CheckSignature(value.agreement,
                                        value.agreement.acceptor(), signature));
  AgreementRow next = row->value;
  next.acceptor_signature = std::string(signature);
  next.signed_by = signed_by;
  return impl_->table().Replace(batch, id, *row, next);
}

}  // namespace amparo::peering
