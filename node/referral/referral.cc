// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral.h"

#include <algorithm>

#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::referral {
namespace {

constexpr size_t kServicesMax = 16;
constexpr absl::string_view kPreviewVariables[] = {"ageBroad", "gender",
                                                   "majorityStatus"};

absl::Status WrongState(const Referral& referral, absl::string_view message) {
  return WithState(Error(Reason::kWrongState, message), Name(referral.state));
}

}  // namespace

absl::string_view Name(State state) {
  switch (state) {
    case State::kRequested:
      return "REQUESTED";
    case State::kReceived:
      return "RECEIVED";
    case State::kAccepted:
      return "ACCEPTED";
    case State::kDeclined:
      return "DECLINED";
    case State::kRevoked:
      return "REVOKED";
    case State::kUndelivered:
      return "UNDELIVERED";
  }
  return "UNKNOWN";
}

std::optional<State> StateFromNumber(int number) {
  if (number < static_cast<int>(State::kRequested) ||
      number > static_cast<int>(State::kUndelivered)) {
    return std::nullopt;
  }
  return static_cast<State>(number);
}

std::optional<Direction> DirectionFromNumber(int number) {
  if (number == static_cast<int>(Direction::kOutgoing)) {
    return Direction::kOutgoing;
  }
  if (number == static_cast<int>(Direction::kIncoming)) {
    return Direction::kIncoming;
  }
  return std::nullopt;
}

absl::Span<const absl::string_view> PreviewVariables() {
  return kPreviewVariables;
}

absl::Status CheckRequest(const vocabulary::Lists& lists, Request& request) {
  ASSIGN_OR_RETURN(
      const absl::string_view type,
      lists.CheckCode("referral-type", request.referral_type, "referral_type"));
  request.referral_type = std::string(type);
  ASSIGN_OR_RETURN(const absl::string_view urgency,
                   lists.CheckCode("urgency", request.urgency, "urgency"));
  request.urgency = std::string(urgency);
  ASSIGN_OR_RETURN(
      const absl::string_view risk,
      lists.CheckCode("risk-level", request.risk_level, "risk_level"));
  request.risk_level = std::string(risk);
  if (request.services.empty() || request.services.size() > kServicesMax) {
    return FieldError("services", "must name 1 to 16 services");
  }
  for (std::string& service : request.services) {
    ASSIGN_OR_RETURN(const absl::string_view code,
                     lists.CheckCode("service-type", service, "services"));
    service = std::string(code);
  }
  std::sort(request.services.begin(), request.services.end());
  if (std::adjacent_find(request.services.begin(), request.services.end()) !=
      request.services.end()) {
    return FieldError("services", "must name each service once");
  }
  for (size_t i = 0; i < request.preview.size(); ++i) {
    auto& [variable, code] = request.preview[i];
    const auto allowed = PreviewVariables();
    if (std::find(allowed.begin(), allowed.end(), variable) == allowed.end()) {
      return FieldError("preview", "must hold preview variables only");
    }
    ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                     lists.Check(variable, code));
    code = std::string(coded.code);
    if (i > 0 && !(request.preview[i - 1] < request.preview[i])) {
      return FieldError("preview", "must be in order, each value once");
    }
  }
  return absl::OkStatus();
}

std::vector<std::pair<std::string, std::string>> PreviewOf(
    const cases::Profile& profile) {
  std::vector<std::pair<std::string, std::string>> preview;
  const auto allowed = PreviewVariables();
  for (const vocabulary::Coded& entry : profile.entries()) {
    if (std::find(allowed.begin(), allowed.end(), entry.variable) !=
        allowed.end()) {
      preview.emplace_back(std::string(entry.variable),
                           std::string(entry.code));
    }
  }
  std::sort(preview.begin(), preview.end());
  return preview;
}

absl::Duration AnswerWithin(absl::string_view urgency) {
  if (urgency == "EMERGENCY_24H") return absl::Hours(24);
  if (urgency == "URGENT_72H") return absl::Hours(72);
  return absl::Hours(14 * 24);
}

absl::Status CheckTransition(const Referral& referral, State to) {
  const State from = referral.state;
  bool allowed = false;
  switch (to) {
    case State::kReceived:
      break;  // Where referrals begin; nothing leads there.
    case State::kRequested:
      allowed = from == State::kUndelivered;
      break;
    case State::kAccepted:
    case State::kDeclined:
      allowed = from == State::kRequested || from == State::kReceived ||
                from == State::kUndelivered;
      break;
    case State::kRevoked:
      allowed = from != State::kDeclined && from != State::kRevoked;
      break;
    case State::kUndelivered:
      allowed = from == State::kRequested;
      break;
  }
  if (allowed) return absl::OkStatus();
  return WrongState(referral,
                    "the referral is not in a state that allows this: look at "
                    "it again");
}

absl::Status CheckAnotherAnswer(const Referral& referral,
                                uint32_t incarnation) {
  if ((referral.state == State::kAccepted ||
       referral.state == State::kDeclined) &&
      incarnation > referral.peer_incarnation) {
    return absl::OkStatus();
  }
  return WrongState(referral, "the referral was answered");
}

absl::Status CheckFileArrival(const Referral& referral, uint32_t incarnation) {
  const bool first = referral.disclosure_letter.message.empty();
  if (referral.state == State::kAccepted &&
      (first || (!referral.disclosure_recalled &&
                 incarnation > referral.peer_incarnation))) {
    return absl::OkStatus();
  }
  return WrongState(referral, "no identifying file is awaited");
}

absl::Status CheckDisclosure(const Referral& referral) {
  if (referral.direction == Direction::kOutgoing &&
      referral.state == State::kAccepted &&
      referral.disclosure_letter.message.empty()) {
    return absl::OkStatus();
  }
  return WrongState(referral,
                    "the identifying file is sent once, by the office that "
                    "asked, after the referral was accepted");
}

absl::Status CheckOpening(const Referral& referral) {
  if (referral.direction == Direction::kIncoming &&
      referral.state == State::kAccepted && referral.disclosed()) {
    return absl::OkStatus();
  }
  return WrongState(referral,
                    "there is no identifying file to open: it comes after "
                    "acceptance and goes when consent is withdrawn");
}

}  // namespace amparo::referral
