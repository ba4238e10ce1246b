// SPDX-License-Identifier: Apache-2.0
//
// A peer that sends letters as no office of ours would. Each is refused for
// its reason, nothing of it is stored, and another peer is heard as before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/peering/signed_body.h"
#include "tests/e2e/hostile/letter_faults.h"
#include "tests/e2e/hostile/shared_federation.h"
#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
using delivery::Plain;
using delivery::ReceiptBody;
using delivery::SignedPlain;
using delivery::WireLetter;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class SenderFault : public SharedFederationTest,
                    public testing::WithParamInterface<const Fault*> {};

TEST_P(SenderFault, IsRefusedAndNothingIsStored) {
  ExpectRefused(GetParam()->letter(all()), GetParam()->reason);
}

std::vector<const Fault*> AllFaults() {
  std::vector<const Fault*> all;
  for (const auto* const faults :
       {&FormFaults(), &HeaderFaults(), &TermsFaults()}) {
    for (const Fault& fault : *faults) all.push_back(&fault);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Hostile, SenderFault, testing::ValuesIn(AllFaults()),
                         [](const testing::TestParamInfo<const Fault*>& fault) {
                           return std::string(fault.param->name);
                         });

class HostileSender : public SharedFederationTest {
 protected:
  // Letters `seq` of one thread that each name the one before.
  std::string InThread(const ThreadId& thread, uint64_t seq,
                       const std::string& prev_digest,
                       std::string* digest = nullptr) {
    Twist twist;
    twist.payload = [&](wire::ReferralRequest& r) {
      r.set_referral_id(thread.bytes());
    };
    twist.plain = [&](Plain& p) {
      p.header.thread = thread;
      p.header.seq = seq;
      p.header.prev_digest = prev_digest;
    };
    twist.sealed = [&](SignedPlain& s) {
      if (digest != nullptr) *digest = crypto::Sha256(s.plain);
    };
    return hostile().Letter(twist);
  }
  // The same for a letter that may follow anything.
  std::string RecallInThread(const ThreadId& thread, uint64_t seq,
                             const std::string& prev_digest) {
    wire::Recall recall;
    recall.set_referral_id(thread.bytes());
    recall.set_consent_commitment(std::string(32, 'c'));
    recall.set_withdrawn_at_ms(1);
    recall.add_message_ids(std::string(16, 'm'));
    return hostile().Letter(LetterType::kRecall, recall.SerializeAsString(),
                            {.plain = [&](Plain& p) {
                              p.header.thread = thread;
                              p.header.seq = seq;
                              p.header.prev_digest = prev_digest;
                            }});
  }
};

// The control: what the faults change one thing of is a right letter, and a
// picture shows what is stored.
TEST_F(HostileSender, ARightLetterIsTakenAndStored) {
  const auto before = all().NodePicture();
  ASSERT_THAT(before, IsOk());
  ExpectTaken(hostile().Letter());
  const auto after = all().NodePicture();
  ASSERT_THAT(after, IsOk());
  for (const storage::TableId table :
       {storage::TableId::kInbox, storage::TableId::kPeerLetters,
        storage::TableId::kThreadsIn, storage::TableId::kReferrals,
        storage::TableId::kLeaves}) {
    EXPECT_GT(after->at(table).size(), before->at(table).size())
        << storage::TableName(table);
  }
  EXPECT_NE(Difference(*before, *after), "");
}

TEST_F(HostileSender, OtherBytesUnderATakenIdGetTheFirstReceipt) {
  WireLetter letter;
  const std::string receipt = ExpectTaken(
      hostile().Letter({.wire = [&](WireLetter& w) { letter = w; }}));
  const MessageId taken = delivery::DecodeHeader(letter.header)->message;
  ExpectNothingStored([&] {
    EXPECT_EQ(ExpectTaken(delivery::EncodeLetter(letter)), receipt);
    // Another letter, right but for the id.
    EXPECT_EQ(ExpectTaken(hostile().Letter(
                  {.plain = [&](Plain& p) { p.header.message = taken; }})),
              receipt);
    // A VOID for it comes too late.
    const auto in_its_place = [&](Plain& p) {
      p.header.message = taken;
      delivery::VoidNotice notice;
      notice.message = taken;
      notice.seq = p.header.seq;
      notice.prev_digest = p.header.prev_digest;
      notice.plain_digest = std::string(32, 'd');
      notice.thread = p.header.thread;
      p.payload = delivery::EncodeVoidNotice(notice);
    };
    EXPECT_EQ(ExpectTaken(hostile().Letter(LetterType::kVoid, "",
                                           {.plain = in_its_place})),
              receipt);
    letter.ciphertext = "neither sealed nor signed";
    letter.signature = "x";
    EXPECT_EQ(ExpectTaken(delivery::EncodeLetter(letter)), receipt);
  });
}

TEST_F(HostileSender, ARefusedIdIsNotTaken) {
  WireLetter letter;
  ExpectRefused(hostile().Letter({.wire =
                                      [&](WireLetter& w) {
                                        letter = w;
                                        w.signature.back() ^= 1;
                                      }}),
                Reason::kSignatureInvalid);
  ExpectTaken(delivery::EncodeLetter(letter));
}

TEST_F(HostileSender, ReorderedLettersWaitForTheOnesBefore) {
  const ThreadId thread = *ThreadId::FromHex(NewRequestId());
  std::string digest;
  const std::string first = InThread(thread, 1, std::string(32, '\0'), &digest);
  const std::string second = RecallInThread(thread, 2, digest);
  ExpectRefused(second, Reason::kSequenceGap);
  ExpectTaken(first);
  ExpectTaken(second);
}

TEST_F(HostileSender, TwoLettersInOnePlaceOfAThread) {
  const ThreadId thread = *ThreadId::FromHex(NewRequestId());
  const std::string none(32, '\0');
  ExpectTaken(InThread(thread, 1, none));
  ExpectRefused(InThread(thread, 1, none), Reason::kSequenceReused);
}

TEST_F(HostileSender, ALaterLetterThatNamesAnotherBefore) {
  const ThreadId thread = *ThreadId::FromHex(NewRequestId());
  ExpectTaken(InThread(thread, 1, std::string(32, '\0')));
  ExpectRefused(InThread(thread, 2, std::string(32, 'x')),
                Reason::kPreviousDigestMismatch);
}

// Ids are random: whoever knows another office's must not touch what it names.
TEST_F(HostileSender, ReferralIdOfAnotherPeer) {
  const auto theirs = all().HonestRefers();
  ASSERT_THAT(theirs, IsOk());
  const ThreadId thread = *ThreadId::FromHex(*theirs);
  ExpectRefused(InThread(thread, 1, std::string(32, '\0')),
                Reason::kReferralIdReused);
}

// The same sequence of good and bad letters in one call.
TEST_F(HostileSender, BadLettersOfABatchDoNotHurtTheOthers) {
  const std::string good = hostile().Letter();
  const size_t mark = all().LogMark();
  const auto response = all().NewLine().Deliver(
      {"no letter", good, good,
       hostile().Letter({.wire = [](WireLetter& w) { w.signature = "x"; }})});
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->outcomes_size(), 4);
  EXPECT_EQ(OutcomeName(response->outcomes(0)), "LETTER_MALFORMED");
  EXPECT_EQ(OutcomeName(response->outcomes(1)), "RECEIPT");
  EXPECT_EQ(response->outcomes(2).receipt().SerializeAsString(),
            response->outcomes(1).receipt().SerializeAsString());
  EXPECT_EQ(OutcomeName(response->outcomes(3)), "SIGNATURE_INVALID");
  EXPECT_TRUE(all().Logged(mark, "letter_refused", Reason::kLetterMalformed));
  // Both lines are of one call, and say so.
  std::vector<std::string> requests;
  for (const absl::string_view line :
       absl::StrSplit(all().LogSince(mark), '\n', absl::SkipEmpty())) {
    const auto fields = nlohmann::json::parse(line);
    if (fields.at("event") != "letter_refused") continue;
    requests.push_back(fields.at("request"));
  }
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0], requests[1]);
  EXPECT_THAT(requests[0], Not(IsEmpty()));
}

// A restored office takes what is late when it is shown its own receipt for it
// (field 5 of a letter, outside of all signatures).
class HostileOffer : public HostileSender {
 protected:
  // A late letter of this id, with `former` behind it.
  void ExpectNotTakenLate(const MessageId& message,
                          const wire::SignedBody& former) {
    const std::string late = hostile().Letter({.plain = [&](Plain& p) {
      p.header.message = message;
      p.header.expires_at = p.header.created_at - absl::Seconds(1);
    }});
    wire::DeliverOutcome field;  // Its receipt has a length before it, too.
    *field.mutable_receipt() = former;
    std::string bytes = field.SerializeAsString();
    bytes[0] = '\x2a';
    ExpectRefused(late + bytes, Reason::kReceiptInvalid);
  }
};

TEST_F(HostileOffer, LateWithAReceiptThatTheNodeDidNotSign) {
  Opened letter;
  letter.header.message = *MessageId::FromHex(NewRequestId());
  letter.plain_digest = std::string(32, 'd');
  const OfficeId node = hostile().node_bundle().office;
  ExpectNotTakenLate(letter.header.message,
                     hostile().Receipt(letter, [&](ReceiptBody& body) {
                       body.sender = hostile().id();
                       body.receiver = node;
                       body.issuer = node;
                     }));
}

TEST_F(HostileOffer, LateWithTheNodesReceiptForAnotherLetter) {
  const wire::DeliverOutcome taken = Send(hostile().Letter());
  ASSERT_TRUE(taken.has_receipt());
  ExpectNotTakenLate(*MessageId::FromHex(NewRequestId()), taken.receipt());
}

// Receipts of later rungs come as letters.
class HostileReceiptLetter : public HostileSender {
 protected:
  std::string ReceiptLetter(const wire::SignedBody& receipt) {
    return hostile().Letter(
        LetterType::kReceipt,
        delivery::EncodeReceiptLetter(receipt.SerializeAsString()));
  }
  static void Retrieved(ReceiptBody& body) {
    body.kind = delivery::ReceiptKind::kRetrieved;
  }
  Opened FromTheNode() {
    const auto delivered = all().NodeDelivers();
    EXPECT_THAT(delivered, IsOk());
    return delivered.ok() ? *delivered : Opened();
  }
};

TEST_F(HostileReceiptLetter, ARightOneIsTaken) {
  ExpectTaken(ReceiptLetter(hostile().Receipt(FromTheNode(), Retrieved)));
}

TEST_F(HostileReceiptLetter, Unsigned) {
  wire::SignedBody receipt = hostile().Receipt(FromTheNode(), Retrieved);
  receipt.clear_signatures();
  ExpectRefused(ReceiptLetter(receipt), Reason::kReceiptInvalid);
}

TEST_F(HostileReceiptLetter, SignedByAKeyOfNobody) {
  const auto key = crypto::P256PrivateKey::Generate();
  ExpectRefused(
      ReceiptLetter(hostile().Receipt(FromTheNode(), Retrieved, &key)),
      Reason::kReceiptInvalid);
}

TEST_F(HostileReceiptLetter, ForALetterOfNobody) {
  Opened letter = FromTheNode();
  letter.header.message = *MessageId::FromHex(NewRequestId());
  ExpectRefused(ReceiptLetter(hostile().Receipt(letter, Retrieved)),
                Reason::kReceiptInvalid);
}

TEST_F(HostileReceiptLetter, WithAnotherDigest) {
  ExpectRefused(ReceiptLetter(hostile().Receipt(FromTheNode(),
                                                [](ReceiptBody& body) {
                                                  Retrieved(body);
                                                  body.plain_digest[3] ^= 1;
                                                })),
                Reason::kReceiptInvalid);
}

TEST_F(HostileReceiptLetter, InAnotherOfficesName) {
  const OfficeId honest = *OfficeId::FromHex(all().honest().id());
  ExpectRefused(ReceiptLetter(hostile().Receipt(FromTheNode(),
                                                [&](ReceiptBody& body) {
                                                  Retrieved(body);
                                                  body.issuer = honest;
                                                  body.receiver = honest;
                                                })),
                Reason::kReceiptInvalid);
}

TEST_F(HostileReceiptLetter, OfAKindThatIsNoLetter) {
  const Opened letter = FromTheNode();
  for (const auto kind :
       {delivery::ReceiptKind::kSubmitted, delivery::ReceiptKind::kDelivered,
        delivery::ReceiptKind::kVoided, delivery::ReceiptKind::kNonDelivery}) {
    ExpectRefused(ReceiptLetter(hostile().Receipt(
                      letter, [&](ReceiptBody& body) { body.kind = kind; })),
                  Reason::kReceiptInvalid);
  }
}

// Agreements are signed by office keys.
class HostileAgreement : public HostileSender {
 protected:
  std::string Proposal(const peering::Agreement& drawn,
                       const OfficeId& signer_id,
                       const crypto::P256PrivateKey& signer) {
    wire::AgreementProposed proposed;
    proposed.mutable_agreement()->set_body(drawn.body());
    wire::BodySignature& signature =
        *proposed.mutable_agreement()->add_signatures();
    signature.set_office_id(signer_id.bytes());
    signature.set_signature(
        *crypto::SignDsse(signer, peering::kAgreementType, drawn.body()));
    return hostile().Letter(
        LetterType::kAgreementProposed, proposed.SerializeAsString(),
        {.plain = [&](Plain& p) {
          p.header.thread = *ThreadId::FromBytes(drawn.id().bytes());
        }});
  }
  OfficeId NodeId() { return hostile().node_bundle().office; }
};

TEST_F(HostileAgreement, SignedByAKeyThatIsNotThePin) {
  const auto other = crypto::P256PrivateKey::Generate();
  const auto drawn = hostile().DrawUp(NodeId());
  ExpectRefused(Proposal(drawn, hostile().id(), other),
                Reason::kSignatureInvalid);
  ExpectRefused(Proposal(drawn, hostile().id(), hostile().signing_key()),
                Reason::kSignatureInvalid);
}

TEST_F(HostileAgreement, SignedInAnotherOfficesName) {
  ExpectRefused(
      Proposal(hostile().DrawUp(NodeId()),
               *OfficeId::FromHex(all().honest().id()), hostile().office_key()),
      Reason::kLetterMalformed);
}

TEST_F(HostileAgreement, OfTwoOtherOffices) {
  ExpectRefused(
      Proposal(hostile().DrawUp(*OfficeId::FromHex(all().honest().id())),
               hostile().id(), hostile().office_key()),
      Reason::kLetterWrongReceiver);
}

TEST_F(HostileAgreement, ProposedInAnotherOfficesName) {
  const auto drawn = peering::Agreement::Create(
      *AgreementId::FromHex(NewRequestId()),
      *OfficeId::FromHex(all().honest().id()), NodeId(),
      hostile().agreement().terms(), SystemClock().Now());
  ASSERT_THAT(drawn, IsOk());
  ExpectRefused(Proposal(*drawn, hostile().id(), hostile().office_key()),
                Reason::kLetterWrongSender);
}

}  // namespace
}  // namespace amparo::hostile
