// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/node/delivery/forged_letters.h"

#include <gtest/gtest.h>

#include "crypto/base/bytes.h"
#include "node/consent/statement.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

LetterHeader RightHeader(TwoOffices& offices, Office& from) {
  LetterHeader header;
  header.message =
      *MessageId::FromBytes(crypto::RandomBytes(offices.random, 16));
  header.thread = offices.NewThread();
  header.prev_digest = std::string(32, '\0');
  header.sender = from.id;
  header.receiver = from.neighbour->id;
  header.sender_key_epoch = from.own->signing_epoch();
  header.type = LetterType::kReferralRequest;
  header.purpose = Purpose::kTransnationalReferral;
  header.agreement = offices.agreement->id();
  header.agreement_hash = offices.agreement->hash();
  header.created_at = offices.clock.Now();
  header.expires_at = offices.clock.Now() + absl::Hours(24 * 60);
  return header;
}

}  // namespace

std::string Forge(TwoOffices& offices, Office& from, const Forgery& forgery) {
  Plain plain;
  plain.header = RightHeader(offices, from);
  plain.blinding = std::string(16, 'b');
  plain.payload = "forged";
  consent::Statement statement;
  statement.pseudonym = *Pseudonym::FromHex(std::string(32, '5'));
  statement.recipient = plain.header.receiver;
  statement.categories = {DataCategory::kNeeds};
  statement.language = "uk";
  statement.text_version = "1";
  statement.valid_until = offices.clock.Now() + absl::Hours(24 * 90);
  plain.consent_statement = statement.Encode();
  plain.consent_salt = std::string(32, 's');
  plain.header.consent_commitment =
      *consent::Commitment(plain.consent_salt, plain.consent_statement);
  if (forgery.plain) forgery.plain(plain);

  SignedPlain sealed;
  sealed.plain = EncodePlain(plain);
  sealed.signature = *from.own->SignWithEpoch(from.own->signing_epoch(),
                                              kPlainDsse, sealed.plain);
  if (forgery.sealed) forgery.sealed(sealed);
  const peering::SealingKey key =
      *from.neighbour->own->bundle().SealingKeyToUse(offices.clock.Now());
  LetterHeader header = plain.header;
  header.sealing_key = key.id;
  if (forgery.outer) forgery.outer(header);
  WireLetter wire = *SealLetter(header, sealed, key.key, offices.random);
  if (forgery.header) {
    peer::v1::Header changed;
    EXPECT_TRUE(changed.ParseFromString(wire.header));
    forgery.header(changed);
    wire.header = changed.SerializeAsString();
  }
  wire.signature = *from.own->SignWithEpoch(from.own->signing_epoch(),
                                            kLetterDsse, OuterBody(wire));
  if (forgery.wire) forgery.wire(wire);
  return EncodeLetter(wire);
}

std::string Dump(const Office& office) {
  std::string all;
  for (storage::TableId table : storage::AllTables()) {
    EXPECT_THAT(office.store->Scan(
                    table, {}, {},
                    [&](absl::string_view key,
                        absl::string_view value) -> absl::StatusOr<bool> {
                      crypto::AppendU16(&all, static_cast<uint16_t>(table));
                      crypto::AppendPrefixed(&all, key);
                      crypto::AppendPrefixed(&all, value);
                      return true;
                    }),
                IsOk());
  }
  return all;
}

}  // namespace amparo::delivery
