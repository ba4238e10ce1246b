// SPDX-License-Identifier: Apache-2.0
//
// TLS 1.3 only, for every connection of the process. gRPC 1.51 has no setting
// for it; OpenSSL's system-wide defaults do.

#ifndef AMPARO_CRYPTO_CERTIFICATE_TLS_FLOOR_H_
#define AMPARO_CRYPTO_CERTIFICATE_TLS_FLOOR_H_

#include "absl/status/status.h"

namespace amparo::crypto {

// Takes TLS 1.2 and below out of what OpenSSL offers and accepts, from a
// configuration in memory (section `system_default` of `ssl_conf`). Call it
// before the first connection or server is made: what exists keeps its
// versions. May be called again; any thread. INTERNAL when OpenSSL refuses the
// configuration.
absl::Status RequireTls13();

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_CERTIFICATE_TLS_FLOOR_H_
