// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_records.h"

#include "absl/strings/str_cat.h"
#include "amparo/record/v1/peering.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::peering {
namespace {

constexpr char kOwnOfficeKey[] = "office";

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("a row of peering is damaged: ", what));
}

template <class Proto>
absl::StatusOr<Proto> Parse(absl::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged("it does not parse");
  }
  return proto;
}

// Empty bytes stand for the empty id.
template <class AnyId>
absl::StatusOr<AnyId> DecodeId(const std::string& bytes) {
  if (bytes.empty()) return AnyId();
  absl::StatusOr<AnyId> id = AnyId::FromBytes(bytes);
  if (!id.ok()) return Damaged("an id has another length");
  return *id;
}

template <class AnyId>
std::string EncodeId(const AnyId& id) {
  return id.empty() ? std::string() : id.bytes();
}

absl::StatusOr<crypto::P256PublicKey> DecodePoint(const std::string& bytes) {
  absl::StatusOr<crypto::P256PublicKey> key =
      crypto::P256PublicKey::FromCompressed(bytes);
  if (!key.ok()) return Damaged("a public key is none");
  return key;
}

absl::StatusOr<PeerState> DecodeState(uint32_t number) {
  switch (number) {
    case 1:
      return PeerState::kAwaitingConfirmation;
    case 2:
      return PeerState::kActive;
    case 3:
      return PeerState::kSuspended;
    default:
      return Damaged("the state is not known");
  }
}

absl::StatusOr<NodeRole> DecodeRole(uint32_t number) {
  switch (number) {
    case 1:
      return NodeRole::kOffice;
    case 2:
      return NodeRole::kRegion;
    default:
      return Damaged("the role is not known");
  }
}

absl::StatusOr<OwnKeyKind> DecodeKind(uint32_t number) {
  if (number < 1 || number > 5) return Damaged("the kind of key is not known");
  return static_cast<OwnKeyKind>(number);
}

absl::StatusOr<InvitationId> DecodePrefixed(char prefix,
                                            absl::string_view bytes) {
  if (bytes.empty() || bytes.front() != prefix) {
    return Damaged("a row key has another prefix");
  }
  return InvitationId::FromBytes(bytes.substr(1));
}

}  // namespace

std::string OwnOfficeCodec::EncodeKey(const Key&) { return kOwnOfficeKey; }

absl::StatusOr<OwnOfficeCodec::Key> OwnOfficeCodec::DecodeKey(
    absl::string_view bytes) {
  if (bytes != kOwnOfficeKey) return Damaged("a row key is not known");
  return Key{};
}

std::string OwnOfficeCodec::Encode(const Record& record) {
  record::v1::OwnOfficeRecord proto;
  proto.set_office_id(record.id.bytes());
  proto.set_name(record.settings.name);
  proto.set_country(record.settings.country);
  proto.set_address(record.settings.address);
  proto.set_exercise(record.settings.exercise);
  proto.set_role(static_cast<uint32_t>(record.settings.role));
  proto.set_incarnation(record.incarnation);
  proto.set_signed_bundle(record.signed_bundle);
  proto.set_tls_certificate(record.tls_certificate);
  proto.set_later_bundle(record.later_bundle);
  return proto.SerializeAsString();
}

absl::StatusOr<OwnOfficeRow> OwnOfficeCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto proto, Parse<record::v1::OwnOfficeRecord>(bytes));
  OwnOfficeRow row;
  ASSIGN_OR_RETURN(row.id, DecodeId<OfficeId>(proto.office_id()));
  row.settings.name = proto.name();
  row.settings.country = proto.country();
  row.settings.address = proto.address();
  row.settings.exercise = proto.exercise();
  ASSIGN_OR_RETURN(row.settings.role, DecodeRole(proto.role()));
  row.incarnation = proto.incarnation();
  row.signed_bundle = proto.signed_bundle();
  row.tls_certificate = proto.tls_certificate();
  row.later_bundle = proto.later_bundle();
  return row;
}

std::string OwnKeyCodec::EncodeKey(const Key& key) {
  std::string bytes;
  crypto::AppendU8(&bytes, static_cast<uint8_t>(key.kind));
  if (key.kind == OwnKeyKind::kSealing) {
    bytes += key.sealing.bytes();
  } else {
    crypto::AppendU32(&bytes, key.epoch);
  }
  return bytes;
}

absl::StatusOr<OwnKeyName> OwnKeyCodec::DecodeKey(absl::string_view bytes) {
  crypto::ByteReader reader(bytes);
  OwnKeyName name;
  ASSIGN_OR_RETURN(const uint8_t kind, reader.ReadU8());
  ASSIGN_OR_RETURN(name.kind, DecodeKind(kind));
  if (name.kind == OwnKeyKind::kSealing) {
    ASSIGN_OR_RETURN(const std::string id,
                     reader.ReadBytes(SealingKeyId::kSize));
    ASSIGN_OR_RETURN(name.sealing, SealingKeyId::FromBytes(id));
  } else {
    ASSIGN_OR_RETURN(name.epoch, reader.ReadU32());
  }
  if (!reader.AtEnd()) return Damaged("a row key is too long");
  return name;
}

std::string OwnKeyCodec::Encode(const Record& record) {
  record::v1::OwnKeyRecord proto;
  proto.set_kind(static_cast<uint32_t>(record.kind));
  proto.set_epoch(record.epoch);
  const absl::string_view key = record.private_key.Reveal();
  proto.set_private_key(key.data(), key.size());
  std::string bytes = proto.SerializeAsString();
  crypto::Cleanse(proto.mutable_private_key()->data(), key.size());
  return bytes;
}

absl::StatusOr<OwnKeyRow> OwnKeyCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(auto proto, Parse<record::v1::OwnKeyRecord>(bytes));
  OwnKeyRow row;
  ASSIGN_OR_RETURN(row.kind, DecodeKind(proto.kind()));
  row.epoch = proto.epoch();
  row.private_key = crypto::Secret::Copy(proto.private_key());
  crypto::Cleanse(proto.mutable_private_key()->data(),
                  proto.private_key().size());
  return row;
}

std::string PeerCodec::Encode(const Record& record) {
  record::v1::PeerRecord proto;
  proto.set_office_id(record.id.bytes());
  proto.set_office_key(record.office_key.Compressed());
  proto.set_state(static_cast<uint32_t>(record.state));
  proto.set_own_nonce(record.own_nonce);
  proto.set_peer_nonce(record.peer_nonce);
  proto.set_confirmed_by_us(record.confirmed_by_us);
  proto.set_confirmed_by_peer(record.confirmed_by_peer);
  proto.set_first_person(EncodeId(record.first_person));
  proto.set_second_person(EncodeId(record.second_person));
  proto.set_signed_bundle(record.signed_bundle);
  proto.set_skew_ms(absl::ToInt64Milliseconds(record.skew));
  proto.set_added_at_ms(amparo::ToUnixMillis(record.added_at));
  if (record.last_hello_at != absl::InfinitePast()) {
    proto.set_last_hello_at_ms(amparo::ToUnixMillis(record.last_hello_at));
  }
  for (const FormerBundle& former : record.former_bundles) {
    proto.add_former_bundles(former.signed_bytes);
  }
  return proto.SerializeAsString();
}

absl::StatusOr<Peer> PeerCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto proto, Parse<record::v1::PeerRecord>(bytes));
  ASSIGN_OR_RETURN(const OfficeId id, DecodeId<OfficeId>(proto.office_id()));
  ASSIGN_OR_RETURN(crypto::P256PublicKey office_key,
                   DecodePoint(proto.office_key()));
  ASSIGN_OR_RETURN(const PeerState state, DecodeState(proto.state()));
  ASSIGN_OR_RETURN(const PersonId first,
                   DecodeId<PersonId>(proto.first_person()));
  ASSIGN_OR_RETURN(const PersonId second,
                   DecodeId<PersonId>(proto.second_person()));
  absl::StatusOr<KeyBundle> bundle = KeyBundle::Verify(
      proto.signed_bundle(), office_key, absl::InfiniteFuture());
  if (!bundle.ok() || bundle->office != id) {
    return Damaged("the key bundle of a peer does not verify");
  }
  if (proto.own_nonce().size() != kPeeringNonceSize ||
      proto.peer_nonce().size() != kPeeringNonceSize) {
    return Damaged("a nonce has another length");
  }
  if (proto.added_at_ms() < 0 || proto.last_hello_at_ms() < 0) {
    return Damaged("a time of a peer is before 1970");
  }
  std::vector<FormerBundle> former_bundles;
  for (const std::string& signed_bytes : proto.former_bundles()) {
    absl::StatusOr<KeyBundle> former =
        KeyBundle::Verify(signed_bytes, office_key, absl::InfiniteFuture());
    if (!former.ok() || former->office != id) {
      return Damaged("a former key bundle of a peer does not verify");
    }
    former_bundles.push_back({*std::move(former), signed_bytes});
  }
  return Peer{id,
              std::move(office_key),
              state,
              proto.own_nonce(),
              proto.peer_nonce(),
              proto.confirmed_by_us(),
              proto.confirmed_by_peer(),
              first,
              second,
              *std::move(bundle),
              proto.signed_bundle(),
              absl::Milliseconds(proto.skew_ms()),
              FromUnixMillis(proto.added_at_ms()),
              proto.last_hello_at_ms() == 0
                  ? absl::InfinitePast()
                  : FromUnixMillis(proto.last_hello_at_ms()),
              std::move(former_bundles)};
}

std::string InvitationCodec::EncodeKey(const Key& key) {
  return std::string(1, kPrefix) + key.bytes();
}

absl::StatusOr<InvitationId> InvitationCodec::DecodeKey(
    absl::string_view bytes) {
  return DecodePrefixed(kPrefix, bytes);
}

std::string InvitationCodec::Encode(const Record& record) {
  record::v1::InvitationRecord proto;
  proto.set_invitation_id(record.id.bytes());
  proto.set_one_time_key(record.one_time_key.Compressed());
  proto.set_nonce(record.nonce);
  proto.set_invited_by(EncodeId(record.invited_by));
  proto.set_expires_at_ms(amparo::ToUnixMillis(record.expires_at));
  proto.set_used_by(EncodeId(record.used_by));
  proto.set_request_digest(record.request_digest);
  proto.set_answer(record.answer);
  return proto.SerializeAsString();
}

absl::StatusOr<Invitation> InvitationCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto proto,
                   Parse<record::v1::InvitationRecord>(bytes));
  ASSIGN_OR_RETURN(const InvitationId id,
                   DecodeId<InvitationId>(proto.invitation_id()));
  ASSIGN_OR_RETURN(crypto::P256PublicKey key,
                   DecodePoint(proto.one_time_key()));
  ASSIGN_OR_RETURN(const PersonId by, DecodeId<PersonId>(proto.invited_by()));
  ASSIGN_OR_RETURN(const OfficeId used_by, DecodeId<OfficeId>(proto.used_by()));
  if (proto.expires_at_ms() < 0) {
    return Damaged("an invitation ends before 1970");
  }
  return Invitation{id,
                    std::move(key),
                    proto.nonce(),
                    by,
                    FromUnixMillis(proto.expires_at_ms()),
                    used_by,
                    proto.request_digest(),
                    proto.answer()};
}

std::string RedemptionCodec::EncodeKey(const Key& key) {
  return std::string(1, kPrefix) + key.bytes();
}

absl::StatusOr<InvitationId> RedemptionCodec::DecodeKey(
    absl::string_view bytes) {
  return DecodePrefixed(kPrefix, bytes);
}

std::string RedemptionCodec::Encode(const Record& record) {
  record::v1::RedemptionRecord proto;
  proto.set_invitation_id(record.id.bytes());
  proto.set_nonce(record.nonce);
  proto.set_request(record.request);
  return proto.SerializeAsString();
}

absl::StatusOr<Redemption> RedemptionCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto proto,
                   Parse<record::v1::RedemptionRecord>(bytes));
  ASSIGN_OR_RETURN(const InvitationId id,
                   DecodeId<InvitationId>(proto.invitation_id()));
  return Redemption{id, proto.nonce(), proto.request()};
}

std::string AgreementCodec::Encode(const Record& record) {
  record::v1::AgreementRecord proto;
  proto.set_body(record.body);
  proto.set_proposer_signature(record.proposer_signature);
  proto.set_acceptor_signature(record.acceptor_signature);
  proto.set_drawn_up_by(EncodeId(record.drawn_up_by));
  proto.set_signed_by(EncodeId(record.signed_by));
  return proto.SerializeAsString();
}

absl::StatusOr<AgreementRow> AgreementCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto proto, Parse<record::v1::AgreementRecord>(bytes));
  AgreementRow row;
  row.body = proto.body();
  row.proposer_signature = proto.proposer_signature();
  row.acceptor_signature = proto.acceptor_signature();
  ASSIGN_OR_RETURN(row.drawn_up_by, DecodeId<PersonId>(proto.drawn_up_by()));
  ASSIGN_OR_RETURN(row.signed_by, DecodeId<PersonId>(proto.signed_by()));
  return row;
}

std::string AgreementByPeerKey(const OfficeId& peer, const AgreementId& id) {
  return peer.bytes() + id.bytes();
}

absl::StatusOr<AgreementId> AgreementOfPeerKey(absl::string_view key) {
  if (key.size() != OfficeId::kSize + AgreementId::kSize) {
    return Damaged("a row key has another length");
  }
  return AgreementId::FromBytes(key.substr(OfficeId::kSize));
}

}  // namespace amparo::peering
