// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over every file of the folders named, once each, where
// libFuzzer is not there to do it: NAME_fuzz FOLDER... Exit code 0 when each
// input held; an input that does not ends the process after its name was
// printed. A folder without a file is an error, so that no corpus gets lost.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

int main(int argc, char** argv) {
  // The empty input needs no file.
  std::fputs("(empty)\n", stderr);
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(argv[i], error)) {
      if (entry.path().filename().string().front() != '.') {
        files.push_back(entry.path());
      }
    }
    if (files.empty()) {
      std::fprintf(stderr, "no input in %s\n", argv[i]);
      return 2;
    }
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
      std::fprintf(stderr, "%s\n", path.filename().c_str());
      std::ifstream in(path, std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)),
                              std::istreambuf_iterator<char>());
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()),
                             bytes.size());
    }
  }
  return 0;
}
