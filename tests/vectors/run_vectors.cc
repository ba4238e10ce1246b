// SPDX-License-Identifier: Apache-2.0
//
// Runs the vectors of this folder, and those of the folder that the
// environment variable AMPARO_VECTORS names. Ends with 1 if any file failed.

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/vectors/runner.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: run_vectors FOLDER\n";
    return 2;
  }
  size_t failed = amparo::crypto::RunFolder(argv[1], std::cout);
  const char* const more = std::getenv("AMPARO_VECTORS");
  if (more != nullptr && *more != '\0') {
    failed += amparo::crypto::RunFolder(more, std::cout);
  }
  std::cout << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
