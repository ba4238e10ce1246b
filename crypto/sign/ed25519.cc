// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/ed25519.h"

#include <sodium.h>

#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromBytes(
    absl::string_view bytes) {
  if (bytes.size() != kEd25519KeySize) {
    return absl::InvalidArgumentError("public key: not 32 bytes");
  }
  return Ed25519PublicKey(std::string(bytes));
}

absl::Status Ed25519PublicKey::Verify(absl::string_view message,
                                      absl::string_view signature) const {
  if (signature.size() != kEd25519SignatureSize ||
      crypto_sign_verify_detached(In(signature), In(message), message.size(),
                                  In(bytes_)) != 0) {
    return absl::UnauthenticatedError("signature: does not verify");
  }
  return absl::OkStatus();
}

Ed25519PrivateKey::Ed25519PrivateKey(std::shared_ptr<const Secret> key,
                                     Ed25519PublicKey public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}

Ed25519PrivateKey Ed25519PrivateKey::Generate(RandomSource& random) {
  const Secret seed = RandomSecret(random, kEd25519SeedSize);
  return *FromSeed(seed.Reveal());
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromSeed(
    absl::string_view seed) {
  if (seed.size() != kEd25519SeedSize) {
    return absl::InvalidArgumentError("seed: not 32 bytes");
  }
  FatalUnless(sodium_init() >= 0, "libsodium cannot start");
  auto key =
      std::make_shared<Secret>(Secret::Zeroed(crypto_sign_SECRETKEYBYTES));
  std::string public_key(kEd25519KeySize, '\0');
  crypto_sign_seed_keypair(
      reinterpret_cast<unsigned char*>(public_key.data()),
      reinterpret_cast<unsigned char*>(key->mutable_bytes()), In(seed));
  return Ed25519PrivateKey(std::move(key),
                           Ed25519PublicKey(std::move(public_key)));
}

Secret Ed25519PrivateKey::Seed() const {
  return Secret::Copy(key_->Reveal().substr(0, kEd25519SeedSize));
}

std::string Ed25519PrivateKey::Sign(absl::string_view message) const {
  std::string out(kEd25519SignatureSize, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                       In(message), message.size(), In(key_->Reveal()));
  return out;
}

}  // namespace amparo::crypto
