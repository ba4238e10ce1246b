// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_records.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "amparo/record/v1/referral.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::referral {
namespace {

namespace record = ::amparo::record::v1;

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged, "a stored referral is damaged");
}

// An id that may be absent: empty bytes are the empty id.
template <class IdType>
absl::Status ReadId(const std::string& bytes, IdType* id) {
  if (bytes.empty()) return absl::OkStatus();
  const absl::StatusOr<IdType> read = IdType::FromBytes(bytes);
  if (!read.ok()) return Damaged();
  *id = *read;
  return absl::OkStatus();
}

template <class IdType>
std::string WriteId(const IdType& id) {
  return id.empty() ? std::string() : id.bytes();
}

absl::StatusOr<Reason> ReadReason(uint32_t number) {
  const auto reason = ReasonFromNumber(static_cast<int>(number));
  if (!reason.has_value()) return Damaged();
  return *reason;
}

int64_t WriteTime(const std::optional<absl::Time>& time) {
  return time.has_value() ? amparo::ToUnixMillis(*time) : 0;
}

std::optional<absl::Time> ReadTime(int64_t millis) {
  if (millis == 0) return std::nullopt;
  return FromUnixMillis(millis);
}

void WriteRequest(const Request& request, record::ReferralRecord* out) {
  out->set_referral_type(request.referral_type);
  out->set_urgency(request.urgency);
  for (const std::string& service : request.services) {
    out->add_services(service);
  }
  for (const auto& [variable, code] : request.preview) {
    out->add_preview_variables(variable);
    out->add_preview_codes(code);
  }
  out->set_risk_level(request.risk_level);
  out->set_risk_to_life(request.risk_to_life);
}

absl::Status ReadRequest(const record::ReferralRecord& in, Request* request) {
  if (in.preview_variables_size() != in.preview_codes_size()) return Damaged();
  request->referral_type = in.referral_type();
  request->urgency = in.urgency();
  request->services.assign(in.services().begin(), in.services().end());
  for (int i = 0; i < in.preview_variables_size(); ++i) {
    request->preview.emplace_back(in.preview_variables(i), in.preview_codes(i));
  }
  request->risk_level = in.risk_level();
  request->risk_to_life = in.risk_to_life();
  return absl::OkStatus();
}

void WriteMark(const LetterMark& mark, record::LetterMarkRecord* out) {
  out->set_message_id(WriteId(mark.message));
  out->set_plain_digest(mark.plain_digest);
  out->set_agreement_id(WriteId(mark.agreement));
  out->set_agreement_hash(mark.agreement_hash);
  out->set_consent_commitment(mark.consent_commitment);
}

absl::Status ReadMark(const record::LetterMarkRecord& in, LetterMark* mark) {
  RETURN_IF_ERROR(ReadId(in.message_id(), &mark->message));
  RETURN_IF_ERROR(ReadId(in.agreement_id(), &mark->agreement));
  mark->plain_digest = in.plain_digest();
  mark->agreement_hash = in.agreement_hash();
  mark->consent_commitment = in.consent_commitment();
  return absl::OkStatus();
}

absl::Status ReadIds(const record::ReferralRecord& in, Referral* out) {
  RETURN_IF_ERROR(ReadId(in.peer(), &out->peer));
  RETURN_IF_ERROR(ReadId(in.case_id(), &out->case_id));
  RETURN_IF_ERROR(ReadId(in.subject_id(), &out->subject));
  RETURN_IF_ERROR(ReadId(in.pseudonym(), &out->pseudonym));
  RETURN_IF_ERROR(ReadMark(in.request_letter(), &out->request_letter));
  if (in.has_disclosure_letter()) {
    RETURN_IF_ERROR(ReadMark(in.disclosure_letter(), &out->disclosure_letter));
  }
  RETURN_IF_ERROR(ReadId(in.consent_id(), &out->consent));
  RETURN_IF_ERROR(ReadId(in.disclosure_consent_id(), &out->disclosure_consent));
  return ReadId(in.person(), &out->person);
}

std::string Pair(absl::string_view first, const ReferralId& referral) {
  return std::string(first) + referral.bytes();
}

}  // namespace

std::string ReferralCodec::Encode(const Record& from) {
  record::ReferralRecord to;
  to.set_direction(static_cast<uint32_t>(from.direction));
  to.set_state(static_cast<uint32_t>(from.state));
  to.set_peer(WriteId(from.peer));
  to.set_case_id(WriteId(from.case_id));
  to.set_subject_id(WriteId(from.subject));
  to.set_case_number(from.case_number);
  to.set_pseudonym(WriteId(from.pseudonym));
  WriteRequest(from.request, &to);
  to.set_created_at_ms(amparo::ToUnixMillis(from.created_at));
  to.set_respond_by_ms(amparo::ToUnixMillis(from.respond_by));
  to.set_decline_reason(from.decline_reason);
  WriteMark(from.request_letter, to.mutable_request_letter());
  if (!from.disclosure_letter.message.empty()) {
    WriteMark(from.disclosure_letter, to.mutable_disclosure_letter());
  }
  to.set_consent_id(WriteId(from.consent));
  to.set_consent_salt(from.consent_salt);
  to.set_disclosure_consent_id(WriteId(from.disclosure_consent));
  to.set_disclosure_salt(from.disclosure_salt);
  to.set_opened_at_ms(WriteTime(from.opened_at));
  to.set_disclosure_opened_at_ms(WriteTime(from.disclosure_opened_at));
  to.set_person(WriteId(from.person));
  to.set_disclosure_recalled(from.disclosure_recalled);
  to.set_peer_incarnation(from.peer_incarnation);
  if (from.former_answer.has_value()) {
    to.set_former_answer(static_cast<uint32_t>(*from.former_answer));
  }
  to.set_answer_not_taken(static_cast<uint32_t>(from.answer_not_taken));
  return storage::SerializeRecord(to);
}

absl::StatusOr<Referral> ReferralCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::ReferralRecord from,
                   storage::ParseRecord<record::ReferralRecord>(bytes));
  Referral to;
  const auto direction =
      DirectionFromNumber(static_cast<int>(from.direction()));
  const auto state = StateFromNumber(static_cast<int>(from.state()));
  if (!direction.has_value() || !state.has_value()) return Damaged();
  to.direction = *direction;
  to.state = *state;
  RETURN_IF_ERROR(ReadIds(from, &to));
  RETURN_IF_ERROR(ReadRequest(from, &to.request));
  // Times before 1970 could not be written again.
  if (std::min({from.created_at_ms(), from.respond_by_ms(), from.opened_at_ms(),
                from.disclosure_opened_at_ms()}) < 0) {
    return Damaged();
  }
  to.case_number = from.case_number();
  to.created_at = FromUnixMillis(from.created_at_ms());
  to.respond_by = FromUnixMillis(from.respond_by_ms());
  to.decline_reason = from.decline_reason();
  to.consent_salt = from.consent_salt();
  to.disclosure_salt = from.disclosure_salt();
  to.opened_at = ReadTime(from.opened_at_ms());
  to.disclosure_opened_at = ReadTime(from.disclosure_opened_at_ms());
  to.disclosure_recalled = from.disclosure_recalled();
  to.peer_incarnation = from.peer_incarnation();
  if (from.former_answer() != 0) {
    to.former_answer = StateFromNumber(static_cast<int>(from.former_answer()));
    if (!to.former_answer.has_value()) return Damaged();
  }
  ASSIGN_OR_RETURN(to.answer_not_taken, ReadReason(from.answer_not_taken()));
  return to;
}

std::string DisclosureCodec::Encode(const Record& from) {
  record::DisclosureRecord to;
  to.set_given_names(from.identity.given_names);
  to.set_family_names(from.identity.family_names);
  to.set_given_names_romanised(from.identity.given_names_romanised);
  to.set_family_names_romanised(from.identity.family_names_romanised);
  to.set_date_of_birth(cases::FormatPartialDate(from.identity.born));
  for (const cases::Document& document : from.identity.documents) {
    auto* out = to.add_documents();
    out->set_type(document.type);
    out->set_number(document.number);
    out->set_country(document.country);
  }
  for (const cases::Contact& contact : from.identity.contacts) {
    auto* out = to.add_contacts();
    out->set_type(contact.type);
    out->set_value(contact.value);
    out->set_safe_instruction(contact.safe_instruction);
  }
  for (const HandlingCode code : from.handling_codes) {
    to.add_handling_codes(static_cast<uint32_t>(code));
  }
  return storage::SerializeRecord(to);
}

absl::StatusOr<ReceivedFile> DisclosureCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::DisclosureRecord from,
                   storage::ParseRecord<record::DisclosureRecord>(bytes));
  ReceivedFile to;
  to.identity.given_names = from.given_names();
  to.identity.family_names = from.family_names();
  to.identity.given_names_romanised = from.given_names_romanised();
  to.identity.family_names_romanised = from.family_names_romanised();
  if (!from.date_of_birth().empty()) {
    const auto born = cases::ParsePartialDate(from.date_of_birth(), "born");
    if (!born.ok()) return Damaged();
    to.identity.born = *born;
  }
  for (const auto& document : from.documents()) {
    to.identity.documents.push_back(
        {document.type(), document.number(), document.country()});
  }
  for (const auto& contact : from.contacts()) {
    to.identity.contacts.push_back(
        {contact.type(), contact.value(), contact.safe_instruction()});
  }
  for (const uint32_t number : from.handling_codes()) {
    const auto code = HandlingCodeFromNumber(static_cast<int>(number));
    if (!code.has_value()) return Damaged();
    to.handling_codes.insert(*code);
  }
  return to;
}

void IndexByConsent(storage::Batch& batch, const ConsentId& consent,
                    const ReferralId& referral) {
  batch.Put(storage::TableId::kReferralsByConsent,
            Pair(consent.bytes(), referral), "");
}

void RemoveFromConsentIndex(storage::Batch& batch, const ConsentId& consent,
                            const ReferralId& referral) {
  batch.Delete(storage::TableId::kReferralsByConsent,
               Pair(consent.bytes(), referral));
}

std::string TimeKey(const Referral& referral) {
  std::string key;
  crypto::AppendU64(&key, std::numeric_limits<uint64_t>::max() -
                              static_cast<uint64_t>(
                                  amparo::ToUnixMillis(referral.created_at)));
  return key + referral.id.bytes();
}

void IndexByTime(storage::Batch& batch, const Referral& referral) {
  batch.Put(storage::TableId::kReferralsByTime, TimeKey(referral), "");
}

void RemoveFromTimeIndex(storage::Batch& batch, const Referral& referral) {
  batch.Delete(storage::TableId::kReferralsByTime, TimeKey(referral));
}

absl::StatusOr<std::vector<ReferralId>> ReferralsByConsent(
    const storage::Reader& reader, const ConsentId& consent) {
  std::vector<ReferralId> found;
  RETURN_IF_ERROR(reader.ScanPrefix(
      storage::TableId::kReferralsByConsent, consent.bytes(),
      [&found](absl::string_view key,
               absl::string_view) -> absl::StatusOr<bool> {
        if (key.size() != 32) return Damaged();
        ASSIGN_OR_RETURN(const ReferralId id,
                         ReferralId::FromBytes(key.substr(16)));
        found.push_back(id);
        return true;
      }));
  return found;
}

}  // namespace amparo::referral
