// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/x25519.h"

#include <sodium.h>

#include "absl/status/status.h"
#include "crypto/base/fatal.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

static_assert(crypto_scalarmult_SCALARBYTES == kX25519KeySize &&
              crypto_scalarmult_BYTES == kX25519KeySize);

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Chooses the fastest code for this processor, once.
void Start() {
  static const bool started = sodium_init() >= 0;
  FatalUnless(started, "libsodium cannot start");
}

}  // namespace

absl::StatusOr<X25519PublicKey> X25519PublicKey::FromBytes(
    absl::string_view bytes) {
  if (bytes.size() != kX25519KeySize) {
    return absl::InvalidArgumentError("public key: not 32 bytes");
  }
  return X25519PublicKey(std::string(bytes));
}

X25519PrivateKey X25519PrivateKey::Generate(RandomSource& random) {
  const Secret bytes = RandomSecret(random, kX25519KeySize);
  return *FromBytes(bytes.Reveal());
}

absl::StatusOr<X25519PrivateKey> X25519PrivateKey::FromBytes(
    absl::string_view bytes) {
  if (bytes.size() != kX25519KeySize) {
    return absl::InvalidArgumentError("private key: not 32 bytes");
  }
  Start();
  std::string public_key(kX25519KeySize, '\0');
  FatalUnless(
      crypto_scalarmult_base(
          reinterpret_cast<unsigned char*>(public_key.data()), In(bytes)) == 0,
      "an X25519 key cannot be made");
  return X25519PrivateKey(Secret::Copy(bytes),
                          X25519PublicKey(std::move(public_key)));
}

absl::StatusOr<Secret> X25519PrivateKey::Exchange(
    const X25519PublicKey& other) const {
  Secret shared = Secret::Zeroed(kX25519KeySize);
  const bool exchanged =
      crypto_scalarmult(
          reinterpret_cast<unsigned char*>(shared.mutable_bytes()),
          In(key_.Reveal()), In(other.Bytes())) == 0;
  // libsodium refuses points of small order by itself; RFC 9180 section 7.1.4
  // asks for the check, so it is made here whatever the library does.
  const Secret zeros = Secret::Zeroed(kX25519KeySize);
  if (!exchanged || ConstantTimeEqual(shared.Reveal(), zeros.Reveal())) {
    return absl::InvalidArgumentError("public key: of small order");
  }
  return shared;
}

}  // namespace amparo::crypto
