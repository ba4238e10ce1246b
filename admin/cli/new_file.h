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

// A file that has its name only when it is whole: until then it is beside it,
// as NAME.XXXXXXXX, and goes away with this. So what a killed program leaves
// behind neither passes for the whole nor stands in the way of the next try.
// One thread at a time.
class NewFile {
 public:
  // Begins an empty file of mode 0600. USAGE naming `field` when the path is
  // there already, whatever it is, or cannot be made.
  static absl::StatusOr<std::unique_ptr<NewFile>> Make(const std::string& path,
                                                       absl::string_view field);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // USAGE naming the field when the disk takes no more.
  absl::Status Append(absl::string_view bytes);
  // Everything is on the disk and has its name when this is OK. Nothing that
  // got the name meanwhile is overwritten: USAGE then, too.
  absl::Status Keep();

 private:
  NewFile(int descriptor, std::string path, std::string beside,
          std::string field)
      : descriptor_(descriptor),
        path_(std::move(path)),
        beside_(std::move(beside)),
        field_(std::move(field)) {}

  int descriptor_;  // -1: kept.
  const std::string path_;
  const std::string beside_;
  const std::string field_;
};

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_NEW_FILE_H_
