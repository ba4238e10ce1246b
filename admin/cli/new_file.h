// SPDX-License-Identifier: Apache-2.0
//
// A file that a verb makes for its person and nobody else.
#ifndef AMPARO_ADMIN_CLI_NEW_FILE_H_
#define AMPARO_ADMIN_CLI_NEW_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::cli {

// One thread at a time.
class NewFile {
 public:
  // Makes an empty file of mode 0600. USAGE naming `field` when the path is
  // there already, whatever it is, or cannot be made.
  static absl::StatusOr<std::unique_ptr<NewFile>> Make(const std::string& path,
                                                       absl::string_view field);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // USAGE naming the field when the disk takes no more.
  absl::Status Append(absl::string_view bytes);
  // Everything is on the disk when this is OK.
  absl::Status Close();
  // Takes the file away again: what it holds is not whole.
  void Remove();

 private:
  NewFile(int descriptor, std::string path, std::string field)
      : descriptor_(descriptor),
        path_(std::move(path)),
        field_(std::move(field)) {}

  int descriptor_;  // -1: closed.
  const std::string path_;
  const std::string field_;
};

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_NEW_FILE_H_
