// SPDX-License-Identifier: Apache-2.0
#include "node/app/doctor.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/base/limits.h"

namespace amparo::app {
namespace {

// Half of what letters are refused for, so that somebody acts before.
constexpr absl::Duration kSkewWarned = absl::Seconds(150);
constexpr absl::Duration kJumpWarned = absl::Seconds(10);
constexpr absl::Duration kSilenceWarned = absl::Hours(24);
constexpr absl::Duration kWaitingWarned = absl::Hours(1);
constexpr absl::Duration kWaitingFailed = absl::Hours(24);
constexpr absl::Duration kSyncWarned = absl::Milliseconds(50);
constexpr absl::Duration kSyncFailed = absl::Milliseconds(500);
constexpr uint64_t kMebibyte = 1024 * 1024;
constexpr uint64_t kFreeWarned = 2048 * kMebibyte;
constexpr uint64_t kFreeWarnedPercent = 10;
// Fixes in 3.0.22 concern what this program calls.
constexpr auto kOpenSslAsked = std::make_tuple(3, 0, 22);

class Diagnosis {
 public:
  explicit Diagnosis(const DoctorFacts& facts) : facts_(facts) {}

  std::vector<DoctorFinding> Run() {
    Clock();
    Disk();
    Files();
    Keys();
    OldCopy();
    for (const PeerFacts& peer : facts_.peers) Peer(peer);
    Versions();
    Address();
    Config();
    PlaceNames();
    Ok("fsck",
       "not known when stored data was last checked: stop the node and "
       "run amparod fsck to know");
    return std::move(findings_);
  }

 private:
  void Ok(absl::string_view about, std::string cause) {
    Add(Level::kOk, about, std::move(cause), "");
  }
  void Add(Level level, absl::string_view about, std::string cause,
           std::string next_step) {
    findings_.push_back(
        {level, std::string(about), std::move(cause), std::move(next_step)});
  }

  void PlaceNames() {
    if (facts_.has_place_names) {
      return Ok("vocabulary", "names of countries and languages are there");
    }
    Add(Level::kWarn, "vocabulary",
        "the package iso-codes is not there: countries and languages are shown "
        "as codes",
        "run deploy/setup/install, or install the package");
  }

  void Clock() {
    if (absl::AbsDuration(facts_.clock_jump) >= kJumpWarned) {
      Add(Level::kWarn, "clock",
          absl::StrCat("the clock was set by ",
                       absl::ToInt64Seconds(facts_.clock_jump),
                       " seconds since the node started"),
          "check that time synchronisation runs (timedatectl) and that nobody "
          "sets the clock by hand");
    }
    if (!facts_.clock_proved) {
      Add(Level::kWarn, "clock",
          "no key of this office bears the date out: the clock was set by days "
          "or more, or the node was off for a month, or was restored",
          "check the date (timedatectl): once it has run on for three days, "
          "rules delete what is over");
    }
    bool any_skew = false;
    for (const PeerFacts& peer : facts_.peers) {
      const absl::Duration skew = absl::AbsDuration(peer.skew);
      if (peer.last_hello == absl::InfinitePast() || skew < kSkewWarned) {
        continue;
      }
      any_skew = true;
      Add(skew > limits::kClockSkewMax ? Level::kFail : Level::kWarn, "clock",
          absl::StrCat("the clock of ", peer.name, " differs from ours by ",
                       absl::ToInt64Seconds(peer.skew), " seconds"),
          "find out which of the two is wrong (timedatectl on both sides): "
          "letters from the future are refused");
    }
    if (!any_skew && findings_.empty()) Ok("clock", "no jump, no skew");
  }

  void Disk() {
    if (!facts_.writable) {
      Add(Level::kFail, "disk", "the disk failed a write: nothing is stored",
          "check space and disk (df, dmesg), then start the node again");
    }
    const uint64_t percent =
        facts_.disk_bytes == 0
            ? 0
            : facts_.disk_free_bytes /
                  std::max<uint64_t>(1, facts_.disk_bytes / 100);
    const std::string seen = absl::StrCat(facts_.disk_free_bytes / kMebibyte,
                                          " MiB free, ", percent, " percent");
    if (!facts_.disk_known) {
      Add(Level::kWarn, "disk", "the space of the data directory is not known",
          "look yourself: df on the data directory");
    } else if (facts_.disk_free_bytes < limits::kDiskReserveBytes) {
      Add(Level::kFail, "disk",
          absl::StrCat(
              seen, ": files and imports are refused",
              facts_.disk_free_bytes < limits::kDiskLetterReserveBytes
                  ? ", and letters of peers wait there (DISK_NEARLY_FULL)"
                  : ""),
          "make space now: a full disk stops all "
          "work, though nothing is lost");
    } else if (facts_.disk_free_bytes < kFreeWarned ||
               percent < kFreeWarnedPercent) {
      Add(Level::kWarn, "disk", seen, "make space or a larger disk");
    } else {
      Ok("disk", seen);
    }
    if (facts_.syncs == 0) return;
    const std::string took = absl::StrCat(
        "keeping a write takes ", absl::ToInt64Milliseconds(facts_.mean_sync),
        " ms on average");
    if (facts_.mean_sync < kSyncWarned) return Ok("disk", took);
    Add(facts_.mean_sync < kSyncFailed ? Level::kWarn : Level::kFail, "disk",
        took, "move the data directory to a disk of its own, or a faster one");
  }

  void Files() {
    for (const std::string& file : facts_.open_files) {
      Add(Level::kFail, "files", file,
          "correct it with chown and chmod, and find out who could have read "
          "it meanwhile");
    }
    if (facts_.open_files.empty())
      Ok("files", "open to nobody else than configured");
  }

  void Keys() {
    if (!facts_.chain_holds) {
      Add(Level::kFail, "keys",
          "our TLS certificate does not verify under our office key",
          "run amparod fsck; peers refuse this node until it is mended");
    }
    for (const KeyFacts& key : facts_.keys) {
      const absl::Duration left = key.until - facts_.now;
      const std::string seen = absl::StrCat(
          "the ", key.name, " key can be used for ",
          std::max<int64_t>(0, absl::ToInt64Hours(left) / 24), " more days");
      if (left <= absl::ZeroDuration()) {
        Add(Level::kFail, "keys",
            absl::StrCat("the ", key.name, " key has ended"),
            "check the clock, then start the node again: it makes a new one");
      } else if (left < key.renewed_before) {
        Add(Level::kWarn, "keys",
            absl::StrCat(seen, ", and it should have been replaced by now"),
            "look for key_rotation_failed in the log of the node");
      } else {
        Ok("keys", seen);
      }
    }
  }

  void OldCopy() {
    constexpr char kRestore[] =
        "stop the node; if a copy of the data was put back, run amparod "
        "restore (operations.md); if the office runs twice, end the other one";
    const size_t before = findings_.size();
    if (facts_.restore_needed) {
      Add(Level::kFail, "restore",
          "a peer knows later keys of this office: this is an old copy of the "
          "data, and nothing is signed or sent",
          kRestore);
    }
    for (const PeerFacts& peer : facts_.peers) {
      if (peer.places_taken == 0) continue;
      Add(Level::kFail, "restore",
          absl::StrCat("peer ", peer.name,
                       " has other letters of this office at places that are "
                       "given again here: what is sent there does not arrive; "
                       "this may be an old copy of the data, or the office "
                       "runs twice"),
          kRestore);
    }
    if (findings_.size() == before) {
      Ok("restore", "no peer knows of a later life of this office");
    }
  }

  void Peer(const PeerFacts& peer) {
    const std::string about = absl::StrCat("peer ", peer.name);
    if (!peer.in_use) return Ok(about, "not in use: nothing is sent to it");
    const size_t before = findings_.size();
    CheckKeysOf(peer, about);
    CheckProtocolOf(peer, about);
    CheckContactWith(peer, about);
    if (findings_.size() == before) {
      Ok(about, absl::StrCat("pin, certificate, keys and protocol fit, ",
                             peer.letters_waiting, " letters wait"));
    }
  }

  void CheckKeysOf(const PeerFacts& peer, const std::string& about) {
    if (!peer.pin_holds) {
      Add(Level::kFail, about, "its keys do not verify under the pinned key",
          "suspend it (amparo peer suspend) and call the office by telephone: "
          "compare the safety number");
      return;
    }
    if (!peer.certificate_refused.empty()) {
      Add(Level::kFail, about,
          absl::StrCat("the certificate of its server was refused: ",
                       peer.certificate_refused),
          "look the reason up in the manual, errors.md; unless clocks explain "
          "it, somebody else may answer at that address: telephone the office");
    }
    if (peer.signs_until <= facts_.now || peer.sealed_to_until <= facts_.now) {
      Add(Level::kFail, about,
          "we hold no key of it that can be used today: it was silent too long",
          "ask the office to start its node, or whether its address changed");
    }
  }

  void CheckProtocolOf(const PeerFacts& peer, const std::string& about) {
    if (peer.protocol_min <= facts_.protocol_max &&
        peer.protocol_max >= facts_.protocol_min) {
      return;
    }
    Add(Level::kFail, about, "it speaks no protocol version that we speak",
        "the older of the two nodes must be updated");
  }

  void CheckContactWith(const PeerFacts& peer, const std::string& about) {
    if (peer.oldest_since.has_value()) {
      const absl::Duration age = facts_.now - *peer.oldest_since;
      if (age >= kWaitingWarned) {
        Add(age >= kWaitingFailed ? Level::kFail : Level::kWarn, about,
            absl::StrCat(peer.letters_waiting, " letters wait, the oldest for ",
                         absl::ToInt64Hours(age), " hours"),
            "amparo status shows failed calls: ask the office whether its node "
            "runs and can be reached");
      }
    }
    if (facts_.now - peer.last_hello >= kSilenceWarned) {
      Add(Level::kWarn, about, "it was not heard of for a day",
          "ask the office whether its node runs, and check the address and the "
          "way out of this network");
    } else if (peer.failures > 0) {
      Add(Level::kWarn, about,
          absl::StrCat("the last ", peer.failures, " calls failed"),
          "nothing yet: they are repeated; look again in an hour");
    }
  }

  void Versions() {
    Ok("version",
       absl::StrCat("amparod ", facts_.version, ", protocol ",
                    facts_.protocol_min, " to ", facts_.protocol_max));
    const auto loaded = std::make_tuple(
        facts_.openssl_major, facts_.openssl_minor, facts_.openssl_patch);
    const std::string seen =
        absl::StrCat("OpenSSL ", facts_.openssl_major, ".",
                     facts_.openssl_minor, ".", facts_.openssl_patch);
    if (loaded >= kOpenSslAsked) return Ok("openssl", seen);
    Add(Level::kWarn, "openssl",
        absl::StrCat(seen, " by its number is older than 3.0.22"),
        "install the security updates of the system; Debian mends without "
        "raising the number, so compare with its security tracker");
  }

  void Address() {
    if (facts_.public_address.empty()) {
      Ok("address", "none: peers cannot connect here, this node calls them");
    } else if (!facts_.address_answers.has_value()) {
      Ok("address", "not tried");
    } else if (*facts_.address_answers) {
      Ok("address", "what peers are told to connect to answers");
    } else {
      Add(Level::kWarn, "address",
          "what peers are told to connect to does not answer from here",
          "check public_address in the configuration, the firewall and the "
          "name; some networks only answer from outside");
    }
  }

  void Config() {
    if (!facts_.config.has_value()) return Ok("config", "from no file");
    const ConfigFacts& config = *facts_.config;
    const size_t before = findings_.size();
    CheckConfigFile(config);
    CheckConfiguredAddresses(config);
    if (findings_.size() > before) return;
    Ok("config", absl::StrCat("the file is what the node runs with, listening "
                              "on ",
                              config.listen_address));
  }

  void CheckConfigFile(const ConfigFacts& config) {
    if (!config.refusal.empty()) {
      Add(Level::kFail, "config",
          absl::StrCat("the node would not start again: ", config.refusal),
          "correct the configuration file now, before a restart or a power "
          "cut keeps the office out");
    }
    if (!config.changed_keys.empty()) {
      Add(Level::kWarn, "config",
          absl::StrCat("the file was changed since the node started: ",
                       absl::StrJoin(config.changed_keys, ", ")),
          "start the node again, or take the change back: the next start "
          "takes it without asking");
    }
    if (config.others_write) {
      Add(Level::kFail, "config",
          "others than root and the node's user may change the configuration "
          "file, and with it where peers connect",
          "correct it with chown and chmod, and read what it says now");
    }
    if (config.passphrase_beside) {
      Add(Level::kWarn, "config",
          "the passphrase file is on the same file system as the data: who "
          "takes that disk, or a copy of all of it, can read everything",
          "use an encrypted systemd credential or start locked (install.md); "
          "keep passphrase_file out of every backup");
    }
  }

  void CheckConfiguredAddresses(const ConfigFacts& config) {
    if (config.told_nowhere) {
      Add(Level::kWarn, "config",
          "peers are told to connect to every address, which is none: they "
          "can only wait for this node to call",
          "set public_address to the name and port that peers reach, then "
          "start the node again");
    } else if (config.told_here_only) {
      Add(Level::kWarn, "config",
          "peers are told a loopback address: only nodes of this machine can "
          "connect",
          "set public_address to the name and port that peers reach, then "
          "start the node again");
    } else if (config.listens_here_only && !facts_.public_address.empty()) {
      Add(Level::kWarn, "config",
          "the node listens on a loopback address, but peers are told "
          "another: they get through only where something here passes "
          "connections on",
          "set listen_address to an address of the network, or make sure that "
          "what passes connections on runs");
    }
  }

  const DoctorFacts& facts_;
  std::vector<DoctorFinding> findings_;
};

}  // namespace

std::vector<DoctorFinding> Diagnose(const DoctorFacts& facts) {
  return Diagnosis(facts).Run();
}

}  // namespace amparo::app
