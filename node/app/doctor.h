// SPDX-License-Identifier: Apache-2.0
//
// `amparo doctor`: what is wrong with this node, or will be soon, why, and
// what to do next. Pure: plain facts in, findings out; doctor_facts.h gathers
// the facts of a node that runs. Nothing here holds a person, a case or a
// referral.
#ifndef AMPARO_NODE_APP_DOCTOR_H_
#define AMPARO_NODE_APP_DOCTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace amparo::app {

// Ordered: each is worse than the one before.
enum class Level { kOk, kWarn, kFail };

struct DoctorFinding {
  Level level = Level::kOk;
  std::string about;      // A word: "clock", "disk", ...
  std::string cause;      // What was seen.
  std::string next_step;  // Empty for OK.
};

struct PeerFacts {
  std::string name;
  bool in_use = true;  // Confirmed and not suspended.
  // Their clock less ours at the last hello, and when that was.
  absl::Duration skew;
  absl::Time last_hello = absl::InfinitePast();
  // Whether their newest key bundle verifies under the pinned office key, and
  // until when their keys can be used: a letter needs both.
  bool pin_holds = true;
  // Why the certificate that its server showed last was refused; empty when it
  // held, or none was seen since the node started.
  std::string certificate_refused;
  absl::Time signs_until = absl::InfinitePast();
  absl::Time sealed_to_until = absl::InfinitePast();
  // Protocol versions they speak.
  uint32_t protocol_min = 0;
  uint32_t protocol_max = 0;
  uint64_t letters_waiting = 0;
  std::optional<absl::Time> oldest_since;  // nullopt: none waits.
  uint32_t failures = 0;                   // Calls in a row.
  // How often since the start it said that it has another letter of this
  // office at the place of one that was sent.
  uint64_t places_taken = 0;
};

// A key of this office and its last moment of use.
struct KeyFacts {
  std::string name;  // "signing", "log", "sealing", "tls".
  absl::Time until = absl::InfinitePast();
  // It is replaced by itself when this much is left; less means that this has
  // not happened.
  absl::Duration renewed_before;
};

// What of the configuration file can be doubted while a node runs with it; a
// value that the node refuses never gets this far.
struct ConfigFacts {
  // What the next start would say of the file as it is now; empty: it starts.
  std::string refusal;
  // Where the file differs from what the node runs with.
  std::vector<std::string> changed_keys;
  // Others than root and the node's user may change the file.
  bool others_write = false;
  // The file with the passphrase is on the file system of what it opens.
  bool passphrase_beside = false;
  std::string listen_address;
  bool listens_here_only = false;  // On a loopback address.
  // What peers are told: no address to connect to (0.0.0.0), or a loopback one.
  bool told_nowhere = false;
  bool told_here_only = false;
};

struct DoctorFacts {
  absl::Time now;
  // How far wall and steady time have drifted apart since the node started.
  absl::Duration clock_jump;
  // The office's keys bear the date out (ClockIsProved), or it is new.
  bool clock_proved = true;
  // Of the file system of the data directory.
  uint64_t disk_free_bytes = 0;
  uint64_t disk_bytes = 0;
  bool disk_known = true;
  bool writable = true;
  uint64_t syncs = 0;  // Since the start.
  absl::Duration mean_sync;
  // Files that others may read or that belong to somebody else: what each must
  // be, "node.key must have mode 0600".
  std::vector<std::string> open_files;
  std::vector<KeyFacts> keys;
  // A peer has shown keys of this office that are later than ours: nothing is
  // signed until `amparod restore`.
  bool restore_needed = false;
  // The TLS certificate verifies under the office key.
  bool chain_holds = true;
  std::vector<PeerFacts> peers;
  std::string version;
  uint32_t protocol_min = 0;
  uint32_t protocol_max = 0;
  int openssl_major = 0;
  int openssl_minor = 0;
  int openssl_patch = 0;
  // What peers are told to connect to, and whether a connection to it could be
  // made from here; nullopt: not tried.
  std::string public_address;
  std::optional<bool> address_answers;
  // Whether names of countries and languages can be read (iso-codes).
  bool has_place_names = true;
  std::optional<ConfigFacts> config;  // nullopt: not started from a file.
};

// At least one finding about each thing that is looked at, in a fixed order;
// OK ones say what was seen.
std::vector<DoctorFinding> Diagnose(const DoctorFacts& facts);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_DOCTOR_H_
