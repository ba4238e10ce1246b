// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/output.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/status_macros.h"

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

// The first field of `message` whose text is no UTF-8, with what it is a part
// of, as the node names it: "note.text"; else empty.
std::string FieldWithoutUtf8(const google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& all = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  all.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool text = field->type() == FieldDescriptor::TYPE_STRING;
    if (!text && field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? all.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (text) {
        std::string unused;
        const std::string& value =
            field->is_repeated()
                ? all.GetRepeatedStringReference(message, field, i, &unused)
                : all.GetStringReference(message, field, &unused);
        if (!IsUtf8(value)) return field->name();
        continue;
      }
      const std::string deeper = FieldWithoutUtf8(
          field->is_repeated() ? all.GetRepeatedMessage(message, field, i)
                               : all.GetMessage(message, field));
      if (absl::StrContains(deeper, '.')) return deeper;
      if (!deeper.empty()) return absl::StrCat(field->name(), ".", deeper);
    }
  }
  return "";
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

absl::Status Connection::CheckText(const google::protobuf::Message& request) {
  const std::string field = FieldWithoutUtf8(request);
  if (field.empty()) return absl::OkStatus();
  return Refusal(kReasonEncodingInvalid, absl::StrCat(field, " is not UTF-8"),
                 field);
}

absl::Status Connection::Prepare(const google::protobuf::Message& first,
                                 grpc::ClientContext* context) const {
  RETURN_IF_ERROR(CheckText(first));
  AddSession(context);
  return absl::OkStatus();
}

void Connection::AddSession(grpc::ClientContext* context) const {
  if (!token_.empty()) {
    context->AddMetadata(kSessionMetadata, std::string(token_.Reveal()));
  }
}

absl::Status Connection::Try(
    const std::function<grpc::Status(grpc::ClientContext*)>& call) const {
  grpc::Status answer;
  for (int attempt = 1; attempt <= kTriesMax; ++attempt) {
    grpc::ClientContext context;
    AddSession(&context);
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
