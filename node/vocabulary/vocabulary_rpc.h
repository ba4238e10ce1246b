// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of the vocabulary: pages over data that is the same for
// everybody, so that there is no action behind it. Each call passes the Gate
// first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_VOCABULARY_VOCABULARY_RPC_H_
#define AMPARO_NODE_VOCABULARY_VOCABULARY_RPC_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "amparo/office/v1/vocabulary.grpc.pb.h"
#include "node/people/gate_rpc.h"
#include "node/vocabulary/fields.h"
#include "node/vocabulary/labels.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// What each method answers, without a call around it. kFieldInvalid names a
// page size, token, language, standard or list that there is not.
absl::Status Answer(const Lists& lists,
                    const office::v1::ListCodeListsRequest& request,
                    office::v1::ListCodeListsResponse* response);
absl::Status Answer(const Lists& lists, const Labels& labels,
                    const office::v1::GetCodeListRequest& request,
                    office::v1::GetCodeListResponse* response);
absl::Status Answer(const Lists& lists,
                    const office::v1::ListVariablesRequest& request,
                    office::v1::ListVariablesResponse* response);
absl::Status Answer(const Fields& fields,
                    const office::v1::ListFieldsRequest& request,
                    office::v1::ListFieldsResponse* response);
// Also kColumnUnknown and kCodeUnknown, as Lists::Check.
absl::Status Answer(const Lists& lists, const Fields& fields,
                    const office::v1::TranslateProfileRequest& request,
                    office::v1::TranslateProfileResponse* response);

// Serves the built-in vocabulary; `gate` must outlive it.
class VocabularyRpc final : public office::v1::VocabularyService::Service {
 public:
  explicit VocabularyRpc(const people::Gate& gate) : gate_(gate) {}

  grpc::Status ListCodeLists(
      grpc::ServerContext* context,
      const office::v1::ListCodeListsRequest* request,
      office::v1::ListCodeListsResponse* response) override;
  grpc::Status GetCodeList(grpc::ServerContext* context,
                           const office::v1::GetCodeListRequest* request,
                           office::v1::GetCodeListResponse* response) override;
  grpc::Status ListVariables(
      grpc::ServerContext* context,
      const office::v1::ListVariablesRequest* request,
      office::v1::ListVariablesResponse* response) override;
  grpc::Status ListFields(grpc::ServerContext* context,
                          const office::v1::ListFieldsRequest* request,
                          office::v1::ListFieldsResponse* response) override;
  grpc::Status TranslateProfile(
      grpc::ServerContext* context,
      const office::v1::TranslateProfileRequest* request,
      office::v1::TranslateProfileResponse* response) override;

 private:
  const people::Gate& gate_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_VOCABULARY_RPC_H_
