// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/audit/audit_records.h"
#include "node/audit/leaf.h"
#include "node/audit/signed_note.h"
#include "node/peering/invitations.h"
#include "node/peering/peers.h"
#include "node/peering/signed_body.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/unit/node/statistics/example_release.h"

namespace amparo::golden {
namespace {

template <class IdType>
IdType Filled(char fill) {
  return *IdType::FromBytes(std::string(IdType::kSize, fill));
}

peering::KeyValidity Validity() {
  return {Moment(), Moment() + absl::Hours(24 * 365),
          Moment() + absl::Hours(24 * 400)};
}

audit::Event SomeEvent() {
  return {audit::EventKind::kLetterSent,
          Moment(),
          Filled<PersonId>('w'),
          {{"letter", Filled<MessageId>('m').hex()}, {"sequence", "3"}}};
}

// Draws from another seed once it is told to, so that what is drawn then does
// not depend on how many tables were given a key before.
class TwoSeeds final : public crypto::RandomSource {
 public:
  void Fill(char* out, size_t n) override {
    (opened_ ? second_ : first_).Fill(out, n);
  }
  void Opened() { opened_ = true; }

 private:
  crypto::DeterministicRandom first_{1};
  crypto::DeterministicRandom second_{2};
  bool opened_ = false;
};

std::string SealedRow() {
  storage::MemoryDisk disk;
  TwoSeeds random;
  const auto store = *storage::OpenStore("/golden", &disk);
  const auto vault = *storage::Vault::Open(
      *store, crypto::Secret::Copy(std::string(32, 'k')), random);
  random.Opened();
  return *vault->Seal(vault->TableKey(storage::TableId::kReferrals),
                      storage::TableId::kReferrals, "row key", 1, "a record");
}

std::string SignedOnce(const crypto::P256PrivateKey& key,
                       absl::string_view type, const std::string& body,
                       uint32_t epoch) {
  peering::SignedBody value;
  value.body = body;
  value.signatures = {
      {Filled<OfficeId>('o'), epoch, *crypto::SignDsse(key, type, body)}};
  return value.Encode();
}

std::string Letter() {
  const crypto::X25519PrivateKey reader = SealingKey();
  const std::string plain = delivery::EncodePlain(PlainOfLetter());
  crypto::DeterministicRandom random(7);
  delivery::WireLetter wire = *delivery::SealLetter(
      WireHeader(),
      {plain, *crypto::SignDsse(SigningKey(), delivery::kPlainDsse, plain)},
      reader.public_key(), random);
  wire.signature = *crypto::SignDsse(SigningKey(), delivery::kLetterDsse,
                                     delivery::OuterBody(wire));
  return delivery::EncodeLetter(wire);
}

}  // namespace

absl::Time Moment() { return absl::FromUnixMillis(1735689600123); }

crypto::P256PrivateKey OfficeKey() {
  return *crypto::P256PrivateKey::FromScalar(std::string(32, '\x11'));
}
crypto::P256PrivateKey SigningKey() {
  return *crypto::P256PrivateKey::FromScalar(std::string(32, '\x22'));
}
crypto::Ed25519PrivateKey LogKey() {
  return *crypto::Ed25519PrivateKey::FromSeed(std::string(32, '\x33'));
}
crypto::X25519PrivateKey SealingKey() {
  return *crypto::X25519PrivateKey::FromBytes(std::string(32, '\x44'));
}

delivery::LetterHeader Header() {
  delivery::LetterHeader header;
  header.message = Filled<MessageId>('m');
  header.incarnation = 2;
  header.thread = Filled<ThreadId>('t');
  header.seq = 3;
  header.prev_digest = std::string(32, 'd');
  header.sender = Filled<OfficeId>('o');
  header.receiver = Filled<OfficeId>('q');
  header.sender_key_epoch = 4;
  header.roster_version = 5;
  header.type = LetterType::kReferralRequest;
  header.purpose = Purpose::kTransnationalReferral;
  header.handling_codes = {HandlingCode::kNotForProceedings,
                           HandlingCode::kNoOnward};
  header.agreement = Filled<AgreementId>('g');
  header.agreement_hash = std::string(32, 'h');
  header.consent_commitment =
      *consent::Commitment(StatementSalt(), SomeStatement().Encode());
  header.created_at = Moment();
  header.expires_at = Moment() + absl::Hours(72);
  header.deliver_by = Moment() + absl::Hours(18);
  header.respond_by = Moment() + absl::Hours(71);
  return header;
}

delivery::LetterHeader WireHeader() {
  delivery::LetterHeader header = Header();
  header.sealing_key = peering::SealingKeyIdOf(SealingKey().public_key());
  return header;
}

delivery::Plain PlainOfLetter() {
  delivery::Plain plain;
  plain.header = Header();
  plain.blinding = std::string(16, 'b');
  plain.payload = "a payload";
  plain.consent_statement = SomeStatement().Encode();
  plain.consent_salt = StatementSalt();
  return plain;
}

delivery::ReceiptBody Receipt() {
  delivery::ReceiptBody body;
  body.kind = delivery::ReceiptKind::kDelivered;
  body.message = Filled<MessageId>('m');
  body.plain_digest = std::string(32, 'd');
  body.sender = Filled<OfficeId>('q');
  body.receiver = Filled<OfficeId>('o');
  body.issuer = Filled<OfficeId>('o');
  body.key_epoch = 4;
  body.issued_at = Moment();
  return body;
}

peering::KeyBundle Bundle() {
  const crypto::X25519PrivateKey sealing = SealingKey();
  return peering::KeyBundle{
      .office = Filled<OfficeId>('o'),
      .office_key = OfficeKey().public_key(),
      .office_name = "Київ",
      .address = "kyiv.example:7443",
      .country = "UKR",
      .exercise = true,
      .role = peering::NodeRole::kOffice,
      .incarnation = 2,
      .version = 6,
      .issued_at = Moment(),
      .protocol_min = 1,
      .protocol_max = 1,
      .signing_keys = {{4, SigningKey().public_key(), Validity()}},
      .log_keys = {{1, LogKey().public_key(), Validity()}},
      .sealing_keys = {{peering::SealingKeyIdOf(sealing.public_key()),
                        sealing.public_key(), Moment(),
                        Moment() + absl::Hours(24 * 20),
                        Moment() + absl::Hours(24 * 30)}}};
}

peering::Agreement SomeAgreement() {
  peering::AgreementTerms terms;
  terms.proposer_letter_types = {LetterType::kReferralRequest,
                                 LetterType::kDisclosure};
  terms.acceptor_letter_types = {LetterType::kReferralAnswer};
  terms.purposes = {Purpose::kTransnationalReferral,
                    Purpose::kIdentityDisclosure};
  terms.categories = {DataCategory::kCodedProfile, DataCategory::kNames};
  terms.handling_codes = {HandlingCode::kNoOnward};
  terms.retention_days = 365;
  terms.statistics_policy = "standard";
  terms.valid_from = Moment();
  terms.valid_until = Moment() + absl::Hours(24 * 365);
  terms.legal_reference = "Arrangement 12/2025";
  terms.impact_assessment_reference = "DPIA 7";
  terms.impact_assessment_at = Moment();
  return *peering::Agreement::Create(Filled<AgreementId>('g'),
                                     Filled<OfficeId>('o'),
                                     Filled<OfficeId>('q'), terms, Moment());
}

consent::Statement SomeStatement() {
  consent::Statement statement;
  statement.pseudonym = Filled<Pseudonym>('p');
  statement.purpose = Purpose::kTransnationalReferral;
  statement.recipient = Filled<OfficeId>('q');
  statement.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  statement.exclusions = {DataCategory::kContacts};
  statement.language = "uk";
  statement.text_version = "2024-1.uk";
  statement.guardian = true;
  statement.valid_until = Moment() + absl::Hours(24 * 300);
  return statement;
}

std::string StatementSalt() { return std::string(32, 's'); }

std::vector<Frozen> AllFrozen() {
  const std::string plain = delivery::EncodePlain(PlainOfLetter());
  const peering::InvitationCode code = *peering::InvitationCode::Create(
      "kyiv.example:7443", OfficeKey().public_key(),
      *crypto::P256PrivateKey::FromScalar(std::string(32, '\x55')), true);
  const std::string event = audit::EncodeEvent(SomeEvent());
  const std::string text = audit::CheckpointText(
      "amparo/6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f/2", 256, std::string(32, 'r'));
  return {
      {"letter_header", delivery::EncodeHeader(WireHeader())},
      {"letter_plain", plain},
      {"letter_plain_pae", crypto::Pae(delivery::kPlainDsse, plain)},
      {"receipt_body", delivery::EncodeReceiptBody(Receipt())},
      {"void_notice", delivery::EncodeVoidNotice(
                          {Filled<MessageId>('m'), 3, std::string(32, 'd'),
                           std::string(32, 'e'), Filled<ThreadId>('t'),
                           Reason::kConsentWithdrawn, 2})},
      {"key_bundle_body", Bundle().EncodeBody()},
      {"agreement_body", SomeAgreement().body()},
      {"agreement_hash", SomeAgreement().hash()},
      {"consent_statement", SomeStatement().Encode()},
      {"consent_commitment",
       *consent::Commitment(StatementSalt(), SomeStatement().Encode())},
      {"invitation_code", std::string(code.Encode().Reveal())},
      {"safety_number",
       peering::SafetyNumber(
           OfficeKey().public_key().Compressed(), std::string(32, 'n'),
           SigningKey().public_key().Compressed(), std::string(32, 'm'))},
      {"log_event", event},
      {"log_leaf", audit::MakeLeaf(audit::EventKind::kLetterSent,
                                   std::string(32, 's'), event)},
      {"checkpoint",
       audit::SignNote(text, "amparo/6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f/2",
                       LogKey())},
      {"sealed_row", SealedRow()},
  };
}

std::vector<Frozen> MakeSigned() {
  const crypto::P256PrivateKey office = OfficeKey();
  const crypto::P256PrivateKey signing = SigningKey();
  return {
      {"letter", Letter()},
      {"receipt", SignedOnce(signing, delivery::kReceiptDsse,
                             delivery::EncodeReceiptBody(Receipt()), 4)},
      {"key_bundle",
       SignedOnce(office, peering::kKeyBundleType, Bundle().EncodeBody(), 0)},
      {"agreement",
       SignedOnce(office, peering::kAgreementType, SomeAgreement().body(), 0)},
      {"release_body", statistics::EncodeRelease(statistics::ExampleRelease())},
  };
}

std::string ReadFile(const std::string& name) {
  const std::string path =
      std::string(AMPARO_SOURCE_DIR) + "/tests/golden/v1/" + name + ".hex";
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << "there is no " << path;
  std::stringstream text;
  text << in.rdbuf();
  std::string digits = text.str();
  digits.erase(std::remove_if(digits.begin(), digits.end(),
                              [](char c) { return absl::ascii_isspace(c); }),
               digits.end());
  const auto bytes = crypto::HexDecode(digits);
  EXPECT_TRUE(bytes.ok()) << path << " is not hexadecimal";
  return bytes.ok() ? *bytes : std::string();
}

}  // namespace amparo::golden
