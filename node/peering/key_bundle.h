// SPDX-License-Identifier: Apache-2.0
//
// The keys of an office, signed by its office key (exchange page, "Identity
// and trust"). The office key is pinned and signs nothing but certificates,
// key bundles and agreements; the bundle names all keys that do daily work.
#ifndef AMPARO_NODE_PEERING_KEY_BUNDLE_H_
#define AMPARO_NODE_PEERING_KEY_BUNDLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/seal/x25519.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "node/base/ids.h"

namespace amparo::peering {

// The protocol versions this program speaks.
inline constexpr uint32_t kProtocolMin = 1;
inline constexpr uint32_t kProtocolMax = 1;

// What a node does. Frozen numbers, as on the wire and on disk.
enum class NodeRole {
  kOffice = 1,  // An organisation with cases.
  kRegion = 2,  // A regional registry: releases and trends, no cases.
};

// When a key may be used. not_before <= sign_until <= verify_until.
struct KeyValidity {
  absl::Time not_before;
  absl::Time sign_until;
  // Last moment what it signed may be used for something new; evidence that
  // was taken in before verifies for ever.
  absl::Time verify_until;
};

// Signs letters, receipts and releases. Epochs count from 1.
struct SigningKey {
  uint32_t epoch;
  crypto::P256PublicKey key;
  KeyValidity validity;
};

// Signs checkpoints.
struct LogVerificationKey {
  uint32_t epoch;
  crypto::Ed25519PublicKey key;
  KeyValidity validity;
};

// Letters are sealed to it.
struct SealingKey {
  SealingKeyId id;
  crypto::X25519PublicKey key;
  absl::Time not_before;
  absl::Time seal_until;
  absl::Time delete_at;  // The private key is gone from then on.
};

// First 16 bytes of SHA-256 of the public key.
SealingKeyId SealingKeyIdOf(const crypto::X25519PublicKey& key);

// A value; copyable, any thread. One that came from Verify() is complete: it
// has at least one key of each kind, epochs and ids are distinct.
struct KeyBundle {
  OfficeId office;
  crypto::P256PublicKey office_key;
  std::string office_name;
  std::string address;  // "host:port"; empty when the node only calls out.
  std::string country;  // ISO 3166-1 alpha-3, or empty.
  bool exercise = false;
  NodeRole role = NodeRole::kOffice;
  uint32_t incarnation = 0;
  uint64_t version = 0;  // Rises with every bundle.
  absl::Time issued_at;
  uint32_t protocol_min = 0;
  uint32_t protocol_max = 0;
  std::vector<SigningKey> signing_keys;
  std::vector<LogVerificationKey> log_keys;
  std::vector<SealingKey> sealing_keys;

  // The bundle in `signed_bytes` (a serialised SignedBody) when `pinned` is
  // its office key and signed it. kKeyBundleInvalid names the cause: size,
  // form, wrong key, wrong office, signature, key list, issued in the future
  // (by more than limits::kClockSkewMax).
  static absl::StatusOr<KeyBundle> Verify(absl::string_view signed_bytes,
                                          const crypto::P256PublicKey& pinned,
                                          absl::Time now);

  // The same for a bundle of an office that is not known yet: it must be
  // signed by the office key it names. Only for redeeming an invitation; who
  // is behind that key is what the safety number is compared for.
  static absl::StatusOr<KeyBundle> VerifyOfNewcomer(
      absl::string_view signed_bytes, absl::Time now);

  // The body to sign: amparo.peer.v1.KeyBundle, deterministic.
  std::string EncodeBody() const;

  // kKeyEpochUnknown when the bundle does not list it.
  absl::StatusOr<SigningKey> SigningKeyOf(uint32_t epoch) const;

  // The newest key that may be sealed to at `now`. kSealingKeyUnknown when
  // there is none: the bundle is out of date, ask for a new one.
  absl::StatusOr<SealingKey> SealingKeyToUse(absl::Time now) const;
};

// Whether two lives of one incarnation announced these: a backup was restored
// twice. `held` lists a signing key that `present` lacks, or has as another;
// no office drops one that it announced. Versions do not tell the two apart.
bool IsOfAnotherLife(const KeyBundle& held, const KeyBundle& present);

// Whether `text` can be an office's address: empty, or a host name, IPv4
// address or bracketed IPv6 address, a colon and a port of 1 to 65535, at
// most 255 bytes in all.
bool IsAddress(absl::string_view text);

// Whether `text` can stand as an office's name: 1 to 128 bytes of valid UTF-8
// without control characters.
bool IsOfficeName(absl::string_view text);

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_KEY_BUNDLE_H_
