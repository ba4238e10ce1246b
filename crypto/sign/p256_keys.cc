// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/p256_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <cstring>

#include "absl/status/status.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/sign/p256.h"

namespace amparo::crypto {
namespace {

constexpr char kGroup[] = "prime256v1";

struct Free {
  void operator()(BIGNUM* value) const { BN_clear_free(value); }
  void operator()(EC_POINT* value) const { EC_POINT_free(value); }
  void operator()(EVP_PKEY_CTX* value) const { EVP_PKEY_CTX_free(value); }
  void operator()(OSSL_PARAM* value) const { OSSL_PARAM_free(value); }
  void operator()(OSSL_PARAM_BLD* value) const { OSSL_PARAM_BLD_free(value); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const EC_GROUP* Group() {
  static const EC_GROUP* const group =
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  FatalUnless(group != nullptr, "P-256 is missing");
  return group;
}

Owned<BIGNUM> Number(absl::string_view bytes) {
  return Owned<BIGNUM>(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                static_cast<int>(bytes.size()), nullptr));
}

}  // namespace

absl::StatusOr<SharedPkey> MakeP256(absl::string_view point,
                                    const Secret* scalar) {
  const QuietErrors quiet;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const Owned<BIGNUM> number =
      scalar != nullptr ? Number(scalar->Reveal()) : nullptr;
  bool ok =
      builder != nullptr &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      kGroup, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                       point.data(), point.size()) == 1;
  if (ok && number != nullptr) {
    ok = OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY,
                                number.get()) == 1;
  }
  const Owned<OSSL_PARAM> parameters(ok ? OSSL_PARAM_BLD_to_param(builder.get())
                                        : nullptr);
  const Owned<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  FatalUnless(parameters != nullptr && context != nullptr &&
                  EVP_PKEY_fromdata_init(context.get()) == 1,
              "P-256 cannot start");
  EVP_PKEY* key = nullptr;
  const int selection =
      scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) !=
      1) {
    return absl::InvalidArgumentError("public key: not a point of P-256");
  }
  return Own(key);
}

absl::StatusOr<std::string> CompressedPointOf(const EVP_PKEY* key) {
  const QuietErrors quiet;
  char group[64];
  size_t size = 0;
  if (key == nullptr || EVP_PKEY_is_a(key, "EC") != 1 ||
      EVP_PKEY_get_group_name(key, group, sizeof(group), &size) != 1 ||
      absl::string_view(group, size) != kGroup) {
    return absl::InvalidArgumentError("key: not of P-256");
  }
  unsigned char point[65];
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                      sizeof(point), &size) != 1) {
    return absl::InvalidArgumentError("key: without its public part");
  }
  std::string out(reinterpret_cast<const char*>(point), kP256CompressedSize);
  if (size == sizeof(point)) {
    out[0] = static_cast<char>(2 + (point[64] & 1));
  } else if (size != kP256CompressedSize) {
    return absl::InvalidArgumentError("key: not a point of P-256");
  }
  return out;
}

absl::StatusOr<Secret> ScalarOf(const EVP_PKEY* key) {
  const QuietErrors quiet;
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) {
    return absl::InvalidArgumentError("key: without its private part");
  }
  const Owned<BIGNUM> owned(number);
  Secret out = Secret::Zeroed(kP256ScalarSize);
  if (BN_bn2binpad(owned.get(),
                   reinterpret_cast<unsigned char*>(out.mutable_bytes()),
                   static_cast<int>(kP256ScalarSize)) < 0) {
    return absl::InvalidArgumentError("key: out of range");
  }
  return out;
}

absl::StatusOr<std::string> PointOf(absl::string_view scalar) {
  const QuietErrors quiet;
  if (scalar.size() != kP256ScalarSize) {
    return absl::InvalidArgumentError("scalar: not 32 bytes");
  }
  const Owned<BIGNUM> number = Number(scalar);
  FatalUnless(number != nullptr, "no memory for a number");
  if (BN_is_zero(number.get()) ||
      BN_cmp(number.get(), EC_GROUP_get0_order(Group())) >= 0) {
    return absl::InvalidArgumentError("scalar: out of range");
  }
  const Owned<EC_POINT> point(EC_POINT_new(Group()));
  std::string out(kP256CompressedSize, '\0');
  FatalUnless(
      point != nullptr &&
          EC_POINT_mul(Group(), point.get(), number.get(), nullptr, nullptr,
                       nullptr) == 1 &&
          EC_POINT_point2oct(Group(), point.get(), POINT_CONVERSION_COMPRESSED,
                             reinterpret_cast<unsigned char*>(out.data()),
                             out.size(), nullptr) == out.size(),
      "P-256 multiplication failed");
  return out;
}

}  // namespace amparo::crypto
