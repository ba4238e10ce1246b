// SPDX-License-Identifier: Apache-2.0
//
// Tables that others published and that are no part of the product: they are
// compared with where they are present.
#ifndef AMPARO_TESTS_UNIT_NODE_VOCABULARY_PUBLISHED_FILES_H_
#define AMPARO_TESTS_UNIT_NODE_VOCABULARY_PUBLISHED_FILES_H_

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace amparo::vocabulary {

// The lines of a file of the folder AMPARO_DATA (by default "shared/data"
// beside the source tree in `source`), split at every `separator`, quoted or
// not; empty when it is not there.
inline std::vector<std::vector<std::string>> PublishedRows(
    absl::string_view source, absl::string_view name, char separator) {
  const char* const folder = std::getenv("AMPARO_DATA");
  std::ifstream file((folder != nullptr
                          ? std::string(folder)
                          : std::string(source) + "/../shared/data") +
                     "/" + std::string(name));
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    rows.push_back(absl::StrSplit(line, separator));
  }
  return rows;
}

}  // namespace amparo::vocabulary

#endif  // AMPARO_TESTS_UNIT_NODE_VOCABULARY_PUBLISHED_FILES_H_
