// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_records.h"

#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "amparo/record/v1/cases.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {
namespace {

namespace pb = amparo::record::v1;

constexpr size_t kBlindKeySize = 32;
constexpr size_t kMarkSize = 3;

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("a stored ", what, " cannot be read"));
}

template <class Message>
absl::Status ParseInto(absl::string_view bytes, absl::string_view what,
                       Message& message) {
  const bool fits =
      bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max());
  if (!fits ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(what);
  }
  return absl::OkStatus();
}

template <class Id>
absl::StatusOr<Id> ReadId(absl::string_view bytes, absl::string_view what) {
  absl::StatusOr<Id> id = Id::FromBytes(bytes);
  if (!id.ok()) return Damaged(what);
  return id;
}

std::string EncodeReference(const CaseId& id) {
  pb::CaseReference message;
  message.set_case_id(id.bytes());
  return message.SerializeAsString();
}

absl::StatusOr<CaseId> DecodeReference(absl::string_view bytes) {
  pb::CaseReference message;
  RETURN_IF_ERROR(ParseInto(bytes, "case reference", message));
  return ReadId<CaseId>(message.case_id(), "case reference");
}

// Variables by their marks and the other way round. Aliases have marks too, so
// that a variable that is renamed is still read.
struct Marks {
  absl::flat_hash_map<std::string, std::string> of_name;
  absl::flat_hash_map<std::string, std::string> name_of;

  static const Marks& All() {
    static const Marks* const all = [] {
      auto* const marks = new Marks();
      for (const vocabulary::Variable* variable :
           vocabulary::Lists::BuiltIn().Variables()) {
        marks->of_name[variable->name] = VariableMark(variable->name);
        marks->name_of[VariableMark(variable->name)] = variable->name;
        for (const std::string& alias : variable->aliases) {
          marks->name_of.try_emplace(VariableMark(alias), variable->name);
        }
      }
      return marks;
    }();
    return *all;
  }
};

// Of a variable that a profile holds.
const std::string& MarkOf(absl::string_view variable) {
  return Marks::All().of_name.at(variable);
}

absl::Status ReadCodes(const pb::ProfileCodes& codes,
                       std::vector<vocabulary::Coded>& entries) {
  const absl::string_view marks = codes.variables();
  if (marks.empty() || marks.size() % kMarkSize != 0) return Damaged("profile");
  for (size_t at = 0; at < marks.size(); at += kMarkSize) {
    const auto name = Marks::All().name_of.find(marks.substr(at, kMarkSize));
    if (name == Marks::All().name_of.end()) return Damaged("profile");
    const absl::StatusOr<vocabulary::Coded> coded =
        vocabulary::Lists::BuiltIn().CheckRecorded(name->second, codes.code());
    if (!coded.ok()) return Damaged("profile");
    entries.push_back(*coded);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CaseId> CaseCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<CaseId>(bytes, "case");
}

std::string CaseCodec::Encode(const Case& record) {
  pb::Case message;
  message.set_id(record.id.bytes());
  message.set_number(record.number.text());
  message.set_subject(record.subject.bytes());
  message.set_owner(record.owner.bytes());
  message.set_team(record.team);
  message.set_registered_at_ms(amparo::ToUnixMillis(record.registered_at));
  message.set_year(record.year);
  message.set_source(record.source);
  message.set_has_identity(record.has_identity);
  message.set_treated_as_minor(record.treated_as_minor);
  // What is as at registration is left out: most cases are.
  if (record.status != CaseStatus::kActive) {
    message.set_status(static_cast<uint32_t>(record.status));
  }
  if (record.closed_at.has_value()) {
    message.set_closed_at_ms(amparo::ToUnixMillis(*record.closed_at));
  }
  message.set_closing_reason(record.closing_reason);
  message.set_changes(record.version - 1);
  if (!record.merged_into.empty()) {
    message.set_merged_into(record.merged_into.bytes());
  }
  for (const CaseId& id : record.absorbed) message.add_absorbed(id.bytes());
  message.set_risk_to_life(record.risk_to_life);
  message.set_anonymised(record.anonymised);
  return message.SerializeAsString();
}

absl::StatusOr<Case> CaseCodec::Decode(absl::string_view bytes) {
  pb::Case message;
  RETURN_IF_ERROR(ParseInto(bytes, "case", message));
  absl::StatusOr<CaseNumber> number = CaseNumber::Parse(message.number());
  if (!number.ok() || message.registered_at_ms() < 0) return Damaged("case");
  ASSIGN_OR_RETURN(const CaseId id, ReadId<CaseId>(message.id(), "case"));
  ASSIGN_OR_RETURN(const SubjectId subject,
                   ReadId<SubjectId>(message.subject(), "case"));
  ASSIGN_OR_RETURN(const PersonId owner,
                   ReadId<PersonId>(message.owner(), "case"));
  const std::optional<CaseStatus> status = CaseStatusFromNumber(
      message.status() == 0 ? static_cast<uint32_t>(CaseStatus::kActive)
                            : message.status());
  const bool closed = message.closed_at_ms() != 0;
  if (!status.has_value() || message.closed_at_ms() < 0 ||
      closed != IsClosed(*status) ||
      closed == message.closing_reason().empty()) {
    return Damaged("case");
  }
  Case file{.id = id,
            .number = *std::move(number),
            .subject = subject,
            .owner = owner,
            .team = message.team(),
            .registered_at = amparo::FromUnixMillis(message.registered_at_ms()),
            .year = message.year(),
            .source = message.source(),
            .has_identity = message.has_identity(),
            .treated_as_minor = message.treated_as_minor(),
            .status = *status,
            .closed_at = std::nullopt,
            .closing_reason = message.closing_reason(),
            .version = message.changes() + 1,
            .merged_into = CaseId(),
            .absorbed = {},
            .risk_to_life = message.risk_to_life(),
            .anonymised = message.anonymised()};
  if (closed) file.closed_at = amparo::FromUnixMillis(message.closed_at_ms());
  if (!message.merged_into().empty()) {
    ASSIGN_OR_RETURN(file.merged_into,
                     ReadId<CaseId>(message.merged_into(), "case"));
  }
  for (const std::string& absorbed : message.absorbed()) {
    ASSIGN_OR_RETURN(const CaseId other, ReadId<CaseId>(absorbed, "case"));
    file.absorbed.push_back(other);
  }
  return file;
}

std::string VariableMark(absl::string_view variable) {
  return crypto::Sha256(variable).substr(0, kMarkSize);
}

absl::StatusOr<SubjectId> ProfileCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<SubjectId>(bytes, "profile");
}

std::string ProfileCodec::Encode(const StoredProfile& record) {
  pb::CaseProfile message;
  message.set_case_id(record.case_id.bytes());
  std::map<absl::string_view, std::string> variables_by_code;
  for (const vocabulary::Coded& entry : record.profile.entries()) {
    variables_by_code[entry.code] += MarkOf(entry.variable);
  }
  for (auto& [code, variables] : variables_by_code) {
    pb::ProfileCodes& into = *message.add_codes();
    into.set_code(code.data(), code.size());
    into.set_variables(std::move(variables));
  }
  if (record.edition != kFirstEdition) message.set_edition(record.edition);
  message.set_merged(record.merged);
  return message.SerializeAsString();
}

absl::StatusOr<StoredProfile> ProfileCodec::Decode(absl::string_view bytes) {
  pb::CaseProfile message;
  RETURN_IF_ERROR(ParseInto(bytes, "profile", message));
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  std::vector<vocabulary::Coded> entries;
  entries.reserve(static_cast<size_t>(message.entries_size()));
  for (const pb::ProfileEntry& entry : message.entries()) {
    absl::StatusOr<vocabulary::Coded> coded =
        lists.CheckRecorded(entry.variable(), entry.code());
    if (!coded.ok()) return Damaged("profile");
    entries.push_back(*coded);
  }
  for (const pb::ProfileCodes& codes : message.codes()) {
    RETURN_IF_ERROR(ReadCodes(codes, entries));
  }
  absl::StatusOr<Profile> profile =
      Profile::FromCoded(lists, std::move(entries));
  if (!profile.ok()) return Damaged("profile");
  ASSIGN_OR_RETURN(const CaseId case_id,
                   ReadId<CaseId>(message.case_id(), "profile"));
  const uint32_t edition =
      message.edition() == 0 ? kFirstEdition : message.edition();
  RETURN_IF_ERROR(lists.CheckEdition(edition));
  return StoredProfile{case_id, *std::move(profile), edition, message.merged()};
}

absl::StatusOr<SubjectId> IdentityCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<SubjectId>(bytes, "identity");
}

std::string IdentityCodec::Encode(const Identity& record) {
  pb::CaseIdentity message;
  message.set_given_names(record.given_names);
  message.set_family_names(record.family_names);
  message.set_given_names_romanised(record.given_names_romanised);
  message.set_family_names_romanised(record.family_names_romanised);
  message.set_born(FormatPartialDate(record.born));
  for (const Document& document : record.documents) {
    pb::CaseDocument& into = *message.add_documents();
    into.set_type(document.type);
    into.set_number(document.number);
    into.set_country(document.country);
  }
  for (const Contact& contact : record.contacts) {
    pb::CaseContact& into = *message.add_contacts();
    into.set_type(contact.type);
    into.set_value(contact.value);
    into.set_safe_instruction(contact.safe_instruction);
  }
  message.set_primary_language(record.primary_language);
  for (const std::string& language : record.other_languages) {
    message.add_other_languages(language);
  }
  if (!record.photo.empty()) message.set_photo(record.photo.bytes());
  return message.SerializeAsString();
}

absl::StatusOr<Identity> IdentityCodec::Decode(absl::string_view bytes) {
  pb::CaseIdentity message;
  RETURN_IF_ERROR(ParseInto(bytes, "identity", message));
  absl::StatusOr<PartialDate> born = ParsePartialDate(message.born(), "born");
  if (!born.ok()) return Damaged("identity");
  Identity identity;
  identity.given_names = message.given_names();
  identity.family_names = message.family_names();
  identity.given_names_romanised = message.given_names_romanised();
  identity.family_names_romanised = message.family_names_romanised();
  identity.born = *born;
  for (const pb::CaseDocument& document : message.documents()) {
    identity.documents.push_back(
        {document.type(), document.number(), document.country()});
  }
  for (const pb::CaseContact& contact : message.contacts()) {
    identity.contacts.push_back(
        {contact.type(), contact.value(), contact.safe_instruction()});
  }
  identity.primary_language = message.primary_language();
  identity.other_languages.assign(message.other_languages().begin(),
                                  message.other_languages().end());
  if (!message.photo().empty()) {
    ASSIGN_OR_RETURN(identity.photo,
                     ReadId<EntryId>(message.photo(), "identity"));
  }
  return identity;
}

template <storage::TableId kIndex>
absl::StatusOr<std::string> CaseIndexCodec<kIndex>::DecodeKey(
    absl::string_view bytes) {
  if (bytes.size() != kBlindKeySize) return Damaged("index of cases");
  return std::string(bytes);
}

template <storage::TableId kIndex>
std::string CaseIndexCodec<kIndex>::Encode(const CaseId& record) {
  return EncodeReference(record);
}

template <storage::TableId kIndex>
absl::StatusOr<CaseId> CaseIndexCodec<kIndex>::Decode(absl::string_view bytes) {
  return DecodeReference(bytes);
}

template struct CaseIndexCodec<storage::TableId::kCaseNumbers>;
template struct CaseIndexCodec<storage::TableId::kCaseSources>;

std::string NumberKey(const storage::Vault& vault, const CaseNumber& number) {
  return vault.BlindIndex(storage::TableId::kCaseNumbers, number.text());
}

std::string SourceKey(const storage::Vault& vault, absl::string_view source,
                      absl::string_view source_key) {
  std::string value;
  crypto::AppendPrefixed(&value, source);
  crypto::AppendPrefixed(&value, source_key);
  return vault.BlindIndex(storage::TableId::kCaseSources, value);
}

}  // namespace amparo::cases
