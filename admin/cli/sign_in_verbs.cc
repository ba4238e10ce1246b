// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/verbs.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/person_text.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::PeopleService;

struct LoginOptions {
  std::string name;
  std::string password_file;
  int password_fd = -1;
  std::string code_file;
  bool first_time = false;
};

absl::StatusOr<crypto::Secret> ReadPassword(Desk& desk,
                                            const LoginOptions& options,
                                            bool is_new) {
  if (options.password_fd >= 0) {
    return ReadSecretDescriptor(options.password_fd, "--password-fd");
  }
  if (!options.password_file.empty()) {
    return ReadSecretFile(options.password_file, "--password-file");
  }
  if (!is_new) return desk.prompter().AskSecret("Password");
  ASSIGN_OR_RETURN(
      crypto::Secret first,
      desk.prompter().AskSecret("New password (at least 10 characters)"));
  ASSIGN_OR_RETURN(const crypto::Secret second,
                   desk.prompter().AskSecret("The same password again"));
  if (!crypto::ConstantTimeEqual(first.Reveal(), second.Reveal())) {
    return UsageError("password", "was not the same the second time");
  }
  return first;
}

// Overwrites a secret that a message had to hold.
void Wipe(std::string* field) {
  crypto::Cleanse(field->data(), field->size());
  field->clear();
}

absl::StatusOr<office::v1::Session> Enrol(Desk& desk, Connection& node,
                                          const LoginOptions& options) {
  office::v1::EnrolRequest request;
  request.set_name(options.name);
  crypto::Secret code;
  if (!options.code_file.empty()) {
    ASSIGN_OR_RETURN(code, ReadSecretFile(options.code_file, "--code-file"));
  } else {
    ASSIGN_OR_RETURN(code, desk.prompter().AskSecret("One-use sign-in code"));
  }
  request.set_code(std::string(code.Reveal()));
  ASSIGN_OR_RETURN(const crypto::Secret password,
                   ReadPassword(desk, options, true));
  request.set_password(std::string(password.Reveal()));
  auto answer = node.Call(&PeopleService::Stub::Enrol, request);
  Wipe(request.mutable_password());
  Wipe(request.mutable_code());
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_session());
}

absl::StatusOr<office::v1::Session> SignIn(Desk& desk, Connection& node,
                                           const LoginOptions& options,
                                           const StoredSession& before) {
  office::v1::SignInRequest request;
  request.set_name(options.name);
  if (before.name == options.name) {
    request.set_device_token(std::string(before.device_token.Reveal()));
  }
  ASSIGN_OR_RETURN(const crypto::Secret password,
                   ReadPassword(desk, options, false));
  request.set_password(std::string(password.Reveal()));
  auto answer = node.Call(&PeopleService::Stub::SignIn, request);
  Wipe(request.mutable_password());
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_session());
}

absl::Status Login(Desk& desk, const LoginOptions& options) {
  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  ASSIGN_OR_RETURN(const std::string path, desk.SessionPath());
  ASSIGN_OR_RETURN(const StoredSession before, ReadSessionFile(path));
  const bool enrols = options.first_time || !options.code_file.empty();
  ASSIGN_OR_RETURN(office::v1::Session session,
                   enrols ? Enrol(desk, *node, options)
                          : SignIn(desk, *node, options, before));
  StoredSession stored;
  stored.name = options.name;
  stored.token = crypto::Secret::Copy(session.token());
  // The node may leave it out when this device has one already.
  stored.device_token =
      session.device_token().empty() && before.name == options.name
          ? before.device_token.Clone()
          : crypto::Secret::Copy(session.device_token());
  stored.expires_at_ms = session.expires_at_ms();
  Wipe(session.mutable_token());
  Wipe(session.mutable_device_token());
  RETURN_IF_ERROR(WriteSessionFile(path, stored));
  office::v1::SignInResponse shown;
  const std::string text =
      absl::StrCat("Signed in as ", Printable(session.person().name()), " (",
                   RolesText(session.person()), ") until ",
                   desk.Time(session.expires_at_ms()), ".\n");
  *shown.mutable_session() = std::move(session);
  return desk.Print(shown, text);
}

absl::Status Logout(Desk& desk) {
  ASSIGN_OR_RETURN(const std::string path, desk.SessionPath());
  const auto answer =
      desk.Call(&PeopleService::Stub::SignOut, office::v1::SignOutRequest());
  // Signed out here in any case, unless the node never heard of it.
  if (!answer.ok() && ExitCodeOf(answer.status()) != kNotSignedIn) {
    return answer.status();
  }
  ASSIGN_OR_RETURN(StoredSession session, ReadSessionFile(path));
  session.token = crypto::Secret();
  session.expires_at_ms = 0;
  RETURN_IF_ERROR(WriteSessionFile(path, session));
  return desk.Print(office::v1::SignOutResponse(), "Signed out.\n");
}

absl::Status WhoAmI(Desk& desk) {
  ASSIGN_OR_RETURN(
      const office::v1::WhoAmIResponse answer,
      desk.Call(&PeopleService::Stub::WhoAmI, office::v1::WhoAmIRequest()));
  return desk.Print(answer, PersonText(answer.person()));
}

}  // namespace

void AddSignInVerbs(Verbs& verbs) {
  auto options = std::make_shared<LoginOptions>();
  CLI::App* const login = verbs.Add(
      nullptr, "login", "Signs you in for twelve hours",
      "amparo login marta\n"
      "amparo login marta --first-time    (asks for your one-use code)",
      [options](Desk& desk) { return Login(desk, *options); });
  login->add_option("name", options->name, "Your sign-in name")->required();
  login->add_option("--password-file", options->password_file,
                    "Take the password from this file of mode 0600");
  login->add_option("--password-fd", options->password_fd,
                    "Take the password from this open descriptor");
  login->add_flag("--first-time", options->first_time,
                  "Asks for your one-use code and sets your password");
  login->add_option("--code-file", options->code_file,
                    "The same, with the code from this file of mode 0600");
  verbs.Add(nullptr, "logout", "Ends your session", "amparo logout", Logout);
  verbs.Add(nullptr, "whoami", "Says who is signed in", "amparo whoami",
            WhoAmI);
}

}  // namespace amparo::cli
