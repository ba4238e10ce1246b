// SPDX-License-Identifier: Apache-2.0
//
// Rows that are sealed at rest, after they were opened. First byte: kind of
// row, in the order of tests/golden/row_kinds.h. Held: reading never fails but
// by an error whose message holds no value, and a row key is what its value
// writes. That a sound row is written the same again, tests/golden holds.
#include "tests/fuzz/fuzz.h"
#include "tests/golden/row_kinds.h"

namespace amparo {
namespace {

// Tries the codec whose turn it is.
struct OneKind {
  template <class Codec>
  void operator()(const char*) {
    if (turn-- != 0) return;
    const auto record = Codec::Decode(bytes);
    if (!record.ok()) fuzz::HoldMessage(record.status().message());
    const auto key = Codec::DecodeKey(bytes);
    if (key.ok()) {
      HOLD(Codec::EncodeKey(*key) == bytes);
    } else {
      fuzz::HoldMessage(key.status().message());
    }
  }
  int turn;
  absl::string_view bytes;
};

struct CountKinds {
  template <class Codec>
  void operator()(const char*) {
    ++count;
  }
  int count = 0;
};

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  static const int kinds = [] {
    CountKinds counting;
    golden::ForEachRowKind(counting);
    return counting.count;
  }();
  fuzz::Parts parts(input, size);
  const uint8_t which = parts.Byte();
  OneKind one{which % kinds, parts.Rest()};
  golden::ForEachRowKind(one);
  return 0;
}
