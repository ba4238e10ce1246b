// SPDX-License-Identifier: Apache-2.0
#include "node/app/status_rpc.h"

#include <optional>

#include "node/app/doctor.h"
#include "node/base/clock.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/storage/table.h"

namespace amparo::app {
namespace {

office::v1::FindingLevel LevelOnWire(Level level) {
  switch (level) {
    case Level::kOk:
      return office::v1::FINDING_LEVEL_OK;
    case Level::kWarn:
      return office::v1::FINDING_LEVEL_WARN;
    case Level::kFail:
      return office::v1::FINDING_LEVEL_FAIL;
  }
  return office::v1::FINDING_LEVEL_UNSPECIFIED;
}

}  // namespace

grpc::Status StatusRpc::ShowStatus(grpc::ServerContext* context,
                                   const office::v1::ShowStatusRequest*,
                                   office::v1::ShowStatusResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.StatusService/ShowStatus",
      [&](const people::Caller& caller) -> absl::Status {
        RETURN_IF_ERROR(caller.May(people::Permission::kStatusRead));
        return Fill(response);
      });
}

grpc::Status StatusRpc::Examine(grpc::ServerContext* context,
                                const office::v1::ExamineRequest*,
                                office::v1::ExamineResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.StatusService/Examine",
      [&](const people::Caller& caller) -> absl::Status {
        RETURN_IF_ERROR(caller.May(people::Permission::kStatusRead));
        ASSIGN_OR_RETURN(const DoctorFacts facts,
                         GatherFacts(node_, watch_, config_, version_));
        for (const DoctorFinding& finding : Diagnose(facts)) {
          office::v1::Finding* const out = response->add_findings();
          out->set_level(LevelOnWire(finding.level));
          out->set_about(finding.about);
          out->set_cause(finding.cause);
          out->set_next_step(finding.next_step);
        }
        return absl::OkStatus();
      });
}

absl::Status StatusRpc::Fill(office::v1::ShowStatusResponse* response) const {
  const peering::OwnOffice& own = node_.own();
  response->set_office_id(own.id().hex());
  response->set_office_name(own.name());
  response->set_country(own.country());
  response->set_role(own.role() == peering::NodeRole::kRegion ? "REGION"
                                                              : "OFFICE");
  response->set_exercise(own.exercise());
  response->set_version(version_);
  response->set_address(config_.listen_address);
  response->set_incarnation(own.incarnation());
  ASSIGN_OR_RETURN(const uint64_t leaves, node_.log().Size());
  response->set_log_leaves(leaves);
  ASSIGN_OR_RETURN(const auto checkpoint, node_.log().LastCheckpoint());
  if (checkpoint.has_value()) response->set_checkpoint(checkpoint->note);
  for (const peering::Peer& peer : node_.peers().List()) {
    RETURN_IF_ERROR(FillPeer(peer, response->add_peers()));
  }
  return absl::OkStatus();
}

absl::Status StatusRpc::FillPeer(const peering::Peer& peer,
                                 office::v1::PeerStatus* out) const {
  out->set_office_id(peer.id.hex());
  out->set_name(peer.name());
  out->set_state(std::string(peering::Name(peer.state)));
  out->set_letters_waiting(
      static_cast<uint32_t>(node_.outbox().counts().Waiting(peer.id)));
  const storage::Store& store = node_.ground().store;
  const storage::Table<delivery::PeerCursorCodec> cursors(node_.vault());
  ASSIGN_OR_RETURN(const auto cursor, cursors.Get(store, peer.id));
  if (cursor.has_value()) {
    out->set_failures(cursor->value.failures);
    if (cursor->value.next_attempt > absl::UnixEpoch()) {
      out->set_next_attempt_ms(
          amparo::ToUnixMillis(cursor->value.next_attempt));
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::app
