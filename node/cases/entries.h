// SPDX-License-Identifier: Apache-2.0
//
// What is written down about a case over time: stations of the route,
// decisions on the trafficking status, risk assessments, support, services,
// notes and files, all as one kind of thing, the Entry. An entry is never
// deleted and never edited: amending it keeps what it said before, retracting
// it keeps all of it and says who, when and why. Pure values and rules: no
// storage, no clock.
#ifndef AMPARO_NODE_CASES_ENTRIES_H_
#define AMPARO_NODE_CASES_ENTRIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// A station of the route, HTCDS hte_*.
struct RouteEvent {
  std::string type;     // A code of "event-type".
  std::string country;  // ISO 3166-1 alpha-3; alpha-2 is replaced.
  // A code of "subdivision" (ISO 3166-2, "UA-32") of that country, or empty.
  std::string subdivision;
  std::string city;  // Up to limits::kShortTextBytesMax bytes, or empty.
};

// Who decided what on the trafficking status, on the day it happened. The one
// that stands (Standing below) is what the profile says as traffickingStatus
// and identifiedBy.
struct StatusDecision {
  std::string status;      // A code of "trafficking-status".
  std::string decided_by;  // A code of "deciding-organisation".
  // What the profile said before, or empty; filled in when it is recorded, so
  // that retracting every decision leads back to it.
  std::string status_before = {};
  std::string decided_by_before = {};
};

struct RiskAssessment {
  std::string level;      // A code of "risk-level".
  std::string statement;  // Free text; required with risk_to_life.
  bool risk_to_life = false;
  PartialDate next_due;
};

// An item of the support plan, HTCDS spl_*.
struct SupportItem {
  std::string type;       // A code of "support-type".
  std::string objective;  // Free text, required.
  std::string actions;    // Free text.
  PartialDate planned_end;
  PartialDate actual_end;  // Only of a COMPLETED or STOPPED item.
  std::string status;      // A code of "support-status".
};

struct ServiceGiven {
  std::string service;   // A code of "service-type".
  std::string provider;  // Up to limits::kShortTextBytesMax bytes, or empty.
  PartialDate until;     // Its last day; `happened` is its first.
};

struct Note {
  std::string text;  // Free text, required.
};

// A file. Its bytes are kept in pieces (attachments.h).
struct Attachment {
  std::string kind;        // A code of "attachment-kind".
  std::string title;       // 1 to limits::kShortTextBytesMax bytes, no path.
  std::string media_type;  // A code of "media-type".
  uint64_t size = 0;       // In bytes, 1 to limits::kAttachmentBytesMax.
  std::string digest;      // SHA-256, 32 bytes.
};

using EntryContent = std::variant<RouteEvent, StatusDecision, RiskAssessment,
                                  SupportItem, ServiceGiven, Note, Attachment>;
// "EVENT", "DECISION", "RISK", "SUPPORT", "SERVICE", "NOTE", "ATTACHMENT".
absl::string_view KindName(const EntryContent& content);
bool IsEntryKind(absl::string_view name);

// What an entry says.
struct Wording {
  PartialDate happened;
  std::string source;  // Who said so; up to limits::kShortTextBytesMax bytes.
  EntryContent content;
};

struct EntryCorrection {
  absl::Time at;
  PersonId by;
  std::string reason;
  Wording before;
};

struct Retraction {
  absl::Time at;
  PersonId by;
  std::string reason;
};

struct Entry {
  EntryId id;
  absl::Time recorded_at;
  PersonId recorded_by;
  Wording wording;
  // What it said before, oldest first; up to limits::kEntryCorrectionsMax.
  std::vector<EntryCorrection> corrections;
  std::optional<Retraction> retracted;

  // 1 when it was recorded, one more with each correction.
  uint32_t version() const {
    return static_cast<uint32_t>(corrections.size()) + 1;
  }
};

// Whether a risk assessment must say when it was made. Who records one says
// so; the record of another system may not have it.
enum class Dating { kRequired, kAsTheSourceHas };

// kFieldInvalid or kCodeUnknown naming the field ("event.country"), never the
// value. Lists' aliases are replaced by their codes. A decision and a risk
// assessment need a date; nothing has happened after `today`, the last day
// that it is anywhere.
absl::Status CheckWording(const vocabulary::Lists& lists, absl::CivilDay today,
                          Wording& wording, Dating dating = Dating::kRequired);
// Why something was amended or retracted: 1 to limits::kShortTextBytesMax
// bytes.
absl::Status CheckReason(absl::string_view reason);

// What entries say together about the case. Retracted ones say nothing. Of
// two, the one that happened later stands (an unknown day or month counts as
// its last, and no date at all is before every date, so that nothing undated
// hides what somebody assessed); of the same date, the one recorded later.
struct Standing {
  // The trafficking status that holds. nullopt: no decision was ever
  // recorded. When every one is retracted, what the profile said when none
  // stood yet, which may be empty: not recorded.
  struct Decision {
    std::string status;
    std::string decided_by;
    friend bool operator==(const Decision& a, const Decision& b) {
      return a.status == b.status && a.decided_by == b.decided_by;
    }
  };
  std::optional<Decision> decision;
  // Whether a decision stands, so that the profile must not say otherwise.
  bool decided = false;
  // The risk assessment that holds; null when there is none. Points into the
  // entries.
  const Entry* risk = nullptr;
  bool risk_to_life() const;
};
Standing StandingOf(absl::Span<const Entry> entries);

// Newest first by the time of recording, then by id.
void SortNewestFirst(std::vector<Entry>& entries);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ENTRIES_H_
