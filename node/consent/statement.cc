// SPDX-License-Identifier: Apache-2.0
#include "node/consent/statement.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "amparo/peer/v1/consent.pb.h"
#include "crypto/base/digest.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::consent {
namespace {

constexpr char kCommitmentLabel[] = "amparo.consent.v1";

absl::Status Malformed() {
  return Error(Reason::kLetterMalformed,
               "the consent statement is not in its one form");
}

template <class T>
absl::StatusOr<T> ReadId(absl::string_view bytes) {
  absl::StatusOr<T> id = T::FromBytes(bytes);
  if (!id.ok() || id->empty()) return Malformed();
  return id;
}

template <class Numbers>
absl::StatusOr<std::set<DataCategory>> ReadCategories(const Numbers& numbers) {
  std::set<DataCategory> categories;
  for (const uint32_t number : numbers) {
    const std::optional<DataCategory> category =
        DataCategoryFromNumber(static_cast<int>(number));
    if (!category.has_value()) return Error(Reason::kValueUnknown);
    categories.insert(*category);
  }
  return categories;
}

}  // namespace

absl::StatusOr<Statement> Statement::For(const Consent& consent,
                                         const Pseudonym& pseudonym,
                                         const OfficeId& recipient) {
  const ConsentFields& fields = consent.fields();
  if (fields.recipients.count(recipient) == 0) {
    return Error(Reason::kConsentNotForRecipient);
  }
  Statement statement;
  statement.pseudonym = pseudonym;
  statement.purpose = fields.purpose;
  statement.recipient = recipient;
  statement.categories = fields.categories;
  statement.exclusions = fields.exclusions;
  statement.language = fields.language;
  statement.text_version = fields.text_version;
  statement.guardian = fields.given_by == GivenBy::kGuardian;
  statement.valid_until =
      FromUnixMillis(amparo::ToUnixMillis(fields.valid_until));
  return statement;
}

std::string Statement::Encode() const {
  peer::v1::ConsentStatement message;
  message.set_pseudonym(pseudonym.bytes());
  message.set_purpose(static_cast<uint32_t>(purpose));
  message.set_recipient(recipient.bytes());
  for (const DataCategory category : categories) {
    message.add_categories(static_cast<uint32_t>(category));
  }
  for (const DataCategory category : exclusions) {
    message.add_exclusions(static_cast<uint32_t>(category));
  }
  message.set_language(language);
  message.set_text_version(text_version);
  message.set_guardian(guardian);
  message.set_valid_until_ms(amparo::ToUnixMillis(valid_until));
  return storage::SerializeRecord(message);
}

absl::StatusOr<Statement> Statement::Decode(absl::string_view bytes) {
  peer::v1::ConsentStatement message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed();
  }
  Statement statement;
  ASSIGN_OR_RETURN(statement.pseudonym, ReadId<Pseudonym>(message.pseudonym()));
  const std::optional<Purpose> purpose =
      PurposeFromNumber(static_cast<int>(message.purpose()));
  if (!purpose.has_value()) return Error(Reason::kValueUnknown);
  statement.purpose = *purpose;
  ASSIGN_OR_RETURN(statement.recipient, ReadId<OfficeId>(message.recipient()));
  ASSIGN_OR_RETURN(statement.categories, ReadCategories(message.categories()));
  ASSIGN_OR_RETURN(statement.exclusions, ReadCategories(message.exclusions()));
  statement.language = message.language();
  statement.text_version = message.text_version();
  statement.guardian = message.guardian();
  if (message.valid_until_ms() < 0) return Malformed();
  statement.valid_until = FromUnixMillis(message.valid_until_ms());
  // Unknown fields, repetitions and other orders all end here: the bytes are
  // what the commitment is over, so one statement has one form.
  if (statement.Encode() != bytes) return Malformed();
  return statement;
}

absl::StatusOr<std::string> Commitment(absl::string_view salt,
                                       absl::string_view statement_bytes) {
  if (salt.size() != kCommitmentSaltSize) {
    return FieldError("consent_salt",
                      absl::StrCat("must be ", kCommitmentSaltSize, " bytes"));
  }
  crypto::Sha256Stream hash;
  hash.Update(absl::string_view(kCommitmentLabel, sizeof(kCommitmentLabel)));
  hash.Update(salt);
  hash.Update(statement_bytes);
  return hash.Finish();
}

}  // namespace amparo::consent
