// SPDX-License-Identifier: Apache-2.0
#include "node/peering/agreements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "amparo/peer/v1/agreement.pb.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/peering/peering_records.h"
#include "node/storage/table.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

using ::testing::SizeIs;

class AgreementsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(here_.Meet(there_), IsOk());
    ASSERT_THAT(there_.Meet(here_), IsOk());
  }

  Agreement Draw(char id, const AgreementTerms& terms) {
    return *Agreement::Create(*AgreementId::FromBytes(std::string(16, id)),
                              there_.own->id(), here_.own->id(), terms,
                              clock_.Now());
  }
  SignedAgreement Propose(char id, const AgreementTerms& terms) {
    Agreement agreement = Draw(id, terms);
    std::string signature =
        *there_.own->SignAsOffice(kAgreementType, agreement.body());
    return {std::move(agreement), std::move(signature), "", {}, {}};
  }
  std::string AcceptorSignature(const Agreement& agreement) {
    return *here_.own->SignAsOffice(kAgreementType, agreement.body());
  }
  absl::Status Insert(const SignedAgreement& value) {
    storage::Batch batch;
    const absl::Status added = here_.agreements->Insert(batch, value);
    if (!added.ok() || batch.empty()) return added;
    return here_.store->Commit(batch).status();
  }
  absl::Status AddSignature(const AgreementId& id, const std::string& hash,
                            const std::string& signature) {
    storage::Batch batch;
    const absl::Status added = here_.agreements->AddAcceptorSignature(
        batch, id, hash, signature, PersonId());
    if (!added.ok() || batch.empty()) return added;
    return here_.store->Commit(batch).status();
  }

  ManualClock clock_;
  PeeringOffice here_{1, SettingsNamed("chisinau"), clock_};
  PeeringOffice there_{2, SettingsNamed("kyiv"), clock_};
};

TEST_F(AgreementsTest, SignedByOneSideOnlyIsNotInForce) {
  const SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  ASSERT_THAT(Insert(value), IsOk());
  EXPECT_EQ(
      ReasonOf(here_.agreements->ActiveWith(there_.own->id(), clock_.Now())
                   .status()),
      Reason::kAgreementMissing);
  EXPECT_EQ(ReasonOf(here_.agreements
                         ->Named(there_.own->id(), value.agreement.id(),
                                 value.agreement.hash())
                         .status()),
            Reason::kAgreementMissing);
}

TEST_F(AgreementsTest, SignedByBothIsInForceAndSurvivesARestart) {
  const SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  ASSERT_THAT(Insert(value), IsOk());
  ASSERT_THAT(AddSignature(value.agreement.id(), value.agreement.hash(),
                           AcceptorSignature(value.agreement)),
              IsOk());
  for (int round = 0; round < 2; ++round) {
    const auto active =
        here_.agreements->ActiveWith(there_.own->id(), clock_.Now());
    ASSERT_THAT(active, IsOk());
    EXPECT_EQ(active->hash(), value.agreement.hash());
    EXPECT_EQ(active->hash(), crypto::Sha256(active->body()));
    EXPECT_THAT(here_.agreements->List(there_.own->id()),
                IsOkAndHolds(SizeIs(1)));
    EXPECT_THAT(here_.agreements->List(), IsOkAndHolds(SizeIs(1)));
    here_.Reopen();
  }
}

TEST_F(AgreementsTest, WrongSignaturesNeverGetIn) {
  SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  const std::string good = value.proposer_signature;
  value.proposer_signature = AcceptorSignature(value.agreement);
  EXPECT_EQ(ReasonOf(Insert(value)), Reason::kSignatureInvalid);
  value.proposer_signature = good;
  value.acceptor_signature = good;
  EXPECT_EQ(ReasonOf(Insert(value)), Reason::kSignatureInvalid);
  value.acceptor_signature.clear();
  ASSERT_THAT(Insert(value), IsOk());
  EXPECT_EQ(ReasonOf(AddSignature(value.agreement.id(), value.agreement.hash(),
                                  good)),
            Reason::kSignatureInvalid);
  // By the right office, but by its daily key or as another type.
  const std::string& body = value.agreement.body();
  EXPECT_EQ(
      ReasonOf(AddSignature(value.agreement.id(), value.agreement.hash(),
                            here_.own->Sign(kAgreementType, body)->signature)),
      Reason::kSignatureInvalid);
  EXPECT_EQ(
      ReasonOf(AddSignature(value.agreement.id(), value.agreement.hash(),
                            *here_.own->SignAsOffice(kKeyBundleType, body))),
      Reason::kSignatureInvalid);
  EXPECT_FALSE(here_.agreements->Get(value.agreement.id())->fully_signed());
}

TEST_F(AgreementsTest, ARowThatChangedIsReadAndVerifiedAnew) {
  const SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  const AgreementId id = value.agreement.id();
  ASSERT_THAT(Insert(value), IsOk());
  ASSERT_THAT(here_.agreements->Get(id), IsOk());
  const storage::Table<AgreementCodec> table(*here_.vault);
  AgreementRow row = (*table.Get(*here_.store, id))->value;
  const auto put = [&] {
    storage::Batch batch;
    EXPECT_THAT(table.Put(batch, id, row), IsOk());
    EXPECT_THAT(here_.store->Commit(batch), IsOk());
    return here_.agreements->Get(id);
  };
  // By one who has the keys of the store and not those of an office.
  row.acceptor_signature = row.proposer_signature;
  EXPECT_EQ(ReasonOf(put().status()), Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(here_.agreements->List().status()),
            Reason::kRecordDamaged);
  row.acceptor_signature = AcceptorSignature(value.agreement);
  const auto signed_by_both = put();
  ASSERT_THAT(signed_by_both, IsOk());
  EXPECT_TRUE(signed_by_both->fully_signed());
}

TEST_F(AgreementsTest, AHashThatIsNotTheBodysIsRefused) {
  const SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  ASSERT_THAT(Insert(value), IsOk());
  const std::string signature = AcceptorSignature(value.agreement);
  EXPECT_EQ(ReasonOf(AddSignature(value.agreement.id(), std::string(32, 'x'),
                                  signature)),
            Reason::kAgreementHashMismatch);
  ASSERT_THAT(
      AddSignature(value.agreement.id(), value.agreement.hash(), signature),
      IsOk());
  EXPECT_EQ(ReasonOf(here_.agreements
                         ->Named(there_.own->id(), value.agreement.id(),
                                 std::string(32, 'x'))
                         .status()),
            Reason::kAgreementHashMismatch);
  EXPECT_THAT(here_.agreements->Named(there_.own->id(), value.agreement.id(),
                                      value.agreement.hash()),
              IsOk());
}

TEST_F(AgreementsTest, ASignatureStandsOnce) {
  const SignedAgreement value = Propose('1', SomeTerms(clock_.Now()));
  ASSERT_THAT(Insert(value), IsOk());
  ASSERT_THAT(Insert(value), IsOk());
  const std::string first = AcceptorSignature(value.agreement);
  const auto sign = [&](const std::string& signature) {
    return ReasonOf(
        AddSignature(value.agreement.id(), value.agreement.hash(), signature));
  };
  EXPECT_EQ(sign(first), Reason::kUnspecified);
  EXPECT_EQ(sign(first), Reason::kUnspecified);
  EXPECT_EQ(sign(AcceptorSignature(value.agreement)), Reason::kWrongState);
  EXPECT_EQ(ReasonOf(AddSignature(*AgreementId::FromBytes(std::string(16, '9')),
                                  value.agreement.hash(), first)),
            Reason::kAgreementMissing);
  AgreementTerms other = SomeTerms(clock_.Now());
  other.retention_days = 1;
  EXPECT_EQ(ReasonOf(Insert(Propose('1', other))), Reason::kAlreadyExists);
}

TEST_F(AgreementsTest, ExpiryEndsItAndTheNewestCounts) {
  AgreementTerms terms = SomeTerms(clock_.Now());
  terms.valid_until = clock_.Now() + absl::Hours(10);
  const auto insert_signed = [&](char id, const AgreementTerms& which) {
    SignedAgreement value = Propose(id, which);
    value.acceptor_signature = AcceptorSignature(value.agreement);
    ASSERT_THAT(Insert(value), IsOk());
  };
  const auto active = [&] {
    return here_.agreements->ActiveWith(there_.own->id(), clock_.Now());
  };
  insert_signed('1', terms);
  clock_.Advance(absl::Hours(1));
  insert_signed('0', terms);
  EXPECT_EQ(active()->id().bytes(), std::string(16, '0'));
  clock_.SetTime(terms.valid_until - absl::Milliseconds(1));
  EXPECT_THAT(active(), IsOk());
  clock_.SetTime(terms.valid_until);
  EXPECT_EQ(ReasonOf(active().status()), Reason::kAgreementExpired);
  clock_.SetTime(terms.valid_from - absl::Milliseconds(1));
  EXPECT_EQ(ReasonOf(active().status()), Reason::kAgreementMissing);
}

TEST_F(AgreementsTest, TheNewestThatCoversTheLetterIsTaken) {
  const OfficeId there = there_.own->id();
  const auto insert_signed = [&](char id, const AgreementTerms& which) {
    SignedAgreement value = Propose(id, which);
    value.acceptor_signature = AcceptorSignature(value.agreement);
    ASSERT_THAT(Insert(value), IsOk());
    clock_.Advance(absl::Hours(1));
  };
  AgreementTerms terms = SomeTerms(clock_.Now());
  terms.acceptor_letter_types = {LetterType::kReferralRequest,
                                 LetterType::kDisclosure};
  insert_signed('3', terms);
  insert_signed('2', terms);
  AgreementTerms narrow = terms;
  narrow.acceptor_letter_types = {LetterType::kDisclosure};
  insert_signed('1', narrow);
  const auto covering = [&](LetterType type, Purpose purpose) {
    return here_.agreements->Covering(there, type, purpose,
                                      {DataCategory::kNeeds}, clock_.Now());
  };
  EXPECT_EQ(
      covering(LetterType::kReferralRequest, Purpose::kTransnationalReferral)
          ->id()
          .bytes(),
      std::string(16, '2'));
  EXPECT_EQ(covering(LetterType::kDisclosure, Purpose::kTransnationalReferral)
                ->id()
                .bytes(),
            std::string(16, '1'));
  // When none does, what the newest one says.
  EXPECT_EQ(ReasonOf(covering(LetterType::kStatisticsRelease,
                              Purpose::kTransnationalReferral)
                         .status()),
            Reason::kTypeNotInAgreement);
  EXPECT_EQ(
      ReasonOf(
          covering(LetterType::kDisclosure, Purpose::kStatistics).status()),
      Reason::kPurposeNotInAgreement);
  clock_.SetTime(terms.valid_until);
  EXPECT_EQ(ReasonOf(covering(LetterType::kReferralRequest,
                              Purpose::kTransnationalReferral)
                         .status()),
            Reason::kAgreementExpired);
}

TEST_F(AgreementsTest, AnAgreementOfOthersIsNotOurs) {
  PeeringOffice third{3, SettingsNamed("sofia"), clock_};
  Agreement agreement = *Agreement::Create(
      *AgreementId::FromBytes(std::string(16, '1')), there_.own->id(),
      third.own->id(), SomeTerms(clock_.Now()), clock_.Now());
  std::string signature =
      *there_.own->SignAsOffice(kAgreementType, agreement.body());
  EXPECT_EQ(FieldOf(Insert({agreement, signature, "", {}, {}})), "acceptor");
  // With an office that is no peer there is no key to verify with.
  agreement = *Agreement::Create(*AgreementId::FromBytes(std::string(16, '2')),
                                 third.own->id(), here_.own->id(),
                                 SomeTerms(clock_.Now()), clock_.Now());
  signature = *third.own->SignAsOffice(kAgreementType, agreement.body());
  EXPECT_EQ(ReasonOf(Insert({agreement, signature, "", {}, {}})),
            Reason::kPeerUnknown);
}

TEST_F(AgreementsTest, LettersAreCheckedByDirectionTypePurposeAndCategory) {
  const Agreement agreement = Draw('1', SomeTerms(clock_.Now()));
  const OfficeId proposer = there_.own->id();
  const OfficeId acceptor = here_.own->id();
  struct Case {
    OfficeId sender;
    LetterType type;
    Purpose purpose;
    std::set<DataCategory> categories;
    absl::Duration when;
    Reason reason;
  };
  const auto kRequest = LetterType::kReferralRequest;
  const auto kReferral = Purpose::kTransnationalReferral;
  const auto kNeeds = DataCategory::kNeeds;
  const std::vector<Case> cases = {
      {proposer, kRequest, kReferral, {kNeeds}, {}, Reason::kUnspecified},
      {acceptor,
       LetterType::kReferralAnswer,
       kReferral,
       {kNeeds},
       {},
       Reason::kUnspecified},
      {acceptor,
       kRequest,
       kReferral,
       {kNeeds},
       {},
       Reason::kTypeNotInAgreement},
      {proposer,
       LetterType::kReferralAnswer,
       kReferral,
       {kNeeds},
       {},
       Reason::kTypeNotInAgreement},
      {proposer,
       kRequest,
       Purpose::kLawEnforcement,
       {kNeeds},
       {},
       Reason::kPurposeNotInAgreement},
      {proposer,
       kRequest,
       kReferral,
       {kNeeds, DataCategory::kNames},
       {},
       Reason::kCategoryNotInAgreement},
      {proposer,
       kRequest,
       kReferral,
       {kNeeds},
       absl::Hours(24 * 365),
       Reason::kAgreementExpired},
      {proposer,
       kRequest,
       kReferral,
       {kNeeds},
       -absl::Seconds(1),
       Reason::kAgreementMissing},
      {*OfficeId::FromBytes(std::string(16, 'z')),
       kRequest,
       kReferral,
       {kNeeds},
       {},
       Reason::kAgreementMissing},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    EXPECT_EQ(ReasonOf(CheckLetter(agreement, c.sender, c.type, c.purpose,
                                   c.categories, clock_.Now() + c.when)),
              c.reason)
        << i;
  }
}

TEST_F(AgreementsTest, TermsOutOfRangeNameTheField) {
  const std::vector<
      std::pair<const char*, std::function<void(AgreementTerms&)>>>
      cases = {
          {"proposer_letter_types",
           [](auto& t) {
             t.proposer_letter_types.clear();
             t.acceptor_letter_types.clear();
           }},
          {"proposer_letter_types",
           [](auto& t) {
             t.proposer_letter_types = {LetterType::kAgreementSigned};
           }},
          {"acceptor_letter_types",
           [](auto& t) { t.acceptor_letter_types = {LetterType::kKeyBundle}; }},
          {"purposes", [](auto& t) { t.purposes.clear(); }},
          {"categories", [](auto& t) { t.categories.clear(); }},
          {"retention_days", [](auto& t) { t.retention_days = 0; }},
          {"retention_days", [](auto& t) { t.retention_days = 36501; }},
          {"statistics_policy",
           [](auto& t) { t.statistics_policy = "Not a word"; }},
          {"valid_until", [](auto& t) { t.valid_until = t.valid_from; }},
          {"valid_until",
           [](auto& t) { t.valid_until = absl::InfiniteFuture(); }},
          {"legal_reference", [](auto& t) { t.legal_reference = ""; }},
          {"legal_reference", [](auto& t) { t.legal_reference = "a\nb"; }},
          {"impact_assessment_reference",
           [](auto& t) {
             t.impact_assessment_reference = std::string(257, 'a');
           }},
          {"impact_assessment_at",
           [](auto& t) { t.impact_assessment_at = absl::InfinitePast(); }},
      };
  for (const auto& [field, change] : cases) {
    AgreementTerms terms = SomeTerms(clock_.Now());
    change(terms);
    EXPECT_EQ(FieldOf(CheckTerms(terms)), field);
  }
}

TEST_F(AgreementsTest, EveryFieldOfTheBodyIsMapped) {
  const Agreement agreement = Draw('1', SomeTerms(clock_.Now()));
  peer::v1::Agreement wire;
  ASSERT_TRUE(wire.ParseFromString(agreement.body()));
  EXPECT_THAT(FieldsNotSet(wire), testing::IsEmpty());
  const Agreement again = *Agreement::Create(
      agreement.id(), agreement.proposer(), agreement.acceptor(),
      Agreement::Parse(agreement.body())->terms(), agreement.created_at());
  EXPECT_EQ(again.body(), agreement.body());
}

TEST_F(AgreementsTest, ABodyThatIsNotUnderstoodWholeIsRefused) {
  const Agreement agreement = Draw('1', SomeTerms(clock_.Now()));
  const auto parse = [&](const std::function<void(peer::v1::Agreement&)>& f) {
    peer::v1::Agreement wire;
    EXPECT_TRUE(wire.ParseFromString(agreement.body()));
    f(wire);
    return Agreement::Parse(wire.SerializeAsString()).status();
  };
  EXPECT_EQ(ReasonOf(parse([](auto& w) { w.add_purposes(99); })),
            Reason::kValueUnknown);
  EXPECT_EQ(ReasonOf(parse([](auto& w) { w.add_categories(0); })),
            Reason::kValueUnknown);
  EXPECT_EQ(ReasonOf(parse([](auto& w) { w.add_handling_codes(1u << 31); })),
            Reason::kValueUnknown);
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.add_purposes(w.purposes(0)); })),
            "purposes");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_acceptor(w.proposer()); })),
            "acceptor");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_agreement_id("short"); })),
            "agreement_id");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_proposer("short"); })),
            "proposer");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_acceptor(""); })), "acceptor");
  EXPECT_EQ(FieldOf(parse(
                [](auto& w) { w.set_agreement_id(std::string(16, '\0')); })),
            "agreement_id");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_valid_from_ms(-1); })),
            "valid_until");
  EXPECT_EQ(FieldOf(parse([](auto& w) { w.set_created_at_ms(-1); })),
            "created_at");
  // Field 1000, varint 1: of a later version.
  EXPECT_EQ(
      ReasonOf(Agreement::Parse(agreement.body() + std::string("\xC0\x3E\x01"))
                   .status()),
      Reason::kValueUnknown);
  EXPECT_EQ(ReasonOf(Agreement::Parse("\xFF\xFF").status()),
            Reason::kLetterMalformed);
}

}  // namespace
}  // namespace amparo::peering
