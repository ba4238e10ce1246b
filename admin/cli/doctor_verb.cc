// SPDX-License-Identifier: Apache-2.0
//
// `amparo doctor`: what the node finds about itself, and what can be seen from
// here without it. Says what it can when the node is down or locked.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ExamineResponse;
using office::v1::Finding;

void AddFinding(ExamineResponse& all, office::v1::FindingLevel level,
                absl::string_view about, absl::string_view cause,
                absl::string_view next_step = {}) {
  Finding* const finding = all.add_findings();
  finding->set_level(level);
  finding->set_about(std::string(about));
  finding->set_cause(std::string(cause));
  finding->set_next_step(std::string(next_step));
}

// A file of the data directory: who may read it. Says nothing of one that is
// not there.
void CheckFile(const std::string& path, absl::string_view name, mode_t allowed,
               absl::string_view mode, ExamineResponse& all) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return;
  if ((found.st_mode & 07777 & ~allowed) == 0) return;
  AddFinding(
      all, office::v1::FINDING_LEVEL_FAIL, "files",
      absl::StrCat(name, " may be opened by others: it must have mode ", mode),
      "chmod it, and find out who could have read it meanwhile");
}

// What can be seen without the node.
void LookFromHere(const std::string& socket, ExamineResponse& all) {
  const std::string directory = socket.substr(0, socket.rfind('/'));
  const std::string key = directory + "/node.key";
  if (::access(key.c_str(), F_OK) == 0) {
    CheckFile(directory, "the data directory", 0700, "0700", all);
    CheckFile(key, "node.key", 0600, "0600", all);
    CheckFile(socket, "office.sock", 0600, "0600", all);
  } else {
    // office_socket of the configuration, perhaps with an office_group.
    CheckFile(directory, "the socket's folder", 0755, "0711", all);
    CheckFile(socket, "office.sock", 0660, "0660 or 0600", all);
  }
  struct stat found;
  if (::stat(socket.c_str(), &found) != 0) {
    AddFinding(all, office::v1::FINDING_LEVEL_FAIL, "node",
               "there is no socket: the node does not run, or elsewhere",
               "systemctl status amparod, and look whether --socket or --data "
               "names the right place");
  } else if (!S_ISSOCK(found.st_mode)) {
    AddFinding(all, office::v1::FINDING_LEVEL_FAIL, "node",
               "where the socket should be is another file",
               "look whether --socket names the right place");
  }
}

// The node did not say how it is.
void ExplainSilence(const absl::Status& why, ExamineResponse& all) {
  const std::string reason = DetailOf(why).reason();
  if (reason == "NODE_LOCKED") {
    return AddFinding(all, office::v1::FINDING_LEVEL_FAIL, "node",
                      "the node is locked (NODE_LOCKED): it waits for its "
                      "passphrase, and peers are not served",
                      "amparod unlock --config FILE, as the node's user");
  }
  switch (ExitCodeOf(why)) {
    case kNotSignedIn:
      return AddFinding(all, office::v1::FINDING_LEVEL_WARN, "session",
                        "only what can be seen from outside was looked at",
                        "amparo login as somebody who may see the status of "
                        "the node, then look again");
    case kNotReachable:
      return AddFinding(all, office::v1::FINDING_LEVEL_FAIL, "node",
                        "the node does not answer",
                        "systemctl status amparod and its log say why; start "
                        "it when it is not running. Where your own Unix user "
                        "connects: it must be in office_group, and a locked "
                        "node lets its own user in only");
    default:
      return AddFinding(
          all, office::v1::FINDING_LEVEL_FAIL, "node",
          absl::StrCat("the node did not say how it is: ", reason),
          NextStep(reason));
  }
}

std::string TextOf(const ExamineResponse& all) {
  std::string text;
  for (const Finding& finding : all.findings()) {
    absl::StrAppend(&text,
                    EnumWord(finding.level()) == "ok"     ? "OK    "
                    : EnumWord(finding.level()) == "warn" ? "WARN  "
                                                          : "FAIL  ",
                    Printable(finding.about()), ": ",
                    Printable(finding.cause()), "\n");
    if (!finding.next_step().empty()) {
      absl::StrAppend(&text, "      next: ", Printable(finding.next_step()),
                      "\n");
    }
  }
  return text;
}

// 0 all well, 1 something to watch, 2 something to mend.
int EndOf(const ExamineResponse& all) {
  int worst = office::v1::FINDING_LEVEL_OK;
  for (const Finding& finding : all.findings()) {
    worst = std::max<int>(worst, finding.level());
  }
  return worst - office::v1::FINDING_LEVEL_OK;
}

absl::Status Examine(Desk& desk) {
  ASSIGN_OR_RETURN(const std::string socket, desk.SocketPath());
  ExamineResponse all;
  const auto answer = desk.Call(&office::v1::StatusService::Stub::Examine,
                                office::v1::ExamineRequest());
  if (answer.ok()) {
    all = *answer;
  } else {
    LookFromHere(socket, all);
    // Without a socket there is nothing more to say.
    if (::access(socket.c_str(), F_OK) == 0)
      ExplainSilence(answer.status(), all);
  }
  RETURN_IF_ERROR(desk.Print(all, TextOf(all)));
  desk.EndWith(EndOf(all));
  return absl::OkStatus();
}

}  // namespace

void AddDoctorVerb(Verbs& verbs) {
  verbs.Add(nullptr, "doctor",
            "What is wrong with the node, why, and what to do; ends with 0 "
            "when all is well, 1 with warnings, 2 with failures",
            "amparo doctor", Examine);
}

}  // namespace amparo::cli
