// SPDX-License-Identifier: Apache-2.0
#include "node/cases/counting_rpc.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "amparo/office/v1/counting.grpc.pb.h"
#include "tests/support/every_field_set.h"
#include "tests/unit/node/cases/rpc_office.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;

class CountingRpcTest : public RpcTest {
 protected:
  CountingRpcTest() : rpc_(gate_, actions_) {
    stub_ = v1::CountingService::NewStub(Serve({&rpc_}));
  }
  ~CountingRpcTest() override { StopServing(); }

  grpc::Status Count(const std::string& token, const std::string& variable,
                     const std::string& code,
                     v1::CountPersonResponse* response) {
    grpc::ClientContext context;
    Use(context, token);
    v1::CountPersonRequest request;
    request.set_request_id(absl::StrFormat("%032x", ++requested_));
    v1::CountingValue* const value = request.add_values();
    value->set_variable(variable);
    value->set_code(code);
    return stub_->CountPerson(&context, request, response);
  }
  grpc::Status Show(const std::string& token,
                    v1::ShowCountsResponse* response) {
    grpc::ClientContext context;
    Use(context, token);
    return stub_->ShowCounts(&context, v1::ShowCountsRequest(), response);
  }

  CountingRpc rpc_;
  std::unique_ptr<v1::CountingService::Stub> stub_;
  int requested_ = 0;
};

TEST_F(CountingRpcTest, TotalsAreToldAndARecordIsNot) {
  v1::CountPersonResponse counted;
  for (int i = 0; i < 24; ++i) {
    ASSERT_TRUE(
        Count(caseworker_, "gender", i % 2 == 0 ? "Female" : "Male", &counted)
            .ok());
  }
  EXPECT_THAT(FieldsNotSet(counted), testing::IsEmpty());
  v1::ShowCountsResponse shown;
  ASSERT_TRUE(Show(caseworker_, &shown).ok());
  ASSERT_EQ(shown.quarters_size(), 1);
  EXPECT_EQ(shown.quarters(0).persons(), 24);
  EXPECT_EQ(shown.quarters(0).year(), counted.year());
  EXPECT_EQ(shown.quarters(0).quarter(), counted.quarter());
  EXPECT_EQ(shown.variables_size(), 0);
  // The year after, it is over. The session is too.
  office_.clock.Advance(absl::Hours(24 * 366));
  shown.Clear();
  ASSERT_TRUE(Show(SignIn('c', people::Role::kSupervisor), &shown).ok());
  ASSERT_EQ(shown.variables_size(), 4);
  EXPECT_EQ(shown.variables(0).variable(), "gender");
  ASSERT_EQ(shown.variables(0).codes_size(), 2);
  EXPECT_EQ(shown.variables(0).codes(0).code(), "Female");
  EXPECT_EQ(shown.variables(0).codes(0).label(), "Female");
  EXPECT_EQ(shown.variables(0).codes(0).persons(), 12);
  EXPECT_TRUE(shown.variables(1).withheld());
  EXPECT_EQ(shown.variables(1).codes_size(), 0);
}

TEST_F(CountingRpcTest, AnythingElseOfAPersonIsRefused) {
  v1::CountPersonResponse counted;
  EXPECT_EQ(Count(caseworker_, "citizenship", "UKR", &counted).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(office_.Rows(storage::TableId::kCountingRecords), 0);
}

TEST_F(CountingRpcTest, NothingIsDoneWithoutSessionOrPermission) {
  v1::CountPersonResponse counted;
  v1::ShowCountsResponse shown;
  for (const auto& [token, code] :
       {std::pair(std::string(), grpc::StatusCode::UNAUTHENTICATED),
        std::pair(administrator_, grpc::StatusCode::PERMISSION_DENIED)}) {
    EXPECT_EQ(Count(token, "gender", "Male", &counted).error_code(), code);
    EXPECT_EQ(Show(token, &shown).error_code(), code);
  }
}

}  // namespace
}  // namespace amparo::cases
