// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/statistics_records.h"

#include "absl/strings/str_cat.h"
#include "amparo/record/v1/statistics.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::statistics {
namespace {

namespace record = ::amparo::record::v1;

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("a stored ", what,
                            " is not in the form that its table keeps"));
}

// A time as stored; FromUnixMillis takes any number, ToUnixMillis does not.
absl::StatusOr<absl::Time> DecodeTime(int64_t millis) {
  if (millis < 0) return Damaged("time");
  return amparo::FromUnixMillis(millis);
}

template <class IdType>
absl::StatusOr<IdType> DecodeId(const std::string& bytes) {
  absl::StatusOr<IdType> id = IdType::FromBytes(bytes);
  if (!id.ok()) return Damaged("id");
  return id;
}

template <class IdType>
absl::StatusOr<IdType> DecodeIdOrNone(const std::string& bytes) {
  if (bytes.empty()) return IdType();
  return DecodeId<IdType>(bytes);
}

template <class IdType>
std::string EncodeIdOrNone(const IdType& id) {
  return id.empty() ? std::string() : id.bytes();
}

absl::StatusOr<Cohort> DecodeCohort(absl::string_view text) {
  absl::StatusOr<Cohort> cohort = Cohort::Parse(text);
  if (!cohort.ok()) return Damaged("cohort");
  return cohort;
}

absl::StatusOr<Rho> DecodeRho(int64_t nano) {
  absl::StatusOr<Rho> rho = Rho::FromNano(nano);
  if (!rho.ok()) return Damaged("budget");
  return rho;
}

}  // namespace

std::string PreparationCodec::EncodeKey(const Key& key) { return key.bytes(); }

absl::StatusOr<PreparationId> PreparationCodec::DecodeKey(
    absl::string_view bytes) {
  return DecodeId<PreparationId>(std::string(bytes));
}

std::string PreparationCodec::Encode(const Preparation& value) {
  record::PreparationRecord out;
  out.set_table_id(value.table);
  out.set_spec_hash(value.spec_hash);
  for (const Cohort& cohort : value.cohorts) out.add_cohorts(cohort.id());
  out.set_counted_unit(static_cast<uint32_t>(value.unit));
  out.set_prepared_by(value.prepared_by.bytes());
  out.set_prepared_at_ms(amparo::ToUnixMillis(value.prepared_at));
  out.set_release_id(EncodeIdOrNone(value.release));
  return storage::SerializeRecord(out);
}

absl::StatusOr<Preparation> PreparationCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::PreparationRecord in,
                   storage::ParseRecord<record::PreparationRecord>(bytes));
  Preparation value;
  value.table = in.table_id();
  value.spec_hash = in.spec_hash();
  for (const std::string& text : in.cohorts()) {
    ASSIGN_OR_RETURN(const Cohort cohort, DecodeCohort(text));
    value.cohorts.push_back(cohort);
  }
  const absl::StatusOr<CountedUnit> unit =
      CountedUnitFromNumber(static_cast<int>(in.counted_unit()));
  if (!unit.ok()) return Damaged("unit");
  value.unit = *unit;
  ASSIGN_OR_RETURN(value.prepared_by, DecodeId<PersonId>(in.prepared_by()));
  ASSIGN_OR_RETURN(value.prepared_at, DecodeTime(in.prepared_at_ms()));
  ASSIGN_OR_RETURN(value.release, DecodeIdOrNone<ReleaseId>(in.release_id()));
  return value;
}

std::string ReleaseCodec::EncodeKey(const Key& key) { return key.bytes(); }

absl::StatusOr<ReleaseId> ReleaseCodec::DecodeKey(absl::string_view bytes) {
  return DecodeId<ReleaseId>(std::string(bytes));
}

std::string ReleaseCodec::Encode(const StoredRelease& value) {
  record::ReleaseRecord out;
  out.set_body(value.body);
  out.set_key_epoch(value.key_epoch);
  out.set_signature(value.signature);
  out.set_preparation_id(value.preparation.bytes());
  out.set_approved_by(value.approved_by.bytes());
  for (const OfficeId& office : value.recipients) {
    out.add_recipients(office.bytes());
  }
  return storage::SerializeRecord(out);
}

absl::StatusOr<StoredRelease> ReleaseCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::ReleaseRecord in,
                   storage::ParseRecord<record::ReleaseRecord>(bytes));
  StoredRelease value;
  value.body = in.body();
  value.key_epoch = in.key_epoch();
  value.signature = in.signature();
  ASSIGN_OR_RETURN(value.preparation,
                   DecodeId<PreparationId>(in.preparation_id()));
  ASSIGN_OR_RETURN(value.approved_by, DecodeId<PersonId>(in.approved_by()));
  for (const std::string& office : in.recipients()) {
    ASSIGN_OR_RETURN(const OfficeId id, DecodeId<OfficeId>(office));
    value.recipients.push_back(id);
  }
  return value;
}

std::string LedgerCodec::EncodeKey(const Key& key) {
  std::string bytes;
  crypto::AppendU64(&bytes, key);
  return bytes;
}

absl::StatusOr<uint64_t> LedgerCodec::DecodeKey(absl::string_view bytes) {
  crypto::ByteReader reader(bytes);
  const absl::StatusOr<uint64_t> key = reader.ReadU64();
  if (!key.ok() || !reader.AtEnd()) return Damaged("ledger number");
  return *key;
}

std::string LedgerCodec::Encode(const LedgerEntry& value) {
  record::LedgerRecord out;
  out.set_cohort(value.cohort.id());
  out.set_table_id(value.table);
  out.set_spec_hash(value.spec_hash);
  out.set_sigma2_numerator(value.sigma2.num);
  out.set_sigma2_denominator(value.sigma2.den);
  out.set_sensitivity2(value.sensitivity2);
  out.set_rho_nano(value.rho.nano());
  out.set_spent_after_nano(value.spent_after.nano());
  out.set_cap_nano(value.cap.nano());
  out.set_release_id(value.release.bytes());
  out.set_release_hash(value.release_hash);
  out.set_prepared_by(value.prepared_by.bytes());
  out.set_approved_by(value.approved_by.bytes());
  out.set_charged_at_ms(amparo::ToUnixMillis(value.charged_at));
  out.set_previous(value.previous);
  return storage::SerializeRecord(out);
}

absl::StatusOr<LedgerEntry> LedgerCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::LedgerRecord in,
                   storage::ParseRecord<record::LedgerRecord>(bytes));
  ASSIGN_OR_RETURN(const Cohort cohort, DecodeCohort(in.cohort()));
  LedgerEntry value(cohort);
  value.table = in.table_id();
  value.spec_hash = in.spec_hash();
  value.sigma2 = {in.sigma2_numerator(), in.sigma2_denominator()};
  value.sensitivity2 = in.sensitivity2();
  ASSIGN_OR_RETURN(value.rho, DecodeRho(in.rho_nano()));
  ASSIGN_OR_RETURN(value.spent_after, DecodeRho(in.spent_after_nano()));
  ASSIGN_OR_RETURN(value.cap, DecodeRho(in.cap_nano()));
  ASSIGN_OR_RETURN(value.release, DecodeId<ReleaseId>(in.release_id()));
  value.release_hash = in.release_hash();
  ASSIGN_OR_RETURN(value.prepared_by, DecodeId<PersonId>(in.prepared_by()));
  ASSIGN_OR_RETURN(value.approved_by, DecodeId<PersonId>(in.approved_by()));
  ASSIGN_OR_RETURN(value.charged_at, DecodeTime(in.charged_at_ms()));
  value.previous = in.previous();
  return value;
}

std::string LedgerIndexCodec::EncodeKey(const Key& key) {
  return absl::StrCat(key.first.id(), absl::string_view("\0", 1), key.second);
}

absl::StatusOr<LedgerIndexCodec::Key> LedgerIndexCodec::DecodeKey(
    absl::string_view bytes) {
  const size_t end = bytes.find('\0');
  if (end == absl::string_view::npos) return Damaged("ledger index");
  ASSIGN_OR_RETURN(const Cohort cohort, DecodeCohort(bytes.substr(0, end)));
  return Key(cohort, std::string(bytes.substr(end + 1)));
}

std::string LedgerIndexCodec::Encode(const LedgerPlace& value) {
  record::LedgerIndexRecord out;
  out.set_sequence(value.sequence);
  out.set_release_id(value.release.bytes());
  return storage::SerializeRecord(out);
}

absl::StatusOr<LedgerPlace> LedgerIndexCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::LedgerIndexRecord in,
                   storage::ParseRecord<record::LedgerIndexRecord>(bytes));
  LedgerPlace value;
  value.sequence = in.sequence();
  ASSIGN_OR_RETURN(value.release, DecodeId<ReleaseId>(in.release_id()));
  return value;
}

}  // namespace amparo::statistics
