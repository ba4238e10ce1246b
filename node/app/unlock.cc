// SPDX-License-Identifier: Apache-2.0
#include "node/app/unlock.h"

#include <grpc/support/time.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "absl/synchronization/notification.h"
#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/unlock.grpc.pb.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::app {
namespace {

namespace office = ::amparo::office::v1;

constexpr absl::Duration kAnswerTime = absl::Seconds(60);
constexpr absl::Duration kOneLook = absl::Milliseconds(200);
constexpr int kLooksMax = 150;
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
// A HealthCheckResponse with status (field 1) SERVING (1).
constexpr char kServing[] = "\x08\x01";

gpr_timespec FromNow(absl::Duration duration) {
  return gpr_time_from_millis(absl::ToInt64Milliseconds(duration),
                              GPR_TIMESPAN);
}

// The same as a point in time.
gpr_timespec In(absl::Duration duration) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), FromNow(duration));
}

absl::Status FromNode(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  office::ErrorDetail detail;
  if (detail.ParseFromString(status.error_details())) {
    const std::optional<Reason> reason = ReasonFromName(detail.reason());
    if (reason.has_value() && *reason != Reason::kUnspecified) {
      return Error(*reason, status.error_message());
    }
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return Error(Reason::kWrongState, "the node is not locked");
  }
  return Error(Reason::kUnavailable,
               "no node answers in data_directory: start it with amparod run, "
               "and run this as the same user");
}

}  // namespace

// By hand: Debian's gRPC has no header for the health protocol, which is one
// empty message and one number.
bool IsServing(const std::shared_ptr<grpc::Channel>& channel,
               absl::Duration patience) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(FromNow(patience));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  bool answered = false;
  absl::Notification done;
  stub.UnaryCall(&context, kHealthCheck, {}, &request, &response,
                 [&](const grpc::Status& status) {
                   answered = status.ok();
                   done.Notify();
                 });
  done.WaitForNotification();
  grpc::Slice bytes;
  if (!answered || !response.TrySingleSlice(&bytes).ok()) return false;
  return absl::string_view(reinterpret_cast<const char*>(bytes.begin()),
                           bytes.size()) == kServing;
}

absl::Status UnlockNode(const std::string& socket_path,
                        const crypto::Secret& passphrase) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The node makes its socket anew when it opens.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      "unix:" + socket_path, grpc::InsecureChannelCredentials(), arguments);
  {
    office::UnlockRequest request;
    const absl::string_view bytes = passphrase.Reveal();
    request.set_passphrase(bytes.data(), bytes.size());
    office::UnlockResponse response;
    grpc::ClientContext context;
    context.set_deadline(FromNow(kAnswerTime));
    RETURN_IF_ERROR(FromNode(office::UnlockService::NewStub(channel)->Unlock(
        &context, request, &response)));
  }
  for (int look = 0; look < kLooksMax; ++look) {
    if (IsServing(channel, kOneLook)) return absl::OkStatus();
    // The locked socket goes and the node's own comes: each changes the state
    // of the channel. A node that answers and does not serve yet changes
    // nothing, so it is asked again after a while.
    channel->WaitForStateChange(channel->GetState(/*try_to_connect=*/true),
                                In(kOneLook));
  }
  return Error(Reason::kUnavailable,
               "the passphrase is right, but the node does not serve: its log "
               "says why");
}

}  // namespace amparo::app
