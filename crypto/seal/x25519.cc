// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/x25519.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/status/status.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

struct Free {
  void operator()(EVP_PKEY* value) const { EVP_PKEY_free(value); }
  void operator()(EVP_PKEY_CTX* value) const { EVP_PKEY_CTX_free(value); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Owned<EVP_PKEY> PrivateKeyOf(absl::string_view bytes) {
  Owned<EVP_PKEY> key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr,
                                                   In(bytes), bytes.size()));
  FatalUnless(key != nullptr, "an X25519 key cannot be made");
  return key;
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
  const Owned<EVP_PKEY> key = PrivateKeyOf(bytes);
  std::string public_key(kX25519KeySize, '\0');
  size_t size = public_key.size();
  FatalUnless(
      EVP_PKEY_get_raw_public_key(
          key.get(), reinterpret_cast<unsigned char*>(public_key.data()),
          &size) == 1,
      "an X25519 key cannot be read");
  return X25519PrivateKey(Secret::Copy(bytes),
                          X25519PublicKey(std::move(public_key)));
}

absl::StatusOr<Secret> X25519PrivateKey::Exchange(
    const X25519PublicKey& other) const {
  const QuietErrors quiet;
  const Owned<EVP_PKEY> mine = PrivateKeyOf(key_.Reveal());
  const Owned<EVP_PKEY> theirs(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_X25519, nullptr, In(other.Bytes()), other.Bytes().size()));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(mine.get(), nullptr));
  FatalUnless(theirs != nullptr && context != nullptr &&
                  EVP_PKEY_derive_init(context.get()) == 1,
              "X25519 cannot start");
  Secret shared = Secret::Zeroed(kX25519KeySize);
  size_t size = shared.size();
  const bool derived =
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1 &&
      EVP_PKEY_derive(context.get(),
                      reinterpret_cast<unsigned char*>(shared.mutable_bytes()),
                      &size) == 1;
  // OpenSSL refuses an all-zero result by itself; RFC 9180 section 7.1.4 asks
  // for the check, so it is made here whatever the library does.
  const Secret zeros = Secret::Zeroed(kX25519KeySize);
  if (!derived || size != kX25519KeySize ||
      ConstantTimeEqual(shared.Reveal(), zeros.Reveal())) {
    return absl::InvalidArgumentError("public key: of small order");
  }
  return shared;
}

}  // namespace amparo::crypto
