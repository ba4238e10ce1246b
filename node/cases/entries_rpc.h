// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of a case's entries and of its third persons: decode, call one
// action, encode. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_ENTRIES_RPC_H_
#define AMPARO_NODE_CASES_ENTRIES_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/case_entries.grpc.pb.h"
#include "amparo/office/v1/third_persons.grpc.pb.h"
#include "node/cases/cases_actions.h"
#include "node/cases/entries_actions.h"
#include "node/cases/third_person_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive both.
class EntriesRpc final : public office::v1::CaseEntryService::Service {
 public:
  EntriesRpc(const people::Gate& gate, const CasesActions& actions)
      : gate_(gate), desk_(actions.desk()), entries_(desk_) {}

  grpc::Status AddEntry(grpc::ServerContext* context,
                        const office::v1::AddEntryRequest* request,
                        office::v1::AddEntryResponse* response) override;
  grpc::Status AmendEntry(grpc::ServerContext* context,
                          const office::v1::AmendEntryRequest* request,
                          office::v1::AmendEntryResponse* response) override;
  grpc::Status RetractEntry(
      grpc::ServerContext* context,
      const office::v1::RetractEntryRequest* request,
      office::v1::RetractEntryResponse* response) override;
  grpc::Status ListEntries(grpc::ServerContext* context,
                           const office::v1::ListEntriesRequest* request,
                           office::v1::ListEntriesResponse* response) override;

 private:
  const people::Gate& gate_;
  const CaseDesk& desk_;
  const EntriesActions entries_;
};

class ThirdPersonRpc final : public office::v1::ThirdPersonService::Service {
 public:
  ThirdPersonRpc(const people::Gate& gate, const CasesActions& actions)
      : gate_(gate), desk_(actions.desk()), persons_(desk_) {}

  grpc::Status AddThirdPerson(
      grpc::ServerContext* context,
      const office::v1::AddThirdPersonRequest* request,
      office::v1::AddThirdPersonResponse* response) override;
  grpc::Status ListThirdPersons(
      grpc::ServerContext* context,
      const office::v1::ListThirdPersonsRequest* request,
      office::v1::ListThirdPersonsResponse* response) override;
  grpc::Status GetThirdPerson(
      grpc::ServerContext* context,
      const office::v1::GetThirdPersonRequest* request,
      office::v1::GetThirdPersonResponse* response) override;
  grpc::Status AmendThirdPerson(
      grpc::ServerContext* context,
      const office::v1::AmendThirdPersonRequest* request,
      office::v1::AmendThirdPersonResponse* response) override;
  grpc::Status RemoveThirdPerson(
      grpc::ServerContext* context,
      const office::v1::RemoveThirdPersonRequest* request,
      office::v1::RemoveThirdPersonResponse* response) override;

 private:
  absl::Status Summarise(const ThirdPerson& person,
                         office::v1::ThirdPersonSummary* out) const;
  absl::Status Tell(const ThirdPersonCorrection& correction,
                    office::v1::ThirdPersonBefore* out) const;

  const people::Gate& gate_;
  const CaseDesk& desk_;
  const ThirdPersonActions persons_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ENTRIES_RPC_H_
