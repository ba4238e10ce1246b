// SPDX-License-Identifier: Apache-2.0
#include "node/region/region_records.h"

#include "absl/strings/str_cat.h"
#include "amparo/record/v1/region.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::region {
namespace {

namespace record = ::amparo::record::v1;

constexpr absl::string_view kZero("\0", 1);

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged,
               "a stored release is not in the form that its table keeps");
}

template <class IdType>
absl::StatusOr<IdType> DecodeId(absl::string_view bytes) {
  absl::StatusOr<IdType> id = IdType::FromBytes(bytes);
  if (!id.ok()) return Damaged();
  return id;
}

}  // namespace

std::string ReceivedReleaseCodec::EncodeKey(const Key& key) {
  return key.first.bytes() + key.second.bytes();
}

absl::StatusOr<ReceivedReleaseCodec::Key> ReceivedReleaseCodec::DecodeKey(
    absl::string_view bytes) {
  if (bytes.size() != OfficeId::kSize + ReleaseId::kSize) return Damaged();
  ASSIGN_OR_RETURN(const OfficeId office,
                   DecodeId<OfficeId>(bytes.substr(0, OfficeId::kSize)));
  ASSIGN_OR_RETURN(const ReleaseId release,
                   DecodeId<ReleaseId>(bytes.substr(OfficeId::kSize)));
  return Key(office, release);
}

std::string ReceivedReleaseCodec::Encode(const ReceivedRelease& value) {
  record::RegionReleaseRecord out;
  out.set_signed_body(value.signed_body);
  out.set_message_id(value.message.bytes());
  out.set_received_at_ms(amparo::ToUnixMillis(value.received_at));
  return storage::SerializeRecord(out);
}

absl::StatusOr<ReceivedRelease> ReceivedReleaseCodec::Decode(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::RegionReleaseRecord in,
                   storage::ParseRecord<record::RegionReleaseRecord>(bytes));
  ReceivedRelease value;
  value.signed_body = in.signed_body();
  ASSIGN_OR_RETURN(value.message, DecodeId<MessageId>(in.message_id()));
  if (in.received_at_ms() < 0) return Damaged();
  value.received_at = amparo::FromUnixMillis(in.received_at_ms());
  return value;
}

std::string ReleasePlaceCodec::Prefix(absl::string_view table) {
  return absl::StrCat(table, kZero);
}

std::string ReleasePlaceCodec::EncodeKey(const PlaceKey& key) {
  return absl::StrCat(key.table, kZero, key.cohort.id(), kZero,
                      key.office.bytes());
}

absl::StatusOr<PlaceKey> ReleasePlaceCodec::DecodeKey(absl::string_view bytes) {
  const size_t table_end = bytes.find('\0');
  if (table_end == absl::string_view::npos) return Damaged();
  const size_t cohort_end = bytes.find('\0', table_end + 1);
  if (cohort_end == absl::string_view::npos) return Damaged();
  const absl::StatusOr<statistics::Cohort> cohort = statistics::Cohort::Parse(
      bytes.substr(table_end + 1, cohort_end - table_end - 1));
  if (!cohort.ok()) return Damaged();
  ASSIGN_OR_RETURN(const OfficeId office,
                   DecodeId<OfficeId>(bytes.substr(cohort_end + 1)));
  return PlaceKey{std::string(bytes.substr(0, table_end)), *cohort, office};
}

std::string ReleasePlaceCodec::Encode(const ReleasePlace& value) {
  record::RegionIndexRecord out;
  out.set_release_id(value.release.bytes());
  out.set_release_hash(value.hash);
  return storage::SerializeRecord(out);
}

absl::StatusOr<ReleasePlace> ReleasePlaceCodec::Decode(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::RegionIndexRecord in,
                   storage::ParseRecord<record::RegionIndexRecord>(bytes));
  ReleasePlace value;
  ASSIGN_OR_RETURN(value.release, DecodeId<ReleaseId>(in.release_id()));
  value.hash = in.release_hash();
  return value;
}

}  // namespace amparo::region
