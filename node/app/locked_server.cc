// SPDX-License-Identifier: Apache-2.0
#include "node/app/locked_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "amparo/office/v1/unlock.grpc.pb.h"
#include "crypto/base/random.h"
#include "node/app/office_socket.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/people/attempts.h"
#include "node/people/gate_rpc.h"

namespace amparo::app {
namespace {

namespace office = ::amparo::office::v1;

// Whoever guesses is one: only the node's own user reaches the socket.
constexpr char kWhoever[] = "unlock";
constexpr size_t kPassphraseBytesMax = 4095;

// Says of every other call why nothing happens.
class Refusal final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext*) override {
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      Reactor() {
        Finish(people::ToGrpc(WithState(Error(Reason::kNodeLocked), "LOCKED")));
      }
      void OnDone() override { delete this; }
    };
    return new Reactor();
  }
};

class Unlocking final : public office::UnlockService::Service {
 public:
  Unlocking(const Clock& clock, LockedServer::Opener opener,
            std::function<void()> opened)
      : clock_(clock), opener_(std::move(opener)), opened_(std::move(opened)) {}

  grpc::Status Unlock(grpc::ServerContext*,
                      const office::UnlockRequest* request,
                      office::UnlockResponse*) override {
    const RequestScope scope(crypto::RandomNumber(crypto::SystemRandom()));
    const absl::Status opened = Try(request->passphrase());
    if (opened.ok()) {
      Log("unlocked", {});
      opened_();
    } else {
      Log("unlock_refused", {LogField::Why(ReasonOf(opened))});
    }
    return people::ToGrpc(opened);
  }

  std::optional<crypto::Secret> TakeKey() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(key_, std::nullopt);
  }

 private:
  // The lock is held while the key is derived, which takes 64 MiB and a tenth
  // of a second: guesses do not run side by side.
  absl::Status Try(const std::string& passphrase) ABSL_LOCKS_EXCLUDED(mutex_) {
    if (passphrase.empty() || passphrase.size() > kPassphraseBytesMax) {
      return FieldError("passphrase", "must have 1 to 4095 bytes");
    }
    absl::MutexLock lock(&mutex_);
    if (unlocked_) return absl::OkStatus();
    RETURN_IF_ERROR(attempts_.Begin(kWhoever, clock_.Now()));
    ASSIGN_OR_RETURN(key_, opener_(crypto::Secret::Copy(passphrase)));
    unlocked_ = true;
    return absl::OkStatus();
  }

  const Clock& clock_;
  const LockedServer::Opener opener_;
  const std::function<void()> opened_;
  people::Attempts attempts_;
  absl::Mutex mutex_;
  bool unlocked_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<crypto::Secret> key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

class LockedServer::Impl {
 public:
  Impl(const Clock& clock, Opener opener, std::function<void()> opened)
      : unlocking_(clock, std::move(opener), std::move(opened)) {}
  ~Impl() {
    if (server_ != nullptr) StopServer(*server_, calls_, limits::kDrainGrace);
  }

  absl::Status Start(const std::string& socket_path) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&unlocking_);
    builder.RegisterCallbackGenericService(&refusal_);
    ASSIGN_OR_RETURN(server_,
                     ServeOnSocket(builder, {socket_path, {}}, calls_));
    return absl::OkStatus();
  }

  std::optional<crypto::Secret> TakeKey() { return unlocking_.TakeKey(); }

 private:
  CallFigures calls_{"amparo.office.v1", {}};
  Refusal refusal_;
  Unlocking unlocking_;
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<LockedServer>> LockedServer::Start(
    const std::string& socket_path, const Clock& clock, Opener opener,
    std::function<void()> opened) {
  auto impl =
      std::make_unique<Impl>(clock, std::move(opener), std::move(opened));
  RETURN_IF_ERROR(impl->Start(socket_path));
  return std::unique_ptr<LockedServer>(new LockedServer(std::move(impl)));
}

LockedServer::LockedServer(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
LockedServer::~LockedServer() = default;

std::optional<crypto::Secret> LockedServer::TakeKey() {
  return impl_->TakeKey();
}

}  // namespace amparo::app
