// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/delivery_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amparo/record/v1/delivery.pb.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

namespace rec = ::amparo::record::v1;
using ::testing::IsEmpty;

template <class IdType>
IdType Make(char digit) {
  return *IdType::FromHex(std::string(32, digit));
}

clearance::ClearanceFacts FullFacts() {
  clearance::ClearanceFacts facts;
  facts.recipient = Make<OfficeId>('1');
  facts.type = LetterType::kDisclosure;
  facts.purpose = Purpose::kIdentityDisclosure;
  facts.payload_digest = std::string(32, 'p');
  facts.agreement = Make<AgreementId>('2');
  facts.agreement_hash = std::string(32, 'h');
  facts.consent = Make<ConsentId>('3');
  facts.consent_commitment = std::string(32, 'c');
  facts.categories = {DataCategory::kNames, DataCategory::kContacts};
  facts.handling_codes = {HandlingCode::kNoOnward};
  facts.expires_at = absl::FromUnixMillis(1735689600123);
  return facts;
}

OutboxKey FullKey() {
  return {Make<OfficeId>('1'), Lane::kOrdinary, (uint64_t{7} << 40) + 5,
          Make<MessageId>('4')};
}

// Decodes what Codec encodes, finds every field of Record set, and gets the
// same bytes again.
template <class Codec, class Record>
void ExpectSurvives(const typename Codec::Record& value) {
  const std::string bytes = Codec::Encode(value);
  Record record;
  ASSERT_TRUE(record.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(record), IsEmpty());
  const auto decoded = Codec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Codec::Encode(*decoded), bytes);
  EXPECT_EQ(ReasonOf(Codec::Decode("\xff").status()), Reason::kRecordDamaged);
}

// A key comes back, and neither a shorter nor a longer one is taken.
template <class Codec>
void ExpectKeySurvives(const typename Codec::Key& key, size_t size) {
  const std::string bytes = Codec::EncodeKey(key);
  EXPECT_EQ(bytes.size(), size);
  const auto decoded = Codec::DecodeKey(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Codec::EncodeKey(*decoded), bytes);
  EXPECT_THAT(Codec::DecodeKey(bytes + "x"), testing::Not(IsOk()));
  EXPECT_THAT(Codec::DecodeKey(bytes.substr(1)), testing::Not(IsOk()));
}

TEST(DeliveryRecordsTest, EveryFieldOfAnOutboxRowSurvives) {
  OutboxRow row;
  row.key = FullKey();
  row.thread = Make<ThreadId>('5');
  row.seq = 3;
  row.incarnation = 2;
  row.prev_digest = std::string(32, 'a');
  row.plain_digest = std::string(32, 'b');
  row.type = LetterType::kDisclosure;
  row.void_reason = Reason::kLetterExpired;
  row.non_delivery = true;
  row.deliver_by = absl::FromUnixMillis(1735689600000);
  row.clearance = FullFacts();
  row.plain_bytes = 900;
  row.offered_again = true;
  row.refusals = 4;
  row.first_refused_at = absl::FromUnixMillis(1735689600001);
  ExpectSurvives<OutboxCodec, rec::OutboxRecord>(row);
  ExpectKeySurvives<OutboxCodec>(row.key, 41);
}

TEST(DeliveryRecordsTest, EveryFieldOfALetterSurvives) {
  LetterRow row;
  row.plain = "plain";
  row.signature = "signature";
  row.key_epoch = 2;
  row.clearance = FullFacts();
  row.thread = Make<ThreadId>('5');
  row.plain_digest = std::string(32, 'b');
  row.created_at = absl::FromUnixMillis(1735689600000);
  row.outbox_key = FullKey();
  row.void_reason = Reason::kLetterExpired;
  ExpectSurvives<LetterCodec, rec::LetterRecord>(row);
  ExpectKeySurvives<LetterCodec>({Make<MessageId>('4'), true}, 17);
}

TEST(DeliveryRecordsTest, EveryFieldOfTheSmallRowsSurvives) {
  ExpectSurvives<ThreadOutCodec, rec::ThreadRecord>({9, std::string(32, 'd')});
  ExpectKeySurvives<ThreadOutCodec>(
      {Make<OfficeId>('1'), 1, Make<ThreadId>('5')}, 36);
  ExpectSurvives<SeenCodec, rec::SeenRecord>("receipt");
  ExpectKeySurvives<SeenCodec>({Make<OfficeId>('1'), Make<MessageId>('4')}, 32);
  ExpectSurvives<PeerLetterCodec, rec::PeerLetterRecord>(
      {"plain", "signature", 3, absl::FromUnixMillis(1735689600000)});
  ExpectKeySurvives<PeerLetterCodec>(
      {Make<OfficeId>('1'), Make<MessageId>('4'), true}, 33);
  ExpectSurvives<ReceiptCodec, rec::ReceiptRecord>(
      {ReceiptKind::kRetrieved, absl::FromUnixMillis(1735689600000), "body"});
  ExpectKeySurvives<ReceiptCodec>(
      {Make<MessageId>('4'), ReceiptKind::kRetrieved}, 17);
  ExpectSurvives<ConsentLetterCodec, rec::ConsentLetterRecord>(FullKey());
  ExpectKeySurvives<ConsentLetterCodec>(
      {Make<ConsentId>('3'), Make<MessageId>('4')}, 32);
  ExpectSurvives<PeerCursorCodec, rec::PeerCursorRecord>(
      {4, absl::FromUnixMillis(1735689600000), 3, "row key"});
  ExpectSurvives<StartCodec, rec::StartRecord>(5);
}

TEST(DeliveryRecordsTest, LettersOfAnEarlierStartComeFirst) {
  OutboxKey early = FullKey();
  OutboxKey late = FullKey();
  early.order = (uint64_t{1} << 40) + 900;
  late.order = uint64_t{2} << 40;
  EXPECT_LT(OutboxCodec::EncodeKey(early), OutboxCodec::EncodeKey(late));
  EXPECT_EQ(late.start(), 2u);
  late.lane = Lane::kProtective;
  EXPECT_GT(OutboxCodec::EncodeKey(early), OutboxCodec::EncodeKey(late));
}

}  // namespace
}  // namespace amparo::delivery
