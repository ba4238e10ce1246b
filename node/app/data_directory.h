// SPDX-License-Identifier: Apache-2.0
//
// The files of a node that are not rows: the directory itself and the node
// key. The directory is 0700 and key files are 0600, or the node
// refuses to start.
//
//   DIRECTORY/node.key     node key, wrapped by the passphrase
//   DIRECTORY/store/       everything else
//   DIRECTORY/office.sock  where the office's people connect, unless the
//                          configuration says another place
#ifndef AMPARO_NODE_APP_DATA_DIRECTORY_H_
#define AMPARO_NODE_APP_DATA_DIRECTORY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace amparo::app {

std::string StorePath(const std::string& directory);
std::string NodeKeyPath(const std::string& directory);

// Makes the directory (0700) when it is not there and writes a new random node
// key, wrapped by `passphrase`, synced. kDirectoryNotEmpty when there is
// anything in it already. Returns the node key, 32 bytes.
absl::StatusOr<crypto::Secret> CreateDataDirectory(
    const std::string& directory, const crypto::Secret& passphrase,
    crypto::RandomSource& random);

// Takes back what CreateDataDirectory and OpenStore made, when the office
// could not be made.
absl::Status EmptyDataDirectory(const std::string& directory);

// Checks modes and owner (kFileModeTooOpen names the file and the mode it
// must have; kNotInitialised when there is no node key), then opens the node
// key (kPassphraseWrong).
absl::StatusOr<crypto::Secret> OpenDataDirectory(
    const std::string& directory, const crypto::Secret& passphrase);

// The same checks without a passphrase.
absl::Status CheckModes(const std::string& directory);

// Reads a secret from a file of mode 0600 owned by this user, without its
// trailing line break. kFileModeTooOpen, or kConfigInvalid when unreadable or
// empty.
absl::StatusOr<crypto::Secret> ReadSecretFile(const std::string& path);
// Reads to the end of an open descriptor, without a trailing line break.
absl::StatusOr<crypto::Secret> ReadSecretDescriptor(int descriptor);
// Asks on the terminal without echo. kConfigInvalid when there is none.
absl::StatusOr<crypto::Secret> PromptSecret(absl::string_view question);

// Writes a new file of mode 0600, synced; kAlreadyExists when it is there.
absl::Status WriteSecretFile(const std::string& path,
                             absl::string_view content);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_DATA_DIRECTORY_H_
