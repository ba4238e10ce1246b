// SPDX-License-Identifier: Apache-2.0
#include "node/peering/key_bundle.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "amparo/peer/v1/key_bundle.pb.h"
#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"
#include "node/peering/signed_body.h"

namespace amparo::peering {
namespace {

constexpr size_t kKeysOfAKindMax = 64;

absl::Status Invalid(absl::string_view cause) {
  return Error(Reason::kKeyBundleInvalid,
               absl::StrCat("the key bundle is refused: ", cause));
}

// Times that node/base/clock.h can represent.
bool IsTime(int64_t millis) {
  constexpr int64_t kYear10000 = 253402300800000;
  return millis >= 0 && millis < kYear10000;
}

absl::StatusOr<KeyValidity> DecodeValidity(const peer::v1::EpochKey& wire) {
  if (wire.epoch() == 0) return Invalid("a key has no epoch");
  if (!IsTime(wire.not_before_ms()) || !IsTime(wire.sign_until_ms()) ||
      !IsTime(wire.verify_until_ms()) ||
      wire.not_before_ms() > wire.sign_until_ms() ||
      wire.sign_until_ms() > wire.verify_until_ms()) {
    return Invalid("the times of a key are out of order");
  }
  return KeyValidity{FromUnixMillis(wire.not_before_ms()),
                     FromUnixMillis(wire.sign_until_ms()),
                     FromUnixMillis(wire.verify_until_ms())};
}

void EncodeEpochKey(uint32_t epoch, const std::string& key,
                    const KeyValidity& validity, peer::v1::EpochKey* wire) {
  wire->set_epoch(epoch);
  wire->set_public_key(key);
  wire->set_not_before_ms(amparo::ToUnixMillis(validity.not_before));
  wire->set_sign_until_ms(amparo::ToUnixMillis(validity.sign_until));
  wire->set_verify_until_ms(amparo::ToUnixMillis(validity.verify_until));
}

absl::Status DecodeSigningKeys(const peer::v1::KeyBundle& wire,
                               KeyBundle& bundle) {
  std::set<uint32_t> epochs;
  for (const peer::v1::EpochKey& entry : wire.signing_keys()) {
    ASSIGN_OR_RETURN(const KeyValidity validity, DecodeValidity(entry));
    absl::StatusOr<crypto::P256PublicKey> key =
        crypto::P256PublicKey::FromCompressed(entry.public_key());
    if (!key.ok()) return Invalid("a signing key is no P-256 point");
    if (!epochs.insert(entry.epoch()).second) {
      return Invalid("two signing keys have one epoch");
    }
    bundle.signing_keys.push_back({entry.epoch(), *std::move(key), validity});
  }
  return absl::OkStatus();
}

absl::Status DecodeLogKeys(const peer::v1::KeyBundle& wire, KeyBundle& bundle) {
  std::set<uint32_t> epochs;
  for (const peer::v1::EpochKey& entry : wire.log_keys()) {
    ASSIGN_OR_RETURN(const KeyValidity validity, DecodeValidity(entry));
    absl::StatusOr<crypto::Ed25519PublicKey> key =
        crypto::Ed25519PublicKey::FromBytes(entry.public_key());
    if (!key.ok()) return Invalid("a log key is not 32 bytes");
    if (!epochs.insert(entry.epoch()).second) {
      return Invalid("two log keys have one epoch");
    }
    bundle.log_keys.push_back({entry.epoch(), *std::move(key), validity});
  }
  return absl::OkStatus();
}

absl::Status DecodeSealingKeys(const peer::v1::KeyBundle& wire,
                               KeyBundle& bundle) {
  std::set<SealingKeyId> ids;
  for (const peer::v1::SealingKey& entry : wire.sealing_keys()) {
    absl::StatusOr<crypto::X25519PublicKey> key =
        crypto::X25519PublicKey::FromBytes(entry.public_key());
    if (!key.ok()) return Invalid("a sealing key is not 32 bytes");
    if (!IsTime(entry.not_before_ms()) || !IsTime(entry.seal_until_ms()) ||
        !IsTime(entry.delete_at_ms()) ||
        entry.not_before_ms() > entry.seal_until_ms() ||
        entry.seal_until_ms() > entry.delete_at_ms()) {
      return Invalid("the times of a sealing key are out of order");
    }
    const SealingKeyId id = SealingKeyIdOf(*key);
    if (!ids.insert(id).second) return Invalid("a sealing key stands twice");
    bundle.sealing_keys.push_back({id, *std::move(key),
                                   FromUnixMillis(entry.not_before_ms()),
                                   FromUnixMillis(entry.seal_until_ms()),
                                   FromUnixMillis(entry.delete_at_ms())});
  }
  return absl::OkStatus();
}

absl::Status CheckWireSizes(const peer::v1::KeyBundle& wire) {
  const auto in_range = [](int size) {
    return size >= 1 && static_cast<size_t>(size) <= kKeysOfAKindMax;
  };
  if (!in_range(wire.signing_keys_size()) || !in_range(wire.log_keys_size()) ||
      !in_range(wire.sealing_keys_size())) {
    return Invalid("it needs 1 to 64 keys of each kind");
  }
  return absl::OkStatus();
}

bool IsCountry(absl::string_view text) {
  return text.empty() ||
         (text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) {
            return c >= 'A' && c <= 'Z';
          }));
}

absl::StatusOr<NodeRole> DecodeRole(peer::v1::NodeRole role) {
  switch (role) {
    case peer::v1::NODE_ROLE_OFFICE:
      return NodeRole::kOffice;
    case peer::v1::NODE_ROLE_REGION:
      return NodeRole::kRegion;
    default:
      return Invalid("the role is not known");
  }
}

absl::StatusOr<KeyBundle> DecodeBody(const peer::v1::KeyBundle& wire) {
  RETURN_IF_ERROR(CheckWireSizes(wire));
  absl::StatusOr<OfficeId> office = OfficeId::FromBytes(wire.office_id());
  if (!office.ok() || office->empty()) return Invalid("it names no office");
  absl::StatusOr<crypto::P256PublicKey> office_key =
      crypto::P256PublicKey::FromCompressed(wire.office_key());
  if (!office_key.ok()) return Invalid("the office key is no P-256 point");
  if (!IsOfficeName(wire.office_name())) return Invalid("the name is invalid");
  if (!IsAddress(wire.address())) return Invalid("the address is invalid");
  if (!IsCountry(wire.country())) return Invalid("the country is invalid");
  if (wire.incarnation() == 0 || wire.version() == 0) {
    return Invalid("incarnation and version count from 1");
  }
  if (!IsTime(wire.issued_at_ms())) return Invalid("the time is invalid");
  if (wire.protocol_min() == 0 || wire.protocol_min() > wire.protocol_max()) {
    return Invalid("the protocol versions are out of order");
  }
  ASSIGN_OR_RETURN(const NodeRole role, DecodeRole(wire.role()));
  KeyBundle bundle{*office,
                   *std::move(office_key),
                   wire.office_name(),
                   wire.address(),
                   wire.country(),
                   wire.exercise(),
                   role,
                   wire.incarnation(),
                   wire.version(),
                   FromUnixMillis(wire.issued_at_ms()),
                   wire.protocol_min(),
                   wire.protocol_max(),
                   {},
                   {},
                   {}};
  RETURN_IF_ERROR(DecodeSigningKeys(wire, bundle));
  RETURN_IF_ERROR(DecodeLogKeys(wire, bundle));
  RETURN_IF_ERROR(DecodeSealingKeys(wire, bundle));
  return bundle;
}

// `pinned` null: the key the bundle itself names.
absl::StatusOr<KeyBundle> VerifyAgainst(absl::string_view signed_bytes,
                                        const crypto::P256PublicKey* pinned,
                                        absl::Time now) {
  if (signed_bytes.size() > limits::kKeyBundleBytesMax) {
    return Invalid("it is too large");
  }
  absl::StatusOr<SignedBody> envelope = SignedBody::Decode(signed_bytes);
  if (!envelope.ok() || envelope->signatures.size() != 1) {
    return Invalid("it is not a body with one signature");
  }
  peer::v1::KeyBundle wire;
  if (!wire.ParseFromString(envelope->body)) return Invalid("it is malformed");
  ASSIGN_OR_RETURN(KeyBundle bundle, DecodeBody(wire));
  if (pinned != nullptr && bundle.office_key != *pinned) {
    return Invalid("it names another office key than the pinned one");
  }
  const BodySignature& signature = envelope->signatures.front();
  if (signature.office != bundle.office || signature.key_epoch != 0) {
    return Invalid("it was not signed by the office key");
  }
  if (!crypto::VerifyDsse(bundle.office_key, kKeyBundleType, envelope->body,
                          signature.signature)
           .ok()) {
    return Invalid("the signature does not verify");
  }
  if (bundle.issued_at > now + limits::kClockSkewMax) {
    return Invalid("it was issued in the future; compare the clocks");
  }
  return bundle;
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

SealingKeyId SealingKeyIdOf(const crypto::X25519PublicKey& key) {
  // Sixteen bytes make an id, always.
  return *SealingKeyId::FromBytes(
      crypto::Sha256(key.Bytes()).substr(0, SealingKeyId::kSize));
}

absl::StatusOr<KeyBundle> KeyBundle::Verify(absl::string_view signed_bytes,
                                            const crypto::P256PublicKey& pinned,
                                            absl::Time now) {
  return VerifyAgainst(signed_bytes, &pinned, now);
}

absl::StatusOr<KeyBundle> KeyBundle::VerifyOfNewcomer(
    absl::string_view signed_bytes, absl::Time now) {
  return VerifyAgainst(signed_bytes, nullptr, now);
}

std::string KeyBundle::EncodeBody() const {
  peer::v1::KeyBundle wire;
  wire.set_office_id(office.bytes());
  wire.set_office_key(office_key.Compressed());
  wire.set_office_name(office_name);
  wire.set_address(address);
  wire.set_exercise(exercise);
  wire.set_incarnation(incarnation);
  wire.set_version(version);
  wire.set_issued_at_ms(amparo::ToUnixMillis(issued_at));
  for (const SigningKey& key : signing_keys) {
    EncodeEpochKey(key.epoch, key.key.Compressed(), key.validity,
                   wire.add_signing_keys());
  }
  for (const LogVerificationKey& key : log_keys) {
    EncodeEpochKey(key.epoch, key.key.Bytes(), key.validity,
                   wire.add_log_keys());
  }
  for (const SealingKey& key : sealing_keys) {
    peer::v1::SealingKey* added = wire.add_sealing_keys();
    added->set_public_key(key.key.Bytes());
    added->set_not_before_ms(amparo::ToUnixMillis(key.not_before));
    added->set_seal_until_ms(amparo::ToUnixMillis(key.seal_until));
    added->set_delete_at_ms(amparo::ToUnixMillis(key.delete_at));
  }
  wire.set_country(country);
  wire.set_role(role == NodeRole::kRegion ? peer::v1::NODE_ROLE_REGION
                                          : peer::v1::NODE_ROLE_OFFICE);
  wire.set_protocol_min(protocol_min);
  wire.set_protocol_max(protocol_max);
  return wire.SerializeAsString();
}

absl::StatusOr<SigningKey> KeyBundle::SigningKeyOf(uint32_t epoch) const {
  for (const SigningKey& key : signing_keys) {
    if (key.epoch == epoch) return key;
  }
  return Error(Reason::kKeyEpochUnknown);
}

absl::StatusOr<SealingKey> KeyBundle::SealingKeyToUse(absl::Time now) const {
  const SealingKey* best = nullptr;
  for (const SealingKey& key : sealing_keys) {
    if (now < key.not_before || now > key.seal_until) continue;
    if (best == nullptr || key.not_before > best->not_before) best = &key;
  }
  if (best == nullptr) {
    return Error(Reason::kSealingKeyUnknown,
                 "the peer's key bundle is out of date: no key in it may be "
                 "sealed to any more");
  }
  return *best;
}

bool IsOfAnotherLife(const KeyBundle& held, const KeyBundle& present) {
  return held.incarnation == present.incarnation &&
         std::any_of(held.signing_keys.begin(), held.signing_keys.end(),
                     [&](const SigningKey& announced) {
                       const absl::StatusOr<SigningKey> kept =
                           present.SigningKeyOf(announced.epoch);
                       return !kept.ok() || !(kept->key == announced.key);
                     });
}

bool IsAddress(absl::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 255) return false;
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  uint32_t number = 0;
  if (port.empty() || port.size() > 5 || port[0] == '0' ||
      !std::all_of(port.begin(), port.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return false;
  }
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return false;
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) {
      return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == ':' ||
             c == '.';
    });
  }
  return std::all_of(host.begin(), host.end(), IsHostCharacter);
}

bool IsOfficeName(absl::string_view text) {
  return !text.empty() && text.size() <= 128 && !HasControls(text);
}

}  // namespace amparo::peering
