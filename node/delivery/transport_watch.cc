// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/transport_watch.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "node/base/clock.h"

namespace amparo::delivery {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;

constexpr char kHealth[] = "/grpc.health.";

// One call; gRPC destroys it when everything of the call has been done.
class CallWatch final : public Interceptor {
 public:
  CallWatch(CallFigures& figures, absl::string_view path)
      : figures_(figures), slot_(figures.Started(path)), start_(SteadyTime()) {}
  ~CallWatch() override { figures_.Ended(slot_, code_, SteadyTime() - start_); }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      code_ = methods->GetSendStatus().error_code();
    }
    methods->Proceed();
  }

 private:
  CallFigures& figures_;
  const size_t slot_;
  const absl::Duration start_;
  // Of a call that ended without a status of ours.
  int code_ = grpc::StatusCode::CANCELLED;
};

class CallWatchFactory final : public ServerInterceptorFactoryInterface {
 public:
  explicit CallWatchFactory(CallFigures& figures) : figures_(figures) {}
  Interceptor* CreateServerInterceptor(ServerRpcInfo* call) override {
    const absl::string_view path(call->method());
    if (absl::StartsWith(path, kHealth)) return nullptr;
    return new CallWatch(figures_, path);
  }

 private:
  CallFigures& figures_;
};

}  // namespace

void WatchCalls(grpc::ServerBuilder& builder, CallFigures& figures) {
  std::vector<std::unique_ptr<ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<CallWatchFactory>(figures));
  builder.experimental().SetInterceptorCreators(std::move(factories));
}

}  // namespace amparo::delivery
