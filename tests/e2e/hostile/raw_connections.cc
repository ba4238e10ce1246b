// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/raw_connections.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "crypto/base/bytes.h"
#include "node/base/clock.h"

namespace amparo::hostile {
namespace {

constexpr absl::Duration kEnds = absl::Seconds(60);
constexpr uint8_t kFrameOfData = 0;
constexpr uint8_t kFrameOfHeaders = 1;
constexpr uint8_t kFrameOfSettings = 4;
constexpr uint8_t kEndHeaders = 4;

int ConnectTo(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket >= 0 && ::connect(socket, reinterpret_cast<sockaddr*>(&address),
                               sizeof(address)) == 0) {
    return socket;
  }
  if (socket >= 0) ::close(socket);
  return -1;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream,
                  absl::string_view payload) {
  std::string frame;
  crypto::AppendU32(&frame, static_cast<uint32_t>(payload.size()));
  frame.erase(0, 1);  // 24 bits.
  crypto::AppendU8(&frame, type);
  crypto::AppendU8(&frame, flags);
  crypto::AppendU32(&frame, stream);
  frame.append(payload.data(), payload.size());
  return frame;
}

// A literal field without indexing; strings are under 127 bytes.
void AppendText(std::string* out, absl::string_view text) {
  crypto::AppendU8(out, static_cast<uint8_t>(text.size()));
  out->append(text.data(), text.size());
}

}  // namespace

RawSockets::RawSockets(int port, int count) {
  for (int i = 0; i < count; ++i) {
    const int socket = ConnectTo(port);
    if (socket < 0) break;
    sockets_.push_back(socket);
  }
}

RawSockets::~RawSockets() {
  for (const int socket : sockets_) ::close(socket);
}

void RawSockets::Send(absl::string_view bytes) {
  for (const int socket : sockets_) {
    // A socket that was closed meanwhile is what the caller waits for.
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

bool RawSockets::AllClosed(absl::Duration within) {
  const absl::Time until = SystemClock().Now() + within;
  for (const int socket : sockets_) {
    for (;;) {
      pollfd waiting{socket, POLLIN, 0};
      const absl::Duration left = until - SystemClock().Now();
      const int ready = ::poll(&waiting, 1,
                               static_cast<int>(absl::ToInt64Milliseconds(
                                   std::max(left, absl::ZeroDuration()))));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      char buffer[4096];
      if (::recv(socket, buffer, sizeof(buffer), 0) <= 0) break;
    }
  }
  return true;
}

bool HasOpenssl() {
  const auto found = RunToEnd({"openssl", "version"}, kEnds);
  return found.ok() && found->code == 0;
}

absl::StatusOr<std::unique_ptr<ChildProcess>> SayOverTls(
    const std::string& address, const PeerCredentials& credentials,
    const std::string& folder, const std::string& bytes) {
  WriteFile(folder + "/certificate", credentials.certificate);
  WriteFile(folder + "/key", credentials.private_key);
  // Quiet, it prints what comes and stays when there is no more to send.
  return ChildProcess::Start(
      {"openssl", "s_client", "-quiet", "-connect", address, "-cert",
       folder + "/certificate", "-key", folder + "/key", "-alpn", "h2"},
      folder + "/answered", bytes);
}

std::string AnsweredOverTls(const std::string& folder) {
  return FileText(folder + "/answered");
}

std::string HalfADelivery(size_t announced, absl::string_view beginning) {
  std::string headers = "\x83\x87";  // :method POST, :scheme https.
  headers += '\x04';                 // :path
  AppendText(&headers, "/amparo.peer.v1.DeliveryService/Deliver");
  headers += '\x01';  // :authority
  AppendText(&headers, "localhost");
  headers += "\x0f\x10";  // content-type
  AppendText(&headers, "application/grpc");
  headers += '\0';
  AppendText(&headers, "te");
  AppendText(&headers, "trailers");
  std::string message(1, '\0');  // Not compressed.
  crypto::AppendU32(&message, static_cast<uint32_t>(announced));
  message.append(beginning.data(), beginning.size());
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
         Frame(kFrameOfSettings, 0, 0, "") +
         Frame(kFrameOfHeaders, kEndHeaders, 1, headers) +
         Frame(kFrameOfData, 0, 1, message);
}

}  // namespace amparo::hostile
