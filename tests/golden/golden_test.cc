// SPDX-License-Identifier: Apache-2.0
//
// The bytes of version 1 are what they were: written the same, read the same,
// and one flipped byte is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/audit/audit_records.h"
#include "node/peering/invitations.h"
#include "node/peering/signed_body.h"
#include "node/statistics/release.h"
#include "tests/golden/case_rows.h"
#include "tests/golden/fixtures.h"
#include "tests/golden/row_kinds.h"
#include "tests/support/status_matchers.h"

namespace amparo::golden {
namespace {

using ::testing::SizeIs;

TEST(GoldenEncoderTest, EveryFrozenFormIsWrittenByteForByte) {
  for (const Frozen& frozen : AllFrozen()) {
    EXPECT_EQ(crypto::HexEncode(ReadFile(frozen.name)),
              crypto::HexEncode(frozen.bytes))
        << frozen.name
        << ": this version writes other bytes than nodes in the field do";
  }
}

struct OpenedLetter {
  absl::Status outer;
  absl::Status opened;
  absl::Status inner;
  delivery::LetterHeader header;
  std::string plain;
};

// As an inbox does it.
OpenedLetter Open(const std::string& bytes) {
  OpenedLetter result;
  const auto wire = delivery::ParseLetter(bytes);
  result.outer = wire.status();
  if (!wire.ok()) return result;
  const auto header = delivery::DecodeHeader(wire->header);
  result.outer = header.status();
  if (!header.ok()) return result;
  result.header = *header;
  result.outer =
      crypto::VerifyDsse(SigningKey().public_key(), delivery::kLetterDsse,
                         delivery::OuterBody(*wire), wire->signature);
  const auto opened = delivery::OpenLetter(*wire, *header, SealingKey());
  result.opened = opened.status();
  if (!opened.ok()) return result;
  result.plain = opened->plain;
  result.inner =
      crypto::VerifyDsse(SigningKey().public_key(), delivery::kPlainDsse,
                         opened->plain, opened->signature);
  return result;
}

TEST(GoldenLetterTest, AFrozenLetterVerifiesAndOpensAsWhatItWas) {
  const OpenedLetter letter = Open(ReadFile("letter"));
  EXPECT_THAT(letter.outer, IsOk());
  EXPECT_THAT(letter.opened, IsOk());
  EXPECT_THAT(letter.inner, IsOk());
  EXPECT_EQ(letter.plain, ReadFile("letter_plain"));
  EXPECT_TRUE(delivery::SameButSealingKey(letter.header, Header()));
  EXPECT_EQ(letter.header.sealing_key, WireHeader().sealing_key);
}

TEST(GoldenLetterTest, OneFlippedByteAnywhereIsRefused) {
  const std::string good = ReadFile("letter");
  for (size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const OpenedLetter letter = Open(bad);
    EXPECT_FALSE(letter.outer.ok()) << "byte " << i;
  }
}

TEST(GoldenLetterTest, HeaderAndPlainAreReadFieldByField) {
  const auto header = delivery::DecodeHeader(ReadFile("letter_header"));
  ASSERT_THAT(header, IsOk());
  const delivery::LetterHeader expected = WireHeader();
  EXPECT_EQ(header->protocol, expected.protocol);
  EXPECT_EQ(header->message, expected.message);
  EXPECT_EQ(header->incarnation, expected.incarnation);
  EXPECT_EQ(header->thread, expected.thread);
  EXPECT_EQ(header->seq, expected.seq);
  EXPECT_EQ(header->prev_digest, expected.prev_digest);
  EXPECT_EQ(header->sender, expected.sender);
  EXPECT_EQ(header->receiver, expected.receiver);
  EXPECT_EQ(header->sender_key_epoch, expected.sender_key_epoch);
  EXPECT_EQ(header->sealing_key, expected.sealing_key);
  EXPECT_EQ(header->roster_version, expected.roster_version);
  EXPECT_EQ(header->type, expected.type);
  EXPECT_EQ(header->purpose, expected.purpose);
  EXPECT_EQ(header->handling_codes, expected.handling_codes);
  EXPECT_EQ(header->agreement, expected.agreement);
  EXPECT_EQ(header->agreement_hash, expected.agreement_hash);
  EXPECT_EQ(header->consent_commitment, expected.consent_commitment);
  EXPECT_EQ(header->created_at, expected.created_at);
  EXPECT_EQ(header->expires_at, expected.expires_at);
  EXPECT_EQ(header->deliver_by, expected.deliver_by);
  EXPECT_EQ(header->respond_by, expected.respond_by);
  const auto plain = delivery::DecodePlain(ReadFile("letter_plain"));
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->blinding, PlainOfLetter().blinding);
  EXPECT_EQ(plain->payload, PlainOfLetter().payload);
  EXPECT_EQ(plain->consent_statement, PlainOfLetter().consent_statement);
  EXPECT_EQ(plain->consent_salt, PlainOfLetter().consent_salt);
}

TEST(GoldenReceiptTest, AFrozenReceiptIsReadAndVerifies) {
  const auto receipt = delivery::ParseSignedReceipt(ReadFile("receipt"));
  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(receipt->body_bytes, ReadFile("receipt_body"));
  EXPECT_EQ(receipt->body.kind, Receipt().kind);
  EXPECT_EQ(receipt->body.message, Receipt().message);
  EXPECT_EQ(receipt->body.plain_digest, Receipt().plain_digest);
  EXPECT_EQ(receipt->body.sender, Receipt().sender);
  EXPECT_EQ(receipt->body.receiver, Receipt().receiver);
  EXPECT_EQ(receipt->body.issuer, Receipt().issuer);
  EXPECT_EQ(receipt->body.key_epoch, Receipt().key_epoch);
  EXPECT_EQ(receipt->body.issued_at, Receipt().issued_at);
  const crypto::P256PublicKey key = SigningKey().public_key();
  EXPECT_THAT(crypto::VerifyDsse(key, delivery::kReceiptDsse,
                                 receipt->body_bytes, receipt->signature),
              IsOk());
  std::string changed = receipt->body_bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_FALSE(crypto::VerifyDsse(key, delivery::kReceiptDsse, changed,
                                  receipt->signature)
                   .ok());
}

TEST(GoldenKeyBundleTest, AFrozenBundleVerifiesAgainstItsPin) {
  const crypto::P256PublicKey pin = OfficeKey().public_key();
  const std::string bytes = ReadFile("key_bundle");
  const auto bundle = peering::KeyBundle::Verify(bytes, pin, Moment());
  ASSERT_THAT(bundle, IsOk());
  EXPECT_EQ(bundle->EncodeBody(), ReadFile("key_bundle_body"));
  EXPECT_EQ(bundle->office, Bundle().office);
  EXPECT_EQ(bundle->office_name, Bundle().office_name);
  EXPECT_EQ(bundle->address, Bundle().address);
  EXPECT_EQ(bundle->country, Bundle().country);
  EXPECT_EQ(bundle->exercise, Bundle().exercise);
  EXPECT_EQ(bundle->role, Bundle().role);
  EXPECT_EQ(bundle->version, Bundle().version);
  EXPECT_EQ(bundle->issued_at, Bundle().issued_at);
  ASSERT_THAT(bundle->signing_keys, SizeIs(1));
  EXPECT_EQ(bundle->signing_keys[0].key, SigningKey().public_key());
  ASSERT_THAT(bundle->log_keys, SizeIs(1));
  EXPECT_EQ(bundle->log_keys[0].key, LogKey().public_key());
  ASSERT_THAT(bundle->sealing_keys, SizeIs(1));
  EXPECT_EQ(bundle->sealing_keys[0].delete_at,
            Bundle().sealing_keys[0].delete_at);
  for (size_t i = 0; i < bytes.size(); i += 5) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(peering::KeyBundle::Verify(bad, pin, Moment()).ok())
        << "byte " << i;
  }
}

TEST(GoldenAgreementTest, AFrozenAgreementIsReadAndVerifies) {
  const auto value = peering::SignedBody::Decode(ReadFile("agreement"));
  ASSERT_THAT(value, IsOk());
  EXPECT_EQ(value->body, ReadFile("agreement_body"));
  ASSERT_THAT(value->signatures, SizeIs(1));
  EXPECT_THAT(
      crypto::VerifyDsse(OfficeKey().public_key(), peering::kAgreementType,
                         value->body, value->signatures[0].signature),
      IsOk());
  const auto agreement = peering::Agreement::Parse(value->body);
  ASSERT_THAT(agreement, IsOk());
  EXPECT_EQ(agreement->hash(), ReadFile("agreement_hash"));
  EXPECT_EQ(agreement->body(), SomeAgreement().body());
  const peering::AgreementTerms& terms = agreement->terms();
  const peering::Agreement expected = SomeAgreement();
  EXPECT_EQ(terms.purposes, expected.terms().purposes);
  EXPECT_EQ(terms.categories, expected.terms().categories);
  EXPECT_EQ(terms.retention_days, expected.terms().retention_days);
  EXPECT_EQ(terms.valid_until, expected.terms().valid_until);
  EXPECT_EQ(terms.legal_reference, expected.terms().legal_reference);
}

TEST(GoldenConsentTest, AFrozenStatementIsReadFieldByField) {
  const auto statement =
      consent::Statement::Decode(ReadFile("consent_statement"));
  ASSERT_THAT(statement, IsOk());
  const consent::Statement expected = SomeStatement();
  EXPECT_EQ(statement->pseudonym, expected.pseudonym);
  EXPECT_EQ(statement->purpose, expected.purpose);
  EXPECT_EQ(statement->recipient, expected.recipient);
  EXPECT_EQ(statement->categories, expected.categories);
  EXPECT_EQ(statement->exclusions, expected.exclusions);
  EXPECT_EQ(statement->language, expected.language);
  EXPECT_EQ(statement->text_version, expected.text_version);
  EXPECT_EQ(statement->guardian, expected.guardian);
  EXPECT_EQ(statement->valid_until, expected.valid_until);
  // The formula itself, from the exchange page.
  EXPECT_EQ(crypto::Sha256(std::string("amparo.consent.v1") + '\0' +
                           StatementSalt() + ReadFile("consent_statement")),
            ReadFile("consent_commitment"));
}

TEST(GoldenInvitationTest, AFrozenCodeIsReadAndATypingErrorIsFound) {
  const std::string text = ReadFile("invitation_code");
  const auto code = peering::InvitationCode::Decode(text);
  ASSERT_THAT(code, IsOk());
  EXPECT_EQ(code->address(), "kyiv.example:7443");
  EXPECT_EQ(code->office_key(), OfficeKey().public_key());
  EXPECT_TRUE(code->exercise());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(peering::InvitationCode::Decode(bad).ok()) << "at " << i;
  }
}

TEST(GoldenLogTest, AFrozenLeafCommitsToItsEvent) {
  const std::string event = ReadFile("log_event");
  const auto decoded = audit::DecodeEvent(event);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->kind, audit::EventKind::kLetterSent);
  EXPECT_EQ(decoded->at, Moment());
  ASSERT_THAT(decoded->about, SizeIs(2));
  EXPECT_EQ(decoded->about[1].second, "3");
  // The formula itself: u8 1, u16be kind, SHA-256 of prefix, salt and event.
  EXPECT_EQ(std::string("\x01\x00\x04", 3) +
                crypto::Sha256(std::string("amparo.leaf.v1") + '\0' +
                               std::string(32, 's') + event),
            ReadFile("log_leaf"));
}

TEST(GoldenReleaseTest, AFrozenReleaseIsReadAndWrittenAgain) {
  const std::string bytes = ReadFile("release_body");
  const auto release = statistics::DecodeRelease(bytes);
  ASSERT_THAT(release, IsOk());
  EXPECT_EQ(release->table, "exploitation-form-by-sex-by-year");
  EXPECT_EQ(release->generated_at, absl::FromUnixSeconds(1735689600));
  ASSERT_THAT(release->cohorts, SizeIs(2));
  EXPECT_EQ(release->cohorts[0].values[0], 120);
  EXPECT_EQ(release->cohorts[1].values[1], -4);
  EXPECT_EQ(statistics::EncodeRelease(*release), bytes);
}

// A record that decodes to a value which encodes to the same bytes was read
// whole: that each field has a mapping is held by the rooms' own tests.
struct ReadsAndWritesAgain {
  template <class Codec>
  void operator()(const char* name) {
    const std::string bytes = ReadFile(std::string("records/") + name);
    const auto decoded = Codec::Decode(bytes);
    ASSERT_THAT(decoded, IsOk()) << name;
    EXPECT_EQ(crypto::HexEncode(Codec::Encode(*decoded)),
              crypto::HexEncode(bytes))
        << name;
    EXPECT_FALSE(Codec::Decode(bytes.substr(0, bytes.size() - 1)).ok())
        << name << ": a row cut short is refused";
    ++count;
  }
  int count = 0;
};

TEST(GoldenRecordsTest, EveryFrozenRowIsReadAndWrittenAgain) {
  ReadsAndWritesAgain check;
  ForEachRowKind(check);
  EXPECT_EQ(check.count, 35);
}

TEST(GoldenRecordsTest, EveryRowOfACasesLifeIsWrittenAndReadAsItWas) {
  const std::vector<CaseRow> rows = CaseRows();
  EXPECT_THAT(rows, SizeIs(14));
  for (const CaseRow& row : rows) {
    const std::string frozen = ReadFile(row.name);
    EXPECT_EQ(crypto::HexEncode(row.bytes), crypto::HexEncode(frozen))
        << row.name
        << ": this version writes other bytes than nodes in the field have";
    EXPECT_THAT(row.again(frozen), IsOkAndHolds(frozen)) << row.name;
    EXPECT_FALSE(row.again(frozen.substr(0, frozen.size() - 1)).ok())
        << row.name << ": a row cut short is refused";
  }
}

}  // namespace
}  // namespace amparo::golden
