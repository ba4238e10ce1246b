// SPDX-License-Identifier: Apache-2.0
#include "node/cases/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::Not;

class RegistryTest : public testing::Test {
 protected:
  template <class IdType>
  IdType FreshId() {
    return *IdType::FromBytes(crypto::RandomBytes(office_.random, 16));
  }

  NewCase Fresh(const PersonId& owner, std::string team = "") {
    NewCase fresh{.file = Case{.id = FreshId<CaseId>(),
                               .number = CaseNumber::Generate(office_.random),
                               .subject = FreshId<SubjectId>(),
                               .owner = owner,
                               .team = std::move(team),
                               .registered_at = office_.clock.Now(),
                               .year = 2025,
                               .source = "",
                               .has_identity = true,
                               .treated_as_minor = false},
                  .profile = *Profile::Create(
                      vocabulary::Lists::BuiltIn(),
                      {{"gender", "Female"}, {"citizenship", "UKR"}}),
                  .identity = Identity(),
                  .source_key = ""};
    fresh.identity->given_names_romanised = "Oleksandra";
    fresh.identity->contacts = {
        {"TELEPHONE", "+380441234567", "messages only"}};
    office_.clock.Advance(absl::Seconds(1));
    return fresh;
  }

  absl::Status Store(const NewCase& fresh) {
    storage::Batch batch;
    RETURN_IF_ERROR(office_.registry->Insert(batch, fresh).status());
    return office_.store->Commit(batch).status();
  }

  IdentityAccess Access() {
    return *IdentityAccess::Granted(absl::OkStatus(), anna_);
  }

  Office office_;
  PersonId anna_ = *PersonId::FromBytes(std::string(16, 'a'));
  PersonId boris_ = *PersonId::FromBytes(std::string(16, 'b'));
};

TEST_F(RegistryTest, WhatIsInsertedIsFoundAgainAlsoAfterARestart) {
  const NewCase fresh = Fresh(anna_);
  ASSERT_THAT(Store(fresh), IsOk());
  office_.Open();
  const auto found =
      office_.registry->FindByNumber(*office_.store, fresh.file.number);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id, fresh.file.id);
  const auto by_subject =
      office_.registry->FindBySubject(*office_.store, fresh.file.subject);
  ASSERT_THAT(by_subject, IsOk());
  ASSERT_TRUE(by_subject->has_value());
  EXPECT_EQ((*by_subject)->id, fresh.file.id);
  EXPECT_THAT(office_.registry->ProfileOf(*office_.store, fresh.file.subject),
              IsOkAndHolds(fresh.profile));
  const auto identity = office_.registry->IdentityOf(Access(), *office_.store,
                                                     fresh.file.subject);
  ASSERT_THAT(identity, IsOk());
  ASSERT_TRUE(identity->has_value());
  EXPECT_EQ(**identity, *fresh.identity);
}

TEST_F(RegistryTest, WhatIsNotThereIsNotThere) {
  const NewCase fresh = Fresh(anna_);
  const auto found =
      office_.registry->FindByNumber(*office_.store, fresh.file.number);
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->has_value());
  EXPECT_EQ(
      ReasonOf(office_.registry->ProfileOf(*office_.store, fresh.file.subject)
                   .status()),
      Reason::kNotAllowed);
  EXPECT_EQ(
      ReasonOf(
          office_.registry->KeyOf(*office_.store, fresh.file.subject).status()),
      Reason::kNotAllowed);
  const auto identity = office_.registry->IdentityOf(Access(), *office_.store,
                                                     fresh.file.subject);
  ASSERT_THAT(identity, IsOk());
  EXPECT_FALSE(identity->has_value());
}

TEST_F(RegistryTest, NoIdentityIsReadWithoutPermission) {
  EXPECT_EQ(
      ReasonOf(
          IdentityAccess::Granted(Error(Reason::kNotAllowed), anna_).status()),
      Reason::kNotAllowed);
  EXPECT_EQ(Access().reader(), anna_);
}

TEST_F(RegistryTest, IdentityAndProfileAreInDifferentTables) {
  const NewCase fresh = Fresh(anna_);
  ASSERT_THAT(Store(fresh), IsOk());
  EXPECT_NE(ProfileCodec::kTable, IdentityCodec::kTable);
  const auto profile =
      office_.store->Get(ProfileCodec::kTable, fresh.file.subject.bytes());
  const auto identity =
      office_.store->Get(IdentityCodec::kTable, fresh.file.subject.bytes());
  ASSERT_THAT(profile, IsOk());
  ASSERT_THAT(identity, IsOk());
  ASSERT_TRUE(profile->has_value() && identity->has_value());
  // A sealed identity in the place of a profile does not open.
  storage::Batch batch;
  batch.Put(ProfileCodec::kTable, fresh.file.subject.bytes(), **identity);
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(
      ReasonOf(office_.registry->ProfileOf(*office_.store, fresh.file.subject)
                   .status()),
      Reason::kRecordDamaged);
}

TEST_F(RegistryTest, CaseProfileAndIdentityAreSilentWithoutTheSubjectsKey) {
  const NewCase fresh = Fresh(anna_);
  ASSERT_THAT(Store(fresh), IsOk());
  const auto key = office_.registry->KeyOf(*office_.store, fresh.file.subject);
  ASSERT_THAT(key, IsOk());
  storage::Batch batch;
  office_.vault->DeleteKey(batch, *key);
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  office_.Open();
  EXPECT_THAT(office_.registry->Get(*office_.store, fresh.file.id),
              Not(IsOk()));
  EXPECT_THAT(office_.registry->ProfileOf(*office_.store, fresh.file.subject),
              Not(IsOk()));
  EXPECT_THAT(office_.registry->IdentityOf(Access(), *office_.store,
                                           fresh.file.subject),
              Not(IsOk()));
}

TEST_F(RegistryTest, NamesNumbersAndTeamsStandNowhereInTheStoredBytes) {
  const NewCase fresh = Fresh(anna_, "northern-team");
  ASSERT_THAT(Store(fresh), IsOk());
  for (const std::string& text :
       {std::string("Oleksandra"), std::string("380441234567"),
        std::string("Female"), std::string("northern-team"),
        fresh.file.number.text()}) {
    EXPECT_FALSE(office_.AnywhereInStore(text)) << text;
  }
  EXPECT_FALSE(office_.AnywhereInStore(anna_.bytes()));
  // The search does find what is there: the case's id is a row key.
  EXPECT_TRUE(office_.AnywhereInStore(fresh.file.id.bytes()));
}

TEST_F(RegistryTest, ATakenNumberOrSourceKeyIsAConflict) {
  const NewCase first = Fresh(anna_);
  ASSERT_THAT(Store(first), IsOk());
  NewCase second = Fresh(anna_);
  second.file.number = first.file.number;
  EXPECT_EQ(ReasonOf(Store(second)), Reason::kVersionConflict);
  NewCase third = Fresh(anna_);
  third.file.source = "ctdc";
  third.source_key = "row 1";
  ASSERT_THAT(Store(third), IsOk());
  EXPECT_THAT(office_.registry->SourceKnown(*office_.store, "ctdc", "row 1"),
              IsOkAndHolds(true));
  EXPECT_THAT(office_.registry->SourceKnown(*office_.store, "ctdcrow", " 1"),
              IsOkAndHolds(false));
  NewCase fourth = Fresh(anna_);
  fourth.file.source = "ctdc";
  fourth.source_key = "row 1";
  EXPECT_EQ(ReasonOf(Store(fourth)), Reason::kVersionConflict);
}

TEST_F(RegistryTest, EveryProfileIsScannedAndTheScanCanStop) {
  std::set<SubjectId> stored;
  for (int i = 0; i < 10; ++i) {
    const NewCase fresh = Fresh(anna_);
    ASSERT_THAT(Store(fresh), IsOk());
    stored.insert(fresh.file.subject);
  }
  std::set<SubjectId> seen;
  ASSERT_THAT(office_.registry->ScanProfiles(
                  *office_.store,
                  [&](const SubjectId& subject, const Profile& profile) {
                    EXPECT_EQ(profile.Find("gender"), "Female");
                    seen.insert(subject);
                    return absl::StatusOr<bool>(true);
                  }),
              IsOk());
  EXPECT_EQ(seen, stored);
  int calls = 0;
  ASSERT_THAT(
      office_.registry->ScanProfiles(*office_.store,
                                     [&](const SubjectId&, const Profile&) {
                                       return absl::StatusOr<bool>(++calls < 3);
                                     }),
      IsOk());
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace amparo::cases
