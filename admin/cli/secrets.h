// SPDX-License-Identifier: Apache-2.0
//
// Where secrets come from and go to: the terminal without echo, a file that
// only its owner reads, an open descriptor. Never an argument and never the
// environment: other people of the machine can read those.
#ifndef AMPARO_ADMIN_CLI_SECRETS_H_
#define AMPARO_ADMIN_CLI_SECRETS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"

namespace amparo::cli {

// Asks the person at the terminal. One thread.
class Prompter {
 public:
  virtual ~Prompter() = default;
  // One line, without its end. USAGE when there is no terminal to ask on.
  virtual absl::StatusOr<std::string> Ask(absl::string_view question) = 0;
  // The same with nothing shown of what is typed; not empty.
  virtual absl::StatusOr<crypto::Secret> AskSecret(
      absl::string_view question) = 0;
};

// Asks on /dev/tty, so that standard input stays free for files.
class TerminalPrompter : public Prompter {
 public:
  absl::StatusOr<std::string> Ask(absl::string_view question) override;
  absl::StatusOr<crypto::Secret> AskSecret(absl::string_view question) override;
};

// The first line of a file of at most 1 MiB that belongs to the caller and
// that nobody else may read; else FILE_MODE_TOO_OPEN. `field` is the option
// that named the file, for messages.
absl::StatusOr<crypto::Secret> ReadSecretFile(const std::string& path,
                                              absl::string_view field);

// The whole of such a file: it holds who a person is.
absl::StatusOr<crypto::Secret> ReadPrivateFile(const std::string& path,
                                               absl::string_view field);

// The first line of what can be read from an open descriptor.
absl::StatusOr<crypto::Secret> ReadSecretDescriptor(int descriptor,
                                                    absl::string_view field);

// Makes a new file of mode 0600 with the secret and a newline. USAGE when the
// path exists: a secret never lands in a file somebody else prepared.
absl::Status WriteSecretFile(const std::string& path, absl::string_view secret,
                             absl::string_view field);

// USAGE when WriteSecretFile would refuse: asked before a code is made that
// could not be kept.
absl::Status CheckNewFile(const std::string& path, absl::string_view field);

// A file without secrets, at most `limit` bytes.
absl::StatusOr<std::string> ReadPlainFile(const std::string& path, size_t limit,
                                          absl::string_view field);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_SECRETS_H_
