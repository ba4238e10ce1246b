// SPDX-License-Identifier: Apache-2.0
#include "node/app/doctor_facts.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/openssl_version.h"
#include "crypto/certificate/certificate.h"
#include "node/app/data_directory.h"
#include "node/app/office_socket.h"
#include "node/app/upkeep.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/waiting_letters.h"
#include "node/storage/table.h"
#include "node/vocabulary/labels.h"

namespace amparo::app {
namespace {

// Keys of a year and of TLS are replaced 30 days before their end, sealing
// keys every week; a few days of grace for a node that was off.
constexpr absl::Duration kRenewedBefore = absl::Hours(25 * 24);
constexpr absl::Duration kSealingRenewedBefore = absl::Hours(9 * 24);
// Longer than kClockProvedAfter: what its first keys need to bear out the date.
constexpr absl::Duration kNewFor = absl::Hours(4 * 24);

void CheckFile(const std::string& path, absl::string_view name, mode_t allowed,
               absl::string_view mode, DoctorFacts& facts) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return;
  if (found.st_uid != ::geteuid() || (found.st_mode & 07777 & ~allowed) != 0) {
    facts.open_files.push_back(absl::StrCat(
        name, " must belong to the node's user and have mode ", mode));
  }
}

std::optional<dev_t> FileSystemOf(const std::string& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return found.st_dev;
}

// The file as the next start would find it.
void LookAtConfig(const Config& running, DoctorFacts& facts) {
  if (running.file.empty()) return;
  ConfigFacts& seen = facts.config.emplace();
  const absl::StatusOr<Config> next = ReadConfig(running.file);
  if (next.ok()) {
    seen.changed_keys = DifferingKeys(running, *next);
    seen.refusal = std::string(FindOfficeDoor(*next).status().message());
  } else {
    seen.refusal = std::string(next.status().message());
  }
  struct stat file;
  if (::stat(running.file.c_str(), &file) == 0) {
    seen.others_write = (file.st_uid != 0 && file.st_uid != ::geteuid()) ||
                        (file.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  }
  const std::string& passphrase = running.passphrase_file;
  if (!passphrase.empty()) {
    CheckFile(passphrase, "the passphrase file", 0600, "0600", facts);
    const auto beside = FileSystemOf(passphrase);
    seen.passphrase_beside =
        beside.has_value() && beside == FileSystemOf(running.data_directory);
  }
  seen.listen_address = running.listen_address;
  seen.listens_here_only =
      ReachOf(running.listen_address) == Reach::kThisMachine;
  const Reach told = ReachOf(facts.public_address);
  seen.told_nowhere = told == Reach::kEverywhere;
  seen.told_here_only = told == Reach::kThisMachine;
}

void LookAtOfficeDoor(const Config& config, DoctorFacts& facts) {
  const absl::StatusOr<OfficeDoor> door = FindOfficeDoor(config);
  if (!door.ok()) {
    facts.open_files.push_back(std::string(door.status().message()));
    return;
  }
  CheckFile(door->path, "office.sock", door->mode(),
            door->group.has_value() ? "0660" : "0600", facts);
  struct stat found;
  if (door->group.has_value() && ::stat(door->path.c_str(), &found) == 0 &&
      found.st_gid != *door->group) {
    facts.open_files.push_back("office.sock must be of office_group");
  }
}

void LookAtDirectory(const std::string& directory, DoctorFacts& facts) {
  struct statvfs space;
  facts.disk_known = ::statvfs(directory.c_str(), &space) == 0;
  if (facts.disk_known) {
    facts.disk_free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
    facts.disk_bytes = uint64_t{space.f_blocks} * space.f_frsize;
  }
  CheckFile(directory, "the data directory", 0700, "0700", facts);
  CheckFile(NodeKeyPath(directory), "node.key", 0600, "0600", facts);
  CheckFile(StorePath(directory), "store", 0700, "0700", facts);
}

template <class Keys>
absl::Time LastSignUntil(const Keys& keys) {
  absl::Time last = absl::InfinitePast();
  for (const auto& key : keys) last = std::max(last, key.validity.sign_until);
  return last;
}

absl::Time LastSealUntil(const peering::KeyBundle& bundle) {
  absl::Time last = absl::InfinitePast();
  for (const peering::SealingKey& key : bundle.sealing_keys) {
    last = std::max(last, key.seal_until);
  }
  return last;
}

// A new office has no keys that could bear out the date.
bool IsNew(const peering::KeyBundle& bundle, absl::Time now) {
  return std::any_of(bundle.signing_keys.begin(), bundle.signing_keys.end(),
                     [&](const peering::SigningKey& key) {
                       // Not one whose clock stands before its own founding.
                       return key.epoch == 1 &&
                              key.validity.not_before <= now &&
                              now - key.validity.not_before < kNewFor;
                     });
}

void LookAtKeys(const peering::OwnOffice& own, DoctorFacts& facts) {
  const peering::KeyBundle bundle = own.bundle();
  facts.restore_needed = !own.CheckFresh().ok();
  facts.keys = {
      {"signing", LastSignUntil(bundle.signing_keys), kRenewedBefore},
      {"log", LastSignUntil(bundle.log_keys), kRenewedBefore},
      {"sealing", LastSealUntil(bundle), kSealingRenewedBefore},
  };
  const auto certificate =
      crypto::Certificate::FromPem(own.tls_identity().certificate_pem);
  facts.chain_holds =
      certificate.ok() && certificate->SignedBy(own.office_public_key()).ok();
  if (certificate.ok()) {
    facts.keys.push_back({"TLS", certificate->not_after(), kRenewedBefore});
  }
  facts.public_address = bundle.address;
  facts.clock_proved =
      ClockIsProved(bundle, facts.now) || IsNew(bundle, facts.now);
}

absl::StatusOr<PeerFacts> LookAtPeer(Node& node, const peering::Peer& peer,
                                     absl::Time now) {
  PeerFacts facts;
  facts.name = peer.name();
  facts.in_use = peer.state == peering::PeerState::kActive;
  facts.skew = peer.skew;
  facts.last_hello = peer.last_hello_at;
  facts.pin_holds =
      peering::KeyBundle::Verify(peer.signed_bundle, peer.office_key,
                                 absl::InfiniteFuture())
          .ok();
  const auto refused = node.peers().server_checks()->Refused(peer.id);
  if (refused.has_value()) {
    facts.certificate_refused = std::string(ReasonName(*refused));
  }
  facts.signs_until = LastSignUntil(peer.bundle.signing_keys);
  const auto sealing = peer.bundle.SealingKeyToUse(now);
  if (sealing.ok()) facts.sealed_to_until = sealing->seal_until;
  facts.protocol_min = peer.bundle.protocol_min;
  facts.protocol_max = peer.bundle.protocol_max;
  const auto counts = node.outbox().counts().Read();
  const auto taken = counts.places_taken.find(peer.id);
  if (taken != counts.places_taken.end()) facts.places_taken = taken->second;
  facts.letters_waiting = node.outbox().counts().Waiting(peer.id);
  ASSIGN_OR_RETURN(
      facts.oldest_since,
      delivery::WaitingLetters(node.outbox()).OldestSince(peer.id));
  const storage::Table<delivery::PeerCursorCodec> cursors(node.vault());
  ASSIGN_OR_RETURN(const auto cursor,
                   cursors.Get(node.ground().store, peer.id));
  if (cursor.has_value()) facts.failures = cursor->value.failures;
  return facts;
}

bool Connects(const addrinfo& to, absl::Duration timeout) {
  const int socket =
      ::socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
               to.ai_protocol);
  if (socket < 0) return false;
  const absl::Cleanup close = [socket] { ::close(socket); };
  if (::connect(socket, to.ai_addr, to.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd wait{socket, POLLOUT, 0};
  if (::poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) !=
      1) {
    return false;
  }
  int failed = 0;
  socklen_t size = sizeof failed;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 &&
         failed == 0;
}

}  // namespace

ClockWatch::ClockWatch(const Clock& clock)
    : clock_(clock), wall_(clock.Now()), steady_(SteadyTime()) {}

absl::Duration ClockWatch::Jump() const {
  return (clock_.Now() - wall_) - (SteadyTime() - steady_);
}

bool Answers(const std::string& address, absl::Duration timeout) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &wanted,
                    &found) != 0) {
    return false;
  }
  const absl::Cleanup free = [found] { ::freeaddrinfo(found); };
  return found != nullptr && Connects(*found, timeout);
}

absl::StatusOr<DoctorFacts> GatherFacts(Node& node, const ClockWatch& watch,
                                        const Config& config,
                                        const std::string& version) {
  DoctorFacts facts;
  facts.now = node.ground().clock.Now();
  facts.clock_jump = watch.Jump();
  facts.has_place_names = vocabulary::Labels::BuiltIn().names().Present();
  facts.disk_known = false;
  if (!config.data_directory.empty()) {
    LookAtDirectory(config.data_directory, facts);
    LookAtOfficeDoor(config, facts);
  }
  const storage::Store& store = node.ground().store;
  facts.writable = store.writable();
  const DurationHistogram::Reading syncs = store.Figures().syncs;
  facts.syncs = syncs.count;
  if (syncs.count > 0) {
    facts.mean_sync =
        absl::Seconds(syncs.sum_seconds / static_cast<double>(syncs.count));
  }
  LookAtKeys(node.own(), facts);
  LookAtConfig(config, facts);
  for (const peering::Peer& peer : node.peers().List()) {
    ASSIGN_OR_RETURN(PeerFacts seen, LookAtPeer(node, peer, facts.now));
    facts.peers.push_back(std::move(seen));
  }
  facts.version = version;
  facts.protocol_min = peering::kProtocolMin;
  facts.protocol_max = peering::kProtocolMax;
  const crypto::OpenSslVersion openssl = crypto::LoadedOpenSsl();
  facts.openssl_major = openssl.major;
  facts.openssl_minor = openssl.minor;
  facts.openssl_patch = openssl.patch;
  if (!facts.public_address.empty()) {
    facts.address_answers = Answers(facts.public_address, kConnectTimeout);
  }
  return facts;
}

}  // namespace amparo::app
