// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_records.h"

#include <algorithm>
#include <limits>
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
#include "node/storage/record_draft.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {
namespace {

namespace pb = amparo::record::v1;

constexpr size_t kBlindKeySize = 16;
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

uint32_t MarkNumber(absl::string_view mark) {
  uint32_t number = 0;
  for (const char c : mark) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

// Variables by their marks and the other way round. Aliases have marks too, so
// that a variable that is renamed is still read.
struct Marks {
  // What a code means with each mark, as a place in `in_order`.
  using Places = absl::flat_hash_map<uint32_t, uint32_t>;

  // By where the vocabulary keeps the name, to which Coded point.
  absl::flat_hash_map<const char*, std::string> of_name;
  absl::flat_hash_map<uint32_t, std::string> name_of;
  std::vector<vocabulary::Coded> in_order;
  absl::flat_hash_map<absl::string_view, Places> of_code;

  static const Marks& All() {
    static const Marks* const all = new Marks();
    return *all;
  }

 private:
  Marks() {
    const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
    for (const vocabulary::Variable* variable : lists.Variables()) {
      of_name[variable->name.data()] = VariableMark(variable->name);
      name_of[MarkNumber(VariableMark(variable->name))] = variable->name;
      for (const std::string& alias : variable->aliases) {
        name_of.try_emplace(MarkNumber(VariableMark(alias)), variable->name);
      }
      for (const vocabulary::Code& code : variable->list->codes()) {
        const auto coded = lists.CheckRecorded(variable->name, code.code);
        if (coded.ok()) in_order.push_back(*coded);
      }
    }
    std::sort(in_order.begin(), in_order.end());
    absl::flat_hash_map<absl::string_view, std::vector<uint32_t>> marks_of;
    for (const auto& [mark, name] : name_of) marks_of[name].push_back(mark);
    for (uint32_t place = 0; place < in_order.size(); ++place) {
      const vocabulary::Coded& coded = in_order[place];
      for (const uint32_t mark : marks_of.at(coded.variable)) {
        of_code[coded.code].emplace(mark, place);
      }
    }
  }
};

void AppendMark(absl::string_view variable, std::string& marks) {
  const auto found = Marks::All().of_name.find(variable.data());
  marks += found != Marks::All().of_name.end() ? found->second
                                               : VariableMark(variable);
}

// The variables of a profile that have one code.
struct SameCode {
  absl::string_view code;
  std::string marks;
};

// In the order of the codes, which are few and nearly always views of one
// place.
std::vector<SameCode> ByCode(const Profile& profile) {
  std::vector<SameCode> groups;
  for (const vocabulary::Coded& entry : profile.entries()) {
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const SameCode& each) {
          return each.code.data() == entry.code.data() ||
                 each.code == entry.code;
        });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {entry.code, std::string()});
    }
    AppendMark(entry.variable, group->marks);
  }
  std::sort(
      groups.begin(), groups.end(),
      [](const SameCode& a, const SameCode& b) { return a.code < b.code; });
  return groups;
}

// Of a million profiles nearly each entry is one of a few thousand, so these
// are made once, and sorted by numbers. Others, of an earlier spelling, are
// asked of the vocabulary.
class CodesReader {
 public:
  absl::Status Read(const pb::ProfileCodes& codes) {
    const absl::string_view marks = codes.variables();
    if (marks.empty() || marks.size() % kMarkSize != 0) {
      return Damaged("profile");
    }
    const auto places = all_.of_code.find(codes.code());
    for (size_t at = 0; at < marks.size(); at += kMarkSize) {
      const uint32_t mark = MarkNumber(marks.substr(at, kMarkSize));
      if (places != all_.of_code.end()) {
        const auto place = places->second.find(mark);
        if (place != places->second.end()) {
          places_.push_back(place->second);
          continue;
        }
      }
      const auto name = all_.name_of.find(mark);
      if (name == all_.name_of.end()) return Damaged("profile");
      RETURN_IF_ERROR(Read(name->second, codes.code()));
    }
    return absl::OkStatus();
  }

  absl::Status Read(absl::string_view variable, absl::string_view code) {
    const absl::StatusOr<vocabulary::Coded> coded =
        vocabulary::Lists::BuiltIn().CheckRecorded(variable, code);
    if (!coded.ok()) return Damaged("profile");
    others_.push_back(*coded);
    return absl::OkStatus();
  }

  // What was read since the last call.
  std::vector<vocabulary::Coded> TakeEntries() {
    std::sort(places_.begin(), places_.end());
    std::vector<vocabulary::Coded> entries;
    entries.reserve(places_.size() + others_.size());
    for (const uint32_t place : places_) {
      entries.push_back(all_.in_order[place]);
    }
    entries.insert(entries.end(), others_.begin(), others_.end());
    Clear();
    return entries;
  }
  void Clear() {
    places_.clear();
    others_.clear();
  }

 private:
  const Marks& all_ = Marks::All();
  std::vector<uint32_t> places_;
  std::vector<vocabulary::Coded> others_;
};

}  // namespace

absl::StatusOr<CaseId> CaseCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<CaseId>(bytes, "case");
}

std::string CaseCodec::Encode(const Case& record) {
  storage::RecordDraft<pb::Case> draft;
  pb::Case& message = *draft;
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
  return CaseReader().Read(bytes);
}

struct CaseReader::Memory {
  pb::Case message;
};

CaseReader::CaseReader() : memory_(std::make_unique<Memory>()) {}
CaseReader::~CaseReader() = default;

absl::StatusOr<Case> CaseReader::Read(absl::string_view bytes) {
  pb::Case& message = memory_->message;
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
  storage::RecordDraft<pb::CaseProfile> draft;
  pb::CaseProfile& message = *draft;
  message.set_case_id(record.case_id.bytes());
  for (SameCode& same : ByCode(record.profile)) {
    pb::ProfileCodes& into = *message.add_codes();
    into.set_code(same.code.data(), same.code.size());
    into.set_variables(std::move(same.marks));
  }
  if (record.edition != kFirstEdition) message.set_edition(record.edition);
  message.set_merged(record.merged);
  return message.SerializeAsString();
}

absl::StatusOr<StoredProfile> ProfileCodec::Decode(absl::string_view bytes) {
  return ProfileReader().Read(bytes);
}

struct ProfileReader::Memory {
  pb::CaseProfile message;
  CodesReader codes;
};

ProfileReader::ProfileReader() : memory_(std::make_unique<Memory>()) {}
ProfileReader::~ProfileReader() = default;

absl::StatusOr<StoredProfile> ProfileReader::Read(absl::string_view bytes) {
  pb::CaseProfile& message = memory_->message;
  CodesReader& reader = memory_->codes;
  reader.Clear();
  RETURN_IF_ERROR(ParseInto(bytes, "profile", message));
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  for (const pb::ProfileEntry& entry : message.entries()) {
    RETURN_IF_ERROR(reader.Read(entry.variable(), entry.code()));
  }
  for (const pb::ProfileCodes& codes : message.codes()) {
    RETURN_IF_ERROR(reader.Read(codes));
  }
  absl::StatusOr<Profile> profile =
      Profile::FromCoded(lists, reader.TakeEntries());
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
  storage::RecordDraft<pb::CaseIdentity> draft;
  pb::CaseIdentity& message = *draft;
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

std::string NumberKey(const storage::Vault& vault, const CaseNumber& number) {
  return vault.BlindIndex(storage::TableId::kCaseNumbers, number.text())
      .substr(0, kBlindKeySize);
}

std::string SourceKey(const storage::Vault& vault, absl::string_view source,
                      absl::string_view source_key) {
  std::string value;
  crypto::AppendPrefixed(&value, source);
  crypto::AppendPrefixed(&value, source_key);
  return vault.BlindIndex(storage::TableId::kCaseSources, value)
      .substr(0, kBlindKeySize);
}

absl::StatusOr<CaseId> ReadCaseIndex(absl::string_view row_key,
                                     absl::string_view value) {
  if (row_key.size() != kBlindKeySize) return Damaged("index of cases");
  return ReadId<CaseId>(value, "index of cases");
}

}  // namespace amparo::cases
