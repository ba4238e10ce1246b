// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/agreeing_referrals.h"

#include "absl/strings/str_cat.h"

namespace amparo::simulation {
namespace {

using referral::Direction;
using referral::Referral;
using referral::State;

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

// Invariant 3: who has a letter under a consent that was withdrawn has its
// recall.
void CheckRecalls(const OfficeId& from_id, const Holdings& asking,
                  const OfficeId& to_id, const Holdings& asked,
                  Findings& findings) {
  for (const auto& [message, row] : asking.letters) {
    const auto& consent = row.clearance.consent;
    if (row.clearance.recipient != to_id || !consent.has_value() ||
        asking.withdrawn.count(*consent) == 0 ||
        !ArrivedAsItself(asked, message)) {
      continue;
    }
    findings.Require(3, asked.recalled.count({from_id, message}) > 0,
                     Name(row.clearance.type), " ", message.hex(),
                     " was not recalled");
  }
}

// What both hold of the identifying file.
void CheckFile(const std::string& name, const Referral& ours,
               const Holdings& asking, const Referral& theirs,
               const Holdings& asked, Findings& findings) {
  findings.Require(4,
                   asked.files.count(ours.id) == (theirs.disclosed() ? 1u : 0u),
                   name, ": file and record");
  findings.Require(
      4,
      theirs.disclosure_letter.message.empty() ||
          theirs.disclosure_letter.message == ours.disclosure_letter.message,
      name, ": a file is there that is not known here as sent");
  if (!ours.disclosure_letter.message.empty()) {
    findings.Require(4,
                     ArrivedAsItself(asked, ours.disclosure_letter.message) ==
                         (theirs.disclosure_letter.message ==
                          ours.disclosure_letter.message),
                     name, ": disclosure letter");
  }
  const bool withdrawn = asking.withdrawn.count(ours.consent) > 0 ||
                         asking.withdrawn.count(ours.disclosure_consent) > 0;
  findings.Require(3, !withdrawn || !theirs.disclosed(), name,
                   ": the file outlived its consent");
}

bool IsAnswered(const Referral& referral) {
  return referral.state == State::kAccepted ||
         referral.state == State::kDeclined;
}

}  // namespace

void CheckAnswers(const OfficeId& from_id, const Holdings& asking,
                  const OfficeId& to_id, const Holdings& asked,
                  Findings& findings) {
  for (const auto& [id, theirs] : asked.referrals) {
    if (theirs.direction != Direction::kIncoming || theirs.peer != from_id ||
        !IsAnswered(theirs) ||
        theirs.answer_not_taken != Reason::kUnspecified) {
      continue;
    }
    const auto found = asking.referrals.find(id);
    const bool known =
        found != asking.referrals.end() && found->second.peer == to_id;
    findings.Require(
        4,
        known && (found->second.state == theirs.state ||
                  found->second.state == State::kRevoked),
        "referral ", id.hex(), " was answered ", Name(theirs.state), " and is ",
        known ? Name(found->second.state) : "not known", " to who asked");
  }
}

void CheckReferrals(const OfficeId& from_id, const Holdings& asking,
                    const OfficeId& to_id, const Holdings& asked,
                    Findings& findings) {
  CheckRecalls(from_id, asking, to_id, asked, findings);
  for (const auto& [id, row] : asking.referrals) {
    if (row.direction != Direction::kOutgoing || row.peer != to_id) continue;
    Referral ours = row;
    ours.id = id;
    const std::string name = absl::StrCat("referral ", id.hex());
    const bool there = ArrivedAsItself(asked, ours.request_letter.message);
    const auto found = asked.referrals.find(id);
    findings.Require(4, there == (found != asked.referrals.end()), name,
                     ": letter and record disagree");
    if (found == asked.referrals.end()) {
      findings.Require(
          4, ours.state == State::kUndelivered || ours.state == State::kRevoked,
          name, " never arrived and is ", Name(ours.state));
      continue;
    }
    const Referral& theirs = found->second;
    findings.Require(
        4, StatesAgree(ours.state, theirs.state, AnswerWasVoided(asked, id)),
        name, " is ", Name(ours.state), " here and ", Name(theirs.state),
        " there");
    CheckFile(name, ours, asking, theirs, asked, findings);
    findings.Require(3,
                     asking.withdrawn.count(ours.consent) == 0 ||
                         theirs.state == State::kRevoked ||
                         theirs.state == State::kDeclined,
                     name, " lives on after the withdrawal");
  }
}

}  // namespace amparo::simulation
