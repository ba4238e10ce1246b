// SPDX-License-Identifier: Apache-2.0
//
// The gate in front of every office RPC: who calls, and whether the method's
// permission lets them; and how a refusal looks from outside.
//
//   grpc::Status ConsentRpc::ShowConsent(grpc::ServerContext* context,
//                                        const v1::ShowConsentRequest* request,
//                                        v1::ShowConsentResponse* response) {
//     return gate_.Answer(
//         *context, "/amparo.office.v1.ConsentService/ShowConsent",
//         [&](const people::Caller& caller) -> absl::Status { ... });
//   }
#ifndef AMPARO_NODE_PEOPLE_GATE_RPC_H_
#define AMPARO_NODE_PEOPLE_GATE_RPC_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/base/errors.h"
#include "node/people/caller.h"
#include "node/people/sessions.h"

namespace amparo::people {

// Metadata key of the session token; at most one value a call.
inline constexpr char kSessionMetadata[] = "amparo-session";

// Thread-safe; `sessions` must outlive it.
class Gate {
 public:
  explicit Gate(const Sessions& sessions) : sessions_(sessions) {}

  // The caller, when the permission in the method's proto option lets them
  // call it. `full_method_name` is "/package.Service/Method". Default deny: a
  // method that does not exist or names no permission is refused for everyone.
  // kNotSignedIn, kSessionExpired, kNotAllowed.
  absl::StatusOr<Caller> Admit(const grpc::ServerContext& context,
                               absl::string_view full_method_name) const;

  // Admit, then `action`, then ToGrpc of what it returned. Lines that are
  // logged meanwhile carry one random request number.
  grpc::Status Answer(
      const grpc::ServerContext& context, absl::string_view full_method_name,
      const std::function<absl::Status(const Caller&)>& action) const;

  // From now on every call is refused (kUnavailable): the node stops.
  void Close() { closed_ = true; }

  // Admit for a token that was read elsewhere; empty: none.
  absl::StatusOr<Caller> AdmitToken(absl::string_view token,
                                    absl::string_view full_method_name) const;

 private:
  const Sessions& sessions_;
  std::atomic<bool> closed_{false};
};

// The status as people are shown it, with office.v1.ErrorDetail as details.
// UNAUTHENTICATED and PERMISSION_DENIED have the fixed text of their reason.
// A status without a reason is our bug: INTERNAL, an incident number which is
// also in the log, and nothing else.
grpc::Status ToGrpc(const absl::Status& status);

// OK when every method names a permission, and only the calls that sign a
// person in name NONE_NEEDED_TO_SIGN_IN. kConfigInvalid names the method. The
// node does not start otherwise.
absl::Status CheckEveryMethodHasPermission(
    absl::Span<const google::protobuf::ServiceDescriptor* const> services);

// An id of a request's field: kFieldInvalid names `field`.
template <class IdType>
absl::StatusOr<IdType> ReadId(absl::string_view field, absl::string_view hex) {
  absl::StatusOr<IdType> id = IdType::FromHex(hex);
  if (!id.ok() || id->empty()) {
    return FieldError(field, "must be 32 hexadecimal digits, not all zero");
  }
  return id;
}

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_GATE_RPC_H_
