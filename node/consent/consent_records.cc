// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent_records.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "amparo/record/v1/consent.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"
#include "node/storage/record_draft.h"

namespace amparo::consent {
namespace {

namespace record = ::amparo::record::v1;

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged,
               "a stored consent does not say what it must");
}

// An id that must be there.
template <class T>
absl::StatusOr<T> ReadId(absl::string_view bytes) {
  absl::StatusOr<T> id = T::FromBytes(bytes);
  if (!id.ok() || id->empty()) return Damaged();
  return id;
}

// A person, or nobody.
absl::StatusOr<PersonId> ReadActor(absl::string_view bytes) {
  if (bytes.empty()) return PersonId();
  return ReadId<PersonId>(bytes);
}

std::string ActorBytes(const PersonId& person) {
  return person.empty() ? std::string() : person.bytes();
}

template <class T, class Numbers, class FromNumber>
absl::StatusOr<std::set<T>> ReadSet(const Numbers& numbers,
                                    FromNumber from_number) {
  std::set<T> set;
  for (const uint32_t number : numbers) {
    const std::optional<T> value = from_number(static_cast<int>(number));
    if (!value.has_value()) return Damaged();
    set.insert(*value);
  }
  return set;
}

absl::Status ReadCodedWords(const record::ConsentRecord& stored,
                            ConsentFields& fields) {
  const auto purpose = PurposeFromNumber(static_cast<int>(stored.purpose()));
  const auto given_by = GivenByFromNumber(static_cast<int>(stored.given_by()));
  const auto method = MethodFromNumber(static_cast<int>(stored.method()));
  if (!purpose.has_value() || !given_by.has_value() || !method.has_value()) {
    return Damaged();
  }
  fields.purpose = *purpose;
  fields.given_by = *given_by;
  fields.method = *method;
  ASSIGN_OR_RETURN(
      fields.categories,
      ReadSet<DataCategory>(stored.categories(), DataCategoryFromNumber));
  ASSIGN_OR_RETURN(
      fields.exclusions,
      ReadSet<DataCategory>(stored.exclusions(), DataCategoryFromNumber));
  ASSIGN_OR_RETURN(fields.answered_yes, ReadSet<Question>(stored.answered_yes(),
                                                          QuestionFromNumber));
  return absl::OkStatus();
}

absl::StatusOr<ConsentFields> ReadFields(const record::ConsentRecord& stored) {
  ConsentFields fields;
  ASSIGN_OR_RETURN(fields.id, ReadId<ConsentId>(stored.consent_id()));
  ASSIGN_OR_RETURN(fields.subject, ReadId<SubjectId>(stored.subject_id()));
  for (const std::string& bytes : stored.recipients()) {
    ASSIGN_OR_RETURN(const OfficeId office, ReadId<OfficeId>(bytes));
    fields.recipients.insert(office);
  }
  RETURN_IF_ERROR(ReadCodedWords(stored, fields));
  fields.language = stored.language();
  fields.text_version = stored.text_version();
  ASSIGN_OR_RETURN(fields.collector, ReadActor(stored.collector()));
  fields.given_at = FromUnixMillis(stored.given_at_ms());
  fields.valid_until = FromUnixMillis(stored.valid_until_ms());
  fields.treated_as_minor = stored.treated_as_minor();
  fields.assent = stored.assent();
  fields.best_interests_reference = stored.best_interests_reference();
  return fields;
}

}  // namespace

absl::StatusOr<ConsentId> ConsentCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<ConsentId>(bytes);
}

std::string ConsentCodec::Encode(const Consent& consent) {
  const ConsentFields& fields = consent.fields();
  storage::RecordDraft<record::ConsentRecord> draft;
  record::ConsentRecord& stored = *draft;
  stored.set_consent_id(fields.id.bytes());
  stored.set_subject_id(fields.subject.bytes());
  stored.set_purpose(static_cast<uint32_t>(fields.purpose));
  for (const OfficeId& office : fields.recipients) {
    stored.add_recipients(office.bytes());
  }
  for (const DataCategory category : fields.categories) {
    stored.add_categories(static_cast<uint32_t>(category));
  }
  for (const DataCategory category : fields.exclusions) {
    stored.add_exclusions(static_cast<uint32_t>(category));
  }
  stored.set_given_by(static_cast<uint32_t>(fields.given_by));
  stored.set_method(static_cast<uint32_t>(fields.method));
  stored.set_language(fields.language);
  stored.set_text_version(fields.text_version);
  stored.set_collector(ActorBytes(fields.collector));
  stored.set_given_at_ms(amparo::ToUnixMillis(fields.given_at));
  stored.set_valid_until_ms(amparo::ToUnixMillis(fields.valid_until));
  for (const Question question : fields.answered_yes) {
    stored.add_answered_yes(static_cast<uint32_t>(question));
  }
  stored.set_treated_as_minor(fields.treated_as_minor);
  stored.set_assent(fields.assent);
  stored.set_best_interests_reference(fields.best_interests_reference);
  if (consent.withdrawn_at().has_value()) {
    stored.set_withdrawn_at_ms(amparo::ToUnixMillis(*consent.withdrawn_at()));
    stored.set_withdrawn_by(ActorBytes(consent.withdrawn_by()));
  }
  return storage::SerializeRecord(stored);
}

absl::StatusOr<Consent> ConsentCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::ConsentRecord stored,
                   storage::ParseRecord<record::ConsentRecord>(bytes));
  ASSIGN_OR_RETURN(ConsentFields fields, ReadFields(stored));
  absl::StatusOr<Consent> consent = Consent::Create(std::move(fields));
  if (!consent.ok()) return Damaged();
  if (!stored.has_withdrawn_at_ms()) return consent;
  ASSIGN_OR_RETURN(const PersonId by, ReadActor(stored.withdrawn_by()));
  return consent->Withdrawn(FromUnixMillis(stored.withdrawn_at_ms()), by);
}

void IndexBySubject(storage::Batch& batch, const SubjectId& subject,
                    const ConsentId& consent) {
  batch.Put(storage::TableId::kConsentsBySubject,
            subject.bytes() + consent.bytes(), {});
}

absl::StatusOr<ConsentId> IndexedConsent(const SubjectId& subject,
                                         absl::string_view key) {
  if (key.size() != SubjectId::kSize + ConsentId::kSize ||
      key.substr(0, SubjectId::kSize) != subject.bytes()) {
    return Damaged();
  }
  return ReadId<ConsentId>(key.substr(SubjectId::kSize));
}

}  // namespace amparo::consent
