// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a letter (exchange page, "Letters"). Pure: keys and randomness
// come in from outside, so that the same inputs give the same bytes.
//
//   wire    peer.v1.Letter { header, enc, ciphertext, signature }
//   info    ASCII "amparo.letter.v1", then sender, receiver and sealing key
//           id, each after its length as u32be
//   aad     the header bytes as sent
//   sealed  u32be n, n bytes of peer.v1.Sealed { plain, signature }, zeros up
//           to exactly 1, 4, 16, 64 or 256 KiB; HPKE base mode (RFC 9180,
//           suite of appendix A.2) adds 16 bytes
//   outer   DSSE type kLetterDsse over header, enc, ciphertext, each after
//           its length as u32be
//   inner   DSSE type kPlainDsse over the plain bytes
//
// Headers and plains have one encoding only: what does not serialise back to
// the bytes received (unknown fields, another order) is malformed.
#ifndef AMPARO_NODE_DELIVERY_LETTER_CODEC_H_
#define AMPARO_NODE_DELIVERY_LETTER_CODEC_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/seal/x25519.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/delivery/delivery.h"

namespace amparo::delivery {

inline constexpr uint32_t kProtocolVersion = 1;
inline constexpr size_t kDigestSize = 32;
inline constexpr size_t kBlindingSize = 16;
// Plaintext sizes, in bytes.
inline constexpr size_t kPaddedSizes[] = {1024, 4 * 1024, 16 * 1024, 64 * 1024,
                                          256 * 1024};
inline constexpr char kLetterDsse[] = "application/vnd.amparo.letter.v1";
inline constexpr char kPlainDsse[] = "application/vnd.amparo.plain.v1";
inline constexpr char kReceiptDsse[] = "application/vnd.amparo.receipt.v1";

// A header as a value. Times are whole milliseconds; absl::InfiniteFuture()
// where the wire has 0.
struct LetterHeader {
  uint32_t protocol = kProtocolVersion;
  MessageId message;
  uint32_t incarnation = 1;
  ThreadId thread;
  uint64_t seq = 1;
  std::string prev_digest;
  OfficeId sender;
  OfficeId receiver;
  uint32_t sender_key_epoch = 1;
  SealingKeyId sealing_key;  // Empty inside a plain.
  uint64_t roster_version = 0;
  LetterType type = LetterType::kVoid;
  Purpose purpose = Purpose::kAdministration;
  std::set<HandlingCode> handling_codes;
  AgreementId agreement;
  std::string agreement_hash;
  std::string consent_commitment;
  absl::Time created_at;
  absl::Time expires_at = absl::InfiniteFuture();
  absl::Time deliver_by = absl::InfiniteFuture();
  absl::Time respond_by = absl::InfiniteFuture();
};

// What names a letter, read before anything else is believed.
struct LetterName {
  OfficeId sender;
  MessageId message;
};

struct Plain {
  LetterHeader header;
  std::string blinding;  // 16 random bytes.
  std::string payload;
  std::string consent_statement;
  std::string consent_salt;
};

// Plain bytes and the inner signature over them.
struct SignedPlain {
  std::string plain;
  std::string signature;
};

// A letter on the wire. The last two parts go only with a letter that is
// offered again: serialised SignedBody, see peer.v1.Letter.
struct WireLetter {
  std::string header;
  std::string enc;
  std::string ciphertext;
  std::string signature;
  std::string former_receipt = {};
  std::string former_bundle = {};
};

std::string EncodeHeader(const LetterHeader& header);
// kLetterMalformed; kProtocolUnsupported, kTypeUnknown, kValueUnknown for
// numbers this version does not know.
absl::StatusOr<LetterHeader> DecodeHeader(absl::string_view bytes);
// kLetterMalformed.
absl::StatusOr<LetterName> DecodeName(absl::string_view header_bytes);
// Whether all fields but the sealing key are the same.
bool SameButSealingKey(const LetterHeader& a, const LetterHeader& b);

std::string EncodePlain(const Plain& plain);
absl::StatusOr<Plain> DecodePlain(absl::string_view bytes);

std::string EncodeLetter(const WireLetter& letter);
// kLetterTooLarge, kLetterMalformed.
absl::StatusOr<WireLetter> ParseLetter(absl::string_view bytes);

// What the outer signature is over.
std::string OuterBody(const WireLetter& letter);

// Whether a plain of this size, with its signature, fits a letter.
bool FitsLetter(size_t plain_bytes);

// Header, enc and ciphertext; the signature is the caller's to add.
// `header.sealing_key` must be the id of `recipient`. kLetterTooLarge.
absl::StatusOr<WireLetter> SealLetter(const LetterHeader& header,
                                      const SignedPlain& sealed,
                                      const crypto::X25519PublicKey& recipient,
                                      crypto::RandomSource& random);
// kLetterUndecryptable; kPaddingInvalid; kLetterMalformed.
absl::StatusOr<SignedPlain> OpenLetter(const WireLetter& letter,
                                       const LetterHeader& header,
                                       const crypto::X25519PrivateKey& key);

// Body of a receipt (peer.v1.Receipt), as a value.
struct ReceiptBody {
  ReceiptKind kind = ReceiptKind::kDelivered;
  MessageId message;
  std::string plain_digest;
  OfficeId sender;    // Who wrote the letter.
  OfficeId receiver;  // Who it was for.
  OfficeId issuer;
  uint32_t key_epoch = 1;
  absl::Time issued_at;
};
std::string EncodeReceiptBody(const ReceiptBody& body);

// A serialised peer.v1.SignedBody with one signature by an epoch key.
std::string EncodeSignedReceipt(absl::string_view body, const OfficeId& issuer,
                                uint32_t key_epoch,
                                absl::string_view signature);
struct SignedReceipt {
  ReceiptBody body;
  std::string body_bytes;
  std::string signature;
};
// kReceiptInvalid: too large, malformed, unknown kind, not exactly one
// signature, or one that is not the issuer's. The signature itself is the
// caller's to verify.
absl::StatusOr<SignedReceipt> ParseSignedReceipt(absl::string_view bytes);

// Payload of a VOID.
struct VoidNotice {
  MessageId message;
  uint64_t seq = 0;
  std::string prev_digest;
  std::string plain_digest;  // Of the plain it replaces.
  ThreadId thread;
  Reason reason = Reason::kUnspecified;
  uint32_t incarnation = 1;
};
std::string EncodeVoidNotice(const VoidNotice& notice);
// kLetterMalformed. A reason of a later version reads as kUnspecified.
absl::StatusOr<VoidNotice> DecodeVoidNotice(absl::string_view bytes);

// Payload of a RECEIPT letter: a serialised peer.v1.SignedBody in, its letter
// payload out, and back. kLetterMalformed.
std::string EncodeReceiptLetter(absl::string_view signed_receipt);
absl::StatusOr<std::string> DecodeReceiptLetter(absl::string_view payload);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_LETTER_CODEC_H_
