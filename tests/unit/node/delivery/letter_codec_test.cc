// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/letter_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amparo/peer/v1/letter.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/base/digest.h"
#include "crypto/seal/hpke.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/peering/key_bundle.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

using crypto::X25519PrivateKey;

class LetterCodecTest : public testing::Test {
 protected:
  LetterCodecTest() : random_(7), key_(X25519PrivateKey::Generate(random_)) {
    header_.message = *MessageId::FromHex(std::string(32, '1'));
    header_.thread = *ThreadId::FromHex(std::string(32, '2'));
    header_.prev_digest = std::string(32, '\0');
    header_.sender = *OfficeId::FromHex(std::string(32, '3'));
    header_.receiver = *OfficeId::FromHex(std::string(32, '4'));
    header_.sealing_key = peering::SealingKeyIdOf(key_.public_key());
    header_.created_at = absl::FromUnixSeconds(1735689600);
  }
  absl::StatusOr<WireLetter> Seal(const std::string& plain) {
    return SealLetter(header_, {plain, "sig"}, key_.public_key(), random_);
  }
  // Seals bytes of the test's own making.
  WireLetter SealRaw(const std::string& padded) {
    std::string info = "amparo.letter.v1";
    crypto::AppendPrefixed(&info, header_.sender.bytes());
    crypto::AppendPrefixed(&info, header_.receiver.bytes());
    crypto::AppendPrefixed(&info, header_.sealing_key.bytes());
    WireLetter letter;
    letter.header = EncodeHeader(header_);
    auto sealed = *crypto::SealBase(key_.public_key(), info, letter.header,
                                    padded, random_);
    letter.enc = sealed.enc;
    letter.ciphertext = sealed.ciphertext;
    return letter;
  }

  crypto::DeterministicRandom random_;
  X25519PrivateKey key_;
  LetterHeader header_;
};

TEST_F(LetterCodecTest, OpensWhatItSealed) {
  const auto letter = Seal("plain");
  ASSERT_THAT(letter, IsOk());
  const auto opened = OpenLetter(*letter, header_, key_);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->plain, "plain");
  EXPECT_EQ(opened->signature, "sig");
}

TEST_F(LetterCodecTest, InfoAndPaddingAreAsTheWirePageSays) {
  peer::v1::Sealed inside;
  inside.set_plain("by hand");
  inside.set_signature("s");
  std::string padded;
  crypto::AppendPrefixed(&padded, inside.SerializeAsString());
  padded.resize(1024, '\0');
  const auto opened = OpenLetter(SealRaw(padded), header_, key_);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->plain, "by hand");
}

TEST_F(LetterCodecTest, PaddedToTheSmallestSizeThatFits) {
  for (const auto& [plain, padded] :
       std::vector<std::pair<size_t, size_t>>{{0, 1024},
                                              {900, 1024},
                                              {1100, 4096},
                                              {4096, 16 * 1024},
                                              {16 * 1024, 64 * 1024},
                                              {64 * 1024, 256 * 1024},
                                              {255 * 1024, 256 * 1024}}) {
    const auto letter = Seal(std::string(plain, 'x'));
    ASSERT_THAT(letter, IsOk());
    EXPECT_EQ(letter->ciphertext.size(), padded + 16) << plain;
    EXPECT_LE(EncodeLetter(*letter).size(), limits::kLetterBytesMax);
  }
  EXPECT_EQ(ReasonOf(Seal(std::string(256 * 1024, 'x')).status()),
            Reason::kLetterTooLarge);
}

TEST_F(LetterCodecTest, PaddingThatIsNotZeroIsRefused) {
  std::string padded(1024, '\0');
  padded.back() = 1;
  EXPECT_EQ(ReasonOf(OpenLetter(SealRaw(padded), header_, key_).status()),
            Reason::kPaddingInvalid);
}

TEST_F(LetterCodecTest, ALengthBeyondTheBytesIsRefused) {
  std::string padded;
  crypto::AppendU32(&padded, 2000);
  padded.resize(1024, '\0');
  EXPECT_EQ(ReasonOf(OpenLetter(SealRaw(padded), header_, key_).status()),
            Reason::kPaddingInvalid);
}

TEST_F(LetterCodecTest, ASizeThatIsNotOneOfTheFiveIsRefused) {
  for (size_t size : {0u, 16u, 1023u, 1025u, 8192u}) {
    EXPECT_EQ(
        ReasonOf(OpenLetter(SealRaw(std::string(size, '\0')), header_, key_)
                     .status()),
        Reason::kPaddingInvalid)
        << size;
  }
}

TEST_F(LetterCodecTest, MorePaddingThanNeededIsRefused) {
  std::string padded;
  crypto::AppendPrefixed(&padded, "");
  padded.resize(4096, '\0');
  EXPECT_EQ(ReasonOf(OpenLetter(SealRaw(padded), header_, key_).status()),
            Reason::kPaddingInvalid);
}

TEST_F(LetterCodecTest, AnotherKeyOrHeaderDoesNotOpen) {
  const auto letter = Seal("plain");
  const auto other = X25519PrivateKey::Generate(random_);
  EXPECT_EQ(ReasonOf(OpenLetter(*letter, header_, other).status()),
            Reason::kLetterUndecryptable);
  LetterHeader changed = header_;
  changed.receiver = header_.sender;
  EXPECT_EQ(ReasonOf(OpenLetter(*letter, changed, key_).status()),
            Reason::kLetterUndecryptable);
}

TEST_F(LetterCodecTest, TheSameRandomBytesGiveTheSameLetter) {
  crypto::DeterministicRandom one(3);
  crypto::DeterministicRandom two(3);
  const auto first = SealLetter(header_, {"p", "s"}, key_.public_key(), one);
  const auto second = SealLetter(header_, {"p", "s"}, key_.public_key(), two);
  EXPECT_EQ(EncodeLetter(*first), EncodeLetter(*second));
}

TEST_F(LetterCodecTest, TheOuterSignatureIsOverPrefixedParts) {
  EXPECT_EQ(crypto::HexEncode(OuterBody({"h", "ee", "ccc", "unsigned"})),
            "00000001"
            "68"
            "00000002"
            "6565"
            "00000003"
            "636363");
}

// Fails when a field of the wire has no place in the value.
TEST_F(LetterCodecTest, EveryFieldOfAHeaderSurvives) {
  peer::v1::Header wire;
  FillEveryField(&wire);
  wire.set_protocol(1);
  wire.set_message_id(std::string(16, 'a'));
  wire.set_thread_id(std::string(16, 'b'));
  wire.set_prev_digest(std::string(32, 'c'));
  wire.set_sender(std::string(16, 'd'));
  wire.set_receiver(std::string(16, 'e'));
  wire.set_sealing_key_id(std::string(16, 'f'));
  wire.set_type(static_cast<uint32_t>(LetterType::kDisclosure));
  wire.set_purpose(static_cast<uint32_t>(Purpose::kResearch));
  wire.clear_handling_codes();
  wire.add_handling_codes(1);
  wire.add_handling_codes(3);
  wire.set_agreement_id(std::string(16, 'g'));
  wire.set_agreement_hash(std::string(32, 'h'));
  wire.set_consent_commitment(std::string(32, 'i'));
  const auto header = DecodeHeader(wire.SerializeAsString());
  ASSERT_THAT(header, IsOk());
  EXPECT_EQ(EncodeHeader(*header), wire.SerializeAsString());
}

TEST_F(LetterCodecTest, HandlingCodesHaveOneOrder) {
  peer::v1::Header wire;
  ASSERT_TRUE(wire.ParseFromString(EncodeHeader(header_)));
  wire.add_handling_codes(2);
  wire.add_handling_codes(1);
  EXPECT_EQ(ReasonOf(DecodeHeader(wire.SerializeAsString()).status()),
            Reason::kLetterMalformed);
  wire.clear_handling_codes();
  wire.add_handling_codes(2);
  wire.add_handling_codes(2);
  EXPECT_EQ(ReasonOf(DecodeHeader(wire.SerializeAsString()).status()),
            Reason::kLetterMalformed);
}

TEST_F(LetterCodecTest, APlainSurvivesAndNamesNoSealingKey) {
  Plain plain;
  plain.header = header_;
  plain.blinding = std::string(16, 'x');
  plain.payload = "payload";
  plain.consent_statement = "statement";
  plain.consent_salt = "salt";
  const auto again = DecodePlain(EncodePlain(plain));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->header.sealing_key.empty());
  EXPECT_TRUE(SameButSealingKey(again->header, plain.header));
  EXPECT_EQ(again->payload, "payload");
  EXPECT_EQ(again->consent_statement, "statement");
  EXPECT_EQ(again->consent_salt, "salt");
  EXPECT_EQ(EncodePlain(*again), EncodePlain(plain));
}

TEST_F(LetterCodecTest, APlainWithASealingKeyOrShortBlindingIsMalformed) {
  Plain plain;
  plain.header = header_;
  plain.blinding = "short";
  EXPECT_EQ(ReasonOf(DecodePlain(EncodePlain(plain)).status()),
            Reason::kLetterMalformed);
  plain.blinding = std::string(16, 'x');
  peer::v1::Plain wire;
  ASSERT_TRUE(wire.ParseFromString(EncodePlain(plain)));
  wire.mutable_header()->set_sealing_key_id(std::string(16, 'k'));
  EXPECT_EQ(ReasonOf(DecodePlain(wire.SerializeAsString()).status()),
            Reason::kLetterMalformed);
}

TEST_F(LetterCodecTest, AReceiptSurvives) {
  ReceiptBody body;
  body.kind = ReceiptKind::kVoided;
  body.message = header_.message;
  body.plain_digest = std::string(32, 'd');
  body.sender = header_.sender;
  body.receiver = header_.receiver;
  body.issuer = header_.receiver;
  body.key_epoch = 3;
  body.issued_at = header_.created_at;
  const std::string bytes = EncodeReceiptBody(body);
  const std::string whole =
      EncodeSignedReceipt(bytes, body.issuer, 3, "signature");
  const auto receipt = ParseSignedReceipt(whole);
  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(EncodeReceiptBody(receipt->body), bytes);
  EXPECT_EQ(receipt->body_bytes, bytes);
  EXPECT_EQ(receipt->signature, "signature");
  EXPECT_THAT(DecodeReceiptLetter(EncodeReceiptLetter(whole)),
              IsOkAndHolds(whole));

  EXPECT_EQ(ReasonOf(ParseSignedReceipt(
                         EncodeSignedReceipt(bytes, header_.sender, 3, "s"))
                         .status()),
            Reason::kReceiptInvalid);
  EXPECT_EQ(ReasonOf(ParseSignedReceipt(
                         EncodeSignedReceipt(bytes, body.issuer, 4, "s"))
                         .status()),
            Reason::kReceiptInvalid);
  EXPECT_EQ(ReasonOf(ParseSignedReceipt(std::string(5000, 'x')).status()),
            Reason::kReceiptInvalid);
}

TEST_F(LetterCodecTest, AReceiptOfAnUnknownKindIsInvalid) {
  peer::v1::Receipt wire;
  FillEveryField(&wire);
  for (int kind : {0, 7, 99}) {
    wire.set_kind(static_cast<peer::v1::ReceiptKind>(kind));
    wire.set_protocol(1);
    wire.set_message_id(std::string(16, 'a'));
    wire.set_plain_digest(std::string(32, 'a'));
    wire.set_sender(std::string(16, 'a'));
    wire.set_receiver(std::string(16, 'a'));
    wire.set_issuer(std::string(16, 'a'));
    wire.set_key_epoch(1);
    EXPECT_EQ(
        ReasonOf(ParseSignedReceipt(
                     EncodeSignedReceipt(
                         wire.SerializeAsString(),
                         *OfficeId::FromBytes(std::string(16, 'a')), 1, "s"))
                     .status()),
        Reason::kReceiptInvalid)
        << kind;
  }
}

TEST_F(LetterCodecTest, EveryFieldOfAVoidNoticeSurvives) {
  peer::v1::VoidNotice wire;
  FillEveryField(&wire);
  wire.set_message_id(std::string(16, 'a'));
  wire.set_thread_id(std::string(16, 'b'));
  wire.set_prev_digest(std::string(32, 'c'));
  wire.set_plain_digest(std::string(32, 'd'));
  wire.set_reason(static_cast<uint32_t>(Reason::kLetterExpired));
  const auto notice = DecodeVoidNotice(wire.SerializeAsString());
  ASSERT_THAT(notice, IsOk());
  EXPECT_EQ(EncodeVoidNotice(*notice), wire.SerializeAsString());
  EXPECT_EQ(ReasonOf(DecodeVoidNotice("x").status()), Reason::kLetterMalformed);
}

}  // namespace
}  // namespace amparo::delivery
