// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/case_rows.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "node/base/status_macros.h"
#include "node/cases/counting.h"
#include "node/cases/entries_records.h"
#include "node/cases/retention_records.h"
#include "tests/golden/fixtures.h"

namespace amparo::golden {
namespace {

template <class IdType>
IdType Sixteen(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

cases::Identity SomeIdentity() {
  cases::Identity identity;
  identity.given_names = "Марія";
  identity.family_names = "Іваненко";
  identity.given_names_romanised = "Mariia";
  identity.family_names_romanised = "Ivanenko";
  identity.born = {1999, 5, 0};
  identity.documents = {{"PASSPORT", "FA123456", "UKR"}};
  identity.contacts = {{"TELEPHONE", "+380441234567", "messages only"}};
  identity.primary_language = "uk";
  identity.other_languages = {"ru"};
  identity.photo = Sixteen<EntryId>('f');
  return identity;
}

std::vector<cases::EntryContent> Contents() {
  return {cases::RouteEvent{"Transit", "UKR", "UA-32", "Kyiv"},
          cases::StatusDecision{"ActualVictimOfTrafficking", "Police",
                                "PossibleVictimOfTrafficking", "NGO"},
          cases::RiskAssessment{"HIGH", "Threats.", true, {2025, 7, 0}},
          cases::SupportItem{"Health",
                             "See a doctor",
                             "Go",
                             {2025, 8, 0},
                             {2025, 6, 1},
                             "STOPPED"},
          cases::ServiceGiven{"MEDICAL", "Clinic", {2025, 6, 2}},
          cases::Note{"Called."},
          cases::Attachment{"MEDICAL", "Report", "application/pdf", 10,
                            std::string(32, 'd')}};
}

cases::Entry SomeEntry(const cases::EntryContent& content) {
  const cases::Wording wording{{2025, 6, 1}, "the person", content};
  cases::Entry entry;
  entry.recorded_at = Moment();
  entry.recorded_by = Sixteen<PersonId>('p');
  entry.wording = wording;
  entry.corrections = {{Moment() + absl::Hours(1), Sixteen<PersonId>('q'),
                        "wrong day", wording}};
  entry.retracted = cases::Retraction{Moment() + absl::Hours(2),
                                      Sixteen<PersonId>('r'), "another case"};
  return entry;
}

cases::CaseChange SomeChange() {
  cases::CaseChange change;
  change.kind = cases::ChangeKind::kAbsorbed;
  change.at = Moment();
  change.by = Sixteen<PersonId>('p');
  change.source = "passport";
  change.reason = "DUPLICATE";
  change.profile = {{"gender", {"Male"}, {"Female"}}};
  change.identity_parts = {"born"};
  change.assignment = cases::AssignmentChange{
      Sixteen<PersonId>('a'), Sixteen<PersonId>('b'), "north", "south"};
  change.status = cases::StatusChange{cases::CaseStatus::kActive,
                                      cases::CaseStatus::kClosed};
  change.other_case = Sixteen<CaseId>('o');
  change.entry = Sixteen<EntryId>('e');
  return change;
}

cases::ThirdPerson SomeThirdPerson() {
  cases::ThirdPerson person;
  person.recorded_at = Moment();
  person.recorded_by = Sixteen<PersonId>('p');
  person.kind = "ALLEGED_PERPETRATOR";
  person.relation = "EMPLOYER";
  person.roles = {"Exploiter", "Transporter"};
  person.identity = SomeIdentity();
  person.note = "Seen in Kyiv.";
  person.corrections = {{Moment() + absl::Hours(1), Sixteen<PersonId>('q'),
                         "the police", person}};
  return person;
}

cases::CountingRecord SomeCount() {
  return {{2025, 3},
          *cases::CheckCounted(vocabulary::Lists::BuiltIn(),
                               {{"gender", "Female"},
                                {"identifiedBy", "NGO"},
                                {"typeOfExploitation", "ForcedLabour"}})};
}

template <class Codec>
CaseRow RowOf(std::string name, const typename Codec::Record& record) {
  return {absl::StrCat("records/", name), Codec::Encode(record),
          [](const std::string& bytes) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(const auto read, Codec::Decode(bytes));
            return Codec::Encode(read);
          }};
}

}  // namespace

std::vector<CaseRow> CaseRows() {
  std::vector<CaseRow> rows;
  for (const cases::EntryContent& content : Contents()) {
    rows.push_back(RowOf<cases::EntryCodec>(
        absl::StrCat("case_entry_",
                     absl::AsciiStrToLower(cases::KindName(content))),
        SomeEntry(content)));
  }
  rows.push_back(RowOf<cases::CaseChangeCodec>("case_change", SomeChange()));
  rows.push_back(RowOf<cases::IdentityChangeCodec>(
      "identity_change", {SomeIdentity(), SomeIdentity()}));
  rows.push_back(
      RowOf<cases::ThirdPersonCodec>("third_person", SomeThirdPerson()));
  rows.push_back(RowOf<cases::CountingCodec>("counting_record", SomeCount()));
  rows.push_back(RowOf<cases::RetentionRuleCodec>(
      "retention_rule",
      {cases::RetentionRule{cases::RetentionCategory::kNote, false, 1826,
                            cases::RetentionAction::kAsk},
       cases::RetentionRule{cases::RetentionCategory::kNote, false, 365,
                            cases::RetentionAction::kDelete},
       Sixteen<PersonId>('q')}));
  rows.push_back(RowOf<cases::CaseRetentionCodec>(
      "case_retention",
      {Moment(), Sixteen<PersonId>('p'), "COMPLAINT",
       Moment() + absl::Hours(24), cases::RetentionAction::kAnonymise,
       Sixteen<PersonId>('q')}));
  rows.push_back(RowOf<cases::ErasedCaseCodec>(
      "erased_case", {Moment(), cases::RetentionAction::kAnonymise}));
  return rows;
}

}  // namespace amparo::golden
