// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "amparo/office/v1/status.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kExamine[] = "StatusService.Examine";

class DoctorVerb : public CliTest {
 protected:
  static office::v1::ExamineResponse Found(office::v1::FindingLevel level) {
    office::v1::ExamineResponse answer;
    office::v1::Finding* const fine = answer.add_findings();
    fine->set_level(office::v1::FINDING_LEVEL_OK);
    fine->set_about("clock");
    fine->set_cause("no jump, no skew");
    office::v1::Finding* const other = answer.add_findings();
    other->set_level(level);
    other->set_about("peer Kyiv");
    other->set_cause("3 letters wait");
    other->set_next_step("ask the office");
    return answer;
  }
};

TEST_F(DoctorVerb, ShowsCauseAndNextStepAndEndsWithTheWorst) {
  for (const auto level :
       {office::v1::FINDING_LEVEL_OK, office::v1::FINDING_LEVEL_WARN,
        office::v1::FINDING_LEVEL_FAIL}) {
    node_->Answer(kExamine, Found(level));
  }
  EXPECT_EQ(Run({"doctor"}).code, 0);
  const Outcome warned = Run({"doctor"});
  EXPECT_EQ(warned.code, 1);
  EXPECT_THAT(warned.out, HasSubstr("OK    clock: no jump, no skew\n"));
  EXPECT_THAT(warned.out,
              HasSubstr("WARN  peer Kyiv: 3 letters wait\n      next: ask"));
  const Outcome failed = Run({"doctor", "--json"});
  EXPECT_EQ(failed.code, 2);
  EXPECT_THAT(failed.out, HasSubstr("FINDING_LEVEL_FAIL"));
}

TEST_F(DoctorVerb, WithoutASessionLooksFromOutside) {
  node_->Refuse(kExamine, RefusalOnWire(grpc::StatusCode::UNAUTHENTICATED,
                                        "NOT_SIGNED_IN", "sign in"));
  ::chmod(node_->socket().c_str(), 0600);
  const Outcome outcome = Run({"doctor"});
  EXPECT_EQ(outcome.code, 1) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("WARN  session: only what can be seen"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("office.sock")));
}

TEST_F(DoctorVerb, ALockedNodeIsSaidToBeLocked) {
  node_->Refuse(kExamine, RefusalOnWire(grpc::StatusCode::FAILED_PRECONDITION,
                                        "NODE_LOCKED", "locked"));
  const Outcome outcome = Run({"doctor"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("NODE_LOCKED"));
}

TEST_F(DoctorVerb, OpenFilesAreSeenFromOutside) {
  node_->Refuse(kExamine, RefusalOnWire(grpc::StatusCode::UNAUTHENTICATED,
                                        "NOT_SIGNED_IN", "sign in"));
  ::chmod(node_->socket().c_str(), 0666);
  const Outcome outcome = Run({"doctor"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("office.sock may be opened by others"));
}

TEST_F(DoctorVerb, ASocketForAGroupIsNoFinding) {
  const std::string folder =
      std::filesystem::path(node_->socket()).parent_path();
  const auto look = [&](mode_t of_folder, mode_t of_socket) {
    node_->Refuse(kExamine, RefusalOnWire(grpc::StatusCode::UNAUTHENTICATED,
                                          "NOT_SIGNED_IN", "sign in"));
    ::chmod(folder.c_str(), of_folder);
    ::chmod(node_->socket().c_str(), of_socket);
    return Run({"doctor"});
  };
  EXPECT_EQ(look(0711, 0660).code, 1);
  EXPECT_THAT(look(0711, 0666).out, HasSubstr("office.sock may be opened"));
  EXPECT_THAT(look(0733, 0660).out, HasSubstr("the socket's folder may be"));
  // Beside the key it is the data directory.
  std::ofstream(folder + "/node.key") << "key";
  ::chmod((folder + "/node.key").c_str(), 0600);
  const Outcome beside = look(0711, 0660);
  EXPECT_THAT(beside.out, HasSubstr("the data directory may be opened"));
  EXPECT_THAT(beside.out, HasSubstr("office.sock may be opened"));
  EXPECT_EQ(look(0700, 0600).code, 1);
}

TEST_F(DoctorVerb, ANodeThatIsDownIsSaidToBeDown) {
  const std::string socket = node_->socket() + ".none";
  const Outcome outcome =
      RunBare({"--socket", socket, "--session", SessionPath(), "doctor"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("the node does not run"));
  EXPECT_THAT(outcome.out, HasSubstr("next: systemctl status"));
}

}  // namespace
}  // namespace amparo::cli
