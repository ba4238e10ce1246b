// SPDX-License-Identifier: Apache-2.0
#include "node/app/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/key_bundle.h"

namespace amparo::app {
namespace {

struct Key {
  // Sets it; the answer is empty or the rule that the value breaks.
  std::function<std::string(absl::string_view value, Config*)> set;
  std::function<bool(const Config&, const Config&)> same;
};

// How a value of this field is set.
template <class Value>
Key KeyOf(Value Config::*field,
          std::function<std::string(absl::string_view, Value*)> set) {
  return {
      [=](absl::string_view value, Config* config) {
        return set(value, &(config->*field));
      },
      [=](const Config& a, const Config& b) { return a.*field == b.*field; }};
}

std::string SetPath(absl::string_view value, std::string* out) {
  if (value.empty() || value[0] != '/') return "must be an absolute path";
  if (std::any_of(value.begin(), value.end(), [](char c) {
        return absl::ascii_iscntrl(static_cast<unsigned char>(c));
      })) {
    return "must not hold control characters";
  }
  *out = std::string(value);
  return "";
}

// As useradd(8) lets groups be named.
std::string SetGroup(absl::string_view value, std::string* out) {
  constexpr size_t kNameMax = 32;
  if (value.empty() || value.size() > kNameMax || value[0] == '-' ||
      !std::all_of(value.begin(), value.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '-';
      })) {
    return "must be the name of a group: letters, digits, _ and -, at most 32";
  }
  *out = std::string(value);
  return "";
}

// Where to listen: as an address of an office, or with port 0.
std::string SetAddress(absl::string_view value, std::string* out) {
  absl::string_view host = value;
  const bool any_port = absl::ConsumeSuffix(&host, ":0");
  if (value.empty() ||
      !peering::IsAddress(any_port ? absl::StrCat(host, ":1") : value)) {
    return "must be host:port";
  }
  *out = std::string(value);
  return "";
}

// Figures have no password: who reads them must be on this machine. A name
// would be looked up, so only addresses are taken.
std::string SetLoopback(absl::string_view value, std::string* out) {
  const std::string rule = SetAddress(value, out);
  if (!rule.empty()) return rule;
  if (ReachOf(*out) == Reach::kThisMachine &&
      !absl::StartsWith(*out, "localhost")) {
    return "";
  }
  return "must be a loopback address, 127.0.0.1:port or [::1]:port: whoever "
         "reaches it reads the figures without a password";
}

// Peers cannot connect to port 0.
std::string SetPublicAddress(absl::string_view value, std::string* out) {
  return peering::IsAddress(value) ? SetAddress(value, out)
                                   : "must be host:port";
}

std::string SetThreads(absl::string_view value, int* out) {
  int threads = 0;
  if (!absl::SimpleAtoi(value, &threads) || threads < 1 || threads > 16) {
    return "must be a number from 1 to 16";
  }
  *out = threads;
  return "";
}

std::function<std::string(absl::string_view, absl::Duration*)> SetDuration(
    absl::Duration lowest, absl::Duration highest) {
  return [=](absl::string_view value, absl::Duration* out) -> std::string {
    absl::Duration duration;
    if (!absl::ParseDuration(value, &duration) || duration < lowest ||
        duration > highest) {
      return absl::StrCat("must be a duration from ",
                          absl::FormatDuration(lowest), " to ",
                          absl::FormatDuration(highest));
    }
    *out = duration;
    return "";
  };
}

const std::map<std::string, Key>& Keys() {
  static const auto* const keys = new std::map<std::string, Key>{
      {"data_directory", KeyOf<std::string>(&Config::data_directory, SetPath)},
      {"listen_address",
       KeyOf<std::string>(&Config::listen_address, SetAddress)},
      {"public_address",
       KeyOf<std::string>(&Config::public_address, SetPublicAddress)},
      {"office_socket", KeyOf<std::string>(&Config::office_socket, SetPath)},
      {"office_group", KeyOf<std::string>(&Config::office_group, SetGroup)},
      {"passphrase_file",
       KeyOf<std::string>(&Config::passphrase_file, SetPath)},
      {"delivery_threads", KeyOf<int>(&Config::delivery_threads, SetThreads)},
      {"hello_interval",
       KeyOf<absl::Duration>(&Config::hello_interval,
                             SetDuration(absl::Seconds(1), absl::Hours(24)))},
      {"metrics_address",
       KeyOf<std::string>(&Config::metrics_address, SetLoopback)},
      {"checkpoint_interval",
       KeyOf<absl::Duration>(&Config::checkpoint_interval,
                             SetDuration(absl::Minutes(1), absl::Hours(24)))},
  };
  return *keys;
}

absl::Status Invalid(size_t line, absl::string_view why) {
  return Error(Reason::kConfigInvalid,
               absl::StrCat("configuration line ", line, ": ", why));
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text) {
  Config config;
  std::set<std::string> seen;
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const absl::string_view line = absl::StripAsciiWhitespace(lines[i]);
    if (line.empty() || line[0] == '#') continue;
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) {
      return Invalid(i + 1, "must be key = value");
    }
    const std::string key(
        absl::StripTrailingAsciiWhitespace(line.substr(0, equals)));
    const absl::string_view value =
        absl::StripLeadingAsciiWhitespace(line.substr(equals + 1));
    const auto known = Keys().find(key);
    if (known == Keys().end()) {
      return Invalid(i + 1, "unknown key; the manual lists all keys");
    }
    if (!seen.insert(key).second) {
      return Invalid(i + 1, absl::StrCat(key, " is given twice"));
    }
    const std::string rule = known->second.set(value, &config);
    if (!rule.empty()) return Invalid(i + 1, absl::StrCat(key, " ", rule));
  }
  if (config.data_directory.empty()) {
    return Error(Reason::kConfigInvalid, "data_directory is missing");
  }
  if (!config.office_group.empty() && config.office_socket.empty()) {
    return Error(Reason::kConfigInvalid,
                 "office_group needs office_socket: the group does not get "
                 "into data_directory");
  }
  return config;
}

std::string PublicAddress(const Config& config, int port) {
  if (!config.public_address.empty()) return config.public_address;
  const size_t colon = config.listen_address.rfind(':');
  const std::string host = config.listen_address.substr(0, colon);
  if (config.listen_address.substr(colon + 1) != "0") {
    return config.listen_address;
  }
  return port == 0 ? std::string() : absl::StrCat(host, ":", port);
}

std::string OfficeSocketPath(const Config& config) {
  return config.office_socket.empty() ? config.data_directory + "/office.sock"
                                      : config.office_socket;
}

Reach ReachOf(absl::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  if (host == "[::1]" || host == "localhost") return Reach::kThisMachine;
  if (host == "[::]") return Reach::kEverywhere;
  in_addr parsed;
  if (::inet_pton(AF_INET, host.c_str(), &parsed) != 1) return Reach::kNamed;
  if (parsed.s_addr == INADDR_ANY) return Reach::kEverywhere;
  return ntohl(parsed.s_addr) >> 24 == 127 ? Reach::kThisMachine
                                           : Reach::kNamed;
}

std::vector<std::string> DifferingKeys(const Config& a, const Config& b) {
  std::vector<std::string> differing;
  for (const auto& [name, key] : Keys()) {
    if (!key.same(a, b)) differing.push_back(name);
  }
  return differing;
}

absl::StatusOr<Config> ReadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error(Reason::kConfigInvalid,
                 "the configuration file cannot be read: check its path and "
                 "mode");
  }
  std::string text;
  char buffer[4096];
  while (file.read(buffer, sizeof(buffer)) || file.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(file.gcount()));
    if (text.size() > limits::kConfigBytesMax) {
      return Error(Reason::kConfigInvalid, "the configuration is too large");
    }
  }
  ASSIGN_OR_RETURN(Config config, ParseConfig(text));
  // A process may change its folder later.
  std::error_code failed;
  config.file = std::filesystem::absolute(path, failed).string();
  return config;
}

}  // namespace amparo::app
