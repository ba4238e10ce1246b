// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "amparo/peer/v1/letter.pb.h"
#include "amparo/peer/v1/referral.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/referral/referral_letters.h"

namespace amparo::referral {
namespace {

namespace peer = ::amparo::peer::v1;

constexpr int kRecalledMax = 16;

absl::Status Malformed() {
  return Error(Reason::kLetterMalformed,
               "the payload is not what the type of the letter says");
}

// Unknown fields are dropped with the message: only the domain value is kept,
// so nothing that no consent covers is stored by accident.
template <class Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed();
  }
  return message;
}

template <class IdType>
absl::StatusOr<IdType> ReadId(const std::string& bytes) {
  auto id = IdType::FromBytes(bytes);
  if (!id.ok() || id->empty()) return Malformed();
  return *id;
}

}  // namespace

std::string EncodeRequest(const RequestPayload& payload) {
  peer::ReferralRequest to;
  to.set_referral_id(payload.id.bytes());
  to.set_pseudonym(payload.pseudonym.bytes());
  to.set_referral_type(payload.request.referral_type);
  to.set_urgency(payload.request.urgency);
  for (const std::string& service : payload.request.services) {
    to.add_services(service);
  }
  for (const auto& [variable, code] : payload.request.preview) {
    auto* value = to.add_preview();
    value->set_variable(variable);
    value->set_code(code);
  }
  to.set_risk_level(payload.request.risk_level);
  to.set_risk_to_life(payload.request.risk_to_life);
  return to.SerializeAsString();
}

absl::StatusOr<RequestPayload> DecodeRequest(absl::string_view bytes,
                                             const vocabulary::Lists& lists) {
  ASSIGN_OR_RETURN(const auto from, Parse<peer::ReferralRequest>(bytes));
  RequestPayload to;
  ASSIGN_OR_RETURN(to.id, ReadId<ReferralId>(from.referral_id()));
  ASSIGN_OR_RETURN(to.pseudonym, ReadId<Pseudonym>(from.pseudonym()));
  to.request.referral_type = from.referral_type();
  to.request.urgency = from.urgency();
  to.request.services.assign(from.services().begin(), from.services().end());
  for (const auto& value : from.preview()) {
    to.request.preview.emplace_back(value.variable(), value.code());
  }
  to.request.risk_level = from.risk_level();
  to.request.risk_to_life = from.risk_to_life();
  RETURN_IF_ERROR(CheckRequest(lists, to.request));
  return to;
}

std::string EncodeAnswer(const AnswerPayload& payload) {
  peer::ReferralAnswer to;
  to.set_referral_id(payload.id.bytes());
  to.set_decision(payload.accepted ? peer::REFERRAL_DECISION_ACCEPTED
                                   : peer::REFERRAL_DECISION_DECLINED);
  to.set_decline_reason(payload.decline_reason);
  return to.SerializeAsString();
}

absl::StatusOr<AnswerPayload> DecodeAnswer(absl::string_view bytes,
                                           const vocabulary::Lists& lists) {
  ASSIGN_OR_RETURN(const auto from, Parse<peer::ReferralAnswer>(bytes));
  AnswerPayload to;
  ASSIGN_OR_RETURN(to.id, ReadId<ReferralId>(from.referral_id()));
  switch (from.decision()) {
    case peer::REFERRAL_DECISION_ACCEPTED:
      if (!from.decline_reason().empty()) return Malformed();
      to.accepted = true;
      return to;
    case peer::REFERRAL_DECISION_DECLINED: {
      ASSIGN_OR_RETURN(const absl::string_view reason,
                       lists.CheckCode("decline-reason", from.decline_reason(),
                                       "decline_reason"));
      to.decline_reason = std::string(reason);
      return to;
    }
    default:
      return Error(Reason::kValueUnknown, "decision is not a known value");
  }
}

std::string EncodeDisclosure(const DisclosurePayload& payload) {
  const cases::Identity& identity = payload.identity;
  peer::Disclosure to;
  to.set_referral_id(payload.id.bytes());
  to.set_given_names(identity.given_names);
  to.set_family_names(identity.family_names);
  to.set_given_names_romanised(identity.given_names_romanised);
  to.set_family_names_romanised(identity.family_names_romanised);
  to.set_date_of_birth(cases::FormatPartialDate(identity.born));
  for (const cases::Document& document : identity.documents) {
    auto* out = to.add_documents();
    out->set_type(document.type);
    out->set_number(document.number);
    out->set_country(document.country);
  }
  for (const cases::Contact& contact : identity.contacts) {
    auto* out = to.add_contacts();
    out->set_type(contact.type);
    out->set_value(contact.value);
    out->set_safe_instruction(contact.safe_instruction);
  }
  return to.SerializeAsString();
}

absl::StatusOr<DisclosurePayload> DecodeDisclosure(
    absl::string_view bytes, const vocabulary::Lists& lists) {
  ASSIGN_OR_RETURN(const auto from, Parse<peer::Disclosure>(bytes));
  DisclosurePayload to;
  ASSIGN_OR_RETURN(to.id, ReadId<ReferralId>(from.referral_id()));
  to.identity.given_names = from.given_names();
  to.identity.family_names = from.family_names();
  to.identity.given_names_romanised = from.given_names_romanised();
  to.identity.family_names_romanised = from.family_names_romanised();
  ASSIGN_OR_RETURN(
      to.identity.born,
      cases::ParsePartialDate(from.date_of_birth(), "date_of_birth"));
  for (const auto& document : from.documents()) {
    to.identity.documents.push_back(
        {document.type(), document.number(), document.country()});
  }
  for (const auto& contact : from.contacts()) {
    to.identity.contacts.push_back(
        {contact.type(), contact.value(), contact.safe_instruction()});
  }
  RETURN_IF_ERROR(cases::CheckIdentity(lists, to.identity));
  return to;
}

std::string EncodeRecall(const RecallPayload& payload) {
  peer::Recall to;
  to.set_referral_id(payload.id.bytes());
  for (const MessageId& message : payload.messages) {
    to.add_message_ids(message.bytes());
  }
  to.set_consent_commitment(payload.consent_commitment);
  to.set_withdrawn_at_ms(amparo::ToUnixMillis(payload.withdrawn_at));
  return to.SerializeAsString();
}

absl::StatusOr<RecallPayload> DecodeRecall(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto from, Parse<peer::Recall>(bytes));
  RecallPayload to;
  ASSIGN_OR_RETURN(to.id, ReadId<ReferralId>(from.referral_id()));
  if (from.message_ids().empty() || from.message_ids_size() > kRecalledMax ||
      from.consent_commitment().size() != 32 || from.withdrawn_at_ms() < 0) {
    return Malformed();
  }
  for (const std::string& id : from.message_ids()) {
    ASSIGN_OR_RETURN(const MessageId message, ReadId<MessageId>(id));
    to.messages.push_back(message);
  }
  to.consent_commitment = from.consent_commitment();
  to.withdrawn_at = FromUnixMillis(from.withdrawn_at_ms());
  return to;
}

std::vector<DataCategory> CategoriesOf(const cases::Identity& identity) {
  std::vector<DataCategory> categories;
  if (!identity.given_names.empty() || !identity.family_names.empty() ||
      !identity.given_names_romanised.empty() ||
      !identity.family_names_romanised.empty()) {
    categories.push_back(DataCategory::kNames);
  }
  if (identity.born.known()) categories.push_back(DataCategory::kDatesOfBirth);
  if (!identity.documents.empty()) {
    categories.push_back(DataCategory::kDocuments);
  }
  if (!identity.contacts.empty()) {
    categories.push_back(DataCategory::kContacts);
  }
  return categories;
}

cases::Identity Narrowed(const cases::Identity& identity,
                         absl::Span<const DataCategory> categories) {
  cases::Identity narrowed;
  for (const DataCategory category : categories) {
    switch (category) {
      case DataCategory::kNames:
        narrowed.given_names = identity.given_names;
        narrowed.family_names = identity.family_names;
        narrowed.given_names_romanised = identity.given_names_romanised;
        narrowed.family_names_romanised = identity.family_names_romanised;
        break;
      case DataCategory::kDatesOfBirth:
        narrowed.born = identity.born;
        break;
      case DataCategory::kDocuments:
        narrowed.documents = identity.documents;
        break;
      case DataCategory::kContacts:
        narrowed.contacts = identity.contacts;
        break;
      case DataCategory::kCodedProfile:
      case DataCategory::kNeeds:
      case DataCategory::kStatisticalCounts:
        break;  // No part of an identity.
    }
  }
  return narrowed;
}

}  // namespace amparo::referral
