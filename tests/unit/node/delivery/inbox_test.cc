// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/consent/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"

namespace amparo::delivery {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class InboxTest : public testing::Test, protected TwoOffices {
 protected:
  Outcome Accept(const std::string& letter) {
    return b.inbox->Accept(a.id, {letter}).at(0);
  }
  // Refused for `reason`, and nothing changed.
  void ExpectRefused(const std::string& letter, Reason reason) {
    const std::string before = Dump(b);
    const Outcome outcome = Accept(letter);
    EXPECT_THAT(outcome.receipt, IsEmpty());
    EXPECT_EQ(outcome.refusal, reason) << ReasonName(outcome.refusal);
    EXPECT_TRUE(Dump(b) == before) << "a refused letter changed something";
  }
};

TEST_F(InboxTest, TheForgersRightLetterIsTaken) {
  const Outcome outcome = Accept(Forge(*this, a, {}));
  EXPECT_THAT(outcome.receipt, testing::Not(IsEmpty()))
      << ReasonName(outcome.refusal);
  EXPECT_THAT(b.handler.received, SizeIs(1));
}

struct BadLetter {
  const char* name;
  Reason reason;
  Forgery forgery;
};

consent::Statement StatementIn(const Plain& plain) {
  return *consent::Statement::Decode(plain.consent_statement);
}
void Commit(Plain& plain) {
  plain.header.consent_commitment =
      *consent::Commitment(plain.consent_salt, plain.consent_statement);
}

std::vector<BadLetter> BadLetters() {
  return {
      {"wrong receiver",
       Reason::kLetterWrongReceiver,
       {.plain = [](Plain& p) { p.header.receiver = p.header.sender; }}},
      {"wrong sender",
       Reason::kLetterWrongSender,
       {.plain = [](Plain& p) { p.header.sender = p.header.receiver; }}},
      {"expired",
       Reason::kLetterExpired,
       {.plain = [](Plain& p) { p.header.expires_at = p.header.created_at; }}},
      {"never expires",
       Reason::kLetterMalformed,
       {.plain =
            [](Plain& p) { p.header.expires_at = absl::InfiniteFuture(); }}},
      {"from the future",
       Reason::kLetterFromFuture,
       {.plain = [](Plain& p) { p.header.created_at += absl::Minutes(6); }}},
      {"gap",
       Reason::kSequenceGap,
       {.plain = [](Plain& p) { p.header.seq = 2; }}},
      {"wrong prev_digest",
       Reason::kPreviousDigestMismatch,
       {.plain =
            [](Plain& p) { p.header.prev_digest = std::string(32, 'x'); }}},
      {"unknown epoch",
       Reason::kKeyEpochUnknown,
       {.plain = [](Plain& p) { p.header.sender_key_epoch = 9; }}},
      {"unknown sealing key",
       Reason::kSealingKeyUnknown,
       {.outer =
            [](LetterHeader& h) {
              h.sealing_key = *SealingKeyId::FromHex(std::string(32, '9'));
            }}},
      {"wrong agreement hash",
       Reason::kAgreementHashMismatch,
       {.plain =
            [](Plain& p) { p.header.agreement_hash = std::string(32, 'x'); }}},
      {"unknown agreement",
       Reason::kAgreementMissing,
       {.plain =
            [](Plain& p) {
              p.header.agreement = *AgreementId::FromHex(std::string(32, '9'));
            }}},
      {"no agreement",
       Reason::kAgreementMissing,
       {.plain =
            [](Plain& p) {
              p.header.agreement = AgreementId();
              p.header.agreement_hash.clear();
            }}},
      {"purpose not in agreement",
       Reason::kPurposeNotInAgreement,
       {.plain = [](Plain& p) { p.header.purpose = Purpose::kResearch; }}},
      {"missing consent statement",
       Reason::kConsentMissing,
       {.plain = [](Plain& p) { p.consent_statement.clear(); }}},
      {"missing commitment",
       Reason::kConsentMissing,
       {.plain = [](Plain& p) { p.header.consent_commitment.clear(); }}},
      {"commitment mismatch",
       Reason::kConsentCommitmentMismatch,
       {.plain = [](Plain& p) { p.consent_salt = std::string(32, 'x'); }}},
      {"short salt",
       Reason::kConsentCommitmentMismatch,
       {.plain = [](Plain& p) { p.consent_salt = "x"; }}},
      {"consent for another office",
       Reason::kConsentNotForRecipient,
       {.plain =
            [](Plain& p) {
              consent::Statement other = StatementIn(p);
              other.recipient = p.header.sender;
              p.consent_statement = other.Encode();
              Commit(p);
            }}},
      {"consent for another purpose",
       Reason::kConsentNotForPurpose,
       {.plain =
            [](Plain& p) {
              consent::Statement other = StatementIn(p);
              other.purpose = Purpose::kFamilyTracing;
              p.consent_statement = other.Encode();
              Commit(p);
            }}},
      {"consent that has ended",
       Reason::kConsentExpired,
       {.plain =
            [](Plain& p) {
              consent::Statement other = StatementIn(p);
              other.valid_until = p.header.created_at;
              p.consent_statement = other.Encode();
              Commit(p);
            }}},
      {"answer with a statement",
       Reason::kLetterMalformed,
       {.plain =
            [](Plain& p) { p.header.type = LetterType::kReferralAnswer; }}},
      {"headers differ in purpose",
       Reason::kHeaderMismatch,
       {.outer =
            [](LetterHeader& h) { h.purpose = Purpose::kIdentityDisclosure; }}},
      {"headers differ in expiry",
       Reason::kHeaderMismatch,
       {.outer = [](LetterHeader& h) { h.expires_at += absl::Hours(1); }}},
      {"headers differ in thread",
       Reason::kHeaderMismatch,
       {.outer =
            [](LetterHeader& h) {
              h.thread = *ThreadId::FromHex(std::string(32, '7'));
            }}},
      {"inner signature of something else",
       Reason::kSignatureInvalid,
       {.sealed = [](SignedPlain& s) { s.signature[10] ^= 1; }}},
      {"plain that is none",
       Reason::kSignatureInvalid,
       {.sealed = [](SignedPlain& s) { s.plain = "x"; }}},
      {"header changed after sealing",
       Reason::kLetterUndecryptable,
       {.header = [](peer::v1::Header& h) { h.set_respond_by_ms(5); }}},
      {"unknown type",
       Reason::kTypeUnknown,
       {.header = [](peer::v1::Header& h) { h.set_type(999); }}},
      {"type nobody handles",
       Reason::kTypeUnknown,
       {.plain =
            [](Plain& p) {
              p.header.type = LetterType::kCheckpoint;
              p.consent_statement.clear();
              p.consent_salt.clear();
            }}},
      {"unknown purpose",
       Reason::kValueUnknown,
       {.header = [](peer::v1::Header& h) { h.set_purpose(999); }}},
      {"unknown handling code",
       Reason::kValueUnknown,
       {.header = [](peer::v1::Header& h) { h.add_handling_codes(999); }}},
      {"unknown protocol",
       Reason::kProtocolUnsupported,
       {.header = [](peer::v1::Header& h) { h.set_protocol(2); }}},
      {"unknown field",
       Reason::kLetterMalformed,
       {.header =
            [](peer::v1::Header& h) {
              h.GetReflection()->MutableUnknownFields(&h)->AddVarint(900, 1);
            }}},
      {"no message id",
       Reason::kLetterMalformed,
       {.header = [](peer::v1::Header& h) { h.clear_message_id(); }}},
      {"seq zero",
       Reason::kLetterMalformed,
       {.header = [](peer::v1::Header& h) { h.set_seq(0); }}},
      {"short prev_digest",
       Reason::kLetterMalformed,
       {.header = [](peer::v1::Header& h) { h.set_prev_digest("x"); }}},
      {"time beyond the calendar",
       Reason::kLetterMalformed,
       {.header =
            [](peer::v1::Header& h) {
              h.set_expires_at_ms(std::numeric_limits<int64_t>::max());
            }}},
      {"bit flip in enc",
       Reason::kSignatureInvalid,
       {.wire = [](WireLetter& w) { w.enc[0] ^= 1; }}},
      {"bit flip in ciphertext",
       Reason::kSignatureInvalid,
       {.wire = [](WireLetter& w) { w.ciphertext[99] ^= 1; }}},
      {"bit flip in signature",
       Reason::kSignatureInvalid,
       {.wire = [](WireLetter& w) { w.signature.back() ^= 1; }}},
      {"no signature",
       Reason::kLetterMalformed,
       {.wire = [](WireLetter& w) { w.signature.clear(); }}},
  };
}

TEST_F(InboxTest, EachRefusalHasItsReasonAndChangesNothing) {
  for (const BadLetter& bad : BadLetters()) {
    SCOPED_TRACE(bad.name);
    ExpectRefused(Forge(*this, a, bad.forgery), bad.reason);
  }
  EXPECT_THAT(b.handler.received, IsEmpty());
}

TEST_F(InboxTest, AnOversizedLetterIsRefused) {
  ExpectRefused(std::string(limits::kLetterBytesMax + 1, 'x'),
                Reason::kLetterTooLarge);
}

TEST_F(InboxTest, EveryTruncationIsRefused) {
  const std::string letter = Forge(*this, a, {});
  for (size_t size = 0; size < letter.size(); size += 37) {
    EXPECT_THAT(Accept(letter.substr(0, size)).receipt, IsEmpty()) << size;
  }
  EXPECT_THAT(b.handler.received, IsEmpty());
}

TEST_F(InboxTest, EveryBitFlipInTheHeaderIsRefused) {
  for (size_t at = 0; at < 250; at += 7) {
    const std::string letter = Forge(*this, a, {.wire = [at](WireLetter& wire) {
      wire.header[at % wire.header.size()] ^= 4;
    }});
    EXPECT_THAT(Accept(letter).receipt, IsEmpty()) << at;
  }
  EXPECT_THAT(b.handler.received, IsEmpty());
}

TEST_F(InboxTest, ALetterOfATypeThatTheAgreementGivesTheOtherSideIsRefused) {
  const Outcome outcome = a.inbox->Accept(b.id, {Forge(*this, b, {})}).at(0);
  EXPECT_EQ(outcome.refusal, Reason::kTypeNotInAgreement);
}

TEST_F(InboxTest, ADeletedSealingKeyIsUnknown) {
  const std::string letter = Forge(*this, a, {});
  clock.Advance(absl::Hours(24 * 40));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ExpectRefused(letter, Reason::kSealingKeyUnknown);
}

TEST_F(InboxTest, AnExpiredAgreementStopsTraffic) {
  clock.Advance(absl::Hours(24 * 366));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ExpectRefused(Forge(*this, a, {}), Reason::kAgreementExpired);
}

TEST_F(InboxTest, AnUnknownPeerIsRefused) {
  ManualClock its_clock;
  Office stranger("stranger", 5, its_clock);
  stranger.neighbour = &b;
  const std::string letter = Forge(*this, stranger, {});
  EXPECT_EQ(b.inbox->Accept(stranger.id, {letter}).at(0).refusal,
            Reason::kPeerUnknown);
}

TEST_F(InboxTest, AnUnconfirmedPeerIsRefused) {
  SetPeerState(b, peering::PeerState::kAwaitingConfirmation);
  ExpectRefused(Forge(*this, a, {}), Reason::kPeerNotConfirmed);
}

TEST_F(InboxTest, ASuspendedPeerIsRefusedButForProtectiveLetters) {
  SetPeerState(b, peering::PeerState::kSuspended);
  ExpectRefused(Forge(*this, a, {}), Reason::kPeerSuspended);
  const Outcome recall = Accept(Forge(*this, a, {.plain = [](Plain& plain) {
    plain.header.type = LetterType::kRecall;
    plain.consent_statement.clear();
    plain.consent_salt.clear();
  }}));
  EXPECT_THAT(recall.receipt, testing::Not(IsEmpty()))
      << ReasonName(recall.refusal);
}

TEST_F(InboxTest, ADuplicateGetsTheSameReceiptByteForByte) {
  const std::string letter = Forge(*this, a, {});
  const Outcome first = Accept(letter);
  clock.Advance(absl::Hours(1));
  const std::string before = Dump(b);
  EXPECT_EQ(Accept(letter).receipt, first.receipt);
  EXPECT_TRUE(Dump(b) == before);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(InboxTest, SeenComesBeforeSuspensionExpiryAndSignature) {
  WireLetter wire;
  const std::string letter =
      Forge(*this, a, {.wire = [&](WireLetter& w) { wire = w; }});
  const Outcome first = Accept(letter);
  ASSERT_THAT(first.receipt, testing::Not(IsEmpty()));
  SetPeerState(b, peering::PeerState::kSuspended);
  clock.Advance(absl::Hours(24 * 400));
  wire.signature = "x";
  wire.ciphertext = "y";
  EXPECT_EQ(Accept(EncodeLetter(wire)).receipt, first.receipt);
}

TEST_F(InboxTest, WhoSentItComesBeforeSeen) {
  const std::string letter = Forge(*this, a, {});
  ASSERT_THAT(Accept(letter).receipt, testing::Not(IsEmpty()));
  const OfficeId other = *OfficeId::FromHex(std::string(32, '3'));
  EXPECT_EQ(b.inbox->Accept(other, {letter}).at(0).refusal,
            Reason::kLetterWrongSender);
}

// A letter that is wrong in all ways is refused for the first of them.
TEST_F(InboxTest, ChecksRunInTheirOrder) {
  struct Stage {
    Reason reason;
    std::function<void()> heal;
  };
  bool wrong_receiver = true, expired = true, bad_outer = true,
       bad_inner = true, bad_consent = true, bad_place = true;
  SetPeerState(b, peering::PeerState::kSuspended);
  bool bad_agreement = true;
  b.handler.answer = FieldError("payload", "is not understood");
  const auto letter = [&] {
    return Forge(*this, a,
                 {.plain =
                      [&](Plain& p) {
                        if (wrong_receiver) p.header.receiver = p.header.sender;
                        if (bad_agreement) {
                          p.header.agreement_hash = std::string(32, 'x');
                        }
                        if (expired) p.header.expires_at = p.header.created_at;
                        if (bad_consent) p.consent_salt = std::string(32, 'x');
                        if (bad_place) p.header.seq = 7;
                      },
                  .sealed =
                      [&](SignedPlain& s) {
                        if (bad_inner) s.signature[9] ^= 1;
                      },
                  .wire =
                      [&](WireLetter& w) {
                        if (bad_outer) w.signature[9] ^= 1;
                      }});
  };
  const std::vector<Stage> stages = {
      {Reason::kLetterWrongReceiver, [&] { wrong_receiver = false; }},
      {Reason::kPeerSuspended,
       [&] { SetPeerState(b, peering::PeerState::kActive); }},
      {Reason::kAgreementHashMismatch, [&] { bad_agreement = false; }},
      {Reason::kLetterExpired, [&] { expired = false; }},
      {Reason::kSignatureInvalid, [&] { bad_outer = false; }},
      {Reason::kSignatureInvalid, [&] { bad_inner = false; }},
      {Reason::kConsentCommitmentMismatch, [&] { bad_consent = false; }},
      {Reason::kSequenceGap, [&] { bad_place = false; }},
      {Reason::kFieldInvalid, [&] { b.handler.answer = absl::OkStatus(); }},
  };
  for (const Stage& stage : stages) {
    ExpectRefused(letter(), stage.reason);
    stage.heal();
  }
  EXPECT_THAT(Accept(letter()).receipt, testing::Not(IsEmpty()));
}

TEST_F(InboxTest, ASecondLetterInOnePlaceOfAThreadIsRefused) {
  const ThreadId thread = NewThread();
  const Forgery in_thread = {
      .plain = [&](Plain& plain) { plain.header.thread = thread; }};
  ASSERT_THAT(Accept(Forge(*this, a, in_thread)).receipt,
              testing::Not(IsEmpty()));
  ExpectRefused(Forge(*this, a, in_thread), Reason::kSequenceReused);
}

TEST_F(InboxTest, ReorderedLettersWaitForTheOnesBefore) {
  const ThreadId thread = NewThread();
  std::string first_digest;
  const std::string first = Forge(
      *this, a,
      {.plain = [&](Plain& p) { p.header.thread = thread; },
       .sealed =
           [&](SignedPlain& s) { first_digest = crypto::Sha256(s.plain); }});
  const std::string second = Forge(*this, a, {.plain = [&](Plain& p) {
    p.header.thread = thread;
    p.header.seq = 2;
    p.header.prev_digest = first_digest;
  }});
  ExpectRefused(second, Reason::kSequenceGap);
  const auto outcomes = b.inbox->Accept(a.id, {first, second});
  EXPECT_THAT(outcomes[0].receipt, testing::Not(IsEmpty()));
  EXPECT_THAT(outcomes[1].receipt, testing::Not(IsEmpty()));
  EXPECT_EQ(Taken(b), 2u);
}

TEST_F(InboxTest, OneBadLetterOfABatchDoesNotHurtTheOthers) {
  const std::string good = Forge(*this, a, {});
  const std::string other = Forge(*this, a, {});
  const auto outcomes = b.inbox->Accept(
      a.id, {good, "garbage", Forge(*this, a, BadLetters()[9].forgery), other});
  EXPECT_THAT(outcomes[0].receipt, testing::Not(IsEmpty()));
  EXPECT_EQ(outcomes[1].refusal, Reason::kLetterMalformed);
  EXPECT_EQ(outcomes[2].refusal, BadLetters()[9].reason);
  EXPECT_THAT(outcomes[3].receipt, testing::Not(IsEmpty()));
}

TEST_F(InboxTest, TheSameLetterTwiceInOneBatchIsTakenOnce) {
  const std::string letter = Forge(*this, a, {});
  const auto outcomes = b.inbox->Accept(a.id, {letter, letter});
  EXPECT_EQ(outcomes[0].receipt, outcomes[1].receipt);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(InboxTest, LettersBeyondABatchAreRefused) {
  const std::vector<std::string> letters(limits::kBatchLettersMax + 1, "x");
  EXPECT_EQ(b.inbox->Accept(a.id, letters).back().refusal,
            Reason::kLimitExceeded);
}

TEST_F(InboxTest, AFaultOfOursIsNotTheLettersFault) {
  b.handler.answer = Error(Reason::kInternal, "a bug");
  EXPECT_EQ(Accept(Forge(*this, a, {})).refusal, Reason::kUnavailable);
}

TEST_F(InboxTest, APersonsLetterGetsADataKeyOfItsOwn) {
  ASSERT_THAT(Accept(Forge(*this, a, {})).receipt, testing::Not(IsEmpty()));
  ASSERT_THAT(Accept(Forge(*this, a, {})).receipt, testing::Not(IsEmpty()));
  ASSERT_THAT(b.handler.received, SizeIs(2));
  EXPECT_NE(b.handler.received[0].copy_key, b.handler.received[1].copy_key);
  EXPECT_NE(b.handler.received[0].copy_key,
            b.vault->TableKey(storage::TableId::kPeerLetters));
}

TEST_F(InboxTest, ACrashBeforeTheCommitTakesNothing) {
  const std::string letter = Forge(*this, a, {});
  b.store->DieAt(1, CrashingStore::Moment::kBefore);
  std::string lines;
  SetLogSink(
      [&](absl::string_view line) { lines.append(line.data(), line.size()); });
  EXPECT_THAT(Accept(letter).receipt, IsEmpty());
  SetLogSink([](absl::string_view) {});
  EXPECT_THAT(lines, testing::HasSubstr("letter_refused"));
  b.Restart();
  EXPECT_EQ(Taken(b), 0u);
  EXPECT_THAT(Accept(letter).receipt, testing::Not(IsEmpty()));
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(InboxTest, ACrashBetweenCommitAndReceiptGivesThatReceiptLater) {
  const std::string letter = Forge(*this, a, {});
  b.store->DieAt(1, CrashingStore::Moment::kAfter);
  EXPECT_THAT(Accept(letter).receipt, IsEmpty());
  b.Restart();
  EXPECT_EQ(Taken(b), 1u);
  const Outcome outcome = Accept(letter);
  EXPECT_THAT(outcome.receipt, testing::Not(IsEmpty()));
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_EQ(Rows(b, storage::TableId::kInbox), 1u);
}

}  // namespace
}  // namespace amparo::delivery
