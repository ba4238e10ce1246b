// SPDX-License-Identifier: Apache-2.0
#include "tests/support/loopback_line.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace amparo {

Line::Line(int port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
            0);
}

Line::~Line() { ::close(socket_); }

void Line::Send(absl::string_view bytes) {
  ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool Line::Closed() {
  char buffer[4096];
  ssize_t n = 0;
  do {
    n = ::recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT);
  } while (n > 0);
  return n == 0 || errno == ECONNRESET;
}

}  // namespace amparo
