// SPDX-License-Identifier: Apache-2.0
#include "node/peering/agreement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "amparo/peer/v1/agreement.pb.h"
#include "crypto/base/digest.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::peering {
namespace {

constexpr uint32_t kRetentionDaysMax = 36500;

bool IsWord(absl::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

bool IsReference(absl::string_view text) {
  return !text.empty() && text.size() <= limits::kShortTextBytesMax &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

absl::Status CheckTypes(absl::string_view field,
                        const std::set<LetterType>& types) {
  for (const LetterType type : types) {
    if (IsPeeringLetter(type)) {
      return FieldError(field,
                        "must not list peering letters: they pass "
                        "without an agreement");
    }
  }
  return absl::OkStatus();
}

bool IsTime(int64_t millis) {
  constexpr int64_t kYear10000 = 253402300800000;
  return millis >= 0 && millis < kYear10000;
}

bool IsTime(absl::Time time) {
  return time >= absl::UnixEpoch() &&
         time < absl::FromUnixSeconds(253402300800);
}

absl::Time Cut(absl::Time time) {
  return FromUnixMillis(amparo::ToUnixMillis(time));
}

template <class IdType>
absl::StatusOr<IdType> DecodeId(absl::string_view field,
                                absl::string_view bytes) {
  absl::StatusOr<IdType> id = IdType::FromBytes(bytes);
  if (!id.ok()) return FieldError(field, "must be 16 bytes");
  return id;
}

// Numbers to a set: each known, none twice.
template <class Word, class Numbers>
absl::Status DecodeSet(absl::string_view field, const Numbers& numbers,
                       std::optional<Word> (*from_number)(int),
                       std::set<Word>& words) {
  for (const uint32_t number : numbers) {
    const std::optional<Word> word =
        number > 0xFFFF ? std::nullopt : from_number(static_cast<int>(number));
    if (!word.has_value()) {
      return Error(Reason::kValueUnknown,
                   "the agreement uses a word that this version of the "
                   "program does not know; update it");
    }
    if (!words.insert(*word).second) {
      return FieldError(field, "must not list anything twice");
    }
  }
  return absl::OkStatus();
}

template <class Word, class Add>
void EncodeSet(const std::set<Word>& words, const Add& add) {
  for (const Word word : words) add(static_cast<uint32_t>(word));
}

absl::StatusOr<AgreementTerms> DecodeTerms(const peer::v1::Agreement& wire) {
  AgreementTerms terms;
  RETURN_IF_ERROR(DecodeSet("proposer_letter_types",
                            wire.proposer_letter_types(), LetterTypeFromNumber,
                            terms.proposer_letter_types));
  RETURN_IF_ERROR(DecodeSet("acceptor_letter_types",
                            wire.acceptor_letter_types(), LetterTypeFromNumber,
                            terms.acceptor_letter_types));
  RETURN_IF_ERROR(DecodeSet("purposes", wire.purposes(), PurposeFromNumber,
                            terms.purposes));
  RETURN_IF_ERROR(DecodeSet("categories", wire.categories(),
                            DataCategoryFromNumber, terms.categories));
  RETURN_IF_ERROR(DecodeSet("handling_codes", wire.handling_codes(),
                            HandlingCodeFromNumber, terms.handling_codes));
  if (!IsTime(wire.valid_from_ms()) || !IsTime(wire.valid_until_ms()) ||
      !IsTime(wire.impact_assessment_at_ms())) {
    return FieldError("valid_until", "must be a time of this calendar");
  }
  terms.retention_days = wire.retention_days();
  terms.statistics_policy = wire.statistics_policy();
  terms.valid_from = FromUnixMillis(wire.valid_from_ms());
  terms.valid_until = FromUnixMillis(wire.valid_until_ms());
  terms.legal_reference = wire.legal_reference();
  terms.impact_assessment_reference = wire.impact_assessment_reference();
  terms.impact_assessment_at = FromUnixMillis(wire.impact_assessment_at_ms());
  return terms;
}

}  // namespace

absl::Status CheckTerms(const AgreementTerms& terms) {
  if (terms.proposer_letter_types.empty() &&
      terms.acceptor_letter_types.empty()) {
    return FieldError("proposer_letter_types",
                      "must, with acceptor_letter_types, list some type");
  }
  RETURN_IF_ERROR(
      CheckTypes("proposer_letter_types", terms.proposer_letter_types));
  RETURN_IF_ERROR(
      CheckTypes("acceptor_letter_types", terms.acceptor_letter_types));
  if (terms.purposes.empty()) {
    return FieldError("purposes", "must list some purpose");
  }
  if (terms.categories.empty()) {
    return FieldError("categories", "must list some category of data");
  }
  if (terms.retention_days < 1 || terms.retention_days > kRetentionDaysMax) {
    return FieldError("retention_days", "must be 1 to 36500");
  }
  if (!IsWord(terms.statistics_policy)) {
    return FieldError("statistics_policy",
                      "must be a word of up to 64 small letters, digits, - _");
  }
  if (!IsTime(terms.valid_from) || !IsTime(terms.valid_until)) {
    return FieldError("valid_until", "must be a time of this calendar");
  }
  if (amparo::ToUnixMillis(terms.valid_from) >=
      amparo::ToUnixMillis(terms.valid_until)) {
    return FieldError("valid_until", "must be after valid_from");
  }
  if (!IsReference(terms.legal_reference)) {
    return FieldError("legal_reference", "must be 1 to 256 bytes on one line");
  }
  if (!IsReference(terms.impact_assessment_reference)) {
    return FieldError("impact_assessment_reference",
                      "must be 1 to 256 bytes on one line");
  }
  if (!IsTime(terms.impact_assessment_at)) {
    return FieldError("impact_assessment_at", "must be a time");
  }
  return absl::OkStatus();
}

absl::StatusOr<Agreement> Agreement::Create(const AgreementId& id,
                                            const OfficeId& proposer,
                                            const OfficeId& acceptor,
                                            const AgreementTerms& terms,
                                            absl::Time created_at) {
  RETURN_IF_ERROR(CheckTerms(terms));
  peer::v1::Agreement wire;
  wire.set_agreement_id(id.bytes());
  wire.set_proposer(proposer.bytes());
  wire.set_acceptor(acceptor.bytes());
  EncodeSet(terms.proposer_letter_types,
            [&](uint32_t n) { wire.add_proposer_letter_types(n); });
  EncodeSet(terms.acceptor_letter_types,
            [&](uint32_t n) { wire.add_acceptor_letter_types(n); });
  EncodeSet(terms.purposes, [&](uint32_t n) { wire.add_purposes(n); });
  EncodeSet(terms.categories, [&](uint32_t n) { wire.add_categories(n); });
  EncodeSet(terms.handling_codes,
            [&](uint32_t n) { wire.add_handling_codes(n); });
  wire.set_retention_days(terms.retention_days);
  wire.set_statistics_policy(terms.statistics_policy);
  wire.set_valid_from_ms(amparo::ToUnixMillis(terms.valid_from));
  wire.set_valid_until_ms(amparo::ToUnixMillis(terms.valid_until));
  wire.set_legal_reference(terms.legal_reference);
  wire.set_impact_assessment_reference(terms.impact_assessment_reference);
  wire.set_impact_assessment_at_ms(
      amparo::ToUnixMillis(terms.impact_assessment_at));
  wire.set_created_at_ms(amparo::ToUnixMillis(Cut(created_at)));
  // What we draw up must be what the other side will read.
  return Parse(wire.SerializeAsString());
}

absl::StatusOr<Agreement> Agreement::Parse(absl::string_view body) {
  if (body.size() > limits::kAgreementBytesMax) {
    return Error(Reason::kLetterMalformed, "the agreement is too large");
  }
  peer::v1::Agreement wire;
  if (!wire.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Error(Reason::kLetterMalformed, "this is no agreement");
  }
  if (!wire.GetReflection()->GetUnknownFields(wire).empty()) {
    return Error(Reason::kValueUnknown,
                 "the agreement has a field that this version of the program "
                 "does not know; update it");
  }
  Agreement agreement;
  ASSIGN_OR_RETURN(agreement.id_,
                   DecodeId<AgreementId>("agreement_id", wire.agreement_id()));
  ASSIGN_OR_RETURN(agreement.proposer_,
                   DecodeId<OfficeId>("proposer", wire.proposer()));
  ASSIGN_OR_RETURN(agreement.acceptor_,
                   DecodeId<OfficeId>("acceptor", wire.acceptor()));
  if (agreement.id_.empty()) {
    return FieldError("agreement_id", "must not be empty");
  }
  if (agreement.proposer_.empty() || agreement.acceptor_.empty() ||
      agreement.proposer_ == agreement.acceptor_) {
    return FieldError("acceptor", "must be another office than the proposer");
  }
  ASSIGN_OR_RETURN(agreement.terms_, DecodeTerms(wire));
  RETURN_IF_ERROR(CheckTerms(agreement.terms_));
  if (!IsTime(wire.created_at_ms())) {
    return FieldError("created_at", "must be a time");
  }
  agreement.created_at_ = FromUnixMillis(wire.created_at_ms());
  agreement.body_ = std::string(body);
  agreement.hash_ = crypto::Sha256(body);
  return agreement;
}

absl::Status CheckInForce(const Agreement& agreement, absl::Time now) {
  if (now < agreement.terms().valid_from) {
    return Error(Reason::kAgreementMissing,
                 "the agreement is not in force yet");
  }
  if (now >= agreement.terms().valid_until) {
    return Error(Reason::kAgreementExpired);
  }
  return absl::OkStatus();
}

absl::Status CheckLetter(const Agreement& agreement, const OfficeId& sender,
                         LetterType type, Purpose purpose,
                         const std::set<DataCategory>& categories,
                         absl::Time now) {
  if (!agreement.IsParty(sender)) return Error(Reason::kAgreementMissing);
  RETURN_IF_ERROR(CheckInForce(agreement, now));
  const AgreementTerms& terms = agreement.terms();
  const std::set<LetterType>& types = sender == agreement.proposer()
                                          ? terms.proposer_letter_types
                                          : terms.acceptor_letter_types;
  if (types.count(type) == 0) return Error(Reason::kTypeNotInAgreement);
  if (terms.purposes.count(purpose) == 0) {
    return Error(Reason::kPurposeNotInAgreement);
  }
  for (const DataCategory category : categories) {
    if (terms.categories.count(category) == 0) {
      return Error(Reason::kCategoryNotInAgreement);
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::peering
