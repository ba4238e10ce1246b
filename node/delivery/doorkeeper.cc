// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/doorkeeper.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"

namespace amparo::delivery {
namespace {

constexpr int kQueueLength = 128;
// Of the descriptors, what stays for the node's own files, its calls to peers
// and its own people: a quarter, but at least so many where there are enough.
constexpr uint64_t kKeptAtLeast = 64;
// When the system cannot give a connection for want of memory.
constexpr int kPauseMs = 100;

int OpenNothing() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

absl::Status NoSuchAddress() {
  return Error(Reason::kConfigInvalid,
               "listen_address must be \"host:port\" with an address of this "
               "machine");
}

int PortOf(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) !=
      0) {
    return 0;
  }
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

int ListenAt(const addrinfo& at) {
  const int listener = ::socket(
      at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol);
  if (listener < 0) return -1;
  const int on = 1;
  // A node that is started again does not wait for old connections to end.
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener, at.ai_addr, at.ai_addrlen) == 0 &&
      ::listen(listener, kQueueLength) == 0) {
    return listener;
  }
  ::close(listener);
  return -1;
}

}  // namespace

int DescriptorsForPeers(uint64_t limit) {
  limit = std::min<uint64_t>(limit, INT32_MAX);
  const uint64_t kept = std::min(std::max(limit / 4, kKeptAtLeast), limit / 2);
  return static_cast<int>(limit - kept);
}

absl::StatusOr<std::unique_ptr<Doorkeeper>> Doorkeeper::Listen(
    absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return NoSuchAddress();
  absl::string_view host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  std::unique_ptr<Doorkeeper> keeper(new Doorkeeper());
  RETURN_IF_ERROR(keeper->ListenOn(std::string(host),
                                   std::string(address.substr(colon + 1))));
  keeper->wake_ = ::eventfd(0, EFD_CLOEXEC);
  keeper->spare_ = OpenNothing();
  if (keeper->wake_ < 0 || keeper->spare_ < 0) {
    return Error(Reason::kUnavailable, "the process has no descriptor left");
  }
  return keeper;
}

absl::Status Doorkeeper::ListenOn(const std::string& host,
                                  const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return NoSuchAddress();
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found,
                                                             ::freeaddrinfo);
  for (addrinfo* at = found; at != nullptr; at = at->ai_next) {
    // With port 0 the system chooses once, for all addresses of the host.
    if (port_ != 0 && at->ai_family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(at->ai_addr)->sin_port =
          htons(static_cast<uint16_t>(port_));
    } else if (port_ != 0 && at->ai_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6*>(at->ai_addr)->sin6_port =
          htons(static_cast<uint16_t>(port_));
    }
    const int listener = ListenAt(*at);
    if (listener < 0) continue;
    listeners_.push_back(listener);
    port_ = PortOf(listener);
  }
  if (!listeners_.empty()) return absl::OkStatus();
  return Error(Reason::kUnavailable,
               "the peers' port cannot be listened on; is it taken?");
}

Doorkeeper::~Doorkeeper() {
  Close();
  for (const int listener : listeners_) ::close(listener);
  if (wake_ >= 0) ::close(wake_);
  if (spare_ >= 0) ::close(spare_);
}

void Doorkeeper::Open(Taker taker) {
  Close();
  thread_ = std::thread([this, taker = std::move(taker)] { Run(taker); });
}

void Doorkeeper::Close() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  // A write of eight bytes to an eventfd cannot fail here.
  while (::write(wake_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  thread_.join();
  uint64_t ignored = 0;
  while (::read(wake_, &ignored, sizeof(ignored)) < 0 && errno == EINTR) {
  }
}

void Doorkeeper::Run(const Taker& taker) {
  std::vector<pollfd> watched = {{wake_, POLLIN, 0}};
  for (const int listener : listeners_) {
    watched.push_back({listener, POLLIN, 0});
  }
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[0].revents != 0) return;
    for (size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].revents == 0 || TakeOne(watched[i].fd, taker)) continue;
      // Not again at once, but still at once when it is to end.
      ::poll(watched.data(), 1, kPauseMs);
    }
  }
}

bool Doorkeeper::TakeOne(int listener, const Taker& taker) {
  const int taken =
      ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (taken < 0) {
    // Who came has gone again, or another error of that one connection.
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
        errno != ENOMEM) {
      return true;
    }
    if (errno != EMFILE || spare_ < 0) return false;
    ::close(spare_);
    const int refused = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (refused >= 0) Refuse(refused);
    spare_ = OpenNothing();
    return true;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (taken >= DescriptorsForPeers(limit.rlim_cur)) {
    Refuse(taken);
    return true;
  }
  full_ = false;
  const int on = 1;
  ::setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  taker(taken);
  return true;
}

void Doorkeeper::Refuse(int descriptor) {
  ++refused_;
  ::close(descriptor);
  // Once per siege, not once per connection.
  if (!full_) Log("connections_full", {});
  full_ = true;
}

}  // namespace amparo::delivery
