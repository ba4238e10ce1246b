// SPDX-License-Identifier: Apache-2.0
#include "node/consent/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "amparo/peer/v1/consent.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/consent/a_consent.h"

namespace amparo::consent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Statement AStatement() {
  return *Statement::For(*Consent::Create(MinorFields()),
                         *Pseudonym::FromBytes(std::string(16, 'y')),
                         OfficeOf('B'));
}

TEST(StatementTest, SaysWhatTheConsentSaysToThisRecipient) {
  const Statement statement = AStatement();
  EXPECT_EQ(statement.purpose, Purpose::kTransnationalReferral);
  EXPECT_EQ(statement.recipient, OfficeOf('B'));
  EXPECT_EQ(statement.categories, MinorFields().categories);
  EXPECT_EQ(statement.exclusions, MinorFields().exclusions);
  EXPECT_TRUE(statement.guardian);
  EXPECT_EQ(statement.valid_until, MinorFields().valid_until);
}

TEST(StatementTest, NeverHoldsSubjectOthersCollectorOrTime) {
  ConsentFields fields = MinorFields();
  fields.recipients.insert(OfficeOf('O'));
  const std::string bytes =
      Statement::For(*Consent::Create(fields),
                     *Pseudonym::FromBytes(std::string(16, 'y')), OfficeOf('B'))
          ->Encode();
  for (const std::string& hidden :
       {fields.subject.bytes(), fields.id.bytes(), fields.collector.bytes(),
        OfficeOf('O').bytes(), std::string("BID-17")}) {
    EXPECT_THAT(bytes, Not(HasSubstr(hidden)));
  }
  // Only what the design lists: a new field needs a new decision.
  EXPECT_EQ(peer::v1::ConsentStatement::descriptor()->field_count(), 9);
  ConsentFields later = fields;
  later.given_at = fields.given_at + absl::Hours(1);
  EXPECT_EQ(
      Statement::For(*Consent::Create(later),
                     *Pseudonym::FromBytes(std::string(16, 'y')), OfficeOf('B'))
          ->Encode(),
      bytes);
}

TEST(StatementTest, IsRefusedForAnotherRecipient) {
  EXPECT_EQ(ReasonOf(Statement::For(*Consent::Create(GoodFields()),
                                    *Pseudonym::FromBytes(std::string(16, 'y')),
                                    OfficeOf('C'))
                         .status()),
            Reason::kConsentNotForRecipient);
}

// A codec that forgets a field of the message fails here.
TEST(StatementTest, EveryFieldSurvives) {
  const std::string bytes = AStatement().Encode();
  peer::v1::ConsentStatement message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto decoded = Statement::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->Encode(), bytes);
}

// Frozen: commitments in logs are over exactly these bytes.
TEST(StatementTest, BytesAndCommitmentAreFrozen) {
  const std::string bytes = AStatement().Encode();
  EXPECT_EQ(crypto::HexEncode(bytes),
            "0a10" + crypto::HexEncode(std::string(16, 'y')) +
                "1003"
                "1a10" +
                crypto::HexEncode(std::string(16, 'B')) +
                "22020102"
                "2a0106"
                "32026573"
                "3a09" +
                crypto::HexEncode("2024-1.es") +
                "4001"
                "4880d0eab6b733");
  const std::string salt(32, 'z');
  EXPECT_THAT(
      Commitment(salt, bytes),
      IsOkAndHolds(crypto::Sha256(std::string("amparo.consent.v1") +
                                  std::string(1, '\0') + salt + bytes)));
}

TEST(StatementTest, CommitmentChangesWithEveryPart) {
  const std::string salt(32, 'z');
  const std::string bytes = AStatement().Encode();
  EXPECT_NE(*Commitment(salt, bytes), *Commitment(std::string(32, 'x'), bytes));
  EXPECT_NE(*Commitment(salt, bytes), *Commitment(salt, bytes + "x"));
  for (const size_t size : {size_t{0}, size_t{31}, size_t{33}}) {
    EXPECT_EQ(FieldOf(Commitment(std::string(size, 'z'), bytes).status()),
              "consent_salt");
  }
}

TEST(StatementTest, OnlyTheOneFormIsRead) {
  const std::string good = AStatement().Encode();
  peer::v1::ConsentStatement message;
  ASSERT_TRUE(message.ParseFromString(good));
  peer::v1::ConsentStatement twice = message;
  twice.add_categories(1);
  peer::v1::ConsentStatement disordered = message;
  disordered.clear_categories();
  disordered.add_categories(2);
  disordered.add_categories(1);
  peer::v1::ConsentStatement nobody = message;
  nobody.clear_pseudonym();
  peer::v1::ConsentStatement no_recipient = message;
  no_recipient.set_recipient("short");
  peer::v1::ConsentStatement before_time = message;
  before_time.set_valid_until_ms(-1);
  for (const std::string& bytes :
       {good + std::string("\x50\x01", 2),  // A field of no version.
        good + good,                        // Repeated.
        good.substr(0, good.size() - 1), std::string("\xff"), std::string(),
        twice.SerializeAsString(), disordered.SerializeAsString(),
        nobody.SerializeAsString(), no_recipient.SerializeAsString(),
        before_time.SerializeAsString()}) {
    EXPECT_EQ(ReasonOf(Statement::Decode(bytes).status()),
              Reason::kLetterMalformed)
        << crypto::HexEncode(bytes);
  }
}

TEST(StatementTest, UnknownWordsAreRefused) {
  peer::v1::ConsentStatement message;
  ASSERT_TRUE(message.ParseFromString(AStatement().Encode()));
  peer::v1::ConsentStatement purpose = message;
  purpose.set_purpose(99);
  peer::v1::ConsentStatement category = message;
  category.add_categories(99);
  peer::v1::ConsentStatement none = message;
  none.clear_purpose();
  for (const auto& changed : {purpose, category, none}) {
    EXPECT_EQ(ReasonOf(Statement::Decode(changed.SerializeAsString()).status()),
              Reason::kValueUnknown);
  }
}

}  // namespace
}  // namespace amparo::consent
