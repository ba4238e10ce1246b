// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/session_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/secrets.h"
#include "crypto/base/bytes.h"
#include "crypto/base/random.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kField[] = "--session";
constexpr char kForm[] = "amparo.session.v1";

std::string TextIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

absl::Status MakeFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return absl::OkStatus();
  std::error_code error;
  if (std::filesystem::exists(folder, error)) return absl::OkStatus();
  if (!std::filesystem::create_directories(folder, error) || error) {
    return UsageError(kField, "lies in a folder that cannot be made");
  }
  ::chmod(folder.c_str(), 0700);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredSession> ReadSessionFile(const std::string& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return StoredSession();
  ASSIGN_OR_RETURN(const crypto::Secret content, ReadPrivateFile(path, kField));
  const absl::string_view bytes = content.Reveal();
  const Json json =
      Json::parse(bytes.data(), bytes.data() + bytes.size(), nullptr, false);
  if (!json.is_object() || TextIn(json, "form") != kForm) {
    return UsageError(kField, "is not a session file");
  }
  StoredSession session;
  session.name = TextIn(json, "name");
  session.token = crypto::Secret::Copy(TextIn(json, "token"));
  session.device_token = crypto::Secret::Copy(TextIn(json, "device_token"));
  const auto expires = json.find("expires_at_ms");
  if (expires != json.end() && expires->is_number_integer()) {
    session.expires_at_ms = expires->get<int64_t>();
  }
  return session;
}

absl::Status WriteSessionFile(const std::string& path,
                              const StoredSession& session) {
  RETURN_IF_ERROR(MakeFolder(std::filesystem::path(path).parent_path()));
  const Json json = {
      {"form", kForm},
      {"name", session.name},
      {"token", std::string(session.token.Reveal())},
      {"device_token", std::string(session.device_token.Reveal())},
      {"expires_at_ms", session.expires_at_ms}};
  std::string content =
      json.dump(2, ' ', false, Json::error_handler_t::replace);
  const absl::Cleanup wipe = [&content] {
    crypto::Cleanse(content.data(), content.size());
  };
  const std::string fresh = absl::StrCat(
      path, ".",
      crypto::HexEncode(crypto::RandomBytes(crypto::SystemRandom(), 4)));
  RETURN_IF_ERROR(WriteSecretFile(fresh, content, kField));
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    ::unlink(fresh.c_str());
    return UsageError(kField, "cannot be written");
  }
  return absl::OkStatus();
}

}  // namespace amparo::cli
