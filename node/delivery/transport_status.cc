// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/transport_status.h"

#include <string>

#include "node/base/errors.h"

namespace amparo::delivery {
namespace {

std::string Text(absl::string_view text) {
  return std::string(text.data(), text.size());
}

}  // namespace

grpc::Status ToPeer(const absl::Status& status, grpc::ServerContext& context) {
  if (status.ok()) return grpc::Status::OK;
  const Reason reason = ReasonOf(status);
  context.AddTrailingMetadata(kReasonMetadata, Text(ReasonName(reason)));
  return grpc::Status(static_cast<grpc::StatusCode>(ReasonCode(reason)),
                      Text(ReasonText(reason)));
}

grpc::Status ToPeerBeforeCall(Reason reason) {
  return grpc::Status(
      static_cast<grpc::StatusCode>(ReasonCode(reason)),
      Text(ReasonName(reason)) + ": " + Text(ReasonText(reason)));
}

absl::Status FromPeer(const grpc::Status& status,
                      const grpc::ClientContext& context) {
  if (status.ok()) return absl::OkStatus();
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto named = trailing.find(kReasonMetadata);
  const std::string text = status.error_message();
  const std::string name =
      named != trailing.end()
          ? std::string(named->second.data(), named->second.size())
          : text.substr(0, text.find(": "));
  const auto reason = ReasonFromName(name);
  if (reason.has_value() && *reason != Reason::kUnspecified) {
    return Error(*reason);
  }
  return Error(Reason::kUnavailable);
}

}  // namespace amparo::delivery
