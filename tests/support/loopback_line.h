// SPDX-License-Identifier: Apache-2.0
//
// A bare connection to a port of this machine, for what no client would send.
#ifndef AMPARO_TESTS_SUPPORT_LOOPBACK_LINE_H_
#define AMPARO_TESTS_SUPPORT_LOOPBACK_LINE_H_

#include "absl/strings/string_view.h"

namespace amparo {

// Not thread-safe.
class Line {
 public:
  // Connects; a test that cannot fails.
  explicit Line(int port);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void Send(absl::string_view bytes);
  // Whether the other side has closed, without waiting.
  bool Closed();

 private:
  const int socket_;
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_LOOPBACK_LINE_H_
