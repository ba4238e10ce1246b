// SPDX-License-Identifier: Apache-2.0
#include "node/audit/signed_note.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"

namespace amparo::audit {
namespace {

constexpr size_t kKeyIdSize = 4;
constexpr absl::string_view kEd25519Type("\x01", 1);
// U+2014 and a space, as the format demands.
constexpr char kSignaturePrefix[] = "\xe2\x80\x94 ";

}  // namespace

std::string CheckpointText(absl::string_view origin, uint64_t size,
                           absl::string_view root) {
  return absl::StrCat(origin, "\n", size, "\n", crypto::Base64Encode(root),
                      "\n");
}

std::string NoteKeyId(absl::string_view key_name,
                      const crypto::Ed25519PublicKey& key) {
  return crypto::Sha256(absl::StrCat(key_name, "\n", kEd25519Type, key.Bytes()))
      .substr(0, kKeyIdSize);
}

std::string SignNote(absl::string_view text, absl::string_view key_name,
                     const crypto::Ed25519PrivateKey& key) {
  const std::string signature =
      NoteKeyId(key_name, key.public_key()) + key.Sign(text);
  return absl::StrCat(text, "\n", kSignaturePrefix, key_name, " ",
                      crypto::Base64Encode(signature), "\n");
}

}  // namespace amparo::audit
