// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/desk.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {

absl::StatusOr<std::string> Desk::SocketPath() const {
  if (!options_.socket.empty()) return options_.socket;
  if (!options_.data_directory.empty()) {
    return options_.data_directory + "/office.sock";
  }
  if (!around_.environment_socket.empty()) return around_.environment_socket;
  return UsageError("--socket",
                    "is missing: name the node's socket with --socket, its "
                    "data directory with --data, or set AMPARO_SOCKET");
}

absl::StatusOr<std::string> Desk::SessionPath() const {
  if (!options_.session.empty()) return options_.session;
  if (!around_.environment_session.empty()) return around_.environment_session;
  if (!around_.home.empty()) return around_.home + "/.config/amparo/session";
  return UsageError("--session", "is missing, and there is no home folder");
}

absl::StatusOr<Connection*> Desk::Node() {
  if (node_ != nullptr) return node_.get();
  ASSIGN_OR_RETURN(const std::string socket, SocketPath());
  ASSIGN_OR_RETURN(const std::string session_path, SessionPath());
  ASSIGN_OR_RETURN(StoredSession session, ReadSessionFile(session_path));
  ASSIGN_OR_RETURN(
      node_,
      Connection::Open(socket, options_.timeout_seconds > 0
                                   ? absl::Seconds(options_.timeout_seconds)
                                   : kTimeoutDefault));
  node_->SetSession(std::move(session.token));
  return node_.get();
}

absl::Status Desk::Print(const google::protobuf::Message& message,
                         absl::string_view text) {
  if (options_.json) {
    around_.out << JsonText(JsonOf(message));
  } else {
    around_.out << text;
  }
  return absl::OkStatus();
}

std::string Desk::Time(int64_t unix_millis) const {
  return TimeText(unix_millis, around_.zone);
}

CLI::App* Verbs::Noun(const std::string& name, const std::string& what) {
  CLI::App* const noun = program_.add_subcommand(name, what);
  noun->require_subcommand(1);
  return noun;
}

CLI::App* Verbs::Add(CLI::App* noun, const std::string& name,
                     const std::string& what, const std::string& example,
                     Action action) {
  CLI::App* const verb =
      (noun != nullptr ? noun : &program_)->add_subcommand(name, what);
  verb->footer("Example:\n" + Indented(example));
  verb->callback([this, action = std::move(action)] { chosen_ = action; });
  return verb;
}

CLI::Option* Repeated(CLI::Option* option) {
  return option->allow_extra_args(false);
}

void AddPaging(CLI::App* verb, Paging* paging) {
  verb->add_option("--limit", paging->limit, "At most so many (50)")
      ->check(CLI::Range(1, 1000000));
  verb->add_option("--page-token", paging->page_token,
                   "Go on where a list before ended");
}

std::string MoreText(absl::string_view next_page_token) {
  if (next_page_token.empty()) return "";
  return "There are more: raise --limit.\n";
}

}  // namespace amparo::cli
