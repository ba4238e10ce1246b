// SPDX-License-Identifier: Apache-2.0
#include "node/consent/ledger.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/consent/consent_records.h"
#include "node/storage/table.h"

namespace amparo::consent {
namespace {

using Row = storage::Row<Consent>;

// How near a consent that does not cover came to covering: the later in the
// order of CheckCovers it failed, the more its reason tells.
int Nearness(Reason reason) {
  switch (reason) {
    case Reason::kConsentMissing:
      return 0;
    case Reason::kConsentNotForPurpose:
      return 1;
    case Reason::kConsentNotForRecipient:
      return 2;
    case Reason::kConsentExpired:
      return 3;
    case Reason::kConsentWithdrawn:
      return 4;
    case Reason::kConsentNotForCategory:
      return 5;
    default:
      return 6;
  }
}

// CheckCovers asks first whether a consent holds at all; of several consents
// it tells more that this one was for something else.
absl::Status MostTelling(const Consent& consent, Purpose purpose,
                         const OfficeId& recipient, absl::Status refusal) {
  if (consent.purpose() != purpose) {
    return Error(Reason::kConsentNotForPurpose);
  }
  const std::set<OfficeId>& recipients = consent.fields().recipients;
  const bool counts_only =
      purpose == Purpose::kStatistics && recipients.empty();
  if (!counts_only && recipients.count(recipient) == 0) {
    return Error(Reason::kConsentNotForRecipient);
  }
  return refusal;
}

bool Excludes(const Consent& consent, Purpose purpose,
              const OfficeId& recipient,
              absl::Span<const DataCategory> categories, absl::Time now) {
  const ConsentFields& fields = consent.fields();
  if (consent.state() != State::kActive || now >= fields.valid_until ||
      fields.purpose != purpose || fields.recipients.count(recipient) == 0) {
    return false;
  }
  return std::any_of(categories.begin(), categories.end(),
                     [&](DataCategory category) {
                       return fields.exclusions.count(category) > 0;
                     });
}

}  // namespace

absl::StatusOr<Consent> Ledger::Get(const storage::Reader& reader,
                                    const ConsentId& id) const {
  const storage::Table<ConsentCodec> table(vault_);
  ASSIGN_OR_RETURN(std::optional<Row> row, table.Get(reader, id));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  return std::move(row->value);
}

absl::StatusOr<std::vector<Consent>> Ledger::ListBySubject(
    const storage::Reader& reader, const SubjectId& subject) const {
  std::vector<ConsentId> ids;
  RETURN_IF_ERROR(reader.ScanPrefix(
      storage::TableId::kConsentsBySubject, subject.bytes(),
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const ConsentId id, IndexedConsent(subject, key));
        ids.push_back(id);
        return ids.size() <= kConsentsPerSubjectMax;
      }));
  const storage::Table<ConsentCodec> table(vault_);
  std::vector<Consent> consents;
  for (const ConsentId& id : ids) {
    ASSIGN_OR_RETURN(std::optional<Row> row, table.Get(reader, id));
    if (!row.has_value() || row->value.subject() != subject) {
      return Error(Reason::kRecordDamaged,
                   "the index of consents names one that is not there");
    }
    consents.push_back(std::move(row->value));
  }
  return consents;
}

absl::Status Ledger::Scan(
    const storage::Reader& reader,
    const std::function<absl::StatusOr<bool>(const Consent&)>& row) const {
  const storage::Table<ConsentCodec> table(vault_);
  return table.Scan(reader, {}, {}, [&](const ConsentId&, const Row& found) {
    return row(found.value);
  });
}

absl::Status Ledger::CheckCovers(const Consent& consent, Purpose purpose,
                                 const OfficeId& recipient,
                                 absl::Span<const DataCategory> categories,
                                 absl::Time now) const {
  return consent::CheckCovers(consent, purpose, recipient, categories, now);
}

absl::StatusOr<Consent> Ledger::FindActive(
    const storage::Reader& reader, const SubjectId& subject, Purpose purpose,
    const OfficeId& recipient, absl::Span<const DataCategory> categories,
    absl::Time now) const {
  ASSIGN_OR_RETURN(const std::vector<Consent> consents,
                   ListBySubject(reader, subject));
  absl::Status refusal = Error(Reason::kConsentMissing);
  const Consent* best = nullptr;
  for (const Consent& consent : consents) {
    if (Excludes(consent, purpose, recipient, categories, now)) {
      return Error(Reason::kConsentNotForCategory,
                   "the person asked never to share this with this recipient");
    }
    absl::Status covers =
        CheckCovers(consent, purpose, recipient, categories, now);
    if (covers.ok()) {
      if (best == nullptr ||
          consent.fields().valid_until > best->fields().valid_until) {
        best = &consent;
      }
      continue;
    }
    covers = MostTelling(consent, purpose, recipient, std::move(covers));
    if (Nearness(ReasonOf(covers)) > Nearness(ReasonOf(refusal))) {
      refusal = std::move(covers);
    }
  }
  if (best == nullptr) return refusal;
  return *best;
}

absl::Status Ledger::Erase(storage::Batch& batch, const storage::Reader& reader,
                           const SubjectId& subject) const {
  return reader.ScanPrefix(
      storage::TableId::kConsentsBySubject, subject.bytes(),
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const ConsentId id, IndexedConsent(subject, key));
        storage::Table<ConsentCodec>(vault_).Delete(batch, id);
        batch.Delete(storage::TableId::kConsentsBySubject, key);
        return true;
      });
}

absl::Status Ledger::InsertWithCase(storage::Batch& batch,
                                    const Consent& consent,
                                    const KeyId& key) const {
  // 128 fresh random bits are taken by nobody: not looked up at the commit.
  RETURN_IF_ERROR(storage::Table<ConsentCodec>(vault_).Put(batch, consent.id(),
                                                           consent, key));
  IndexBySubject(batch, consent.subject(), consent.id());
  return absl::OkStatus();
}

absl::Status Ledger::InsertImported(storage::Batch& batch,
                                    const Consent& consent, const KeyId& key,
                                    const PersonId& actor,
                                    absl::Time now) const {
  batch.RequireAbsent(ConsentCodec::kTable,
                      ConsentCodec::EncodeKey(consent.id()));
  RETURN_IF_ERROR(InsertWithCase(batch, consent, key));
  return log_.Record(
      batch,
      {audit::EventKind::kConsentGiven,
       now,
       actor,
       {{"consent", consent.id().hex()},
        {"purpose", std::string(amparo::Name(consent.purpose()))}}},
      key);
}

}  // namespace amparo::consent
