// SPDX-License-Identifier: Apache-2.0
//
// An office that runs as a process, with people who have signed in to it, and
// what they do together: become peers, agree, register, consent, refer. All of
// it goes through office/v1 on the node's socket, as everybody's does.
#ifndef AMPARO_TESTS_SUPPORT_OFFICE_PROCESS_H_
#define AMPARO_TESTS_SUPPORT_OFFICE_PROCESS_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "amparo/office/v1/cases.pb.h"
#include "amparo/office/v1/consent.pb.h"
#include "amparo/office/v1/peering.pb.h"
#include "amparo/office/v1/people.pb.h"
#include "amparo/office/v1/referral.pb.h"
#include "amparo/office/v1/statistics.pb.h"
#include "node/base/clock.h"
#include "tests/support/node_process.h"

namespace amparo {

// A refusal as a status that carries its Reason (node/base/errors.h), when
// the node gave one.
absl::Status FromGrpc(const grpc::Status& status);

// 32 hexadecimal digits that nobody used before.
std::string NewRequestId();

// Somebody at a node: signed in, or a stranger when `token` is empty. Copies
// are the same person. Thread-safe.
class Someone {
 public:
  Someone() = default;
  Someone(std::shared_ptr<grpc::Channel> channel, std::string token)
      : channel_(std::move(channel)), token_(std::move(token)) {}

  // person.Call(&CaseService::Stub::GetCase, request)
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) const {
    Stub stub(channel_, {});
    grpc::ClientContext context;
    Prepare(context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    return response;
  }

  // Adds the session and a deadline.
  void Prepare(grpc::ClientContext& context) const;
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const std::string& token() const { return token_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
};

// Thread-safe after Start, but for node().
class OfficeProcess {
 public:
  // Initialises and starts a node in `folder`; its administrator signs in,
  // and one person for each of `roles`, all of the team "shelter".
  static absl::StatusOr<std::unique_ptr<OfficeProcess>> Start(
      const std::string& folder, const NodeOptions& options,
      const std::vector<office::v1::Role>& roles);

  // The same for a node that was initialised already.
  static absl::StatusOr<std::unique_ptr<OfficeProcess>> StartInitialised(
      std::unique_ptr<NodeProcess> node,
      const std::vector<office::v1::Role>& roles);

  NodeProcess& node() { return *node_; }
  const std::string& id() const { return id_; }
  const std::string& name() const { return node_->name(); }

  // Who has the role. Ends the test when nobody does.
  const Someone& As(office::v1::Role role) const;
  const Someone& administrator() const {
    return As(office::v1::ROLE_ADMINISTRATOR);
  }
  const Someone& caseworker() const { return As(office::v1::ROLE_CASEWORKER); }
  const Someone& focal_point() const {
    return As(office::v1::ROLE_FOCAL_POINT);
  }
  const Someone& officer() const {
    return As(office::v1::ROLE_DATA_PROTECTION_OFFICER);
  }
  const Someone& analyst() const { return As(office::v1::ROLE_ANALYST); }

 private:
  OfficeProcess() = default;
  absl::Status SignIn(const std::string& name, const std::string& code,
                      office::v1::Role role);

  std::unique_ptr<NodeProcess> node_;
  std::string id_;
  std::map<office::v1::Role, Someone> people_;
};

// Everybody a country office has.
std::vector<office::v1::Role> AllRolesOfAnOffice();

// Invitation, redeemed; safety numbers compared; two persons on each side.
absl::Status MakePeers(OfficeProcess& inviting, OfficeProcess& redeeming);

// Referrals both ways, with disclosure.
office::v1::AgreementTerms ReferralTerms();
// Releases from the proposer.
office::v1::AgreementTerms StatisticsTerms();
// `proposer` proposes, `acceptor` signs, and both have it in force.
absl::StatusOr<office::v1::Agreement> Agree(
    OfficeProcess& proposer, OfficeProcess& acceptor,
    const office::v1::AgreementTerms& terms);

// An adult with this identity; the number of the case.
absl::StatusOr<std::string> Register(OfficeProcess& office,
                                     const office::v1::CaseIdentity& identity);
// Somebody who does not exist.
office::v1::CaseIdentity AnIdentity();

// A consent of an adult for one recipient.
absl::StatusOr<std::string> GiveConsent(
    OfficeProcess& office, const std::string& case_number,
    const std::string& purpose, const std::string& recipient,
    const std::vector<std::string>& categories);

// What a caseworker proposes; a new request id.
office::v1::ProposeReferralRequest AProposal(const std::string& case_number,
                                             const std::string& peer);
// Proposes; the referral's id.
absl::StatusOr<std::string> Refer(OfficeProcess& from,
                                  const std::string& case_number,
                                  const OfficeProcess& to);
absl::StatusOr<office::v1::Referral> Show(const Someone& person,
                                          const std::string& referral_id);
// Whether a receipt is there; `letter_type` empty: for any letter.
bool HasReceipt(const office::v1::Referral& referral, absl::string_view kind,
                absl::string_view letter_type = {});
// Waits until the request is DELIVERED.
bool IsDelivered(const Someone& person, const std::string& referral_id,
                 absl::Duration within);
// All referrals, page by page.
absl::StatusOr<std::vector<office::v1::Referral>> AllReferrals(
    const Someone& person);

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_OFFICE_PROCESS_H_
