// SPDX-License-Identifier: Apache-2.0
#include "node/app/run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "node/app/data_directory.h"
#include "node/app/locked_server.h"
#include "node/app/office_socket.h"
#include "node/app/service.h"
#include "node/app/supervisor.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/storage/store.h"

namespace amparo::app {
namespace {

// Sent by this process to itself when it was unlocked.
constexpr int kUnlocked = SIGUSR1;
constexpr absl::Duration kLookMax = absl::Hours(1);

// Blocked in all threads, so that only this one takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, kUnlocked}) {
    sigaddset(&signals, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// The key that `amparod unlock` brought; nullopt when a signal ended the wait.
absl::StatusOr<std::optional<crypto::Secret>> AwaitUnlock(
    const Config& config, const sigset_t& signals) {
  const std::string& directory = config.data_directory;
  ASSIGN_OR_RETURN(const auto server,
                   LockedServer::Start(
                       OfficeSocketPath(config), SystemClock(),
                       [&directory](const crypto::Secret& passphrase) {
                         return OpenDataDirectory(directory, passphrase);
                       },
                       [] { ::kill(::getpid(), kUnlocked); }));
  Log("locked", {LogField::Path("data", directory)});
  TellReady("locked: run amparod unlock");
  // Waiting for a person is no reason to be ended: the watchdog is told, while
  // health says NOT_SERVING.
  const timespec look = absl::ToTimespec(std::min(kLookMax, AliveInterval()));
  while (true) {
    TellAlive();
    const int signal = ::sigtimedwait(&signals, nullptr, &look);
    if (signal == SIGINT || signal == SIGTERM) {
      TellStopping();
      return std::optional<crypto::Secret>();
    }
    std::optional<crypto::Secret> key = server->TakeKey();
    if (key.has_value()) return key;
  }
}

}  // namespace

absl::Status RunNode(const Config& config, const PassphraseFinder& find) {
  const sigset_t signals = BlockSignals();
  RETURN_IF_ERROR(CheckModes(config.data_directory));
  RETURN_IF_ERROR(FindOfficeDoor(config).status());
  ASSIGN_OR_RETURN(const std::optional<crypto::Secret> passphrase, find());
  std::optional<crypto::Secret> node_key;
  if (passphrase.has_value()) {
    ASSIGN_OR_RETURN(node_key,
                     OpenDataDirectory(config.data_directory, *passphrase));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Store> store,
                   storage::OpenStore(StorePath(config.data_directory)));
  if (!node_key.has_value()) {
    ASSIGN_OR_RETURN(node_key, AwaitUnlock(config, signals));
    if (!node_key.has_value()) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Service> service,
      Service::Start(config, std::move(store), *std::move(node_key),
                     SystemClock(), crypto::SystemRandom()));
  TellReady("serving");
  int signal = 0;
  do {
    ::sigwait(&signals, &signal);
  } while (signal == kUnlocked);
  TellStopping();
  service->Stop();
  return absl::OkStatus();
}

}  // namespace amparo::app
