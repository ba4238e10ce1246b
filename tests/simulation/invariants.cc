// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/invariants.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/app/fsck.h"
#include "node/peering/signed_body.h"
#include "tests/simulation/agreeing_referrals.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/holdings.h"

namespace amparo::simulation {
namespace {

using audit::EventKind;
using delivery::ReceiptKind;

std::string About(const audit::Event& event, absl::string_view name) {
  for (const auto& [key, value] : event.about) {
    if (key == name) return value;
  }
  return "";
}

// Receipts of a letter that came to rest say what the receiver holds.
void CheckReceipts(const std::string& letter, const delivery::LetterRow& row,
                   const MessageId& message, const Holdings& sent,
                   const Holdings::Arrived& copy, bool restored,
                   Findings& findings) {
  const auto receipts = sent.receipts.find(message);
  if (!findings.Require(1,
                        receipts != sent.receipts.end() &&
                            receipts->second.count(ReceiptKind::kSubmitted) > 0,
                        letter, " was not SUBMITTED")) {
    return;
  }
  const bool delivered = receipts->second.count(ReceiptKind::kDelivered) > 0;
  const bool voided = receipts->second.count(ReceiptKind::kVoided) > 0;
  // What a restored office is offered again may have been stopped meanwhile:
  // its first receipt and that of the VOID are both kept.
  const bool offered_again = restored && delivered && voided;
  findings.Require(
      1,
      voided == copy.is_void && (delivered == !copy.is_void || offered_again),
      letter, " and its receipts do not agree");
  for (const auto& [kind, stored] : receipts->second) {
    const auto receipt = delivery::ParseSignedReceipt(stored.signed_body);
    findings.Require(1,
                     receipt.ok() && receipt->body.message == message &&
                         receipt->body.kind == kind &&
                         receipt->body.plain_digest == row.plain_digest,
                     letter, " has the receipt of another letter");
  }
}

// Whether a VOID that nobody took ended in a NON_DELIVERY.
bool IsGivenUp(const Holdings& sent, const MessageId& message) {
  const auto receipts = sent.receipts.find(message);
  return sent.voids.count(message) > 0 && receipts != sent.receipts.end() &&
         receipts->second.count(ReceiptKind::kNonDelivery) > 0 &&
         receipts->second.count(ReceiptKind::kDelivered) == 0 &&
         receipts->second.count(ReceiptKind::kVoided) == 0;
}

// Invariant 1 for the letters that `from` wrote to `to`.
void CheckLetters(const OfficeId& from_id, const Holdings& sent,
                  const Losses& losses, const OfficeId& to_id,
                  const Losses& to_losses, const Holdings& got,
                  Findings& findings) {
  for (const auto& [message, row] : sent.letters) {
    if (row.clearance.recipient != to_id) continue;
    const std::string letter =
        absl::StrCat(Name(row.clearance.type), " ", message.hex());
    const auto arrived = got.arrived.find(message);
    const size_t copies =
        arrived == got.arrived.end() ? 0 : arrived->second.size();
    // What a restored office had receipted must have come back.
    // Its place was another's: what went instead is a letter of its own.
    if (losses.of_old_copies.count(message) > 0 && copies == 0 &&
        IsGivenUp(sent, message)) {
      continue;
    }
    const int invariant =
        to_losses.restored && sent.receipts.count(message) > 0 &&
                sent.receipts.at(message).count(ReceiptKind::kDelivered) > 0
            ? 6
            : 1;
    if (!findings.Require(invariant, copies == 1, letter,
                          " is at the receiver ", copies,
                          " times, VOIDs included")) {
      continue;
    }
    const Holdings::Arrived& copy = arrived->second.front();
    CheckReceipts(letter, row, message, sent, copy, to_losses.restored,
                  findings);
    findings.Require(
        1, !copy.is_void || sent.voids.count(message) > 0 || losses.restored,
        letter, " was voided by nobody");
    findings.Require(1, copy.thread_digest == row.plain_digest, letter,
                     " changed on its way");
  }
  for (const auto& [message, copies] : got.arrived) {
    if (copies.front().sender != from_id) continue;
    findings.Require(
        1, sent.letters.count(message) > 0 || losses.letters.count(message) > 0,
        "a letter arrived that was never written: ", message.hex());
  }
}

// Invariants 1 and 6 for what one office received: each thread without gaps,
// each letter naming the one before it, nothing that came too late (but what a
// restored office is offered again).
void CheckThreads(const Holdings& held, const Losses& losses,
                  Findings& findings) {
  std::map<std::tuple<OfficeId, uint32_t, ThreadId>,
           std::map<uint64_t, const Holdings::Arrived*>>
      threads;
  for (const auto& [message, copies] : held.arrived) {
    const Holdings::Arrived& copy = copies.front();
    auto& thread =
        threads[{copy.sender, copy.header.incarnation, copy.header.thread}];
    findings.Require(6, thread.emplace(copy.header.seq, &copy).second,
                     "two letters of a thread have one sequence number");
    findings.Require(1,
                     copy.is_void || losses.restored ||
                         copy.header.expires_at > copy.received_at,
                     Name(copy.header.type), " ", message.hex(),
                     " was taken after its end");
  }
  for (const auto& [name, letters] : threads) {
    uint64_t next = 1;
    std::string digest(delivery::kDigestSize, '\0');
    for (const auto& [seq, letter] : letters) {
      findings.Require(1, seq == next, "a thread has a gap before ", seq);
      findings.Require(1, letter->header.prev_digest == digest,
                       "a letter does not name the one before it");
      next = seq + 1;
      digest = letter->thread_digest;
    }
  }
}

// Invariant 4 for one office: rows and leaves say the same.
void CheckLog(TestOffice& office, const Holdings& held, Findings& findings) {
  const absl::Status verified = office.node().log().Verify();
  findings.Require(4, verified.ok(), "the log: ", verified.ToString());
  std::map<std::string, std::string> sent;
  std::map<std::string, std::string> received;
  std::map<std::string, std::string> states;
  size_t releases = 0;
  for (const audit::LoggedEvent& logged : held.events) {
    if (!logged.event.has_value()) continue;
    const audit::Event& event = *logged.event;
    const std::string letter = About(event, "letter");
    const std::string digest = About(event, "digest");
    if (event.kind == EventKind::kLetterSent) {
      findings.Require(4, sent.emplace(letter, digest).second,
                       "a letter has two leaves LETTER_SENT");
    } else if (event.kind == EventKind::kLetterReceived && !digest.empty()) {
      findings.Require(4, received.emplace(letter, digest).second,
                       "a letter has two leaves LETTER_RECEIVED");
    } else if (event.kind == EventKind::kReferralTransition) {
      states[About(event, "referral")] = About(event, "state");
    } else if (event.kind == EventKind::kRelease) {
      ++releases;
    }
  }
  findings.Require(4, sent.size() == held.letters.size(),
                   "letters sent and leaves LETTER_SENT differ in number");
  for (const auto& [message, row] : held.letters) {
    findings.Require(4,
                     sent[message.hex()] == crypto::HexEncode(row.plain_digest),
                     "no leaf for letter ", message.hex());
  }
  size_t arrived = 0;
  for (const auto& [message, copies] : held.arrived) {
    arrived += copies.size();
    findings.Require(4,
                     received[message.hex()] ==
                         crypto::HexEncode(copies.front().plain_digest),
                     "no leaf for arrived ", message.hex());
  }
  findings.Require(4, arrived == received.size(),
                   "letters and leaves LETTER_RECEIVED differ in number");
  for (const auto& [id, referral] : held.referrals) {
    findings.Require(4, states[id.hex()] == Name(referral.state), "referral ",
                     id.hex(), " is ", Name(referral.state),
                     ", its last leaf says ", states[id.hex()]);
  }
  findings.Require(4, states.size() == held.referrals.size(),
                   "referrals and referrals in the log differ in number");
  findings.Require(4, releases == held.releases.size(),
                   "releases and leaves RELEASE differ in number");
}

// Invariant 4 by `amparod fsck`: everything derived again from raw rows.
void Examine(TestOffice& office, Findings& findings) {
  const app::FsckReport report =
      Must(app::CheckNode(*office.store().NewSnapshot(), TestOffice::NodeKey(),
                          office.random(), office.clock().Now(),
                          /*threads=*/1),
           "examine a node");
  for (const storage::Finding& finding : report.findings) {
    findings.Require(4, false, "fsck: ", storage::TableName(finding.table),
                     ": ", finding.what);
  }
}

// Invariant 4 for what was published: one charge for each release, no table of
// a year twice.
void CheckReleases(const Holdings& held, Findings& findings) {
  findings.Require(4, held.ledger.size() == held.releases.size(),
                   "releases and charges differ in number");
  std::set<std::pair<std::string, std::string>> charged;
  for (const statistics::LedgerEntry& entry : held.ledger) {
    findings.Require(4, charged.emplace(entry.table, entry.cohort.id()).second,
                     "a table of a year was released twice");
    const auto release = held.releases.find(entry.release);
    findings.Require(
        4,
        release != held.releases.end() &&
            crypto::Sha256(release->second.body) == entry.release_hash,
        "a charge names no release");
  }
}

// Invariants 1 and 4 between an office and its region.
void CheckReceivedReleases(const OfficeId& office, const Holdings& published,
                           const Losses& losses, const OfficeId& region,
                           const Holdings& received, Findings& findings) {
  for (const auto& [id, release] : published.releases) {
    const auto& recipients = release.recipients;
    if (std::find(recipients.begin(), recipients.end(), region) ==
        recipients.end()) {
      continue;
    }
    const auto found = received.received_releases.find({office, id});
    if (found == received.received_releases.end()) continue;  // Voided.
    const auto body = peering::SignedBody::Decode(found->second);
    findings.Require(4, body.ok() && body->body == release.body,
                     "the region has another release than was published");
  }
  for (const auto& [key, body] : received.received_releases) {
    if (key.first != office) continue;
    findings.Require(4,
                     published.releases.count(key.second) > 0 ||
                         losses.recipients.count(region) > 0,
                     "the region has a release that nobody published");
  }
}

void CheckPromises(const Holdings& held, const Promises& promises,
                   Findings& findings) {
  for (const ReferralId& id : promises.proposed) {
    findings.Require(1, held.referrals.count(id) > 0,
                     "an acknowledged referral was lost");
  }
  size_t outgoing = 0;
  for (const auto& [id, referral] : held.referrals) {
    if (referral.direction == referral::Direction::kOutgoing) ++outgoing;
  }
  findings.Require(4, outgoing <= promises.proposals,
                   "a repeated request made a second referral");
  for (const ReferralId& id : promises.answered) {
    const auto found = held.referrals.find(id);
    findings.Require(1,
                     found != held.referrals.end() &&
                         found->second.state != referral::State::kReceived,
                     "an acknowledged answer was lost");
  }
  // Its mark goes when the letter is voided; the letter itself stays.
  for (const ReferralId& id : promises.disclosed) {
    bool there = false;
    for (const auto& [message, row] : held.letters) {
      there |= row.clearance.type == LetterType::kDisclosure &&
               row.thread.bytes() == id.bytes();
    }
    findings.Require(1, there, "an acknowledged disclosure was lost");
  }
  for (const ConsentId& id : promises.given) {
    findings.Require(4, held.consents.count(id) > 0,
                     "an acknowledged consent was lost");
  }
  for (const ConsentId& id : promises.withdrawn) {
    findings.Require(3, held.withdrawn.count(id) > 0,
                     "an acknowledged withdrawal was lost");
  }
  for (const auto& [id, hash] : promises.released) {
    const auto found = held.releases.find(id);
    findings.Require(4,
                     found != held.releases.end() &&
                         crypto::Sha256(found->second.body) == hash,
                     "an acknowledged release was lost");
  }
  findings.Require(4, held.cases >= promises.cases.size(),
                   "an acknowledged case was lost");
}

}  // namespace

std::vector<Broken> BrokenRules(const std::vector<Witness>& witnesses) {
  std::vector<Broken> broken;
  std::map<OfficeId, Holdings> held;
  for (const Witness& witness : witnesses) {
    Findings findings(witness.office.name(), broken);
    const Holdings& all =
        held.emplace(witness.office.id(), Read(witness.office)).first->second;
    for (const std::string& letter : all.waiting) {
      findings.Require(1, false, letter, " never came to rest");
    }
    CheckThreads(all, witness.losses, findings);
    Examine(witness.office, findings);
    CheckLog(witness.office, all, findings);
    CheckReleases(all, findings);
    CheckPromises(all, witness.promises, findings);
  }
  for (const Witness& from : witnesses) {
    const OfficeId& from_id = from.office.id();
    for (const Witness& to : witnesses) {
      const OfficeId& to_id = to.office.id();
      if (from_id == to_id) continue;
      Findings findings(
          absl::StrCat(from.office.name(), " to ", to.office.name()), broken);
      CheckLetters(from_id, held[from_id], from.losses, to_id, to.losses,
                   held[to_id], findings);
      CheckReceivedReleases(from_id, held[from_id], from.losses, to_id,
                            held[to_id], findings);
      CheckAnswers(from_id, held[from_id], to_id, held[to_id], findings);
      // What one said and forgot, the other heard.
      if (from.losses.recipients.count(to_id) > 0 ||
          to.losses.recipients.count(from_id) > 0) {
        continue;
      }
      CheckReferrals(from_id, held[from_id], to_id, held[to_id], findings);
    }
  }
  return broken;
}

std::vector<Broken> BrokenByStranger(TestOffice& stranger) {
  std::vector<Broken> broken;
  Findings findings(stranger.name(), broken);
  findings.Require(7, stranger.Rows(storage::TableId::kPeers) == 0,
                   "a live office has an exercise office for a peer");
  findings.Require(7,
                   stranger.Rows(storage::TableId::kPeerLetters) == 0 &&
                       stranger.Rows(storage::TableId::kInbox) == 0,
                   "an exercise letter reached a live inbox");
  return broken;
}

}  // namespace amparo::simulation
