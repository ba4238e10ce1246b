// SPDX-License-Identifier: Apache-2.0
//
// Sealing to a public key: HPKE (RFC 9180), base mode, DHKEM(X25519,
// HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 (the suite of appendix A.2),
// composed here because OpenSSL 3.0 has no HPKE of its own. Held to the RFC's
// vectors by tests/vectors.
//
// Base mode says nothing about who sealed: letters carry signatures for that.

#ifndef AMPARO_CRYPTO_SEAL_HPKE_H_
#define AMPARO_CRYPTO_SEAL_HPKE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/aead/aead.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/seal/x25519.h"

namespace amparo::crypto {

// What travels: the encapsulated key (32 bytes) and the ciphertext (16 bytes
// longer than the plaintext).
struct Sealed {
  std::string enc;
  std::string ciphertext;
};

// One message under a fresh ephemeral key, the next 32 bytes of `random`.
// `info` binds the purpose and the parties, `associated` what travels in the
// clear beside it; both must be the same when opening. INVALID_ARGUMENT for a
// recipient key of small order. Any thread.
absl::StatusOr<Sealed> SealBase(const X25519PublicKey& recipient,
                                absl::string_view info,
                                absl::string_view associated,
                                absl::string_view plaintext,
                                RandomSource& random);

// INVALID_ARGUMENT for an `enc` of the wrong size or small order; DATA_LOSS
// when anything differs from what was sealed. Any thread.
absl::StatusOr<std::string> OpenBase(const X25519PrivateKey& recipient,
                                     absl::string_view enc,
                                     absl::string_view info,
                                     absl::string_view associated,
                                     absl::string_view ciphertext);

// One end of an exchange of several messages in order (RFC 9180 section 5.2);
// the functions above are its first message. One thread at a time.
class HpkeContext {
 public:
  struct Sender;

  // A context to seal with, and the `enc` that lets the recipient follow.
  static absl::StatusOr<Sender> ForSender(const X25519PublicKey& recipient,
                                          absl::string_view info,
                                          RandomSource& random);
  static absl::StatusOr<HpkeContext> ForRecipient(
      const X25519PrivateKey& recipient, absl::string_view enc,
      absl::string_view info);

  // Each success moves on to the next message; a failed Open does not, so the
  // right message can still be opened.
  absl::StatusOr<std::string> Seal(absl::string_view associated,
                                   absl::string_view plaintext);
  absl::StatusOr<std::string> Open(absl::string_view associated,
                                   absl::string_view ciphertext);

  // A secret both ends share, `size` bytes up to kHkdfMaxSize.
  absl::StatusOr<Secret> Export(absl::string_view context, size_t size) const;

 private:
  HpkeContext(ChaCha20Poly1305 aead, Secret base_nonce, Secret exporter);
  static absl::StatusOr<HpkeContext> Schedule(const Secret& shared,
                                              absl::string_view info);
  std::string Nonce() const;

  ChaCha20Poly1305 aead_;
  Secret base_nonce_;
  Secret exporter_;
  uint64_t sequence_ = 0;
};

struct HpkeContext::Sender {
  std::string enc;
  HpkeContext context;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SEAL_HPKE_H_
