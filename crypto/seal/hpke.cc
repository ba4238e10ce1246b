// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/hpke.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/status_macros.h"
#include "crypto/mac/mac.h"

namespace amparo::crypto {
namespace {

constexpr uint16_t kKemId = 0x0020;   // DHKEM(X25519, HKDF-SHA256)
constexpr uint16_t kKdfId = 0x0001;   // HKDF-SHA256
constexpr uint16_t kAeadId = 0x0003;  // ChaCha20-Poly1305
constexpr uint8_t kModeBase = 0x00;

std::string KemSuite() {
  std::string out = "KEM";
  AppendU16(&out, kKemId);
  return out;
}

std::string HpkeSuite() {
  std::string out = "HPKE";
  AppendU16(&out, kKemId);
  AppendU16(&out, kKdfId);
  AppendU16(&out, kAeadId);
  return out;
}

// RFC 9180 section 4. `input` may be secret, so what it is joined to is too.
Secret LabeledExtract(absl::string_view suite, absl::string_view salt,
                      absl::string_view label, absl::string_view input) {
  std::string labeled = absl::StrCat("HPKE-v1", suite, label, input);
  Secret out = HkdfExtract(salt, labeled);
  Cleanse(labeled.data(), labeled.size());
  return out;
}

absl::StatusOr<Secret> LabeledExpand(absl::string_view suite,
                                     const Secret& pseudorandom_key,
                                     absl::string_view label,
                                     absl::string_view info, size_t size) {
  if (size > kHkdfMaxSize) {
    return absl::InvalidArgumentError("size: more than 255 blocks");
  }
  std::string labeled;
  AppendU16(&labeled, static_cast<uint16_t>(size));
  absl::StrAppend(&labeled, "HPKE-v1", suite, label, info);
  return HkdfExpand(pseudorandom_key, labeled, size);
}

// ExtractAndExpand of section 4.1, after the exchange.
absl::StatusOr<Secret> SharedSecret(const X25519PrivateKey& mine,
                                    const X25519PublicKey& theirs,
                                    absl::string_view enc,
                                    absl::string_view recipient) {
  ASSIGN_OR_RETURN(const Secret exchanged, mine.Exchange(theirs));
  const std::string suite = KemSuite();
  const Secret prk = LabeledExtract(suite, "", "eae_prk", exchanged.Reveal());
  return LabeledExpand(suite, prk, "shared_secret",
                       absl::StrCat(enc, recipient), 32);
}

}  // namespace

HpkeContext::HpkeContext(ChaCha20Poly1305 aead, Secret base_nonce,
                         Secret exporter)
    : aead_(std::move(aead)),
      base_nonce_(std::move(base_nonce)),
      exporter_(std::move(exporter)) {}

// KeySchedule of section 5.1 for base mode: no PSK and no id of one.
absl::StatusOr<HpkeContext> HpkeContext::Schedule(const Secret& shared,
                                                  absl::string_view info) {
  const std::string suite = HpkeSuite();
  const Secret id_hash = LabeledExtract(suite, "", "psk_id_hash", "");
  const Secret info_hash = LabeledExtract(suite, "", "info_hash", info);
  std::string context;
  AppendU8(&context, kModeBase);
  absl::StrAppend(&context, id_hash.Reveal(), info_hash.Reveal());
  const Secret secret = LabeledExtract(suite, shared.Reveal(), "secret", "");
  ASSIGN_OR_RETURN(const Secret key,
                   LabeledExpand(suite, secret, "key", context, kAeadKeySize));
  ASSIGN_OR_RETURN(Secret base_nonce, LabeledExpand(suite, secret, "base_nonce",
                                                    context, kAeadNonceSize));
  ASSIGN_OR_RETURN(Secret exporter,
                   LabeledExpand(suite, secret, "exp", context, 32));
  ASSIGN_OR_RETURN(ChaCha20Poly1305 aead, ChaCha20Poly1305::Create(key));
  return HpkeContext(std::move(aead), std::move(base_nonce),
                     std::move(exporter));
}

absl::StatusOr<HpkeContext::Sender> HpkeContext::ForSender(
    const X25519PublicKey& recipient, absl::string_view info,
    RandomSource& random) {
  const X25519PrivateKey ephemeral = X25519PrivateKey::Generate(random);
  const std::string& enc = ephemeral.public_key().Bytes();
  ASSIGN_OR_RETURN(const Secret shared,
                   SharedSecret(ephemeral, recipient, enc, recipient.Bytes()));
  ASSIGN_OR_RETURN(HpkeContext context, Schedule(shared, info));
  return Sender{enc, std::move(context)};
}

absl::StatusOr<HpkeContext> HpkeContext::ForRecipient(
    const X25519PrivateKey& recipient, absl::string_view enc,
    absl::string_view info) {
  ASSIGN_OR_RETURN(const X25519PublicKey ephemeral,
                   X25519PublicKey::FromBytes(enc));
  ASSIGN_OR_RETURN(
      const Secret shared,
      SharedSecret(recipient, ephemeral, enc, recipient.public_key().Bytes()));
  return Schedule(shared, info);
}

std::string HpkeContext::Nonce() const {
  std::string counter(kAeadNonceSize - 8, '\0');
  AppendU64(&counter, sequence_);
  const absl::string_view base = base_nonce_.Reveal();
  for (size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<char>(counter[i] ^ base[i]);
  }
  return counter;
}

absl::StatusOr<std::string> HpkeContext::Seal(absl::string_view associated,
                                              absl::string_view plaintext) {
  if (sequence_ == std::numeric_limits<uint64_t>::max()) {
    return absl::ResourceExhaustedError("context: all messages used");
  }
  ASSIGN_OR_RETURN(std::string out, aead_.Seal(Nonce(), plaintext, associated));
  ++sequence_;
  return out;
}

absl::StatusOr<std::string> HpkeContext::Open(absl::string_view associated,
                                              absl::string_view ciphertext) {
  if (sequence_ == std::numeric_limits<uint64_t>::max()) {
    return absl::ResourceExhaustedError("context: all messages used");
  }
  ASSIGN_OR_RETURN(std::string out,
                   aead_.Open(Nonce(), ciphertext, associated));
  ++sequence_;
  return out;
}

absl::StatusOr<Secret> HpkeContext::Export(absl::string_view context,
                                           size_t size) const {
  return LabeledExpand(HpkeSuite(), exporter_, "sec", context, size);
}

absl::StatusOr<Sealed> SealBase(const X25519PublicKey& recipient,
                                absl::string_view info,
                                absl::string_view associated,
                                absl::string_view plaintext,
                                RandomSource& random) {
  ASSIGN_OR_RETURN(HpkeContext::Sender sender,
                   HpkeContext::ForSender(recipient, info, random));
  ASSIGN_OR_RETURN(std::string ciphertext,
                   sender.context.Seal(associated, plaintext));
  return Sealed{std::move(sender.enc), std::move(ciphertext)};
}

absl::StatusOr<std::string> OpenBase(const X25519PrivateKey& recipient,
                                     absl::string_view enc,
                                     absl::string_view info,
                                     absl::string_view associated,
                                     absl::string_view ciphertext) {
  ASSIGN_OR_RETURN(HpkeContext context,
                   HpkeContext::ForRecipient(recipient, enc, info));
  return context.Open(associated, ciphertext);
}

}  // namespace amparo::crypto
