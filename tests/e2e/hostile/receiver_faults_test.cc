// SPDX-License-Identifier: Apache-2.0
//
// A peer that answers what a real node delivers as no office of ours would. No
// bad answer is believed, the letter stays and arrives when the peer answers
// rightly, and other peers are heard meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "node/base/limits.h"
#include "tests/e2e/hostile/shared_federation.h"
#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
namespace office = ::amparo::office::v1;
using delivery::ReceiptBody;
using delivery::ReceiptKind;

constexpr absl::Duration kSeen = absl::Seconds(60);
constexpr char kNotTaken[] = "letter_not_taken";
constexpr char kCallFailed[] = "letters_not_delivered";

// What greetings change: the peer's row and when it is tried again.
const std::set<storage::TableId>& Contact() {
  static const auto* const tables = new std::set<storage::TableId>{
      storage::TableId::kPeers, storage::TableId::kPeerCursors};
  return *tables;
}

class HostileReceiver : public SharedFederationTest {
 protected:
  void TearDown() override {
    if (!HasFailure() && !IsSkipped()) return;
    all().server().set_answer(nullptr);
  }

  // The node says why it does not believe the answer, twice, and stores
  // nothing of it; then the peer answers as it should, and the letter is
  // delivered.
  void ExpectNotBelieved(const FakePeerServer::Answer& answer, Reason reason,
                         const char* event = kNotTaken) {
    all().server().set_answer(answer);
    size_t mark = all().LogMark();
    const auto referral = all().NodeRefers();
    ASSERT_THAT(referral, IsOk());
    const auto said = [&] {
      return Eventually(kSeen,
                        [&] { return all().Logged(mark, event, reason); });
    };
    ASSERT_TRUE(said()) << all().LogSince(mark);
    ExpectNothingStored(
        [&] {
          mark = all().LogMark();
          ASSERT_THAT(all().Greet(), IsOk());
          EXPECT_TRUE(said()) << all().LogSince(mark);
        },
        Contact());
    ExpectWaiting(*referral);
    all().server().set_answer(nullptr);
    ASSERT_THAT(all().Greet(), IsOk());
    EXPECT_TRUE(IsDelivered(all().node().caseworker(), *referral, kSeen));
  }
  // Not delivered, not given up.
  void ExpectWaiting(const std::string& id) {
    const auto referral = Show(all().node().caseworker(), id);
    ASSERT_THAT(referral, IsOk());
    EXPECT_EQ(referral->state(), office::REFERRAL_STATE_REQUESTED);
    EXPECT_TRUE(HasReceipt(*referral, "SUBMITTED"));
    EXPECT_FALSE(HasReceipt(*referral, "DELIVERED"));
    EXPECT_FALSE(HasReceipt(*referral, "VOIDED"));
  }
  // Receipts that are right but for this.
  FakePeerServer::Answer Changed(
      const std::function<void(ReceiptBody&)>& change,
      const crypto::P256PrivateKey* signer = nullptr) {
    return [this, change, signer](const std::vector<Opened>& letters,
                                  wire::DeliverResponse& answer) {
      for (size_t i = 0; i < letters.size(); ++i) {
        *answer.mutable_outcomes(static_cast<int>(i))->mutable_receipt() =
            hostile().Receipt(letters[i], change, signer);
      }
      return grpc::Status::OK;
    };
  }
  static FakePeerServer::Answer Bent(
      const std::function<void(wire::DeliverOutcome&)>& bend) {
    return [bend](const std::vector<Opened>&, wire::DeliverResponse& answer) {
      for (wire::DeliverOutcome& outcome : *answer.mutable_outcomes()) {
        bend(outcome);
      }
      return grpc::Status::OK;
    };
  }
  static FakePeerServer::Answer OfKind(ReceiptKind kind,
                                       HostileReceiver& test) {
    return test.Changed([kind](ReceiptBody& body) { body.kind = kind; });
  }
};

TEST_F(HostileReceiver, UnsignedReceipt) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      outcome.mutable_receipt()->clear_signatures();
                    }),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptWithAnEmptySignature) {
  ExpectNotBelieved(
      Bent([](wire::DeliverOutcome& outcome) {
        outcome.mutable_receipt()->mutable_signatures(0)->clear_signature();
      }),
      Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptWithTwoSignatures) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      wire::SignedBody& receipt = *outcome.mutable_receipt();
                      *receipt.add_signatures() = receipt.signatures(0);
                    }),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptChangedAfterSigning) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      std::string& body =
                          *outcome.mutable_receipt()->mutable_body();
                      wire::Receipt receipt;
                      ASSERT_TRUE(receipt.ParseFromString(body));
                      receipt.set_issued_at_ms(receipt.issued_at_ms() - 1000);
                      body = receipt.SerializeAsString();
                    }),
                    Reason::kReceiptInvalid);
}

// One that is right in itself, of a letter that was delivered before.
TEST_F(HostileReceiver, ReceiptForAnotherLetter) {
  const auto before = all().NodeDelivers();
  ASSERT_THAT(before, IsOk());
  const wire::SignedBody receipt = hostile().Receipt(*before);
  ExpectNotBelieved(Bent([&](wire::DeliverOutcome& outcome) {
                      *outcome.mutable_receipt() = receipt;
                    }),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptWithAnotherDigest) {
  ExpectNotBelieved(
      Changed([](ReceiptBody& body) { body.plain_digest[0] ^= 1; }),
      Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptSignedByAnotherKey) {
  const auto key = crypto::P256PrivateKey::Generate();
  ExpectNotBelieved(Changed([](ReceiptBody&) {}, &key),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptSignedByTheOfficeKey) {
  ExpectNotBelieved(Changed([](ReceiptBody&) {}, &hostile().office_key()),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptInAnotherOfficesName) {
  const OfficeId honest = *OfficeId::FromHex(all().honest().id());
  ExpectNotBelieved(
      Changed([honest](ReceiptBody& body) { body.issuer = honest; }),
      Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptOfALetterToAnotherOffice) {
  const OfficeId honest = *OfficeId::FromHex(all().honest().id());
  ExpectNotBelieved(
      Changed([honest](ReceiptBody& body) { body.receiver = honest; }),
      Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptByAnUnknownEpoch) {
  ExpectNotBelieved(Changed([](ReceiptBody& body) { body.key_epoch = 9; }),
                    Reason::kKeyEpochUnknown);
}

TEST_F(HostileReceiver, ReceiptSubmittedInsteadOfDelivered) {
  ExpectNotBelieved(OfKind(ReceiptKind::kSubmitted, *this),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptRetrievedInsteadOfDelivered) {
  ExpectNotBelieved(OfKind(ReceiptKind::kRetrieved, *this),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptAnsweredInsteadOfDelivered) {
  ExpectNotBelieved(OfKind(ReceiptKind::kAnswered, *this),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptNonDeliveryInsteadOfDelivered) {
  ExpectNotBelieved(OfKind(ReceiptKind::kNonDelivery, *this),
                    Reason::kReceiptInvalid);
}

// Believed, it would leave the recipient without a recall.
TEST_F(HostileReceiver, ReceiptVoidedForALetterThatNoVoidReplaced) {
  ExpectNotBelieved(OfKind(ReceiptKind::kVoided, *this),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptOfAnUnknownKind) {
  ExpectNotBelieved(OfKind(static_cast<ReceiptKind>(99), *this),
                    Reason::kReceiptInvalid);
}

TEST_F(HostileReceiver, ReceiptThatIsNone) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      outcome.mutable_receipt()->set_body("no receipt");
                    }),
                    Reason::kReceiptInvalid);
}

// Neither these two nor any other bad receipt is a refusal, which would end the
// letter.
TEST_F(HostileReceiver, ReceiptThatIsEmpty) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      outcome.mutable_receipt()->Clear();
                    }),
                    Reason::kReceiptInvalid, kCallFailed);
}

TEST_F(HostileReceiver, ReceiptThatIsTooLarge) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      wire::SignedBody& receipt = *outcome.mutable_receipt();
                      receipt.GetReflection()
                          ->MutableUnknownFields(&receipt)
                          ->AddLengthDelimited(
                              900, std::string(limits::kReceiptBytesMax, 'x'));
                    }),
                    Reason::kReceiptInvalid, kCallFailed);
}

TEST_F(HostileReceiver, RefusalForNoKnownReason) {
  ExpectNotBelieved(Bent([](wire::DeliverOutcome& outcome) {
                      outcome.mutable_refusal()->set_reason(9999);
                    }),
                    Reason::kUnspecified);
}

TEST_F(HostileReceiver, AnOutcomeThatIsNone) {
  ExpectNotBelieved(
      Bent([](wire::DeliverOutcome& outcome) { outcome.clear_outcome(); }),
      Reason::kReceiptInvalid, kCallFailed);
}

TEST_F(HostileReceiver, TooFewOutcomes) {
  ExpectNotBelieved(
      [](const std::vector<Opened>&, wire::DeliverResponse& answer) {
        answer.clear_outcomes();
        return grpc::Status::OK;
      },
      Reason::kReceiptInvalid, kCallFailed);
}

TEST_F(HostileReceiver, TooManyOutcomes) {
  ExpectNotBelieved(
      [](const std::vector<Opened>&, wire::DeliverResponse& answer) {
        *answer.add_outcomes() = answer.outcomes(0);
        return grpc::Status::OK;
      },
      Reason::kReceiptInvalid, kCallFailed);
}

TEST_F(HostileReceiver, AnAnswerOfThreeMebibytes) {
  ExpectNotBelieved(
      [](const std::vector<Opened>&, wire::DeliverResponse& answer) {
        answer.GetReflection()
            ->MutableUnknownFields(&answer)
            ->AddLengthDelimited(900, std::string(3 * 1024 * 1024, 'x'));
        return grpc::Status::OK;
      },
      Reason::kUnavailable, kCallFailed);
}

TEST_F(HostileReceiver, AnErrorInsteadOfAnAnswer) {
  ExpectNotBelieved(
      [](const std::vector<Opened>&, wire::DeliverResponse&) {
        return grpc::Status(grpc::StatusCode::DATA_LOSS, "ours, you think?");
      },
      Reason::kUnavailable, kCallFailed);
}

// Receipts of a VOID: only VOIDED, or DELIVERED when the letter had arrived.
TEST_F(HostileReceiver, AVoidStaysUntilItIsReceiptedAsOne) {
  const auto refuse_requests = [this](ReceiptKind kind_for_voids) {
    return [this, kind_for_voids](const std::vector<Opened>& letters,
                                  wire::DeliverResponse& answer) {
      for (size_t i = 0; i < letters.size(); ++i) {
        wire::DeliverOutcome& outcome =
            *answer.mutable_outcomes(static_cast<int>(i));
        if (letters[i].header.type == LetterType::kVoid) {
          *outcome.mutable_receipt() = hostile().Receipt(
              letters[i],
              [&](ReceiptBody& body) { body.kind = kind_for_voids; });
        } else {
          outcome.mutable_refusal()->set_reason(
              static_cast<uint32_t>(Reason::kConsentMissing));
        }
      }
      return grpc::Status::OK;
    };
  };
  all().server().set_answer(refuse_requests(ReceiptKind::kRetrieved));
  const size_t mark = all().LogMark();
  const auto referral = all().NodeRefers();
  ASSERT_THAT(referral, IsOk());
  const auto shown = [&] {
    const auto found = Show(all().node().caseworker(), *referral);
    return found.ok() ? *found : office::Referral();
  };
  EXPECT_TRUE(Eventually(kSeen, [&] {
    return all().Logged(mark, kNotTaken, Reason::kReceiptInvalid);
  })) << all().LogSince(mark);
  EXPECT_EQ(shown().state(), office::REFERRAL_STATE_UNDELIVERED);
  EXPECT_FALSE(HasReceipt(shown(), "VOIDED"));
  all().server().set_answer(refuse_requests(ReceiptKind::kVoided));
  ASSERT_THAT(all().Greet(), IsOk());
  EXPECT_TRUE(Eventually(kSeen, [&] { return HasReceipt(shown(), "VOIDED"); }));
  all().server().set_answer(nullptr);
}

// It takes a call and never answers: one worker waits, the others work.
TEST_F(HostileReceiver, AnAnswerThatDoesNotCome) {
  absl::Notification let_go;
  absl::Notification called;
  all().server().set_answer(
      [&](const std::vector<Opened>&, wire::DeliverResponse&) {
        if (!called.HasBeenNotified()) called.Notify();
        let_go.WaitForNotification();
        return grpc::Status::OK;
      });
  const auto referral = all().NodeRefers();
  ASSERT_THAT(referral, IsOk());
  called.WaitForNotification();
  // What the node has for another peer is sent meanwhile.
  EXPECT_THAT(all().NodeReferralPasses(), IsOk());
  EXPECT_THAT(all().HonestReferralPasses(), IsOk());
  ExpectWaiting(*referral);
  all().server().set_answer(nullptr);
  let_go.Notify();
  EXPECT_TRUE(IsDelivered(all().node().caseworker(), *referral, kSeen));
}

}  // namespace
}  // namespace amparo::hostile
