// SPDX-License-Identifier: Apache-2.0
//
// Project Wycheproof (C2SP/wycheproof): AEADs, signatures, X25519, HKDF, HMAC
// and key wrapping. Files tell their kind by the type of their groups.

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "crypto/aead/aead.h"
#include "crypto/keyring/keyring.h"
#include "crypto/mac/mac.h"
#include "crypto/seal/x25519.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "tests/vectors/runner.h"

namespace amparo::crypto {
namespace {

// What we made of one case: whether we accepted it, and whether what we then
// computed is what was published.
struct Verdict {
  bool accepted;
  bool sound;
};

Verdict Refused() { return {false, true}; }

void Count(const Json& test, Verdict verdict, Tally& tally) {
  const std::string which = absl::StrCat("tcId ", test.at("tcId").get<int>());
  const std::string result = test.at("result").get<std::string>();
  if (result == "valid") {
    tally.Valid(verdict.accepted && verdict.sound, which);
  } else if (result == "invalid") {
    tally.Invalid(!verdict.accepted, which);
  } else if (result == "acceptable") {
    tally.Acceptable(verdict.accepted, verdict.sound, which);
  } else {
    tally.Fail(absl::StrCat(which, ": unknown result"));
  }
}

template <bool (*kOurs)(const Json& file, const Json& group),
          Verdict (*kTry)(const Json& file, const Json& group,
                          const Json& test)>
void RunGroups(const Json& file, Tally& tally) {
  for (const Json& group : file.at("testGroups")) {
    const Json& tests = group.at("tests");
    if (!kOurs(file, group)) {
      tally.NotOurs(tests.size());
      continue;
    }
    for (const Json& test : tests) Count(test, kTry(file, group, test), tally);
  }
}

bool HasGroupsOf(const Json& file, const char* type) {
  if (!file.is_object() || !file.contains("algorithm") ||
      !file.contains("testGroups") || !file.at("testGroups").is_array() ||
      file.at("testGroups").empty()) {
    return false;
  }
  for (const Json& group : file.at("testGroups")) {
    if (!group.is_object() || group.value("type", "") != type) return false;
  }
  return true;
}

template <const char* kType>
bool Knows(const Json& file) {
  return HasGroupsOf(file, kType);
}

std::string Algorithm(const Json& file) {
  return file.at("algorithm").get<std::string>();
}

// Newer files say publicKey where older ones said key.
const Json& PublicKeyOf(const Json& group) {
  return group.contains("publicKey") ? group.at("publicKey") : group.at("key");
}

// --- AeadTest

bool AeadIsOurs(const Json& file, const Json& group) {
  const std::string algorithm = Algorithm(file);
  return (algorithm == "AES-GCM" || algorithm == "CHACHA20-POLY1305") &&
         group.at("keySize") == 8 * kAeadKeySize &&
         group.at("ivSize") == 8 * kAeadNonceSize &&
         group.at("tagSize") == 8 * kAeadTagSize;
}

Verdict TryAead(const Aead& aead, const Json& test) {
  const std::string nonce = HexField(test, "iv");
  const std::string associated = HexField(test, "aad");
  const std::string plaintext = HexField(test, "msg");
  const std::string sealed = HexField(test, "ct") + HexField(test, "tag");
  const absl::StatusOr<std::string> opened =
      aead.Open(nonce, sealed, associated);
  if (!opened.ok()) return Refused();
  const absl::StatusOr<std::string> again =
      aead.Seal(nonce, plaintext, associated);
  return {true, *opened == plaintext && again.ok() && *again == sealed};
}

Verdict TryAnyAead(const Json& file, const Json&, const Json& test) {
  const std::string key = HexField(test, "key");
  if (Algorithm(file) == "AES-GCM") {
    const absl::StatusOr<Aes256Gcm> aead = Aes256Gcm::Create(key);
    return aead.ok() ? TryAead(*aead, test) : Refused();
  }
  const absl::StatusOr<ChaCha20Poly1305> aead = ChaCha20Poly1305::Create(key);
  return aead.ok() ? TryAead(*aead, test) : Refused();
}

// --- EcdsaVerify, EcdsaP1363Verify

bool EcdsaIsOurs(const Json&, const Json& group) {
  return PublicKeyOf(group).at("curve") == "secp256r1" &&
         group.at("sha") == "SHA-256";
}

absl::StatusOr<P256PublicKey> EcdsaKey(const Json& group) {
  return P256PublicKey::FromSpki(HexField(
      group, group.contains("publicKeyDer") ? "publicKeyDer" : "keyDer"));
}

Verdict TryEcdsaDer(const Json&, const Json& group, const Json& test) {
  const absl::StatusOr<P256PublicKey> key = EcdsaKey(group);
  return {key.ok() &&
              key->VerifyDer(HexField(test, "msg"), HexField(test, "sig")).ok(),
          true};
}

Verdict TryEcdsaP1363(const Json&, const Json& group, const Json& test) {
  const absl::StatusOr<P256PublicKey> key = EcdsaKey(group);
  return {
      key.ok() &&
          key->VerifyP1363(HexField(test, "msg"), HexField(test, "sig")).ok(),
      true};
}

// --- EddsaVerify

bool EddsaIsOurs(const Json&, const Json& group) {
  return PublicKeyOf(group).at("curve") == "edwards25519";
}

Verdict TryEddsa(const Json&, const Json& group, const Json& test) {
  const absl::StatusOr<Ed25519PublicKey> key =
      Ed25519PublicKey::FromBytes(HexField(PublicKeyOf(group), "pk"));
  return {key.ok() &&
              key->Verify(HexField(test, "msg"), HexField(test, "sig")).ok(),
          true};
}

// --- XdhComp

bool XdhIsOurs(const Json&, const Json& group) {
  return group.at("curve") == "curve25519";
}

Verdict TryXdh(const Json&, const Json&, const Json& test) {
  const absl::StatusOr<X25519PrivateKey> mine =
      X25519PrivateKey::FromBytes(HexField(test, "private"));
  const absl::StatusOr<X25519PublicKey> theirs =
      X25519PublicKey::FromBytes(HexField(test, "public"));
  if (!mine.ok() || !theirs.ok()) return Refused();
  const absl::StatusOr<Secret> shared = mine->Exchange(*theirs);
  if (!shared.ok()) return Refused();
  return {true, shared->Reveal() == HexField(test, "shared")};
}

// --- HkdfTest

bool HkdfIsOurs(const Json& file, const Json&) {
  return Algorithm(file) == "HKDF-SHA-256";
}

Verdict TryHkdf(const Json&, const Json&, const Json& test) {
  const absl::StatusOr<Secret> out =
      HkdfSha256(HexField(test, "ikm"), HexField(test, "salt"),
                 HexField(test, "info"), test.at("size").get<size_t>());
  if (!out.ok()) return Refused();
  return {true, out->Reveal() == HexField(test, "okm")};
}

// --- MacTest

bool MacIsOurs(const Json& file, const Json& group) {
  return Algorithm(file) == "HMACSHA256" &&
         group.at("tagSize").get<size_t>() <= 8 * kHmacSize;
}

// Wycheproof also cuts tags short; a cut tag is the beginning of a whole one.
Verdict TryMac(const Json&, const Json& group, const Json& test) {
  const HmacSha256Key key(HexField(test, "key"));
  const std::string message = HexField(test, "msg");
  const std::string tag = HexField(test, "tag");
  const size_t size = group.at("tagSize").get<size_t>() / 8;
  if (size == kHmacSize) return {key.Verify(message, tag), true};
  return {ConstantTimeEqual(key.Compute(message).substr(0, size), tag), true};
}

// --- KeywrapTest

bool KeywrapIsOurs(const Json& file, const Json& group) {
  const std::string algorithm = Algorithm(file);
  return (algorithm == "AES-KWP" || algorithm == "KWP") &&
         group.at("keySize") == 8 * kWrappingKeySize;
}

Verdict TryKeywrap(const Json&, const Json&, const Json& test) {
  const Secret wrapping_key = Secret::Copy(HexField(test, "key"));
  const std::string wrapped = HexField(test, "ct");
  const Secret key = Secret::Copy(HexField(test, "msg"));
  const absl::StatusOr<Secret> unwrapped = UnwrapKey(wrapping_key, wrapped);
  if (!unwrapped.ok()) return Refused();
  const absl::StatusOr<std::string> again = WrapKey(wrapping_key, key);
  return {true, unwrapped->Reveal() == key.Reveal() && again.ok() &&
                    *again == wrapped};
}

constexpr char kAead[] = "AeadTest";
constexpr char kEcdsa[] = "EcdsaVerify";
constexpr char kEcdsaP1363[] = "EcdsaP1363Verify";
constexpr char kEddsa[] = "EddsaVerify";
constexpr char kXdh[] = "XdhComp";
constexpr char kHkdf[] = "HkdfTest";
constexpr char kMac[] = "MacTest";
constexpr char kKeywrap[] = "KeywrapTest";

}  // namespace

std::vector<Suite> WycheproofSuites() {
  return {
      {Knows<kAead>, RunGroups<AeadIsOurs, TryAnyAead>},
      {Knows<kEcdsa>, RunGroups<EcdsaIsOurs, TryEcdsaDer>},
      {Knows<kEcdsaP1363>, RunGroups<EcdsaIsOurs, TryEcdsaP1363>},
      {Knows<kEddsa>, RunGroups<EddsaIsOurs, TryEddsa>},
      {Knows<kXdh>, RunGroups<XdhIsOurs, TryXdh>},
      {Knows<kHkdf>, RunGroups<HkdfIsOurs, TryHkdf>},
      {Knows<kMac>, RunGroups<MacIsOurs, TryMac>},
      {Knows<kKeywrap>, RunGroups<KeywrapIsOurs, TryKeywrap>},
  };
}

}  // namespace amparo::crypto
