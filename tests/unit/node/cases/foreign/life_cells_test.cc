// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/life_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const vocabulary::Lists& Words() { return vocabulary::Lists::BuiltIn(); }
constexpr absl::CivilDay kToday(2025, 6, 15);

// Parts and their cells; each stands in a column named like it in capitals.
using Said = std::vector<std::pair<const char*, std::string>>;

absl::StatusOr<CaseLife> Told(const Said& said) {
  LifeCells cells;
  for (const auto& [part, text] : said) {
    const absl::Status taken = cells.Take(Words(), *FindLifePart(part),
                                          absl::StrCat("C.", part), "", text);
    if (!taken.ok()) return taken;
  }
  return cells.Assemble();
}

// The field that is at fault in what is said; "" when nothing is.
std::string Fault(const Said& said) {
  absl::StatusOr<CaseLife> life = Told(said);
  if (ReasonOf(life.status()) == Reason::kCodeUnknown) {
    const absl::string_view message = life.status().message();
    return std::string(message.substr(0, message.find_first_of(" :")));
  }
  if (!life.ok()) return std::string(FieldOf(life.status()));
  return std::string(FieldOf(CheckLife(Words(), kToday, 2020, *life)));
}

template <class Content>
Content Only(const absl::StatusOr<CaseLife>& life) {
  EXPECT_THAT(life, IsOk());
  for (const Wording& wording : life->entries) {
    const auto* const content = std::get_if<Content>(&wording.content);
    if (content != nullptr) return *content;
  }
  ADD_FAILURE() << "there is none";
  return Content();
}

TEST(LifeCellsTest, NothingSaidIsAnActiveCaseWithoutEntries) {
  const auto life = Told({});
  ASSERT_THAT(life, IsOk());
  EXPECT_EQ(life->status, CaseStatus::kActive);
  EXPECT_THAT(life->entries, IsEmpty());
  EXPECT_EQ(life->closing_reason, "");
}

TEST(LifeCellsTest, ThePartsAreTheseAndNoOther) {
  for (const char* const word :
       {"status", "closing_reason", "closed_on", "event.type", "event.words",
        "support.actual_end", "risk.vulnerabilities", "note.text"}) {
    ASSERT_NE(FindLifePart(word), nullptr) << word;
    EXPECT_EQ(FindLifePart(word)->field, word);
  }
  for (const char* const word :
       {"", "event", "decision.status", "risk.level "}) {
    EXPECT_EQ(FindLifePart(word), nullptr) << word;
  }
}

TEST(LifeCellsTest, AClosedCaseHasAReasonOfTheListAndItsWordsInANote) {
  struct Row {
    Said said;
    const char* reason;
    size_t notes;
  };
  const Row table[] = {
      {{{"status", "Closed"}}, "OTHER", 0},
      {{{"status", "ClosedReferred"}}, "REFERRED", 0},
      {{{"status", "Closed"}, {"closing_reason", "CONTACT_LOST"}},
       "CONTACT_LOST",
       0},
      {{{"status", "ClosedReferred"}, {"closing_reason", "RETURNED"}},
       "RETURNED",
       0},
      {{{"status", "Closed"}, {"closing_reason", "went to her sister"}},
       "OTHER",
       1},
  };
  for (const Row& row : table) {
    const auto life = Told(row.said);
    ASSERT_THAT(life, IsOk());
    EXPECT_TRUE(IsClosed(life->status));
    EXPECT_EQ(life->closing_reason, row.reason);
    EXPECT_THAT(life->entries, SizeIs(row.notes));
  }
  EXPECT_EQ(Only<Note>(Told(table[4].said)).text,
            "C.closing_reason: went to her sister");
}

TEST(LifeCellsTest, OnlyAClosedCaseSaysWhyAndWhen) {
  for (const char* const status : {"Active", "FollowUp", ""}) {
    Said said;
    if (*status != 0) said = {{"status", status}};
    Said why = said;
    why.emplace_back("closing_reason", "RETURNED");
    EXPECT_EQ(Fault(why), "closing_reason");
    Said when = said;
    when.emplace_back("closed_on", "2024-01-01");
    EXPECT_EQ(Fault(when), "closed_on");
    EXPECT_EQ(Fault(said), "");
  }
}

TEST(LifeCellsTest, ADayOfClosingLiesBetweenRegistrationAndToday) {
  const std::pair<const char*, const char*> table[] = {
      {"2025-06-15", ""},
      {"2025-06-16", "closed_on"},
      {"2025", ""},
      {"2026", "closed_on"},
      {"2020", ""},
      {"2019-12-31", "closed_on"},
      {"2025-02-30", "closed_on"},
      {"yesterday", "closed_on"},
  };
  for (const auto& [day, fault] : table) {
    EXPECT_EQ(Fault({{"status", "Closed"}, {"closed_on", day}}), fault) << day;
  }
  // Of an unknown year of registration too, but for what no record can tell.
  auto life = Told({{"status", "Closed"}, {"closed_on", "1970"}});
  ASSERT_THAT(life, IsOk());
  EXPECT_EQ(FieldOf(CheckLife(Words(), kToday, 0, *life)), "closed_on");
}

TEST(LifeCellsTest, NothingIsKeptTooShortForADayThatIsHalfKnown) {
  const absl::Time now = absl::FromCivil(kToday, absl::UTCTimeZone());
  const auto closed_at = [&](const char* day) {
    const auto life = Told({{"status", "Closed"}, {"closed_on", day}});
    EXPECT_THAT(life, IsOk());
    return absl::ToCivilDay(life->ClosedAt(now), absl::UTCTimeZone());
  };
  EXPECT_EQ(closed_at("2023"), absl::CivilDay(2023, 12, 31));
  EXPECT_EQ(closed_at("2023-02"), absl::CivilDay(2023, 2, 28));
  EXPECT_EQ(closed_at("2023-02-03"), absl::CivilDay(2023, 2, 3));
  EXPECT_EQ(closed_at("2025"), kToday);
  EXPECT_EQ(Told({{"status", "Closed"}})->ClosedAt(now), now);
}

TEST(LifeCellsTest, AStationKeepsWhatItHasAFieldForAndTheRestIsANote) {
  const auto life = Told({{"event.words", "Nowhere 1"},
                          {"event.type", "Transit"},
                          {"event.country", "UA"},
                          {"event.subdivision", "UA-32"},
                          {"event.city", "Irpin"},
                          {"event.happened", "2023-05"},
                          {"event.words", "Two nights.\r\nA lorry."}});
  const RouteEvent event = Only<RouteEvent>(life);
  EXPECT_EQ(event.type, "Transit");
  EXPECT_EQ(event.country, "UKR");
  EXPECT_EQ(event.subdivision, "UA-32");
  EXPECT_EQ(event.city, "Irpin");
  ASSERT_THAT(life->entries, SizeIs(2));
  for (const Wording& wording : life->entries) {
    EXPECT_EQ(FormatPartialDate(wording.happened), "2023-05");
  }
  EXPECT_EQ(Only<Note>(life).text,
            "C.event.words: Nowhere 1\nC.event.words: Two nights.\nA lorry.");
}

TEST(LifeCellsTest, AnUnknownCountryIsUnknownAndARegionOfNoListIsWords) {
  const auto life =
      Told({{"event.type", "Transit"}, {"event.subdivision", "Polesia"}});
  EXPECT_EQ(Only<RouteEvent>(life).country, "-99");
  EXPECT_EQ(Only<RouteEvent>(life).subdivision, "");
  EXPECT_EQ(Only<Note>(life).text, "C.event.subdivision: Polesia");
}

TEST(LifeCellsTest, WhatLacksWhatAnEntryMustHaveIsANoteAndNotLost) {
  const std::pair<Said, const char*> table[] = {
      {{{"event.city", "Irpin"}, {"event.happened", "2023"}},
       "C.event.city: Irpin\nC.event.happened: 2023"},
      {{{"support.type", "Health"}, {"support.actions", "a doctor"}},
       "C.support.type: Health\nC.support.actions: a doctor"},
      {{{"support.objective", "work"}, {"support.planned_end", "2027"}},
       "C.support.objective: work\nC.support.planned_end: 2027"},
  };
  for (const auto& [said, text] : table) {
    EXPECT_EQ(Fault(said), "");
    const auto life = Told(said);
    EXPECT_EQ(Only<Note>(life).text, text);
    EXPECT_THAT(life->entries, SizeIs(1));
  }
}

TEST(LifeCellsTest, APlanIsCompletedWhenItEndedAndElsePlanned) {
  Said said = {{"support.type", "Legal"},
               {"support.objective", "papers"},
               {"support.planned_end", "2030-01-01"}};
  EXPECT_EQ(Only<SupportItem>(Told(said)).status, "PLANNED");
  said.emplace_back("support.actual_end", "2025-01-31");
  EXPECT_EQ(Only<SupportItem>(Told(said)).status, "COMPLETED");
  EXPECT_EQ(Fault(said), "");
  said.emplace_back("support.status", "STOPPED");
  EXPECT_EQ(Only<SupportItem>(Told(said)).status, "STOPPED");
}

TEST(LifeCellsTest, ARiskAssessmentOfAFileMayHaveNeitherLevelNorDay) {
  const Said said = {{"risk.statement", "Debts."},
                     {"risk.vulnerabilities", "Poverty"},
                     {"risk.vulnerabilities", "Migration"}};
  EXPECT_EQ(Fault(said), "");
  const auto risk = Only<RiskAssessment>(Told(said));
  EXPECT_EQ(risk.level, "-99");
  EXPECT_EQ(risk.statement, "Poverty; Migration\nDebts.");
  EXPECT_FALSE(risk.risk_to_life);
  EXPECT_FALSE(Told(said)->entries[0].happened.known());
  // Somebody who records one says when.
  Wording wording = Told(said)->entries[0];
  EXPECT_EQ(FieldOf(CheckWording(Words(), kToday, wording)), "happened");
}

TEST(LifeCellsTest, AFaultNamesItsPart) {
  const std::string long_text(limits::kFreeTextBytesMax + 1, 'a');
  const std::pair<Said, const char*> table[] = {
      {{{"status", "Shut"}}, "status"},
      {{{"event.type", "Flight"}}, "event.type"},
      {{{"event.type", "Transit"}, {"event.country", "Atlantis"}},
       "event.country"},
      {{{"event.type", "Transit"},
        {"event.country", "PL"},
        {"event.subdivision", "UA-32"}},
       "event.subdivision"},
      {{{"event.type", "Transit"}, {"event.happened", "2025-06-16"}},
       "event.happened"},
      {{{"event.city", "Irpin"}, {"event.happened", "2026"}}, "event.happened"},
      {{{"event.type", "Transit"}, {"event.city", std::string(257, 'a')}},
       "event.city"},
      {{{"support.type", "Sports"}}, "support.type"},
      {{{"support.type", "Legal"},
        {"support.objective", "x"},
        {"support.actual_end", "2026"}},
       "support.actual_end"},
      {{{"support.type", "Legal"}, {"support.objective", long_text}},
       "support.objective"},
      {{{"support.planned_end", "soon"}}, "support.planned_end"},
      {{{"risk.vulnerabilities", "Age"}}, "risk.vulnerabilities"},
      {{{"risk.statement", "x"}, {"risk.happened", "2025-07"}},
       "risk.happened"},
      {{{"risk.statement", "a\x01"}}, "risk.statement"},
      {{{"note.text", "a\x01"}}, "note.text"},
      {{{"event.words", "\xff"}}, "event.words"},
      {{{"event.subdivision", "a\x7f"}}, "event.subdivision"},
  };
  for (const auto& [said, fault] : table) EXPECT_EQ(Fault(said), fault);
}

TEST(LifeCellsTest, EachCommentIsANoteAndALongOneBecomesSeveral) {
  const auto two = Told({{"note.text", "one"}, {"note.text", "two"}});
  ASSERT_THAT(two, IsOk());
  EXPECT_THAT(two->entries, SizeIs(2));
  std::string text;
  while (text.size() < 3 * limits::kFreeTextBytesMax) {
    absl::StrAppend(&text, "розповіла ", text.size(),
                    text.size() % 7 == 0 ? "\n" : " ");
  }
  for (const std::string& whole : {text, std::string(9000, 'x')}) {
    auto life = Told({{"note.text", whole}});
    ASSERT_THAT(life, IsOk());
    EXPECT_THAT(CheckLife(Words(), kToday, 0, *life), IsOk());
    ASSERT_GT(life->entries.size(), 1u);
    std::string together;
    for (size_t i = 0; i < life->entries.size(); ++i) {
      const std::string part = std::get<Note>(life->entries[i].content).text;
      const std::string mark =
          absl::StrCat("[", i + 1, "/", life->entries.size(), "] ");
      ASSERT_TRUE(absl::StartsWith(part, mark)) << part.substr(0, 20);
      together += part.substr(mark.size());
    }
    EXPECT_EQ(together, whole);
  }
}

}  // namespace
}  // namespace amparo::cases
