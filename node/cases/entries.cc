// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::cases {
namespace {

constexpr size_t kShort = limits::kShortTextBytesMax;
constexpr size_t kLong = limits::kFreeTextBytesMax;
constexpr size_t kDigestSize = 32;
// In the order of EntryContent.
constexpr absl::string_view kKindNames[] = {
    "EVENT", "DECISION", "RISK", "SUPPORT", "SERVICE", "NOTE", "ATTACHMENT"};

// The first day a date can be: a date is in the future when that is.
absl::CivilDay Earliest(const PartialDate& date) {
  return absl::CivilDay(date.year, std::max(date.month, 1),
                        std::max(date.day, 1));
}

absl::Status CheckPast(absl::string_view field, absl::CivilDay today,
                       const PartialDate& date) {
  if (date.known() && Earliest(date) > today) {
    return FieldError(field, "must not be in the future");
  }
  return absl::OkStatus();
}

absl::Status CheckCodeIn(const vocabulary::Lists& lists, absl::string_view list,
                         absl::string_view field, std::string& code) {
  ASSIGN_OR_RETURN(const absl::string_view found,
                   lists.CheckCode(list, code, field));
  code = std::string(found);
  return absl::OkStatus();
}

absl::Status CheckSubdivision(const vocabulary::Lists& lists,
                              RouteEvent& event) {
  if (event.subdivision.empty()) return absl::OkStatus();
  constexpr absl::string_view kField = "event.subdivision";
  RETURN_IF_ERROR(CheckCodeIn(lists, "subdivision", kField, event.subdivision));
  const vocabulary::Code* const country = lists.FindList("country")->Find(
      event.subdivision.substr(0, event.subdivision.find('-')));
  if (country == nullptr || country->code != event.country) {
    return FieldError(kField, "must be of the country");
  }
  return absl::OkStatus();
}

// Checks one wording; a member function for each kind of content.
class Check {
 public:
  Check(const vocabulary::Lists& lists, absl::CivilDay today,
        const PartialDate& happened, Dating dating)
      : lists_(lists), today_(today), happened_(happened), dating_(dating) {}

  absl::Status operator()(RouteEvent& event) const {
    RETURN_IF_ERROR(
        CheckCodeIn(lists_, "event-type", "event.type", event.type));
    RETURN_IF_ERROR(
        CheckCodeIn(lists_, "country", "event.country", event.country));
    RETURN_IF_ERROR(CheckSubdivision(lists_, event));
    return CheckText("event.city", event.city, kShort, false);
  }

  absl::Status operator()(StatusDecision& decision) const {
    RETURN_IF_ERROR(CheckCodeIn(lists_, "trafficking-status", "decision.status",
                                decision.status));
    RETURN_IF_ERROR(CheckCodeIn(lists_, "deciding-organisation",
                                "decision.decided_by", decision.decided_by));
    return NeedDate();
  }

  absl::Status operator()(RiskAssessment& risk) const {
    RETURN_IF_ERROR(
        CheckCodeIn(lists_, "risk-level", "risk.level", risk.level));
    RETURN_IF_ERROR(CheckFreeText("risk.statement", risk.statement, kLong,
                                  risk.risk_to_life));
    if (risk.next_due.known() && happened_.known() &&
        risk.next_due.Latest() < happened_.Latest()) {
      return FieldError("risk.next_due", "must not be before the assessment");
    }
    return dating_ == Dating::kRequired ? NeedDate() : absl::OkStatus();
  }

  absl::Status operator()(SupportItem& support) const {
    RETURN_IF_ERROR(
        CheckCodeIn(lists_, "support-type", "support.type", support.type));
    RETURN_IF_ERROR(
        CheckFreeText("support.objective", support.objective, kLong, true));
    RETURN_IF_ERROR(
        CheckFreeText("support.actions", support.actions, kLong, false));
    RETURN_IF_ERROR(CheckCodeIn(lists_, "support-status", "support.status",
                                support.status));
    RETURN_IF_ERROR(
        CheckPast("support.actual_end", today_, support.actual_end));
    if (support.actual_end.known() && support.status != "COMPLETED" &&
        support.status != "STOPPED") {
      return FieldError("support.actual_end",
                        "is only of a COMPLETED or STOPPED item");
    }
    return absl::OkStatus();
  }

  absl::Status operator()(ServiceGiven& service) const {
    RETURN_IF_ERROR(CheckCodeIn(lists_, "service-type", "service.service",
                                service.service));
    RETURN_IF_ERROR(
        CheckText("service.provider", service.provider, kShort, false));
    RETURN_IF_ERROR(CheckPast("service.until", today_, service.until));
    if (service.until.known() && happened_.known() &&
        service.until.Latest() < Earliest(happened_)) {
      return FieldError("service.until", "must not be before its first day");
    }
    return absl::OkStatus();
  }

  absl::Status operator()(Note& note) const {
    return CheckFreeText("note.text", note.text, kLong, true);
  }

  absl::Status operator()(Attachment& attachment) const {
    RETURN_IF_ERROR(CheckCodeIn(lists_, "attachment-kind", "attachment.kind",
                                attachment.kind));
    RETURN_IF_ERROR(
        CheckText("attachment.title", attachment.title, kShort, true));
    if (attachment.title.find_first_of("/\\") != std::string::npos) {
      return FieldError("attachment.title", "must not hold / or \\: no path");
    }
    RETURN_IF_ERROR(CheckCodeIn(lists_, "media-type", "attachment.media_type",
                                attachment.media_type));
    if (attachment.size == 0 || attachment.size > limits::kAttachmentBytesMax) {
      return FieldError("attachment.size", "must be 1 byte to 25 MiB");
    }
    if (attachment.digest.size() != kDigestSize) {
      return FieldError("attachment.digest", "must be a SHA-256");
    }
    return absl::OkStatus();
  }

 private:
  absl::Status NeedDate() const {
    if (happened_.known()) return absl::OkStatus();
    return FieldError("happened", "must say when it was decided or assessed");
  }

  const vocabulary::Lists& lists_;
  absl::CivilDay today_;
  const PartialDate& happened_;
  Dating dating_;
};

// Whether `a` comes after `b` among entries of one kind.
bool Later(const Entry& a, const Entry& b) {
  const auto when = [](const Entry& entry) {
    const PartialDate& happened = entry.wording.happened;
    return std::tuple(
        happened.known() ? happened.Latest() : absl::CivilDay::min(),
        entry.recorded_at, entry.id);
  };
  return when(a) > when(b);
}

bool RecordedBefore(const Entry& a, const Entry& b) {
  return std::tuple(a.recorded_at, a.id) < std::tuple(b.recorded_at, b.id);
}

// Of decisions that are all retracted, the last one that was recorded when
// none stood: what it found is what the profile said without any.
const Entry* FirstOfLastRun(std::vector<const Entry*> decisions) {
  std::sort(
      decisions.begin(), decisions.end(),
      [](const Entry* a, const Entry* b) { return RecordedBefore(*a, *b); });
  const Entry* first = decisions.front();
  absl::Time standing_until = absl::InfinitePast();
  for (const Entry* decision : decisions) {
    if (standing_until < decision->recorded_at) first = decision;
    standing_until = std::max(standing_until, decision->retracted->at);
  }
  return first;
}

}  // namespace

absl::string_view KindName(const EntryContent& content) {
  return kKindNames[content.index()];
}

bool IsEntryKind(absl::string_view name) {
  return std::find(std::begin(kKindNames), std::end(kKindNames), name) !=
         std::end(kKindNames);
}

absl::Status CheckWording(const vocabulary::Lists& lists, absl::CivilDay today,
                          Wording& wording, Dating dating) {
  RETURN_IF_ERROR(CheckText("source", wording.source, kShort, false));
  RETURN_IF_ERROR(CheckPast("happened", today, wording.happened));
  return std::visit(Check(lists, today, wording.happened, dating),
                    wording.content);
}

absl::Status CheckReason(absl::string_view reason) {
  return CheckText("reason", reason, kShort, true);
}

bool Standing::risk_to_life() const {
  return risk != nullptr &&
         std::get<RiskAssessment>(risk->wording.content).risk_to_life;
}

Standing StandingOf(absl::Span<const Entry> entries) {
  Standing standing;
  const Entry* decision = nullptr;
  std::vector<const Entry*> decisions;
  for (const Entry& entry : entries) {
    const EntryContent& content = entry.wording.content;
    if (std::holds_alternative<StatusDecision>(content)) {
      decisions.push_back(&entry);
      if (entry.retracted.has_value()) continue;
      if (decision == nullptr || Later(entry, *decision)) decision = &entry;
    } else if (std::holds_alternative<RiskAssessment>(content) &&
               !entry.retracted.has_value()) {
      if (standing.risk == nullptr || Later(entry, *standing.risk)) {
        standing.risk = &entry;
      }
    }
  }
  if (decisions.empty()) return standing;
  standing.decided = decision != nullptr;
  if (standing.decided) {
    const auto& said = std::get<StatusDecision>(decision->wording.content);
    standing.decision = Standing::Decision{said.status, said.decided_by};
  } else {
    const auto& base =
        std::get<StatusDecision>(FirstOfLastRun(decisions)->wording.content);
    standing.decision =
        Standing::Decision{base.status_before, base.decided_by_before};
  }
  return standing;
}

void SortNewestFirst(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return RecordedBefore(b, a);
  });
}

}  // namespace amparo::cases
