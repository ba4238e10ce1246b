// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of people: decode, call one action, encode. Each call passes
// the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_PEOPLE_PEOPLE_RPC_H_
#define AMPARO_NODE_PEOPLE_PEOPLE_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/people.grpc.pb.h"
#include "node/people/gate_rpc.h"
#include "node/people/people_actions.h"

namespace amparo::people {

// `gate` and `actions` must outlive it.
class PeopleRpc final : public office::v1::PeopleService::Service {
 public:
  PeopleRpc(const Gate& gate, PeopleActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status Enrol(grpc::ServerContext* context,
                     const office::v1::EnrolRequest* request,
                     office::v1::EnrolResponse* response) override;
  grpc::Status SignIn(grpc::ServerContext* context,
                      const office::v1::SignInRequest* request,
                      office::v1::SignInResponse* response) override;
  grpc::Status SignOut(grpc::ServerContext* context,
                       const office::v1::SignOutRequest* request,
                       office::v1::SignOutResponse* response) override;
  grpc::Status WhoAmI(grpc::ServerContext* context,
                      const office::v1::WhoAmIRequest* request,
                      office::v1::WhoAmIResponse* response) override;
  grpc::Status AddPerson(grpc::ServerContext* context,
                         const office::v1::AddPersonRequest* request,
                         office::v1::AddPersonResponse* response) override;
  grpc::Status DisablePerson(
      grpc::ServerContext* context,
      const office::v1::DisablePersonRequest* request,
      office::v1::DisablePersonResponse* response) override;
  grpc::Status SetRoles(grpc::ServerContext* context,
                        const office::v1::SetRolesRequest* request,
                        office::v1::SetRolesResponse* response) override;
  grpc::Status ListPersons(grpc::ServerContext* context,
                           const office::v1::ListPersonsRequest* request,
                           office::v1::ListPersonsResponse* response) override;

 private:
  const Gate& gate_;
  PeopleActions& actions_;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_PEOPLE_RPC_H_
