// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/failure.h"

#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExitCode, SaysWhatTheCallerMayDo) {
  using grpc::StatusCode;
  const struct {
    grpc::Status answer;
    ExitCode code;
  } kCases[] = {
      {grpc::Status::OK, kDone},
      {RefusalOnWire(StatusCode::FAILED_PRECONDITION, "CONSENT_MISSING", "x"),
       kRefused},
      {RefusalOnWire(StatusCode::PERMISSION_DENIED, "NOT_ALLOWED", "x"),
       kRefused},
      {RefusalOnWire(StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "x"),
       kRefused},
      // The code of unknown peers too, which has nothing to do with sign-in.
      {RefusalOnWire(StatusCode::UNAUTHENTICATED, "PEER_UNKNOWN", "x"),
       kRefused},
      {RefusalOnWire(StatusCode::UNAVAILABLE, "UNAVAILABLE", "x"), kRefused},
      {RefusalOnWire(StatusCode::UNAUTHENTICATED, "NOT_SIGNED_IN", "x"),
       kNotSignedIn},
      {RefusalOnWire(StatusCode::UNAUTHENTICATED, "SESSION_EXPIRED", "x"),
       kNotSignedIn},
      {RefusalOnWire(StatusCode::UNAUTHENTICATED, "SIGN_IN_REFUSED", "x"),
       kNotSignedIn},
      {grpc::Status(StatusCode::UNAVAILABLE, "x"), kNotReachable},
      {grpc::Status(StatusCode::DEADLINE_EXCEEDED, "x"), kNotReachable},
      {RefusalOnWire(StatusCode::INTERNAL, "INTERNAL", "x"), kProgramError},
      {RefusalOnWire(StatusCode::DATA_LOSS, "RECORD_DAMAGED", "x"),
       kProgramError},
      {grpc::Status(StatusCode::UNKNOWN, "x"), kProgramError},
      {grpc::Status(StatusCode::INTERNAL, "x", "no detail"), kProgramError},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(ExitCodeOf(FromGrpc(one.answer)), one.code)
        << one.answer.error_code() << DetailOf(FromGrpc(one.answer)).reason();
  }
  EXPECT_EQ(ExitCodeOf(UsageError("--limit", "is wrong")), kUsage);
}

TEST(FailureText, SaysReasonFieldStateAndNextStep) {
  const absl::Status status = FromGrpc(
      RefusalOnWire(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE",
                    "it was answered", "referral_id", "DECLINED"));
  EXPECT_EQ(FailureText(status, false),
            "WRONG_STATE: it was answered\n"
            "  field: referral_id\n"
            "  now:   DECLINED\n"
            "  next:  look at it again with `show`; it has moved on\n");
}

TEST(FailureText, IsOneObjectForScripts) {
  const absl::Status status = FromGrpc(
      RefusalOnWire(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE",
                    "it was answered", "referral_id", "DECLINED"));
  const auto json = nlohmann::json::parse(FailureText(status, true));
  EXPECT_EQ(json.size(), 4u);
  EXPECT_EQ(json["reason"], "WRONG_STATE");
  EXPECT_EQ(json["message"], "it was answered");
  EXPECT_EQ(json["field"], "referral_id");
  EXPECT_EQ(json["state"], "DECLINED");
}

TEST(FailureText, NeutralisesWhatTheNodeSays) {
  const absl::Status status =
      FromGrpc(RefusalOnWire(grpc::StatusCode::FAILED_PRECONDITION, "A\x1B[2J",
                             "b\x1B]0;t\x07", "c\n", "d\r"));
  for (const char c : {'\x1B', '\x07', '\r'}) {
    EXPECT_THAT(FailureText(status, false), Not(HasSubstr(std::string(1, c))));
    EXPECT_THAT(FailureText(status, true), Not(HasSubstr(std::string(1, c))));
  }
}

TEST(FailureText, OfAnUnexplainedFailureRepeatsNothing) {
  const absl::Status status =
      FromGrpc(grpc::Status(grpc::StatusCode::UNKNOWN, "Olena Vyhadana"));
  EXPECT_THAT(FailureText(status, false), Not(HasSubstr("Olena")));
}

}  // namespace
}  // namespace amparo::cli
