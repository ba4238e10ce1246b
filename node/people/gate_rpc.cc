// SPDX-License-Identifier: Apache-2.0
#include "node/people/gate_rpc.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/options.pb.h"
#include "crypto/base/random.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"

namespace amparo::people {
namespace {

namespace office = ::amparo::office::v1;
using google::protobuf::MethodDescriptor;

constexpr absl::string_view kMethodsToSignIn[] = {
    "amparo.office.v1.PeopleService.Enrol",
    "amparo.office.v1.PeopleService.SignIn",
};

bool SignsIn(const MethodDescriptor& method) {
  for (const absl::string_view name : kMethodsToSignIn) {
    if (name == method.full_name()) return true;
  }
  return false;
}

std::optional<Permission> PermissionOf(const MethodDescriptor& method) {
  const std::optional<Permission> permission = PermissionFromNumber(
      static_cast<int>(method.options().GetExtension(office::permission)));
  if (permission == Permission::kNoneNeededToSignIn && !SignsIn(method)) {
    return std::nullopt;
  }
  return permission;
}

const MethodDescriptor* FindMethod(absl::string_view full_method_name) {
  const std::string name = absl::StrReplaceAll(
      absl::StripPrefix(full_method_name, "/"), {{"/", "."}});
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      name);
}

grpc::Status InternalError() {
  const EventId incident = *EventId::FromBytes(
      crypto::RandomBytes(crypto::SystemRandom(), EventId::kSize));
  Log("internal_error", {LogField::Incident(incident)});
  office::ErrorDetail detail;
  detail.set_reason(std::string(ReasonName(Reason::kInternal)));
  detail.set_incident(incident.hex());
  return grpc::Status(
      grpc::StatusCode::INTERNAL,
      absl::StrCat("an error of the program: report incident ", incident.hex()),
      detail.SerializeAsString());
}

}  // namespace

absl::StatusOr<Caller> Gate::Admit(const grpc::ServerContext& context,
                                   absl::string_view full_method_name) const {
  if (closed_) {
    return Error(Reason::kUnavailable,
                 "the node is stopping: try again when it is back");
  }
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(kSessionMetadata);
  if (first == last) return AdmitToken({}, full_method_name);
  if (std::next(first) != last) return Error(Reason::kNotSignedIn);
  return AdmitToken(
      absl::string_view(first->second.data(), first->second.size()),
      full_method_name);
}

absl::StatusOr<Caller> Gate::AdmitToken(
    absl::string_view token, absl::string_view full_method_name) const {
  const MethodDescriptor* method = FindMethod(full_method_name);
  if (method == nullptr) return Error(Reason::kNotAllowed);
  const std::optional<Permission> permission = PermissionOf(*method);
  if (!permission.has_value()) return Error(Reason::kNotAllowed);
  if (*permission == Permission::kNoneNeededToSignIn) {
    return Caller::Stranger();
  }
  ASSIGN_OR_RETURN(Caller caller, sessions_.Find(token));
  RETURN_IF_ERROR(caller.May(*permission));
  return caller;
}

grpc::Status Gate::Answer(
    const grpc::ServerContext& context, absl::string_view full_method_name,
    const std::function<absl::Status(const Caller&)>& action) const {
  const RequestScope request(crypto::RandomNumber(crypto::SystemRandom()));
  const absl::StatusOr<Caller> caller = Admit(context, full_method_name);
  if (!caller.ok()) return ToGrpc(caller.status());
  return ToGrpc(action(*caller));
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const Reason reason = ReasonOf(status);
  if (reason == Reason::kInternal || reason == Reason::kUnspecified ||
      status.code() == absl::StatusCode::kInternal) {
    return InternalError();
  }
  office::ErrorDetail detail;
  detail.set_reason(std::string(ReasonName(reason)));
  std::string message(status.message());
  if (status.code() == absl::StatusCode::kPermissionDenied ||
      status.code() == absl::StatusCode::kUnauthenticated) {
    message = std::string(ReasonText(reason));
  } else {
    detail.set_field(FieldOf(status));
    detail.set_state(StateOf(status));
  }
  // The two enums have the same numbers (gRPC took Abseil's).
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      detail.SerializeAsString());
}

absl::Status CheckEveryMethodHasPermission(
    absl::Span<const google::protobuf::ServiceDescriptor* const> services) {
  for (const google::protobuf::ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (PermissionOf(method).has_value()) continue;
      return Error(Reason::kConfigInvalid,
                   absl::StrCat("the method ", method.full_name(),
                                " names no permission that it may name"));
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::people
