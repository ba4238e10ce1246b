// SPDX-License-Identifier: Apache-2.0
#include "node/app/office_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <utility>
#include <vector>

#include "node/app/office_socket.h"
#include "node/app/status_rpc.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/attachments_rpc.h"
#include "node/cases/cases_rpc.h"
#include "node/cases/counting_rpc.h"
#include "node/cases/entries_rpc.h"
#include "node/cases/foreign/case_files_rpc.h"
#include "node/cases/retention_rpc.h"
#include "node/consent/consent_rpc.h"
#include "node/peering/peering_rpc.h"
#include "node/people/gate_rpc.h"
#include "node/people/people_rpc.h"
#include "node/referral/referral_rpc.h"
#include "node/region/region_rpc.h"
#include "node/statistics/statistics_rpc.h"
#include "node/vocabulary/vocabulary_rpc.h"

namespace amparo::app {
namespace {

constexpr char kOfficePackage[] = "amparo.office.v1.";

// Every office method must name the permission it needs.
absl::Status CheckPermissions(const std::vector<grpc::Service*>& services) {
  std::vector<const google::protobuf::ServiceDescriptor*> described;
  for (const char* const name :
       {"PeopleService", "CaseService", "CaseEntryService",
        "ThirdPersonService", "AttachmentService", "CountingService",
        "CaseFileService", "RetentionService", "ConsentService",
        "PeeringAdminService", "ReferralService", "TableService",
        "TrendService", "StatusService", "VocabularyService"}) {
    const auto* const found =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            std::string(kOfficePackage) + name);
    if (found == nullptr) {
      return Error(Reason::kConfigInvalid, "an office service is missing");
    }
    described.push_back(found);
  }
  if (described.size() != services.size()) {
    return Error(Reason::kConfigInvalid,
                 "a service is served that nobody checked");
  }
  return people::CheckEveryMethodHasPermission(described);
}

}  // namespace

class OfficeServer::Impl {
 public:
  Impl(Node& node, const Config& config, const std::string& version)
      : gate_(node.sessions()),
        people_(gate_, node.people()),
        cases_(gate_, node.cases()),
        entries_(gate_, node.cases()),
        third_persons_(gate_, node.cases()),
        attachments_(gate_, node.cases()),
        counting_(gate_, node.cases()),
        case_files_(gate_, node.case_files()),
        retention_(gate_, node.retention()),
        consent_(gate_, node.consent()),
        peering_(gate_, node.peering(), node.agreement_actions(),
                 node.ground().clock),
        referrals_(gate_, node.referrals()),
        tables_(gate_, node.tables()),
        trends_(gate_, node.trends()),
        status_(gate_, node, version, config),
        vocabulary_(gate_),
        config_(config) {}

  absl::Status Start() {
    ASSIGN_OR_RETURN(const OfficeDoor door, FindOfficeDoor(config_));
    const std::vector<grpc::Service*> services = {
        &people_,    &cases_,      &entries_,   &third_persons_, &attachments_,
        &counting_,  &case_files_, &retention_, &consent_,       &peering_,
        &referrals_, &tables_,     &trends_,    &status_,        &vocabulary_};
    RETURN_IF_ERROR(CheckPermissions(services));
    grpc::ServerBuilder builder;
    for (grpc::Service* const service : services) {
      builder.RegisterService(service);
    }
    ASSIGN_OR_RETURN(server_, ServeOnSocket(builder, door, calls_));
    return absl::OkStatus();
  }

  void SetServing(bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }

  void Stop(absl::Duration grace) {
    if (server_ == nullptr) return;
    gate_.Close();
    StopServer(*server_, calls_, grace);
    server_ = nullptr;
  }

  const CallFigures& calls() const { return calls_; }

 private:
  people::Gate gate_;
  people::PeopleRpc people_;
  cases::CasesRpc cases_;
  cases::EntriesRpc entries_;
  cases::ThirdPersonRpc third_persons_;
  cases::AttachmentsRpc attachments_;
  cases::CountingRpc counting_;
  cases::CaseFilesRpc case_files_;
  cases::RetentionRpc retention_;
  consent::ConsentRpc consent_;
  peering::PeeringRpc peering_;
  referral::ReferralRpc referrals_;
  statistics::TableRpc tables_;
  region::TrendRpc trends_;
  StatusRpc status_;
  vocabulary::VocabularyRpc vocabulary_;
  const Config& config_;
  CallFigures calls_{"amparo.office.v1", {}};
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<OfficeServer>> OfficeServer::Start(
    Node& node, const Config& config, const std::string& version) {
  auto impl = std::make_unique<Impl>(node, config, version);
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<OfficeServer>(new OfficeServer(std::move(impl)));
}

OfficeServer::OfficeServer(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
OfficeServer::~OfficeServer() { Stop(absl::ZeroDuration()); }

void OfficeServer::SetServing(bool serving) { impl_->SetServing(serving); }
void OfficeServer::Stop(absl::Duration grace) { impl_->Stop(grace); }
const CallFigures& OfficeServer::calls() const { return impl_->calls(); }

}  // namespace amparo::app
