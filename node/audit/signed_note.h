// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints as C2SP notes (c2sp.org/tlog-checkpoint and signed-note):
//
//   amparo/<office id hex>/<incarnation>
//   <size, decimal>
//   <root, Base64>
//   <blank line>
//   — <key name> <Base64 of u32be key id and 64 bytes of Ed25519>
//
// The signature covers the first three lines with their line breaks. The key
// name is the origin. Pure, any thread.
#ifndef AMPARO_NODE_AUDIT_SIGNED_NOTE_H_
#define AMPARO_NODE_AUDIT_SIGNED_NOTE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "crypto/sign/ed25519.h"

namespace amparo::audit {

// What is signed. `root` is 32 bytes.
std::string CheckpointText(absl::string_view origin, uint64_t size,
                           absl::string_view root);

// First four bytes of SHA-256(key name, 0x0A, 0x01, public key): which key
// signed, for readers who know several of one name.
std::string NoteKeyId(absl::string_view key_name,
                      const crypto::Ed25519PublicKey& key);

// The whole note: `text`, a blank line, one signature line. `text` ends with
// a line break; `key_name` has no space, plus sign or line break.
std::string SignNote(absl::string_view text, absl::string_view key_name,
                     const crypto::Ed25519PrivateKey& key);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_SIGNED_NOTE_H_
