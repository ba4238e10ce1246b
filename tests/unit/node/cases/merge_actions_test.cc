// SPDX-License-Identifier: Apache-2.0
#include "node/cases/merge_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(LifeTest, AMergeFillsWhatIsMissingAndItsUndoRestoresBoth) {
  Identity first = Named("Anna");
  Identity second = Named("Anna");
  second.born = {1990, 5, 0};
  second.documents = {{"PASSPORT", "FA1", "UKR"}};
  const Case a =
      Registered(anna_, {{"gender", "Female"}, {"citizenship", "-99"}}, first);
  const Case b = Registered(anna_,
                            {{"citizenship", "UA"},
                             {"isForcedLabour", "1"},
                             {"yearOfRegistration", "2024"}},
                            second);
  const ShownCase a_before = Shown(a);
  const ShownCase b_before = Shown(b);
  MergeCasesRequest dry = Merging(a, b);
  dry.dry_run = true;
  dry.reason = "";  // Nothing is done for which there could be one.
  auto outcome = merges_.Merge(anna_, dry);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_FALSE(outcome->done);
  EXPECT_THAT(outcome->filled, ElementsAre("citizenship", "isForcedLabour",
                                           "born", "documents"));
  outcome = merges_.Merge(anna_, Merging(a, b));
  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(outcome->done);
  EXPECT_EQ(Shown(a).profile.Find("citizenship"), "UKR");
  // The person is counted where they were counted.
  EXPECT_EQ(Shown(a).profile.Find("yearOfRegistration"), "2025");
  EXPECT_EQ(Shown(b).file.merged_into, a.id);
  EXPECT_EQ((*cases_.ShowIdentity(anna_, a.number.text()))->born.year, 1990);
  EXPECT_THAT(Findings(), IsEmpty());
  // It takes nothing new, and leads on; it counts no more.
  EXPECT_EQ(StateOf(Write(anna_, b, Note{"x"}).status()), "Merged");
  EXPECT_EQ(
      StateOf(
          life_.ChangeStatus(anna_, {Next(), b.number.text(), "FollowUp", "x"})
              .status()),
      "Merged");
  EXPECT_EQ(StateOf(merges_.Merge(anna_, Merging(b, a)).status()), "Merged");
  int counted = 0;
  EXPECT_THAT(
      office_.registry->ScanProfiles(*office_.store,
                                     [&](const SubjectId&, const Profile&) {
                                       ++counted;
                                       return absl::StatusOr<bool>(true);
                                     }),
      IsOk());
  EXPECT_EQ(counted, 1);
  // Undone, both say what they said.
  EXPECT_THAT(merges_.Unmerge(anna_, {Next(), b.number.text(), "two sisters"}),
              IsOkAndHolds(a.number.text()));
  EXPECT_EQ(Shown(a).profile, a_before.profile);
  EXPECT_EQ(Shown(b).profile, b_before.profile);
  EXPECT_EQ(*cases_.ShowIdentity(anna_, a.number.text()), first);
  EXPECT_EQ(*cases_.ShowIdentity(anna_, b.number.text()), second);
  EXPECT_TRUE(Shown(b).file.merged_into.empty());
  EXPECT_TRUE(Shown(a).file.absorbed.empty());
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(
      StateOf(merges_.Unmerge(anna_, {Next(), b.number.text(), "x"}).status()),
      "Active");
}

TEST_F(LifeTest, NothingIsMergedUntilEveryContradictionIsSettled) {
  const Case a = Registered(
      anna_, {{"gender", "Female"}, {"citizenship", "UA"}}, Named("Anna"));
  const Case b = Registered(anna_, {{"gender", "Male"}, {"citizenship", "PL"}},
                            Named("Hanna"));
  MergeCasesRequest request = Merging(a, b);
  auto outcome = merges_.Merge(anna_, request);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_FALSE(outcome->done);
  ASSERT_THAT(outcome->conflicts, SizeIs(3));
  EXPECT_EQ(outcome->conflicts[0].field, "citizenship");
  EXPECT_THAT(outcome->conflicts[0].merged, ElementsAre("POL"));
  // Of an identity only the field is told.
  EXPECT_EQ(outcome->conflicts[2].field, "given_names_romanised");
  EXPECT_THAT(outcome->conflicts[2].into, IsEmpty());
  EXPECT_TRUE(Shown(b).file.merged_into.empty());
  request.choices = {{"citizenship", true}, {"gender", false}};
  outcome = merges_.Merge(anna_, request);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_THAT(outcome->conflicts, SizeIs(1));
  request.choices["given_names_romanised"] = true;
  request.choices["isAbduction"] = true;
  EXPECT_EQ(FieldOf(merges_.Merge(anna_, request).status()), "choices");
  request.choices.erase("isAbduction");
  outcome = merges_.Merge(anna_, request);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(outcome->done);
  EXPECT_EQ(Shown(a).profile.Find("citizenship"), "POL");
  EXPECT_EQ(Shown(a).profile.Find("gender"), "Female");
}

TEST_F(LifeTest, AMergeThatWouldLoseSomethingIsRefused) {
  const Case a = Registered(anna_, {});
  const Case b = Registered(anna_, {});
  const Case c = Registered(anna_, {});
  const Case foreign = Registered(clara_, {});
  EXPECT_EQ(FieldOf(merges_.Merge(anna_, Merging(a, a)).status()), "merged");
  EXPECT_EQ(ReasonOf(merges_.Merge(anna_, Merging(a, foreign)).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(merges_.Merge(boris_, Merging(a, b)).status()),
            Reason::kNotAllowed);
  ASSERT_THAT(Write(anna_, b, RiskAssessment{"EXTREME", "Threats.", true, {}}),
              IsOk());
  EXPECT_EQ(StateOf(merges_.Merge(anna_, Merging(a, b)).status()),
            "RiskToLife");
  ASSERT_THAT(Write(anna_, a, RiskAssessment{"EXTREME", "Threats.", true, {}}),
              IsOk());
  ASSERT_THAT(merges_.Merge(supervisor_, Merging(a, b)), IsOk());
  EXPECT_EQ(StateOf(merges_.Merge(anna_, Merging(c, a)).status()), "Absorbing");
}

TEST_F(LifeTest, AnUndoSaysWhatWasChangedSinceTheMerge) {
  const Case a = Registered(anna_, {{"gender", "Female"}});
  const Case b = Registered(anna_, {{"citizenship", "UA"}});
  ASSERT_THAT(merges_.Merge(anna_, Merging(a, b)), IsOk());
  AmendCaseRequest request = Amending(a, 2);
  request.set = {{"citizenship", "PL"}, {"isAbduction", "1"}};
  ASSERT_THAT(life_.Amend(anna_, request), IsOk());
  const UnmergeCasesRequest undo{Next(), b.number.text(), "two"};
  const absl::Status refused = merges_.Unmerge(anna_, undo).status();
  EXPECT_EQ(StateOf(refused), "ChangedSince");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("citizenship"));
  EXPECT_THAT(std::string(refused.message()), Not(HasSubstr("isAbduction")));
  request = Amending(a, 3);
  request.set = {{"citizenship", "UA"}};
  ASSERT_THAT(life_.Amend(anna_, request), IsOk());
  ASSERT_THAT(merges_.Unmerge(anna_, undo), IsOk());
  EXPECT_EQ(Shown(a).profile.Find("citizenship"), "");
  EXPECT_EQ(Shown(a).profile.Find("isAbduction"), "1");
}

}  // namespace
}  // namespace amparo::cases
