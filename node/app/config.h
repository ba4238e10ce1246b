// SPDX-License-Identifier: Apache-2.0
//
// The one configuration file of a node. Lines are `key = value`; `#` starts a
// comment line. Every key has a documented default except data_directory; an
// unknown key, a key given twice or a value outside its range is an error that
// names the line and the key. There is no key that turns a protection off.
//
//   data_directory    where everything is kept; absolute, mode 0700
//   listen_address    where peers connect, "host:port"; port 0 lets the system
//                     choose. Default 0.0.0.0:7410
//   public_address    what peers are told to connect to; default
//                     listen_address with the port that was taken
//   office_socket     where the office's people connect; absolute, in a folder
//                     of the node's user that nobody else writes to. Default
//                     office.sock in data_directory
//   office_group      the Unix group whose members may connect there; needs
//                     office_socket. Default: the node's user only
//   passphrase_file   opens the node key at start, mode 0600; without it the
//                     passphrase comes from a systemd credential named
//                     amparo-passphrase, a descriptor, or a prompt
//   delivery_threads  letters to this many peers are sent at once, 1 to 16;
//                     default 4
//   hello_interval    how often a peer is greeted, 1s to 24h; default 5m
//   checkpoint_interval  how often the log is signed, 1m to 24h; default 24h
//   metrics_address   where Prometheus reads figures over HTTP,
//   "127.0.0.1:port"
//                     or "[::1]:port", loopback only; port 0 lets the system
//                     choose. Default: nowhere
#ifndef AMPARO_NODE_APP_CONFIG_H_
#define AMPARO_NODE_APP_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace amparo::app {

struct Config {
  std::string data_directory;
  std::string listen_address = "0.0.0.0:7410";
  std::string public_address;  // Empty: PublicAddress decides.
  std::string office_socket;   // Empty: OfficeSocketPath decides.
  std::string office_group;    // Empty: the node's user only.
  std::string passphrase_file;
  int delivery_threads = 4;
  absl::Duration hello_interval = absl::Minutes(5);
  absl::Duration checkpoint_interval = absl::Hours(24);
  std::string metrics_address;  // Empty: no metrics.
  // The file this was read from, absolute; empty when from none. No key.
  std::string file;
};

// kConfigInvalid names the line and the key, never the value.
absl::StatusOr<Config> ParseConfig(absl::string_view text);

// What peers are told to connect to when the node listens on `port`; empty
// when that cannot be known yet (`port` 0 and none configured).
std::string PublicAddress(const Config& config, int port);

// Where the office's people connect.
std::string OfficeSocketPath(const Config& config);

// Whom an address "host:port" lets in, as far as it says without looking up a
// name.
enum class Reach {
  kEverywhere,   // 0.0.0.0 or [::]: to listen on; nobody can connect to it.
  kThisMachine,  // 127.0.0.0/8, [::1] or localhost.
  kNamed,
};
Reach ReachOf(absl::string_view address);

// The keys by which the two differ, in alphabetical order.
std::vector<std::string> DifferingKeys(const Config& a, const Config& b);

// Reads and parses a file of at most limits::kConfigBytesMax.
absl::StatusOr<Config> ReadConfig(const std::string& path);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_CONFIG_H_
