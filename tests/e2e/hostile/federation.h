// SPDX-License-Identifier: Apache-2.0
//
// A real node, an honest peer of it that is a real node too, and a hostile one
// that the test is. Starting nodes takes seconds, so the cases of a suite
// share one federation.
#ifndef AMPARO_TESTS_E2E_HOSTILE_FEDERATION_H_
#define AMPARO_TESTS_E2E_HOSTILE_FEDERATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/errors.h"
#include "tests/e2e/hostile/fake_peer_server.h"
#include "tests/e2e/hostile/hostile_office.h"
#include "tests/e2e/hostile/peer_line.h"
#include "tests/e2e/hostile/store_picture.h"
#include "tests/support/child_process.h"
#include "tests/support/office_process.h"

namespace amparo::hostile {

// Belongs to the thread of the test.
class Federation {
 public:
  // The two nodes of `options`, peers with an agreement; the hostile office
  // has peering and agreement with the first, and a server.
  static absl::StatusOr<std::unique_ptr<Federation>> Start(
      const NodeOptions& options = {});

  OfficeProcess& node() { return *node_; }
  OfficeProcess& honest() { return *honest_; }
  const HostileOffice& hostile() const { return hostile_; }
  HostileOffice& hostile() { return hostile_; }
  FakePeerServer& server() { return server_; }
  // The agreement of the two honest offices, which the hostile one must not
  // use.
  const std::string& honest_agreement() const { return honest_agreement_; }

  // A connection to the node, made with the hostile office's certificate.
  Line NewLine() const;
  // The hostile office says hello, again when it said too many: whatever waits
  // for it is sent at once.
  absl::Status Greet() const;

  // A referral from the honest office reaches the node: it has the node's
  // signed receipt. Nobody opens it, so that the node writes nothing later.
  absl::StatusOr<std::string> HonestRefers();
  absl::Status HonestReferralPasses() { return HonestRefers().status(); }
  // The node refers somebody to the honest office, and it arrives.
  absl::Status NodeReferralPasses();
  // The node refers somebody to the hostile office; the referral.
  absl::StatusOr<std::string> NodeRefers();
  // NodeRefers(), delivered and receipted; the letter as it came.
  absl::StatusOr<Opened> NodeDelivers();

  absl::StatusOr<Picture> NodePicture() { return PictureOf(node_->node()); }

  // Lines of the node's log from a mark on.
  size_t LogMark();
  std::string LogSince(size_t mark);
  // Whether a line since `mark` is of `event` and names `reason`.
  bool Logged(size_t mark, absl::string_view event, Reason reason);

 private:
  Federation();
  absl::StatusOr<std::string> ConsentedCase(OfficeProcess& office,
                                            const std::string& recipient);

  ScratchFolder folder_;
  HostileOffice hostile_;
  FakePeerServer server_;
  std::unique_ptr<OfficeProcess> node_;
  std::unique_ptr<OfficeProcess> honest_;
  std::string case_of_node_;
  std::string case_for_honest_;
  std::string case_of_honest_;
  std::string honest_agreement_;
};

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_FEDERATION_H_
