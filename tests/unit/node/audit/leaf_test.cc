// SPDX-License-Identifier: Apache-2.0
#include "node/audit/leaf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "node/audit/audit_records.h"
#include "node/audit/signed_note.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::audit {
namespace {

Event FrozenEvent() {
  return Event{EventKind::kReferralTransition,
               absl::FromUnixMillis(1735689600123),
               *PersonId::FromBytes(std::string(16, '\x11')),
               {{"referral", "0123456789abcdef"}, {"state", "ACCEPTED"}}};
}

TEST(LeafTest, BytesAreFrozen) {
  const std::string event = EncodeEvent(FrozenEvent());
  EXPECT_EQ(crypto::HexEncode(event),
            "081d10fbf8a5f9c1321a1011111111111111111111111111111111221c0a"
            "08726566657272616c12103031323334353637383961626364656622110a"
            "05737461746512084143434550544544");
  const std::string leaf = MakeLeaf(EventKind::kReferralTransition,
                                    std::string(kSaltSize, '\x22'), event);
  EXPECT_EQ(leaf.size(), kLeafSize);
  EXPECT_EQ(crypto::HexEncode(leaf),
            "01001d5b9cb1d1f77bd9af18914b96788c601ce06eaae37009a0f2f6085d"
            "931bff0097");
  const EventId id = *EventId::FromBytes(std::string(16, '\x33'));
  EXPECT_EQ(EncodeLeafRow(leaf, id), leaf + std::string(16, '\x33'));
  EXPECT_EQ(crypto::HexEncode(EventCodec::Encode(
                {std::string(kSaltSize, '\x22'), std::string("event")})),
            "0a2022222222222222222222222222222222222222222222222222222222222222"
            "22120565"
            "76656e74");
}

TEST(LeafTest, EverythingOfAnEventIsCommittedTo) {
  const std::string salt(kSaltSize, 's');
  const std::string leaf = MakeLeaf(EventKind::kRecall, salt, "event");
  EXPECT_NE(leaf, MakeLeaf(EventKind::kErasure, salt, "event"));
  EXPECT_NE(leaf, MakeLeaf(EventKind::kRecall, salt, "evenu"));
  EXPECT_NE(leaf,
            MakeLeaf(EventKind::kRecall, std::string(kSaltSize, 't'), "event"));
}

TEST(LeafTest, PaddingIsOfKindZeroAndNeverTheSame) {
  crypto::DeterministicRandom random(1);
  const std::string first = MakePaddingLeaf(random);
  EXPECT_EQ(first.size(), kLeafSize);
  EXPECT_EQ(crypto::HexEncode(first.substr(0, 3)), "010000");
  EXPECT_NE(first, MakePaddingLeaf(random));
}

TEST(LeafTest, RowsOfAnotherFormAreDamage) {
  const std::string row = EncodeLeafRow(
      MakeLeaf(EventKind::kRecall, std::string(kSaltSize, 's'), "event"),
      EventId());
  const auto decoded = DecodeLeafRow(row);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->kind, EventKind::kRecall);
  for (const std::string& bad :
       {std::string(), row.substr(1), row + "x", "\2" + row.substr(1)}) {
    EXPECT_EQ(ReasonOf(DecodeLeafRow(bad).status()), Reason::kRecordDamaged);
  }
}

TEST(EventTest, RoundTrips) {
  const Event event = FrozenEvent();
  const auto decoded = DecodeEvent(EncodeEvent(event));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->kind, event.kind);
  EXPECT_EQ(decoded->at, event.at);
  EXPECT_EQ(decoded->actor, event.actor);
  EXPECT_EQ(decoded->about, event.about);
}

TEST(EventTest, BytesThatAreNoEventAreDamage) {
  for (const char* bad :
       {"\xff", "", "\x08\x80\x80\x04", "\x08\x01\x1a\x01x"}) {
    EXPECT_EQ(ReasonOf(DecodeEvent(bad).status()), Reason::kRecordDamaged)
        << crypto::HexEncode(bad);
  }
}

// A line may be added here; none may change or go.
TEST(EventTest, NumbersAndNamesOfKindsAreFrozen) {
  const std::map<int, std::string> kFrozen = {
      {0, "PADDING"},
      {1, "CONSENT_GIVEN"},
      {2, "CONSENT_NARROWED"},
      {3, "CONSENT_WITHDRAWN"},
      {4, "LETTER_SENT"},
      {5, "LETTER_RECEIVED"},
      {6, "LETTER_OPENED"},
      {7, "DISCLOSURE_SENT"},
      {8, "RECALL"},
      {9, "ERASURE"},
      {10, "RELEASE"},
      {11, "LEDGER_ENTRY"},
      {12, "OVERRIDE"},
      {13, "PERMISSION_CHANGE"},
      {14, "PERSON_ADDED"},
      {15, "PERSON_DISABLED"},
      {16, "PEER_INVITED"},
      {17, "PEER_ACCEPTED"},
      {18, "PEER_CONFIRMED"},
      {19, "PEER_SUSPENDED"},
      {20, "AGREEMENT_PROPOSED"},
      {21, "AGREEMENT_SIGNED"},
      {22, "KEY_CHANGE"},
      {23, "POLICY_CHANGE"},
      {24, "SIGN_IN_FAILED"},
      {25, "SIGNED_IN"},
      {26, "CASE_REGISTERED"},
      {27, "CASE_VIEWED"},
      {28, "EXPORT"},
      {29, "REFERRAL_TRANSITION"},
      {30, "TABLE_PREPARED"},
      {31, "RECEIPT_RECEIVED"},
      {32, "LETTER_REFUSED"},
      {33, "VOID_SENT"},
      {34, "NON_DELIVERY"},
      {35, "PEER_RESUMED"},
      {36, "AGREEMENT_ENDED"},
      {37, "RESTORED"},
      {38, "CASE_AMENDED"},
      {39, "CASE_ASSIGNED"},
      {40, "CASE_STATUS_CHANGED"},
      {41, "CASE_MERGED"},
      {42, "CASE_UNMERGED"},
      {43, "CASE_ENTRY"},
      {44, "THIRD_PERSON"},
      {60, "CASE_SEARCHED"},
      {61, "PERSON_COUNTED"},
      {70, "LEGAL_HOLD"},
      {71, "RETENTION_DECIDED"},
  };
  std::map<int, std::string> present;
  for (const EventKind kind : AllEventKinds()) {
    EXPECT_TRUE(
        present
            .emplace(static_cast<int>(kind), std::string(EventKindName(kind)))
            .second);
  }
  EXPECT_EQ(present, kFrozen);
  EXPECT_EQ(EventKindName(static_cast<EventKind>(999)), "UNKNOWN");
}

TEST(EventTest, EveryListedNameIsAccepted) {
  for (const absl::string_view name : AboutNames()) {
    Event event = FrozenEvent();
    event.about = {{std::string(name), "00"}};
    EXPECT_THAT(CheckEvent(event), IsOk()) << name;
  }
}

TEST(SignedNoteTest, BytesAreFrozen) {
  const auto key = crypto::Ed25519PrivateKey::FromSeed(std::string(32, '\x01'));
  ASSERT_THAT(key, IsOk());
  const std::string text =
      CheckpointText("amparo/00/1", 256, std::string(32, '\x02'));
  EXPECT_EQ(text,
            "amparo/00/1\n256\n"
            "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n");
  EXPECT_EQ(SignNote(text, "amparo/00/1", *key),
            text +
                "\n\xe2\x80\x94 amparo/00/1 "
                "lIzL7ODYibsopuY+3fHG22wt7Jsj/ZKIkHm7Y1ZcnZ+OP2wGVefT5B0qEnHl"
                "UoRxQ8fjDf5f9j0iKUvaHXP4HTb0kgs=\n");
}

}  // namespace
}  // namespace amparo::audit
