// SPDX-License-Identifier: Apache-2.0
#include "node/peering/invitations.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/certificate/certificate.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/peering_records.h"
#include "node/storage/table.h"

namespace amparo::peering {
namespace {

constexpr char kCodePrefix[] = "amparo-invite-1:";
constexpr uint8_t kCodeVersion = 1;
constexpr size_t kChecksumSize = 4;
constexpr size_t kCodeBytesMax = 1024;

absl::Status Invalid(absl::string_view cause) {
  return Error(Reason::kInvitationInvalid,
               absl::StrCat("the invitation code is refused: ", cause));
}

// The parts after the checksum was found right.
absl::StatusOr<InvitationCode> DecodeParts(absl::string_view bytes) {
  crypto::ByteReader reader(bytes);
  absl::StatusOr<uint8_t> version = reader.ReadU8();
  if (!version.ok() || *version != kCodeVersion) {
    return Invalid("it is of another version");
  }
  absl::StatusOr<std::string> address = reader.ReadPrefixed();
  if (!address.ok()) return Invalid("it is not complete");
  absl::StatusOr<std::string> point =
      reader.ReadBytes(crypto::kP256CompressedSize);
  if (!point.ok()) return Invalid("it is not complete");
  absl::StatusOr<std::string> scalar =
      reader.ReadBytes(crypto::kP256ScalarSize);
  if (!scalar.ok()) return Invalid("it is not complete");
  absl::StatusOr<crypto::P256PrivateKey> one_time =
      crypto::P256PrivateKey::FromScalar(*scalar);
  crypto::Cleanse(scalar->data(), scalar->size());
  absl::StatusOr<uint8_t> exercise = reader.ReadU8();
  if (!exercise.ok() || *exercise > 1 || !reader.AtEnd()) {
    return Invalid("it is not complete");
  }
  absl::StatusOr<crypto::P256PublicKey> office =
      crypto::P256PublicKey::FromCompressed(*point);
  if (!office.ok() || !one_time.ok()) return Invalid("a key in it is none");
  if (address->empty() || !IsAddress(*address)) {
    return Invalid("the address in it is none");
  }
  return InvitationCode::Create(*address, *office, *std::move(one_time),
                                *exercise == 1);
}

}  // namespace

InvitationId InvitationIdOf(const crypto::P256PublicKey& one_time_key) {
  // Sixteen bytes make an id, always.
  return *InvitationId::FromBytes(
      crypto::Sha256(one_time_key.Compressed()).substr(0, InvitationId::kSize));
}

InvitationCode::InvitationCode(std::string address,
                               crypto::P256PublicKey office_key,
                               crypto::P256PrivateKey one_time_key,
                               bool exercise)
    : address_(std::move(address)),
      office_key_(std::move(office_key)),
      one_time_key_(std::move(one_time_key)),
      exercise_(exercise) {}

absl::StatusOr<InvitationCode> InvitationCode::Create(
    absl::string_view address, const crypto::P256PublicKey& office_key,
    crypto::P256PrivateKey one_time_key, bool exercise) {
  if (address.empty() || !IsAddress(address)) {
    return FieldError("peer_address", "must be host:port");
  }
  return InvitationCode(std::string(address), office_key,
                        std::move(one_time_key), exercise);
}

absl::StatusOr<InvitationCode> InvitationCode::Decode(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (!absl::ConsumePrefix(&text, kCodePrefix)) {
    return Invalid("it does not start as one");
  }
  if (text.size() > kCodeBytesMax) return Invalid("it is too long");
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) ||
      bytes.size() < kChecksumSize) {
    return Invalid("it was not copied whole");
  }
  const absl::string_view body(bytes.data(), bytes.size() - kChecksumSize);
  const absl::string_view checksum =
      absl::string_view(bytes).substr(body.size());
  if (crypto::Sha256(body).substr(0, kChecksumSize) != checksum) {
    crypto::Cleanse(bytes.data(), bytes.size());
    return Invalid("it was not copied whole");
  }
  absl::StatusOr<InvitationCode> code = DecodeParts(body);
  crypto::Cleanse(bytes.data(), bytes.size());
  return code;
}

crypto::Secret InvitationCode::Encode() const {
  std::string bytes;
  crypto::AppendU8(&bytes, kCodeVersion);
  crypto::AppendPrefixed(&bytes, address_);
  bytes += office_key_.Compressed();
  const crypto::Secret scalar = one_time_key_.Scalar();
  absl::StrAppend(&bytes, scalar.Reveal());
  crypto::AppendU8(&bytes, exercise_ ? 1 : 0);
  bytes += crypto::Sha256(bytes).substr(0, kChecksumSize);
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  std::string whole = absl::StrCat(kCodePrefix, text);
  crypto::Secret code = crypto::Secret::Copy(whole);
  crypto::Cleanse(bytes.data(), bytes.size());
  crypto::Cleanse(text.data(), text.size());
  crypto::Cleanse(whole.data(), whole.size());
  return code;
}

InvitationId InvitationCode::id() const {
  return InvitationIdOf(one_time_key_.public_key());
}

absl::StatusOr<TlsIdentity> InvitationCode::ClientIdentity(
    absl::Time now, crypto::RandomSource& random) const {
  ASSIGN_OR_RETURN(
      std::string certificate,
      crypto::IssueCertificate(one_time_key_, one_time_key_.public_key(),
                               "invitation", {}, now - limits::kClockSkewMax,
                               now + absl::Hours(24), random));
  return TlsIdentity{one_time_key_.ToPem(), std::move(certificate)};
}

absl::StatusOr<Invitation> Invitations::Get(const storage::Reader& reader,
                                            const InvitationId& id) const {
  ASSIGN_OR_RETURN(auto row,
                   storage::Table<InvitationCodec>(vault_).Get(reader, id));
  if (!row.has_value()) return Error(Reason::kInvitationInvalid);
  return std::move(row->value);
}

absl::StatusOr<Invitation> Invitations::FindLive(
    const storage::Reader& reader, const crypto::P256PublicKey& key,
    absl::Time now) const {
  ASSIGN_OR_RETURN(Invitation invitation, Get(reader, InvitationIdOf(key)));
  if (invitation.one_time_key != key) {
    return Error(Reason::kInvitationInvalid);
  }
  if (now >= invitation.expires_at) return Error(Reason::kInvitationExpired);
  return invitation;
}

absl::Status Invitations::Insert(storage::Batch& batch,
                                 const Invitation& value) const {
  return storage::Table<InvitationCodec>(vault_).Insert(batch, value.id, value);
}

absl::Status Invitations::MarkUsed(const storage::Reader& reader,
                                   storage::Batch& batch,
                                   const InvitationId& id,
                                   const OfficeId& used_by,
                                   absl::string_view request_digest,
                                   absl::string_view answer) const {
  const storage::Table<InvitationCodec> table(vault_);
  ASSIGN_OR_RETURN(const auto row, table.Get(reader, id));
  if (!row.has_value() || row->value.used()) {
    return Error(Reason::kInvitationInvalid);
  }
  Invitation next = row->value;
  next.used_by = used_by;
  next.request_digest = std::string(request_digest);
  next.answer = std::string(answer);
  return table.Replace(batch, id, *row, next);
}

absl::StatusOr<size_t> Invitations::DropExpired(const storage::Reader& reader,
                                                storage::Batch& batch,
                                                absl::Time now) const {
  const storage::Table<InvitationCodec> table(vault_);
  size_t dropped = 0;
  RETURN_IF_ERROR(table.Scan(
      reader, std::string(1, InvitationCodec::kPrefix), {},
      [&](const InvitationId& id,
          const storage::Row<Invitation>& row) -> absl::StatusOr<bool> {
        if (now >= row.value.expires_at) {
          table.Delete(batch, id);
          ++dropped;
        }
        return true;
      }));
  return dropped;
}

absl::StatusOr<std::optional<Redemption>> Invitations::FindRedemption(
    const storage::Reader& reader, const InvitationId& id) const {
  ASSIGN_OR_RETURN(auto row,
                   storage::Table<RedemptionCodec>(vault_).Get(reader, id));
  if (!row.has_value()) return std::optional<Redemption>();
  return std::optional<Redemption>(std::move(row->value));
}

absl::Status Invitations::InsertRedemption(storage::Batch& batch,
                                           const Redemption& value) const {
  return storage::Table<RedemptionCodec>(vault_).Insert(batch, value.id, value);
}

void Invitations::DeleteRedemption(storage::Batch& batch,
                                   const InvitationId& id) const {
  storage::Table<RedemptionCodec>(vault_).Delete(batch, id);
}

}  // namespace amparo::peering
