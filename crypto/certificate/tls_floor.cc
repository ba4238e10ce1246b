// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate/tls_floor.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>

#include <memory>

#include "crypto/base/openssl_errors.h"

namespace amparo::crypto {
namespace {

// An option flag, not MinProtocol: gRPC sets the lowest version of each context
// to TLS 1.2 itself, which leaves flags alone.
constexpr char kConfiguration[] =
    "openssl_conf = amparo\n"
    "[amparo]\n"
    "ssl_conf = versions\n"
    "[versions]\n"
    "system_default = only_tls_1_3\n"
    "[only_tls_1_3]\n"
    "Protocol = -TLSv1,-TLSv1.1,-TLSv1.2\n";

absl::Status Load() {
  const QuietErrors quiet;
  // First the machine's own file, which is otherwise read later and would
  // undo this.
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  const std::unique_ptr<BIO, int (*)(BIO*)> text(
      BIO_new_mem_buf(kConfiguration, -1), BIO_free);
  const std::unique_ptr<CONF, void (*)(CONF*)> parsed(NCONF_new(nullptr),
                                                      NCONF_free);
  long line = 0;
  if (text == nullptr || parsed == nullptr ||
      NCONF_load_bio(parsed.get(), text.get(), &line) <= 0 ||
      CONF_modules_load(parsed.get(), nullptr, 0) <= 0) {
    return absl::InternalError("OpenSSL does not take the TLS floor");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RequireTls13() {
  static const absl::Status* const loaded = new absl::Status(Load());
  return *loaded;
}

}  // namespace amparo::crypto
