// SPDX-License-Identifier: Apache-2.0
//
// What went wrong, as a status that carries office.v1.ErrorDetail, and what a
// script and a person are told about it. Pure; any thread.
#ifndef AMPARO_ADMIN_CLI_FAILURE_H_
#define AMPARO_ADMIN_CLI_FAILURE_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "amparo/office/v1/errors.pb.h"

namespace amparo::cli {

// Exit codes of `amparo`. Frozen: scripts depend on them.
enum ExitCode : int {
  kDone = 0,
  kRefused = 1,       // The node or this program says no, and why.
  kUsage = 2,         // The command line or a file it names is wrong.
  kNotSignedIn = 3,   // No session, it has ended, or signing in was refused.
  kNotReachable = 4,  // No answer from the node.
  kProgramError = 5,  // An error of the node or of this program.
};

// Reasons that this program gives itself, some of them as the node does. All
// others come from the node.
inline constexpr char kReasonUsage[] = "USAGE";
inline constexpr char kReasonNotReachable[] = "NODE_NOT_REACHABLE";
inline constexpr char kReasonPeerAmbiguous[] = "PEER_AMBIGUOUS";
inline constexpr char kReasonEncodingInvalid[] = "ENCODING_INVALID";
inline constexpr char kReasonFileModeTooOpen[] = "FILE_MODE_TOO_OPEN";

// A refusal with a stable reason. `field` and `state` may be empty. Messages
// never hold a value that somebody typed.
absl::Status Refusal(absl::string_view reason, absl::string_view message,
                     absl::string_view field = {},
                     absl::string_view state = {});

// An option or a file that breaks its rule. `field` is the option as typed,
// for instance "--valid-until".
absl::Status UsageError(absl::string_view field, absl::string_view rule);

// OK for OK. Keeps the node's detail; a status without one means that the node
// did not answer, or answered in a way this program does not know.
absl::Status FromGrpc(const grpc::Status& status);

// What the status carries. A status made elsewhere counts as INTERNAL.
office::v1::ErrorDetail DetailOf(const absl::Status& status);

// What the program ends with.
ExitCode ExitCodeOf(const absl::Status& status);

// What to do about a reason, one sentence, or empty when there is nothing to
// say beyond the message.
std::string NextStep(absl::string_view reason);

// The failure for stderr: for people "REASON: text" and a line each for field,
// state and next step; with `json` one object with reason, message, field and
// state. Ends in a newline; control characters are neutralised.
std::string FailureText(const absl::Status& status, bool json);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_FAILURE_H_
