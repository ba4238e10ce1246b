// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/stat.h>

#include "crypto/base/bytes.h"
#include "crypto/base/random.h"

namespace amparo::cli {
namespace {

constexpr char kSessionMetadata[] = "amparo-session";
constexpr absl::Duration kPauseBetweenTries = absl::Milliseconds(300);
constexpr size_t kRequestIdBytes = 16;
// sockaddr_un holds 108 bytes with its final zero.
constexpr size_t kSocketPathMax = 107;

// From now on, without reading a clock here: gRPC counts from its own.
gpr_timespec FromNow(absl::Duration duration) {
  return gpr_time_from_millis(absl::ToInt64Milliseconds(duration),
                              GPR_TIMESPAN);
}

}  // namespace

std::string NewRequestId() {
  return crypto::HexEncode(
      crypto::RandomBytes(crypto::SystemRandom(), kRequestIdBytes));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::string& socket_path, absl::Duration timeout) {
  if (socket_path.size() > kSocketPathMax) {
    return UsageError("--socket", "may have 107 bytes at most");
  }
  struct stat found;
  if (::stat(socket_path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) {
    return Refusal(kReasonNotReachable, "no node listens on this socket");
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  return std::unique_ptr<Connection>(new Connection(
      grpc::CreateCustomChannel("unix:" + socket_path,
                                grpc::InsecureChannelCredentials(), arguments),
      timeout));
}

void Connection::Prepare(grpc::ClientContext* context) const {
  if (!token_.empty()) {
    context->AddMetadata(kSessionMetadata, std::string(token_.Reveal()));
  }
}

absl::Status Connection::Try(
    const std::function<grpc::Status(grpc::ClientContext*)>& call) const {
  grpc::Status answer;
  for (int attempt = 1; attempt <= kTriesMax; ++attempt) {
    grpc::ClientContext context;
    Prepare(&context);
    if (timeout_ < absl::InfiniteDuration()) {
      context.set_deadline(FromNow(timeout_));
    }
    answer = call(&context);
    if (answer.error_code() != grpc::StatusCode::UNAVAILABLE) break;
    if (attempt < kTriesMax) {
      channel_->WaitForConnected(FromNow(kPauseBetweenTries));
    }
  }
  return FromGrpc(answer);
}

}  // namespace amparo::cli
