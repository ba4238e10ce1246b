// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file
// NAME_fuzz.cc: it reads any bytes, and what must hold whatever they are it
// says with HOLD. libFuzzer runs it in the preset asan; everywhere else
// run_corpus.cc runs it over the files of corpus/NAME. One thread.
#ifndef AMPARO_TESTS_FUZZ_FUZZ_H_
#define AMPARO_TESTS_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/base/errors.h"

namespace amparo::fuzz {

// Stands as a value in many seeds, and mutation carries it to other places.
// No message may ever hold it.
inline constexpr absl::string_view kMarker = "Marker_7Zyx";

// Names the rule on stderr and ends the process.
[[noreturn]] void Broken(const char* rule, const char* file, int line);

// Holds that a message for people names no value: printable ASCII of at most
// 1,024 bytes without the marker. Bytes of an input that reach a message are
// found as soon as one of them is neither.
void HoldMessage(absl::string_view message);

// Holds that `status` is an error with one of these reasons, and its message.
// Without reasons: any but kInternal and kUnspecified, which say that the
// program did not expect the input.
void HoldRefusal(const absl::Status& status,
                 const std::vector<Reason>& reasons = {});

// Takes an input apart from its beginning; zeros and nothing when it is used
// up, so that every input means something.
class Parts {
 public:
  Parts(const uint8_t* input, size_t size)
      : left_(reinterpret_cast<const char*>(input), size) {}

  uint8_t Byte();
  // At most `size` bytes.
  absl::string_view Take(size_t size);
  absl::string_view Rest() { return Take(left_.size()); }
  bool empty() const { return left_.empty(); }

 private:
  absl::string_view left_;
};

inline absl::string_view AsText(const uint8_t* input, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(input), size);
}

// A file of this process in memory-backed storage where there is one, mode
// 0600, with these bytes; the path stays the same from call to call and the
// file is gone when the process ends in order.
std::string FileWith(absl::string_view bytes);

}  // namespace amparo::fuzz

// Ends the process, as a crash would, unless `rule` is true.
#define HOLD(rule)                                       \
  do {                                                   \
    if (!(rule)) {                                       \
      ::amparo::fuzz::Broken(#rule, __FILE__, __LINE__); \
    }                                                    \
  } while (false)

// What libFuzzer calls. Returns 0; anything that must not be ends the process.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size);

#endif  // AMPARO_TESTS_FUZZ_FUZZ_H_
