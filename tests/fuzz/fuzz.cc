// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"

namespace amparo::fuzz {
namespace {

constexpr size_t kMessageBytesMax = 1024;

// Made at the first use, removed with the process.
class OneFile {
 public:
  OneFile() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    const char* const elsewhere = std::getenv("TMPDIR");
    path_ = in_memory ? "/dev/shm" : elsewhere != nullptr ? elsewhere : ".";
    path_ += "/amparo-fuzz-XXXXXX";
    const int descriptor = ::mkstemp(path_.data());  // Mode 0600.
    HOLD(descriptor >= 0);
    ::close(descriptor);
  }
  ~OneFile() { ::unlink(path_.c_str()); }
  OneFile(const OneFile&) = delete;
  OneFile& operator=(const OneFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

void Broken(const char* rule, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, rule);
  std::abort();
}

void HoldMessage(absl::string_view message) {
  HOLD(!message.empty());
  HOLD(message.size() <= kMessageBytesMax);
  HOLD(std::all_of(message.begin(), message.end(),
                   [](char c) { return c >= 0x20 && c < 0x7f; }));
  HOLD(!absl::StrContains(message, kMarker));
}

void HoldRefusal(const absl::Status& status,
                 const std::vector<Reason>& reasons) {
  HOLD(!status.ok());
  const Reason reason = ReasonOf(status);
  if (reasons.empty()) {
    HOLD(reason != Reason::kInternal && reason != Reason::kUnspecified);
  } else {
    const bool allowed =
        std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
    if (!allowed) {
      std::fprintf(stderr, "reason %s\n",
                   std::string(ReasonName(reason)).c_str());
    }
    HOLD(allowed);
  }
  HoldMessage(status.message());
}

uint8_t Parts::Byte() {
  if (left_.empty()) return 0;
  const auto byte = static_cast<uint8_t>(left_[0]);
  left_.remove_prefix(1);
  return byte;
}

absl::string_view Parts::Take(size_t size) {
  const absl::string_view taken = left_.substr(0, size);
  left_.remove_prefix(taken.size());
  return taken;
}

std::string FileWith(absl::string_view bytes) {
  static const OneFile file;
  std::ofstream out(file.path(), std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  HOLD(out.good());
  return file.path();
}

}  // namespace amparo::fuzz
