// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::IsEmpty;

TEST(PeeringRpcTest, EveryFieldOfTermsIsReadAndWritten) {
  const AgreementTerms terms = SomeTerms(absl::FromUnixSeconds(1735689600));
  v1::AgreementTerms message;
  WriteTerms(terms, &message);
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto read = ReadTerms(message);
  ASSERT_THAT(read, IsOk());
  v1::AgreementTerms again;
  WriteTerms(*read, &again);
  EXPECT_EQ(again.SerializeAsString(), message.SerializeAsString());
}

TEST(PeeringRpcTest, UnknownWordsAndTimesNameTheField) {
  v1::AgreementTerms good;
  WriteTerms(SomeTerms(absl::FromUnixSeconds(1735689600)), &good);
  v1::AgreementTerms bad = good;
  bad.add_purposes("SOMETHING");
  EXPECT_EQ(FieldOf(ReadTerms(bad).status()), "purposes");
  bad = good;
  bad.add_proposer_letter_types("");
  EXPECT_EQ(FieldOf(ReadTerms(bad).status()), "proposer_letter_types");
  bad = good;
  bad.set_valid_until_ms(-1);
  EXPECT_EQ(FieldOf(ReadTerms(bad).status()), "valid_until_ms");
}

TEST(PeeringRpcTest, EveryFieldOfAPeerAndAnAgreementIsWritten) {
  ManualClock clock;
  PeeringOffice here(1, SettingsNamed("chisinau"), clock);
  PeeringOffice there(2, SettingsNamed("kyiv"), clock);
  Peer peer = there.AsPeer();
  peer.skew = absl::Milliseconds(7);
  peer.last_hello_at = clock.Now();
  v1::Peer peer_message;
  WritePeer({peer, "a number"}, &peer_message);
  EXPECT_THAT(FieldsNotSet(peer_message), IsEmpty());

  const Agreement agreement = *Agreement::Create(
      *AgreementId::FromBytes(std::string(16, '1')), here.own->id(),
      there.own->id(), SomeTerms(clock.Now()), clock.Now());
  v1::Agreement message;
  WriteAgreement({agreement, "one", "two", {}, {}}, clock.Now(), &message);
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  EXPECT_EQ(message.state(), v1::AGREEMENT_STATE_SIGNED);
  WriteAgreement({agreement, "one", "", {}, {}}, clock.Now(), &message);
  EXPECT_FALSE(message.in_force());
  EXPECT_EQ(message.state(), v1::AGREEMENT_STATE_PROPOSED);
}

}  // namespace
}  // namespace amparo::peering
