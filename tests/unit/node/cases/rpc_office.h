// SPDX-License-Identifier: Apache-2.0
//
// A real server in this process with the gRPC faces of cases, and people with
// sessions, for the tests of these faces.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_RPC_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_RPC_OFFICE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/cases/cases_actions.h"
#include "node/people/gate_rpc.h"
#include "node/people/people_records.h"
#include "node/people/sessions.h"
#include "node/storage/table.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {

class RpcTest : public testing::Test {
 protected:
  RpcTest()
      : requests_(*office_.store, *office_.vault, office_.clock),
        actions_(office_.services(), requests_),
        sessions_(*office_.store, *office_.vault, office_.clock),
        gate_(sessions_) {
    caseworker_ = SignIn('a', people::Role::kCaseworker);
    administrator_ = SignIn('b', people::Role::kAdministrator);
  }

  // The channel to a server of these; they must outlive the test.
  std::shared_ptr<grpc::Channel> Serve(
      const std::vector<grpc::Service*>& services) {
    grpc::ServerBuilder builder;
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    return server_->InProcessChannel({});
  }
  void StopServing() { server_ = nullptr; }

  std::string SignIn(char fill, people::Role role,
                     const std::string& team = "north") {
    people::Person person;
    person.name = std::string(8, fill);
    person.roles = {role};
    person.team = team;
    person.state = people::PersonState::kActive;
    person.password_hash = "$argon2id$none";
    person.added_at = office_.clock.Now();
    const PersonId id = *PersonId::FromBytes(std::string(16, fill));
    storage::Batch batch;
    EXPECT_THAT(storage::Table<people::PersonCodec>(*office_.vault)
                    .Insert(batch, id, person),
                IsOk());
    auto session = sessions_.Open(batch, id, office_.random);
    EXPECT_THAT(session, IsOk());
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
    return std::string(session->token.Reveal());
  }

  static void Use(grpc::ClientContext& context, const std::string& token) {
    if (!token.empty()) context.AddMetadata(people::kSessionMetadata, token);
  }

  Office office_;
  people::Requests requests_;
  CasesActions actions_;
  people::Sessions sessions_;
  people::Gate gate_;
  std::unique_ptr<grpc::Server> server_;
  std::string caseworker_;
  std::string administrator_;
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_RPC_OFFICE_H_
