// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/cases/history.h"
#include "node/cases/third_persons.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;

constexpr absl::CivilDay kToday(2025, 6, 15);

const vocabulary::Lists& Lists() { return vocabulary::Lists::BuiltIn(); }

Wording Said(EntryContent content, PartialDate happened = {2025, 6, 1}) {
  return {happened, "", std::move(content)};
}

absl::Status Checked(Wording wording) {
  return CheckWording(Lists(), kToday, wording);
}

TEST(EntriesTest, EveryKindIsTakenWhole) {
  const Wording all[] = {
      Said(RouteEvent{"Transit", "UA", "UA-32", "Kyiv"}),
      Said(StatusDecision{"ActualVictimOfTrafficking", "Police", "", ""}),
      Said(RiskAssessment{"HIGH", "Threats.\nSeveral.", true, {2025, 7, 1}}),
      Said(SupportItem{
          "Health", "See a doctor", "", {2025, 8, 0}, {}, "PLANNED"}),
      Said(ServiceGiven{"MEDICAL", "Clinic", {2025, 6, 2}}),
      Said(Note{"Called; will call again."}, {}),
      Said(Attachment{"MEDICAL", "Report", "application/pdf", 10,
                      std::string(32, 'd')})};
  std::vector<absl::string_view> kinds;
  for (const Wording& wording : all) {
    EXPECT_THAT(Checked(wording), IsOk());
    kinds.push_back(KindName(wording.content));
  }
  EXPECT_THAT(kinds, ElementsAre("EVENT", "DECISION", "RISK", "SUPPORT",
                                 "SERVICE", "NOTE", "ATTACHMENT"));
  Wording event = all[0];
  ASSERT_THAT(CheckWording(Lists(), kToday, event), IsOk());
  EXPECT_EQ(std::get<RouteEvent>(event.content).country, "UKR");
}

TEST(EntriesTest, WhatCannotBeIsRefusedNamingTheField) {
  const std::pair<const char*, Wording> table[] = {
      {"source", {{}, std::string(257, 'a'), Note{"a"}}},
      {"happened", Said(Note{"a"}, {2025, 6, 16})},
      {"happened", Said(Note{"a"}, {2026, 0, 0})},
      {"happened", Said(StatusDecision{"NotAVictimOfTrafficking", "NGO"}, {})},
      {"happened", Said(RiskAssessment{"LOW", "", false, {}}, {})},
      {"event.subdivision", Said(RouteEvent{"Transit", "UA", "PL-14", ""})},
      {"event.city", Said(RouteEvent{"Transit", "UA", "", "a\nb"})},
      {"risk.statement", Said(RiskAssessment{"LOW", "", true, {}})},
      {"risk.next_due", Said(RiskAssessment{"LOW", "", false, {2025, 5, 31}})},
      {"support.objective",
       Said(SupportItem{"Legal", "", "", {}, {}, "PLANNED"})},
      {"support.actual_end",
       Said(SupportItem{"Legal", "x", "", {}, {2025, 6, 2}, "PLANNED"})},
      {"support.actual_end",
       Said(SupportItem{"Legal", "x", "", {}, {2025, 6, 20}, "COMPLETED"})},
      {"service.until", Said(ServiceGiven{"FOOD", "", {2025, 5, 1}})},
      {"note.text", Said(Note{""})},
      {"note.text", Said(Note{std::string(4097, 'a')})},
      {"attachment.size",
       Said(Attachment{"OTHER", "a", "text/plain", 0, std::string(32, 'd')})},
      {"attachment.size",
       Said(Attachment{"OTHER", "a", "text/plain",
                       limits::kAttachmentBytesMax + 1, std::string(32, 'd')})},
      {"attachment.title",
       Said(Attachment{"OTHER", "a/b", "text/plain", 1, std::string(32, 'd')})},
      {"attachment.title", Said(Attachment{"OTHER", "a\\b", "text/plain", 1,
                                           std::string(32, 'd')})},
      {"attachment.digest",
       Said(Attachment{"OTHER", "a", "text/plain", 1, "d"})},
  };
  for (const auto& [field, wording] : table) {
    EXPECT_EQ(FieldOf(Checked(wording)), field);
  }
  for (const Wording& wording :
       {Said(RouteEvent{"Rest", "UA", "", ""}),
        Said(RouteEvent{"Transit", "Atlantis", "", ""}),
        Said(RouteEvent{"Transit", "UA", "Kyiv", ""}),
        Said(Attachment{"OTHER", "a", "pdf", 1, std::string(32, 'd')}),
        Said(StatusDecision{"Perhaps", "NGO"}),
        Said(ServiceGiven{"MAGIC", "", {}})}) {
    EXPECT_EQ(ReasonOf(Checked(wording)), Reason::kCodeUnknown);
  }
  EXPECT_EQ(FieldOf(CheckReason("")), "reason");
}

Entry At(char id, int64_t recorded, Wording wording) {
  Entry entry;
  entry.id = *EntryId::FromBytes(std::string(16, id));
  entry.recorded_at = absl::FromUnixMillis(recorded);
  entry.wording = std::move(wording);
  return entry;
}

TEST(StandingTest, TheLatestDecisionStandsAndRetractedOnesSayNothing) {
  const absl::Time kLater = absl::FromUnixMillis(100);
  std::vector<Entry> entries = {
      At('a', 1,
         Said(StatusDecision{"PossibleVictimOfTrafficking", "NGO", "", "-99"},
              {2025, 2, 0})),
      At('b', 2,
         Said(StatusDecision{"ActualVictimOfTrafficking", "Police",
                             "PossibleVictimOfTrafficking", "NGO"},
              {2025, 3, 1})),
      // Recorded last, decided first.
      At('c', 3,
         Said(StatusDecision{"NotAVictimOfTrafficking", "Other", "", ""},
              {2025, 1, 1}))};
  EXPECT_FALSE(StandingOf({}).decision.has_value());
  Standing standing = StandingOf(entries);
  EXPECT_TRUE(standing.decided);
  EXPECT_EQ(standing.decision->status, "ActualVictimOfTrafficking");
  entries[1].retracted = Retraction{kLater, {}, ""};
  EXPECT_EQ(StandingOf(entries).decision->decided_by, "NGO");
  entries[0].retracted = Retraction{kLater, {}, ""};
  EXPECT_EQ(StandingOf(entries).decision->decided_by, "Other");
  entries[2].retracted = Retraction{kLater, {}, ""};
  standing = StandingOf(entries);
  EXPECT_FALSE(standing.decided);
  // What the profile said before the first of them.
  EXPECT_EQ(standing.decision->status, "");
  EXPECT_EQ(standing.decision->decided_by, "-99");
  // One that came when none stood any more found what people had amended.
  entries.push_back(
      At('d', 200,
         Said(StatusDecision{"NotAVictimOfTrafficking", "NGO",
                             "PossibleVictimOfTrafficking", "Police"})));
  entries.back().retracted = Retraction{absl::FromUnixMillis(300), {}, ""};
  EXPECT_EQ(StandingOf(entries).decision->decided_by, "Police");
}

TEST(StandingTest, OfTheSameDateTheOneRecordedLaterStands) {
  const std::vector<Entry> entries = {
      At('b', 5, Said(RiskAssessment{"LOW", "", false, {}}, {2025, 6, 0})),
      At('a', 6, Said(RiskAssessment{"HIGH", "x", true, {}}, {2025, 6, 0})),
      At('c', 7, Said(RiskAssessment{"LOW", "", false, {}}, {2025, 6, 29}))};
  EXPECT_TRUE(StandingOf(entries).risk_to_life());
  EXPECT_EQ(StandingOf(entries).risk->id, entries[1].id);
  EXPECT_FALSE(StandingOf({}).risk_to_life());
}

TEST(StandingTest, WhatAFileTellsWithoutADayHidesNoAssessment) {
  const Entry undated = At('c', 9, Said(RiskAssessment{"-99", "x"}, {}));
  const Entry dated =
      At('a', 1, Said(RiskAssessment{"HIGH", "x", true, {}}, {1999, 0, 0}));
  EXPECT_TRUE(StandingOf({undated, dated}).risk_to_life());
  EXPECT_TRUE(StandingOf({dated, undated}).risk_to_life());
  EXPECT_EQ(StandingOf({undated}).risk->id, undated.id);
}

TEST(HistoryTest, DifferencesNameVariablesWithWhatStoodBeforeAndAfter) {
  const Profile before =
      *Profile::Create(Lists(), {{"gender", "Female"}, {"citizenship", "UKR"}});
  const Profile after =
      *Profile::Create(Lists(), {{"gender", "Male"},
                                 {"typeOfExploitation", "ForcedLabour"},
                                 {"typeOfExploitation", "Servitude"}});
  const auto changes = Difference(before, after);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].variable, "citizenship");
  EXPECT_THAT(changes[0].before, ElementsAre("UKR"));
  EXPECT_THAT(changes[0].after, ElementsAre());
  EXPECT_EQ(changes[1].variable, "gender");
  EXPECT_THAT(changes[2].after, ElementsAre("ForcedLabour", "Servitude"));
  EXPECT_TRUE(Difference(before, before).empty());
  Identity who;
  who.given_names = "A";
  EXPECT_THAT(Difference(Identity(), who), ElementsAre("given_names"));
}

TEST(ThirdPersonTest, RolesBelongToAllegedPerpetratorsOnly) {
  ThirdPerson person;
  person.kind = "ALLEGED_PERPETRATOR";
  person.relation = "EMPLOYER";
  person.roles = {"Transporter", "Exploiter", "Exploiter"};
  person.identity.family_names = "Borg";
  EXPECT_THAT(CheckThirdPerson(Lists(), kToday, person), IsOk());
  EXPECT_THAT(person.roles, ElementsAre("Exploiter", "Transporter"));
  person.kind = "DEPENDANT";
  EXPECT_EQ(FieldOf(CheckThirdPerson(Lists(), kToday, person)), "roles");
  person.roles.clear();
  EXPECT_THAT(CheckThirdPerson(Lists(), kToday, person), IsOk());
  person.kind = "ALLEGED_PERPETRATOR";
  EXPECT_EQ(FieldOf(CheckThirdPerson(Lists(), kToday, person)), "roles");
  person.kind = "INFORMANT";
  person.identity = Identity();
  EXPECT_EQ(FieldOf(CheckThirdPerson(Lists(), kToday, person)), "note");
  person.note = "A neighbour.";
  EXPECT_THAT(CheckThirdPerson(Lists(), kToday, person), IsOk());
  person.identity.born = {2025, 6, 16};
  EXPECT_EQ(FieldOf(CheckThirdPerson(Lists(), kToday, person)), "born");
  person.identity.born = {};
  person.identity.photo = *EntryId::FromBytes(std::string(16, 'p'));
  EXPECT_EQ(FieldOf(CheckThirdPerson(Lists(), kToday, person)), "photo");
  person.relation = "NEMESIS";
  EXPECT_EQ(ReasonOf(CheckThirdPerson(Lists(), kToday, person)),
            Reason::kCodeUnknown);
}

}  // namespace
}  // namespace amparo::cases
