// SPDX-License-Identifier: Apache-2.0
//
// What every verb needs: the node, the person's session, where to print and
// whom to ask. And the verbs themselves, as the program collects them.
#ifndef AMPARO_ADMIN_CLI_DESK_H_
#define AMPARO_ADMIN_CLI_DESK_H_

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/cli/connection.h"
#include "admin/cli/secrets.h"
#include "admin/cli/session_file.h"

namespace amparo::cli {

// Options that stand before or after any verb.
struct GlobalOptions {
  std::string socket;
  std::string data_directory;
  std::string session;
  bool json = false;
  double timeout_seconds = 0;  // 0: kTimeoutDefault.
};

// The world outside, given in so that tests choose it. The streams and the
// prompter must outlive the Desk.
struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  Prompter& prompter;
  absl::Time now;
  absl::TimeZone zone;
  // Of the environment; empty when not set.
  std::string environment_socket;
  std::string environment_session;
  std::string home;
  // Whether `err` is a terminal, on which a line may move.
  bool err_is_terminal = false;
  // The time as it goes on, for how fast something is; empty: it stands still.
  std::function<absl::Time()> clock = nullptr;
};

// One run of one verb. One thread.
class Desk {
 public:
  // Both must outlive it.
  Desk(const GlobalOptions& options, Surroundings& around)
      : options_(options), around_(around) {}

  // The node, with the session of the session file when there is one. USAGE
  // when no socket is named.
  absl::StatusOr<Connection*> Node();

  // One call of the office API with the person's session.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    const absl::StatusOr<Connection*> node = Node();
    if (!node.ok()) return node.status();
    return (*node)->Call(method, request);
  }

  // Prints the answer: the message with --json, else the text.
  absl::Status Print(const google::protobuf::Message& message,
                     absl::string_view text);

  // The path of the session file, and of the node's socket. USAGE when nothing
  // names it.
  absl::StatusOr<std::string> SessionPath() const;
  absl::StatusOr<std::string> SocketPath() const;

  // What the program ends with when the verb succeeded, kDone unless said.
  void EndWith(int exit_code) { exit_code_ = exit_code; }
  int exit_code() const { return exit_code_; }

  bool json() const { return options_.json; }
  std::ostream& out() { return around_.out; }
  std::ostream& err() { return around_.err; }
  Prompter& prompter() { return around_.prompter; }
  absl::Time now() const { return around_.now; }
  bool err_is_terminal() const { return around_.err_is_terminal; }
  absl::Time Clock() const {
    return around_.clock ? around_.clock() : around_.now;
  }
  absl::TimeZone zone() const { return around_.zone; }
  std::string Time(int64_t unix_millis) const;

 private:
  const GlobalOptions& options_;
  Surroundings& around_;
  std::unique_ptr<Connection> node_;
  int exit_code_ = 0;
};

// What a verb does.
using Action = std::function<absl::Status(Desk&)>;

// The verbs of the program, and the one the command line chose.
class Verbs {
 public:
  // `program` must outlive it.
  explicit Verbs(CLI::App& program) : program_(program) {}
  Verbs(const Verbs&) = delete;
  Verbs& operator=(const Verbs&) = delete;

  // A noun with verbs of its own.
  CLI::App* Noun(const std::string& name, const std::string& what);

  // A verb of `noun` (of the program itself when null). Its help ends with
  // `example`, one or two worked commands.
  CLI::App* Add(CLI::App* noun, const std::string& name,
                const std::string& what, const std::string& example,
                Action action);

  // Empty when no verb was chosen.
  const Action& chosen() const { return chosen_; }

 private:
  CLI::App& program_;
  Action chosen_;
};

// Marks an option that may be repeated and takes one value each time, so that
// it does not swallow the words after it.
CLI::Option* Repeated(CLI::Option* option);

// How much of a list to show.
struct Paging {
  int limit = 50;
  std::string page_token;
};

// Adds --limit and --page-token.
void AddPaging(CLI::App* verb, Paging* paging);

// Gathers up to paging.limit entries, page by page, into one response.
// `entries` gives the repeated field of a response.
template <class Stub, class Request, class Response, class Entries>
absl::StatusOr<Response> Gather(
    Desk& desk,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    Request request, const Paging& paging, Entries entries) {
  constexpr int kPageMax = 500;
  Response all;
  request.set_page_token(paging.page_token);
  while (entries(&all)->size() < paging.limit) {
    request.set_page_size(
        std::min(kPageMax, paging.limit - entries(&all)->size()));
    absl::StatusOr<Response> page = desk.Call(method, request);
    if (!page.ok()) return page.status();
    entries(&all)->MergeFrom(*entries(&*page));
    all.set_next_page_token(page->next_page_token());
    request.set_page_token(page->next_page_token());
    if (request.page_token().empty()) break;
  }
  return all;
}

// The line under a list that goes on, or nothing.
std::string MoreText(absl::string_view next_page_token);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_DESK_H_
