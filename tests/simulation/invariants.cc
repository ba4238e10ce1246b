// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/invariants.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/consent/consent_records.h"
#include "node/referral/referral_records.h"
#include "node/storage/table.h"

namespace amparo::simulation {
namespace {

using audit::EventKind;
using delivery::ReceiptKind;
using referral::Direction;
using referral::Referral;
using referral::State;

// Calls `row` for each row of a table.
template <class Codec, class Function>
void ForEach(TestOffice& office, Function row) {
  const storage::Table<Codec> table(office.node().vault());
  MustBeOk(table.Scan(office.store(), "", "",
                      [&](const typename Codec::Key& key,
                          const auto& found) -> absl::StatusOr<bool> {
                        row(key, found.value);
                        return true;
                      }),
           "scan a table");
}

std::string About(const audit::Event& event, absl::string_view name) {
  for (const auto& [key, value] : event.about) {
    if (key == name) return value;
  }
  return "";
}

// Collects what is broken, each with the office it was seen at.
class Findings {
 public:
  explicit Findings(std::vector<std::string>& out) : out_(out) {}
  void Require(bool holds, absl::string_view office, absl::string_view rule) {
    if (!holds) out_.push_back(absl::StrCat(office, ": ", rule));
  }

 private:
  std::vector<std::string>& out_;
};

// Invariant 1 for the letters that `from` wrote to `to`.
void CheckLetters(const TestOffice& from, const Holdings& sent,
                  const Holdings& got, Findings& findings) {
  findings.Require(sent.waiting == 0, from.name(),
                   absl::StrCat(sent.waiting, " letters never came to rest"));
  for (const auto& [message, row] : sent.letters) {
    const std::string letter =
        absl::StrCat(Name(row.clearance.type), " ", message.hex());
    const auto arrived = got.arrived.find(message);
    const size_t copies =
        arrived == got.arrived.end() ? 0 : arrived->second.size();
    findings.Require(copies == 1, from.name(),
                     absl::StrCat(letter, " is at the receiver ", copies,
                                  " times, VOIDs included"));
    if (copies != 1) continue;
    const Holdings::Arrived& copy = arrived->second.front();
    const auto receipts = sent.receipts.find(message);
    findings.Require(receipts != sent.receipts.end() &&
                         receipts->second.count(ReceiptKind::kSubmitted) > 0,
                     from.name(), absl::StrCat(letter, " was not SUBMITTED"));
    if (receipts == sent.receipts.end()) continue;
    const bool delivered = receipts->second.count(ReceiptKind::kDelivered) > 0;
    const bool voided = receipts->second.count(ReceiptKind::kVoided) > 0;
    findings.Require(delivered == !copy.is_void && voided == copy.is_void,
                     from.name(),
                     absl::StrCat(letter, " and its receipts do not agree"));
    findings.Require(!copy.is_void || sent.voids.count(message) > 0,
                     from.name(),
                     absl::StrCat(letter, " was voided by nobody"));
    findings.Require(copy.is_void || copy.plain_digest == row.plain_digest,
                     from.name(), absl::StrCat(letter, " changed on its way"));
  }
  for (const auto& [message, copies] : got.arrived) {
    findings.Require(
        sent.letters.count(message) > 0, from.name(),
        absl::StrCat("a letter arrived that it never wrote: ", message.hex()));
  }
}

// Invariant 4 for one office: rows and leaves say the same.
void CheckLog(TestOffice& office, const Holdings& held, Findings& findings) {
  const absl::Status verified = office.node().log().Verify();
  findings.Require(verified.ok(), office.name(),
                   absl::StrCat("the log: ", verified.ToString()));
  std::map<std::string, std::string> sent;
  std::map<std::string, std::string> received;
  std::map<std::string, std::string> states;
  for (const audit::LoggedEvent& logged : held.events) {
    if (!logged.event.has_value()) continue;
    const audit::Event& event = *logged.event;
    const std::string letter = About(event, "letter");
    const std::string digest = About(event, "digest");
    if (event.kind == EventKind::kLetterSent) {
      findings.Require(sent.emplace(letter, digest).second, office.name(),
                       "a letter has two leaves LETTER_SENT");
    } else if (event.kind == EventKind::kLetterReceived && !digest.empty()) {
      findings.Require(received.emplace(letter, digest).second, office.name(),
                       "a letter has two leaves LETTER_RECEIVED");
    } else if (event.kind == EventKind::kReferralTransition) {
      states[About(event, "referral")] = About(event, "state");
    }
  }
  findings.Require(sent.size() == held.letters.size(), office.name(),
                   "letters sent and leaves LETTER_SENT differ in number");
  for (const auto& [message, row] : held.letters) {
    findings.Require(sent[message.hex()] == crypto::HexEncode(row.plain_digest),
                     office.name(),
                     absl::StrCat("no leaf for letter ", message.hex()));
  }
  size_t arrived = 0;
  for (const auto& [message, copies] : held.arrived) {
    arrived += copies.size();
    findings.Require(received[message.hex()] ==
                         crypto::HexEncode(copies.front().plain_digest),
                     office.name(),
                     absl::StrCat("no leaf for arrived ", message.hex()));
  }
  findings.Require(arrived == received.size(), office.name(),
                   "letters and leaves LETTER_RECEIVED differ in number");
  for (const auto& [id, referral] : held.referrals) {
    findings.Require(
        states[id.hex()] == Name(referral.state), office.name(),
        absl::StrCat("referral ", id.hex(), " is ", Name(referral.state),
                     ", its last leaf says ", states[id.hex()]));
  }
  findings.Require(states.size() == held.referrals.size(), office.name(),
                   "referrals and referrals in the log differ in number");
}

bool ArrivedAsItself(const Holdings& got, const MessageId& message) {
  const auto found = got.arrived.find(message);
  return found != got.arrived.end() && !found->second.front().is_void;
}

// Whether the answer to a referral was replaced by a VOID on its way.
bool AnswerWasVoided(const Holdings& answering, const ReferralId& id) {
  for (const auto& [message, row] : answering.voids) {
    const auto letter = answering.letters.find(message);
    if (letter != answering.letters.end() &&
        letter->second.thread.bytes() == id.bytes() &&
        letter->second.clearance.type == LetterType::kReferralAnswer) {
      return true;
    }
  }
  return false;
}

bool StatesAgree(State asking, State asked, bool answer_lost) {
  switch (asking) {
    case State::kRequested:
      return asked == State::kReceived ||
             (answer_lost &&
              (asked == State::kAccepted || asked == State::kDeclined));
    case State::kAccepted:
    case State::kDeclined:
      return asked == asking;
    case State::kRevoked:
      return asked == State::kRevoked || asked == State::kDeclined;
    case State::kReceived:
    case State::kUndelivered:
      break;
  }
  return false;
}

// Invariants 3 and 4 across both offices for referrals that `from` made.
void CheckReferrals(const TestOffice& from, const Holdings& asking,
                    const Holdings& asked, Findings& findings) {
  for (const auto& [id, ours] : asking.referrals) {
    if (ours.direction != Direction::kOutgoing) continue;
    const std::string name = absl::StrCat("referral ", id.hex());
    const bool there = ArrivedAsItself(asked, ours.request_letter.message);
    const auto found = asked.referrals.find(id);
    findings.Require(there == (found != asked.referrals.end()), from.name(),
                     absl::StrCat(name, ": letter and record disagree"));
    if (found == asked.referrals.end()) {
      findings.Require(
          ours.state == State::kUndelivered || ours.state == State::kRevoked,
          from.name(),
          absl::StrCat(name, " never arrived and is ", Name(ours.state)));
      continue;
    }
    const Referral& theirs = found->second;
    findings.Require(
        StatesAgree(ours.state, theirs.state, AnswerWasVoided(asked, id)),
        from.name(),
        absl::StrCat(name, " is ", Name(ours.state), " here and ",
                     Name(theirs.state), " there"));
    findings.Require(asked.files.count(id) == (theirs.disclosed() ? 1u : 0u),
                     from.name(), absl::StrCat(name, ": file and record"));
    findings.Require(
        theirs.disclosure_letter.message.empty() ||
            theirs.disclosure_letter.message == ours.disclosure_letter.message,
        from.name(),
        absl::StrCat(name,
                     ": a file is there that is not known "
                     "here as sent"));
    if (!ours.disclosure_letter.message.empty()) {
      const bool file_there =
          ArrivedAsItself(asked, ours.disclosure_letter.message);
      findings.Require(file_there == (theirs.disclosure_letter.message ==
                                      ours.disclosure_letter.message),
                       from.name(), absl::StrCat(name, ": disclosure letter"));
    }
    const bool withdrawn = asking.withdrawn.count(ours.consent) > 0;
    findings.Require(!withdrawn || theirs.state == State::kRevoked ||
                         theirs.state == State::kDeclined,
                     from.name(),
                     absl::StrCat(name, " lives on after the withdrawal"));
    const bool file_withdrawn =
        withdrawn || asking.withdrawn.count(ours.disclosure_consent) > 0;
    findings.Require(!file_withdrawn || !theirs.disclosed(), from.name(),
                     absl::StrCat(name, ": the file outlived its consent"));
  }
}

void CheckPromises(const TestOffice& office, const Holdings& held,
                   const Promises& promises, Findings& findings) {
  for (const ReferralId& id : promises.proposed) {
    findings.Require(held.referrals.count(id) > 0, office.name(),
                     "an acknowledged referral was lost");
  }
  for (const ReferralId& id : promises.answered) {
    const auto found = held.referrals.find(id);
    findings.Require(found != held.referrals.end() &&
                         found->second.state != State::kReceived,
                     office.name(), "an acknowledged answer was lost");
  }
  // Its mark goes when the letter is voided; the letter itself stays.
  for (const ReferralId& id : promises.disclosed) {
    bool there = false;
    for (const auto& [message, row] : held.letters) {
      there |= row.clearance.type == LetterType::kDisclosure &&
               row.thread.bytes() == id.bytes();
    }
    findings.Require(there, office.name(),
                     "an acknowledged disclosure was lost");
  }
  for (const ConsentId& id : promises.withdrawn) {
    findings.Require(held.withdrawn.count(id) > 0, office.name(),
                     "an acknowledged withdrawal was lost");
  }
}

}  // namespace

Holdings Read(TestOffice& office) {
  Holdings held;
  ForEach<delivery::LetterCodec>(office, [&](const delivery::LetterKey& key,
                                             const delivery::LetterRow& row) {
    (key.is_void ? held.voids : held.letters)[key.message] = row;
  });
  ForEach<delivery::ReceiptCodec>(
      office, [&](const delivery::ReceiptKey& key, const auto&) {
        held.receipts[key.message].insert(key.kind);
      });
  ForEach<delivery::PeerLetterCodec>(
      office, [&](const delivery::PeerLetterKey& key,
                  const delivery::PeerLetterRow& row) {
        held.arrived[key.message].push_back(
            {crypto::Sha256(row.plain), key.is_void});
      });
  ForEach<referral::ReferralCodec>(
      office, [&](const ReferralId& id, const Referral& referral) {
        held.referrals[id] = referral;
      });
  ForEach<referral::DisclosureCodec>(
      office,
      [&](const ReferralId& id, const auto&) { held.files.insert(id); });
  ForEach<consent::ConsentCodec>(
      office, [&](const ConsentId& id, const consent::Consent& consent) {
        if (consent.withdrawn_at().has_value()) held.withdrawn.insert(id);
      });
  held.waiting = office.Rows(storage::TableId::kOutbox);
  held.events = office.Events();
  return held;
}

std::vector<std::string> BrokenRules(TestOffice& a, const Promises& of_a,
                                     TestOffice& b, const Promises& of_b) {
  std::vector<std::string> broken;
  Findings findings(broken);
  const Holdings at_a = Read(a);
  const Holdings at_b = Read(b);
  CheckLetters(a, at_a, at_b, findings);
  CheckLetters(b, at_b, at_a, findings);
  CheckLog(a, at_a, findings);
  CheckLog(b, at_b, findings);
  CheckReferrals(a, at_a, at_b, findings);
  CheckReferrals(b, at_b, at_a, findings);
  CheckPromises(a, at_a, of_a, findings);
  CheckPromises(b, at_b, of_b, findings);
  return broken;
}

}  // namespace amparo::simulation
