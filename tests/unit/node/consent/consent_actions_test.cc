// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/consent/consent_records.h"
#include "node/storage/table.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/consent/a_consent.h"
#include "tests/unit/node/people/test_office.h"

namespace amparo::consent {
namespace {

using audit::EventKind;
using people::Caller;
using people::Permission;
using people::Role;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kCase[] = "ABCD-EFGH-J";

// One case, of team north.
class OneCase : public SubjectDirectory {
 public:
  absl::StatusOr<SubjectFacts> Find(
      const Caller& caller, Permission needed,
      absl::string_view case_number) const override {
    if (case_number != kCase) return Error(Reason::kNotAllowed);
    return FindSubject(caller, needed, facts.subject);
  }
  absl::StatusOr<SubjectFacts> FindSubject(
      const Caller& caller, Permission needed,
      const SubjectId& subject) const override {
    if (subject != facts.subject) return Error(Reason::kNotAllowed);
    const absl::Status reach = caller.MayReach(needed, PersonOf('o'), "north");
    if (!reach.ok()) return reach;
    return facts;
  }
  absl::Status BeginWork(storage::Batch&, const SubjectId&) const override {
    return absl::OkStatus();
  }
  SubjectFacts facts;
};

// Writes a row, so that a test sees whether it was committed with the rest.
class RecordingEffect : public WithdrawalEffect {
 public:
  absl::Status OnWithdrawn(storage::Batch& batch, const Consent& withdrawn,
                           absl::Time at) override {
    EXPECT_EQ(withdrawn.state(), State::kWithdrawn);
    EXPECT_EQ(withdrawn.withdrawn_at(), at);
    ++calls;
    if (during) during();
    batch.Put(storage::TableId::kLettersByConsent, withdrawn.id().bytes(),
              "recalled");
    return answer;
  }
  int calls = 0;
  absl::Status answer;
  std::function<void()> during;
};

class ConsentActionsTest : public testing::Test {
 protected:
  ConsentActionsTest() {
    storage::Batch batch;
    directory_.facts = {SubjectOf('s'), *office_.vault->NewKey(batch), false};
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
  }

  static Caller As(std::set<Role> roles, std::string team = "north") {
    return Caller::ForPerson(PersonOf('p'),
                             *SessionId::FromBytes(std::string(16, 'e')),
                             std::move(roles), std::move(team));
  }
  GiveRequest Good() {
    const ConsentFields fields = GoodFields();
    GiveRequest request;
    request.case_number = kCase;
    request.purpose = fields.purpose;
    request.recipients = fields.recipients;
    request.categories = fields.categories;
    request.exclusions = fields.exclusions;
    request.method = fields.method;
    request.language = fields.language;
    request.text_version = fields.text_version;
    request.valid_until = fields.valid_until;
    request.answered_yes = fields.answered_yes;
    return request;
  }
  ConsentId Given(GiveRequest request) {
    return *actions_.Give(worker_, request);
  }
  RequestId Request(char c) {
    return *RequestId::FromBytes(std::string(16, c));
  }
  absl::StatusOr<Consent> Active(
      std::vector<DataCategory> categories,
      Purpose purpose = Purpose::kTransnationalReferral,
      OfficeId recipient = OfficeOf('B')) {
    return ledger_.FindActive(*office_.store, SubjectOf('s'), purpose,
                              recipient, categories, office_.clock.Now());
  }

  TestOffice office_;
  const Ground ground_{*office_.store, *office_.vault,
                       *office_.log,   office_.clock,
                       office_.random, vocabulary::Lists::BuiltIn()};
  OneCase directory_;
  Leases leases_;
  RecordingEffect effect_;
  ConsentActions actions_{ground_, directory_, leases_, {&effect_}};
  const Ledger ledger_{*office_.vault, *office_.log};
  const Caller worker_ = As({Role::kCaseworker});
};

TEST_F(ConsentActionsTest, GivenConsentIsStoredIndexedAndLogged) {
  const ConsentId id = Given(Good());
  const auto consent = actions_.Show(worker_, id);
  ASSERT_THAT(consent, IsOk());
  EXPECT_EQ(consent->subject(), SubjectOf('s'));
  EXPECT_EQ(consent->fields().collector, worker_.person());
  EXPECT_EQ(consent->fields().given_at, office_.clock.Now());
  EXPECT_THAT(*ledger_.ListBySubject(*office_.store, SubjectOf('s')),
              SizeIs(1));
  const auto events = office_.Events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, EventKind::kConsentGiven);
  EXPECT_EQ(events[0].actor, worker_.person());
}

TEST_F(ConsentActionsTest, IsSealedUnderTheSubjectsKey) {
  const ConsentId id = Given(Good());
  const auto rows = office_.Rows(storage::TableId::kConsents);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(*storage::Vault::KeyOf(rows.at(id.bytes())), directory_.facts.key);
  // The purpose and text stand nowhere readable.
  EXPECT_THAT(rows.at(id.bytes()), Not(HasSubstr("2024-1.es")));
  for (const auto& [key, value] :
       office_.Rows(storage::TableId::kConsentsBySubject)) {
    EXPECT_EQ(key, SubjectOf('s').bytes() + id.bytes());
    EXPECT_TRUE(value.empty());
  }
  // When the subject's key is gone, so is the consent, and the log goes on.
  storage::Batch erase;
  office_.vault->DeleteKey(erase, directory_.facts.key);
  ASSERT_THAT(office_.store->Commit(erase), IsOk());
  EXPECT_EQ(ReasonOf(ledger_.Get(*office_.store, id).status()),
            Reason::kRecordDamaged);
}

TEST_F(ConsentActionsTest, P3_IncompleteConsentIsNotStored) {
  GiveRequest request = Good();
  request.answered_yes.erase(Question::kWithdrawalExplained);
  EXPECT_EQ(ReasonOf(actions_.Give(worker_, request).status()),
            Reason::kConsentIncomplete);
  EXPECT_TRUE(office_.Rows(storage::TableId::kConsents).empty());
  EXPECT_TRUE(office_.Events().empty());
}

TEST_F(ConsentActionsTest, TheLanguageIsOneOfTheList) {
  GiveRequest request = Good();
  for (const char* none : {"xx", "qqq"}) {
    request.language = none;
    EXPECT_THAT(
        actions_.Give(worker_, request),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("language")));
  }
  EXPECT_THAT(office_.Rows(storage::TableId::kConsents), SizeIs(0));
  request.language = "tgk";  // Tajik, which is listed with two letters.
  EXPECT_EQ(actions_.Show(worker_, Given(request))->fields().language, "tg");
}

TEST_F(ConsentActionsTest, P7_UnknownAgeWithChildIndicatorsCountsAsMinor) {
  directory_.facts.treated_as_minor = true;
  EXPECT_EQ(ReasonOf(actions_.Give(worker_, Good()).status()),
            Reason::kGuardianRequired);
  EXPECT_TRUE(office_.Rows(storage::TableId::kConsents).empty());
  GiveRequest request = Good();
  request.given_by = GivenBy::kGuardian;
  request.assent = true;
  request.best_interests_reference = "BID-17";
  const ConsentId id = Given(request);
  EXPECT_TRUE(actions_.Show(worker_, id)->fields().treated_as_minor);
}

TEST_F(ConsentActionsTest, TimesMustMakeSense) {
  GiveRequest future = Good();
  future.given_at =
      office_.clock.Now() + limits::kClockSkewMax + absl::Seconds(1);
  EXPECT_EQ(FieldOf(actions_.Give(worker_, future).status()), "given_at");
  GiveRequest past = Good();
  past.given_at = kNow - absl::Hours(48);
  past.valid_until = office_.clock.Now();
  EXPECT_EQ(FieldOf(actions_.Give(worker_, past).status()), "valid_until");
  GiveRequest earlier = Good();
  earlier.given_at = kNow - absl::Hours(48);
  EXPECT_EQ(actions_.Show(worker_, Given(earlier))->fields().given_at,
            kNow - absl::Hours(48));
}

TEST_F(ConsentActionsTest, GivingAgainWithTheSameRequestChangesNothing) {
  GiveRequest request = Good();
  request.request = Request('1');
  const ConsentId id = Given(request);
  office_.clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Given(request), id);
  EXPECT_THAT(office_.Rows(storage::TableId::kConsents), SizeIs(1));
  EXPECT_EQ(office_.CountEvents(EventKind::kConsentGiven), 1);
  const std::function<void(GiveRequest&)> changes[] = {
      [](auto& r) { r.purpose = Purpose::kResearch; },
      [](auto& r) { r.recipients.insert(OfficeOf('C')); },
      [](auto& r) { r.categories.insert(DataCategory::kNames); },
      [](auto& r) { r.exclusions.clear(); },
      [](auto& r) { r.given_by = GivenBy::kOther; },
      [](auto& r) { r.method = Method::kWritten; },
      [](auto& r) { r.language = "fr"; },
      [](auto& r) { r.text_version = "x"; },
      [](auto& r) { r.given_at = kNow; },
      [](auto& r) { r.valid_until += absl::Milliseconds(1); },
      [](auto& r) { r.answered_yes.clear(); },
      [](auto& r) { r.assent = true; },
      [](auto& r) { r.best_interests_reference = "x"; },
  };
  for (const auto& change : changes) {
    GiveRequest other = request;
    change(other);
    EXPECT_EQ(ReasonOf(actions_.Give(worker_, other).status()),
              Reason::kRequestIdReused);
  }
}

TEST_F(ConsentActionsTest, OnlyWhoMayAndOnlyWithinReach) {
  const ConsentId id = Given(Good());
  GiveRequest elsewhere = Good();
  elsewhere.case_number = "nowhere";
  const absl::Status not_there = actions_.Give(worker_, elsewhere).status();
  EXPECT_EQ(ReasonOf(not_there), Reason::kNotAllowed);
  const struct {
    Caller caller;
    bool reads;
    bool writes;
  } rows[] = {
      {As({Role::kCaseworker}), true, true},
      {As({Role::kSupervisor}), true, true},
      {As({Role::kCaseworker}, "south"), false, false},
      {As({Role::kDataProtectionOfficer}, "south"), true, false},
      {As({Role::kAdministrator}), false, false},
      {As({Role::kFocalPoint}), false, false},
      {As({Role::kAnalyst}), false, false},
      {As({Role::kAuditor}), false, false},
      {Caller::Stranger(), false, false},
  };
  for (const auto& row : rows) {
    const absl::Status shown = actions_.Show(row.caller, id).status();
    const absl::Status listed =
        actions_.List(row.caller, kCase, 0, std::nullopt).status();
    EXPECT_EQ(shown.ok(), row.reads);
    EXPECT_EQ(listed.ok(), row.reads);
    if (!row.reads) {
      EXPECT_EQ(shown, not_there);
    }
    if (!row.writes) {
      EXPECT_EQ(actions_.Give(row.caller, Good()).status(), not_there);
      EXPECT_EQ(actions_.Withdraw(row.caller, {RequestId(), id}).status(),
                not_there);
    }
  }
  EXPECT_EQ(actions_.Show(worker_, ConsentOf('x')).status(), not_there);
  EXPECT_EQ(actions_.Show(worker_, id)->state(), State::kActive);
}

TEST_F(ConsentActionsTest, ListIsPaged) {
  for (int i = 0; i < 5; ++i) Given(Good());
  std::set<std::string> seen;
  std::optional<ConsentId> from;
  int pages = 0;
  do {
    const auto page = actions_.List(worker_, kCase, 2, from);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->consents.size(), 2u);
    for (const Consent& consent : page->consents) {
      EXPECT_TRUE(seen.insert(consent.id().hex()).second);
    }
    from = page->next;
    ++pages;
  } while (from.has_value());
  EXPECT_THAT(seen, SizeIs(5));
  EXPECT_EQ(pages, 3);
  for (const int size : {-1, 501}) {
    EXPECT_EQ(FieldOf(actions_.List(worker_, kCase, size, {}).status()),
              "page_size");
  }
}

TEST_F(ConsentActionsTest, P4_NothingLeavesWithoutActiveConsent) {
  const std::vector<DataCategory> needs = {DataCategory::kNeeds};
  EXPECT_EQ(ReasonOf(Active(needs).status()), Reason::kConsentMissing);
  const ConsentId id = Given(Good());
  EXPECT_EQ(Active(needs)->id(), id);
  EXPECT_EQ(ReasonOf(Active(needs, Purpose::kIdentityDisclosure).status()),
            Reason::kConsentNotForPurpose);
  EXPECT_EQ(
      ReasonOf(Active(needs, Purpose::kTransnationalReferral, OfficeOf('C'))
                   .status()),
      Reason::kConsentNotForRecipient);
  EXPECT_EQ(ReasonOf(Active({DataCategory::kNames}).status()),
            Reason::kConsentNotForCategory);
  EXPECT_EQ(ReasonOf(ledger_
                         .FindActive(*office_.store, SubjectOf('t'),
                                     Purpose::kTransnationalReferral,
                                     OfficeOf('B'), needs, office_.clock.Now())
                         .status()),
            Reason::kConsentMissing);
  ASSERT_THAT(actions_.Withdraw(worker_, {RequestId(), id}), IsOk());
  EXPECT_EQ(ReasonOf(Active(needs).status()), Reason::kConsentWithdrawn);
  Given(Good());
  office_.clock.SetTime(GoodFields().valid_until);
  EXPECT_EQ(ReasonOf(Active(needs).status()), Reason::kConsentWithdrawn);
}

TEST_F(ConsentActionsTest, P4_ExpiredConsentIsNamedAsSuch) {
  Given(Good());
  office_.clock.SetTime(GoodFields().valid_until);
  EXPECT_EQ(ReasonOf(Active({DataCategory::kNeeds}).status()),
            Reason::kConsentExpired);
}

TEST_F(ConsentActionsTest, TheOneValidLongestIsFound) {
  Given(Good());
  GiveRequest longer = Good();
  longer.valid_until += absl::Hours(24);
  const ConsentId id = Given(longer);
  Given(Good());
  EXPECT_EQ(Active({DataCategory::kNeeds})->id(), id);
}

TEST_F(ConsentActionsTest, ExclusionBeatsAnotherConsent) {
  GiveRequest wide = Good();
  wide.exclusions.clear();
  wide.categories.insert(DataCategory::kContacts);
  Given(wide);
  EXPECT_THAT(Active({DataCategory::kContacts}), IsOk());
  const ConsentId narrow = Given(Good());
  EXPECT_EQ(ReasonOf(Active({DataCategory::kContacts}).status()),
            Reason::kConsentNotForCategory);
  EXPECT_THAT(Active({DataCategory::kNeeds}), IsOk());
  // It was asked for this purpose and recipient, and as long as it holds.
  ASSERT_THAT(actions_.Withdraw(worker_, {RequestId(), narrow}), IsOk());
  EXPECT_THAT(Active({DataCategory::kContacts}), IsOk());
}

TEST_F(ConsentActionsTest, P5_WithdrawalActsInOneCommit) {
  const ConsentId id = Given(Good());
  office_.clock.Advance(absl::Hours(1));
  const auto withdrawn = actions_.Withdraw(worker_, {Request('1'), id});
  ASSERT_THAT(withdrawn, IsOk());
  EXPECT_EQ(withdrawn->state(), State::kWithdrawn);
  EXPECT_EQ(withdrawn->withdrawn_at(), office_.clock.Now());
  EXPECT_EQ(effect_.calls, 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kLettersByConsent).at(id.bytes()),
            "recalled");
  EXPECT_EQ(office_.CountEvents(EventKind::kConsentWithdrawn), 1);
  // Still under the subject's key.
  EXPECT_EQ(*storage::Vault::KeyOf(
                office_.Rows(storage::TableId::kConsents).at(id.bytes())),
            directory_.facts.key);
  // Again with the same request: the same answer. With another: refused.
  EXPECT_EQ(actions_.Withdraw(worker_, {Request('1'), id})->withdrawn_at(),
            withdrawn->withdrawn_at());
  EXPECT_EQ(ReasonOf(actions_.Withdraw(worker_, {Request('2'), id}).status()),
            Reason::kWrongState);
  EXPECT_EQ(effect_.calls, 1);
  EXPECT_EQ(
      ReasonOf(
          actions_.Withdraw(worker_, {Request('1'), Given(Good())}).status()),
      Reason::kRequestIdReused);
}

TEST_F(ConsentActionsTest, P5_FailedEffectLeavesTheConsentAsItWas) {
  const ConsentId id = Given(Good());
  effect_.answer = Error(Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(actions_.Withdraw(worker_, {RequestId(), id}).status()),
            Reason::kRecordDamaged);
  EXPECT_EQ(actions_.Show(worker_, id)->state(), State::kActive);
  EXPECT_TRUE(office_.Rows(storage::TableId::kLettersByConsent).empty());
  EXPECT_EQ(office_.CountEvents(EventKind::kConsentWithdrawn), 0);
  EXPECT_NE(leases_.Share(id), nullptr);
}

TEST_F(ConsentActionsTest, P5_WithdrawalWaitsForLettersOnTheWire) {
  const ConsentId id = Given(Good());
  auto on_the_wire = leases_.Share(id);
  std::atomic<bool> done = false;
  std::thread withdrawal([&] {
    EXPECT_THAT(actions_.Withdraw(worker_, {RequestId(), id}), IsOk());
    done = true;
  });
  while (leases_.Share(id) != nullptr) std::this_thread::yield();
  EXPECT_FALSE(done);
  EXPECT_EQ(actions_.Show(worker_, id)->state(), State::kActive);
  on_the_wire.reset();
  withdrawal.join();
  EXPECT_EQ(actions_.Show(worker_, id)->state(), State::kWithdrawn);
}

TEST_F(ConsentActionsTest, WithdrawalHoldsTheLeaseWhileEffectsRun) {
  const ConsentId id = Given(Good());
  effect_.during = [&] { EXPECT_EQ(leases_.Share(id), nullptr); };
  EXPECT_THAT(actions_.Withdraw(worker_, {RequestId(), id}), IsOk());
  EXPECT_NE(leases_.Share(id), nullptr);
}

TEST_F(ConsentActionsTest, ConflictIsReadAgainAndRetried) {
  const ConsentId id = Given(Good());
  const storage::Table<ConsentCodec> table(*office_.vault);
  int left = 2;
  effect_.during = [&] {
    if (left-- <= 0) return;
    // Somebody else writes the same consent meanwhile.
    storage::Batch batch;
    const auto row = *table.Get(*office_.store, id);
    ASSERT_THAT(table.Replace(batch, id, *row, row->value), IsOk());
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  };
  EXPECT_THAT(actions_.Withdraw(worker_, {RequestId(), id}), IsOk());
  EXPECT_EQ(effect_.calls, 3);
  EXPECT_EQ(office_.CountEvents(EventKind::kConsentWithdrawn), 1);
}

TEST_F(ConsentActionsTest, EndlessConflictIsGivenUp) {
  const ConsentId id = Given(Good());
  const storage::Table<ConsentCodec> table(*office_.vault);
  effect_.during = [&] {
    storage::Batch batch;
    const auto row = *table.Get(*office_.store, id);
    ASSERT_THAT(table.Replace(batch, id, *row, row->value), IsOk());
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  };
  EXPECT_EQ(ReasonOf(actions_.Withdraw(worker_, {RequestId(), id}).status()),
            Reason::kVersionConflict);
  EXPECT_EQ(effect_.calls, 5);
  EXPECT_EQ(actions_.Show(worker_, id)->state(), State::kActive);
}

TEST_F(ConsentActionsTest, ConsentsPerSubjectAreLimited) {
  storage::Batch batch;
  for (size_t i = 0; i < kConsentsPerSubjectMax; ++i) {
    ConsentFields fields = GoodFields();
    fields.id = *ConsentId::FromBytes(crypto::RandomBytes(office_.random, 16));
    ASSERT_THAT(ledger_.InsertImported(batch, *Consent::Create(fields),
                                       directory_.facts.key, PersonId(), kNow),
                IsOk());
  }
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(ReasonOf(actions_.Give(worker_, Good()).status()),
            Reason::kLimitExceeded);
  int scanned = 0;
  EXPECT_THAT(ledger_.Scan(*office_.store,
                           [&](const Consent&) -> absl::StatusOr<bool> {
                             return ++scanned < 10;
                           }),
              IsOk());
  EXPECT_EQ(scanned, 10);
}

TEST_F(ConsentActionsTest, IndexThatLiesIsDamage) {
  const ConsentId id = Given(Good());
  storage::Batch batch;
  IndexBySubject(batch, SubjectOf('t'), id);
  IndexBySubject(batch, SubjectOf('u'), ConsentOf('x'));
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  for (const char subject : {'t', 'u'}) {
    EXPECT_EQ(
        ReasonOf(
            ledger_.ListBySubject(*office_.store, SubjectOf(subject)).status()),
        Reason::kRecordDamaged);
  }
}

TEST_F(ConsentActionsTest, SnapshotSeesTheMomentItWasTaken) {
  const ConsentId id = Given(Good());
  const auto before = office_.store->NewSnapshot();
  ASSERT_THAT(actions_.Withdraw(worker_, {RequestId(), id}), IsOk());
  EXPECT_EQ(ledger_.Get(*before, id)->state(), State::kActive);
  EXPECT_EQ(ledger_.Get(*office_.store, id)->state(), State::kWithdrawn);
}

}  // namespace
}  // namespace amparo::consent
