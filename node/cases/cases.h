// SPDX-License-Identifier: Apache-2.0
//
// What an office keeps about a person: a Case (the local file, named by its
// number), a Profile (coded variables that identify nobody) and an Identity
// (names, documents, contacts). The three are separate values, kept in
// separate tables under separate permissions, and none of them ever leaves
// the node as such. Pure values and rules: no storage, no clock.
#ifndef AMPARO_NODE_CASES_CASES_H_
#define AMPARO_NODE_CASES_CASES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "node/base/ids.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// How people name a case: eight random characters of Crockford's base 32 and a
// check character (modulo 37, as Crockford defines it), shown as
// "XXXX-XXXX-C". Numbers whose check would be a sign and no letter or digit
// are not used. Says nothing about the person, the office or the date.
class CaseNumber {
 public:
  // 40 random bits. The caller makes sure that it is not taken.
  static CaseNumber Generate(crypto::RandomSource& random);
  // Takes either case, with or without hyphens, O for 0 and I or L for 1.
  // kFieldInvalid ("case_number") for any other form or a wrong check
  // character, which catches every single wrong or swapped character.
  static absl::StatusOr<CaseNumber> Parse(absl::string_view text);

  // "XXXX-XXXX-C".
  std::string text() const;

  friend bool operator==(const CaseNumber& a, const CaseNumber& b) {
    return a.symbols_ == b.symbols_;
  }
  friend bool operator!=(const CaseNumber& a, const CaseNumber& b) {
    return !(a == b);
  }

 private:
  explicit CaseNumber(std::string symbols) : symbols_(std::move(symbols)) {}
  std::string symbols_;  // Eight symbols and the check symbol.
};

// The coded part of a case: a list of (variable, code) pairs, each checked
// against the vocabulary, ordered by variable. A variable that is not there
// was not recorded; "-99" was asked and is unknown; "0" is no.
class Profile {
 public:
  // Nothing recorded.
  Profile() = default;

  using Pair = std::pair<std::string, std::string>;
  // Checks every pair. The error is the vocabulary's, or kFieldInvalid naming
  // the variable when a single-valued one has two codes, when age band and
  // majority contradict each other, or when there are more than
  // limits::kProfileEntriesMax pairs. The same pair twice counts once.
  // `lists` must outlive the profile.
  static absl::StatusOr<Profile> Create(const vocabulary::Lists& lists,
                                        absl::Span<const Pair> pairs);
  // The same for codes that are already the vocabulary's own.
  static absl::StatusOr<Profile> FromCoded(
      const vocabulary::Lists& lists, std::vector<vocabulary::Coded> entries);

  // Codes by variable; none: not recorded.
  using Codes = std::map<std::string, std::vector<std::string>>;
  // This profile with `codes` in place of what it says of their variables.
  // Only these codes are checked: as by Create, or, when they were recorded
  // before, withdrawn ones too.
  enum class Origin { kInput, kRecord };
  absl::StatusOr<Profile> With(const vocabulary::Lists& lists,
                               const Codes& codes, Origin origin) const;

  absl::Span<const vocabulary::Coded> entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  // The code of a single-valued variable (the first of a multiple one), or
  // empty when it was not recorded.
  absl::string_view Find(absl::string_view variable) const;
  // Whether this code is among those recorded.
  bool Has(absl::string_view variable, absl::string_view code) const;
  // All codes of a variable, in order.
  std::vector<std::string> CodesOf(absl::string_view variable) const;

  friend bool operator==(const Profile& a, const Profile& b) {
    return a.entries_ == b.entries_;
  }

 private:
  std::vector<vocabulary::Coded> entries_;
};

// Forms of exploitation in HTCDS words ("SexualExploitation", "ForcedLabour",
// ...), ordered, each once: those recorded as typeOfExploitation and those the
// CTDC flags say with "1". Empty when none is known, which is not "none".
// Computed, never stored. Views live as long as the vocabulary.
std::vector<absl::string_view> FormsOfExploitation(const Profile& profile);

// A date of which the day, or day and month, may be unknown.
struct PartialDate {
  int year = 0;   // 1900 to 2200; 0 means that nothing is known.
  int month = 0;  // 1 to 12, or 0 for unknown; then day is 0 too.
  int day = 0;    // 1 to 31 and possible in that month, or 0 for unknown.

  bool known() const { return year != 0; }
  // The last day the date can be: 31 December when only the year is known.
  // Only for a known date.
  absl::CivilDay Latest() const;
  friend bool operator==(const PartialDate& a, const PartialDate& b) {
    return a.year == b.year && a.month == b.month && a.day == b.day;
  }
};

// "YYYY", "YYYY-MM" or "YYYY-MM-DD"; empty for an unknown date. Parse answers
// kFieldInvalid naming `field`.
absl::StatusOr<PartialDate> ParsePartialDate(absl::string_view text,
                                             absl::string_view field);
std::string FormatPartialDate(const PartialDate& date);

struct Document {
  std::string type;     // A code of the list "document-type".
  std::string number;   // 1 to limits::kShortTextBytesMax bytes.
  std::string country;  // ISO 3166-1 alpha-3 of the issuer, or empty.
  friend bool operator==(const Document& a, const Document& b) {
    return a.type == b.type && a.number == b.number && a.country == b.country;
  }
};

struct Contact {
  std::string type;   // A code of the list "contact-type".
  std::string value;  // 1 to limits::kShortTextBytesMax bytes.
  // How to use it without endangering the person ("only messages, evenings").
  // Never empty: an unsafe call can be deadly, so somebody must have asked.
  std::string safe_instruction;
  friend bool operator==(const Contact& a, const Contact& b) {
    return a.type == b.type && a.value == b.value &&
           a.safe_instruction == b.safe_instruction;
  }
};

// Who the person is. Validated by CheckIdentity before it is stored.
struct Identity {
  // As the person writes them, in the original script, and romanised. Each up
  // to limits::kShortTextBytesMax bytes.
  std::string given_names;
  std::string family_names;
  std::string given_names_romanised;
  std::string family_names_romanised;
  PartialDate born;
  std::vector<Document> documents;  // Up to 16.
  std::vector<Contact> contacts;    // Up to 16.
  // Codes of the list "language": the one the person prefers, and up to 16
  // others.
  std::string primary_language;
  std::vector<std::string> other_languages;
  // The attachment of the case that shows the person; empty: none.
  EntryId photo;

  bool empty() const;
  friend bool operator==(const Identity& a, const Identity& b);
};

// kFieldInvalid or kCodeUnknown naming the field, never the value. Names keep
// the rules of CheckPersonName (text.h); lists' aliases are replaced by their
// codes. Whether the photo is there is for the caller to check.
absl::Status CheckIdentity(const vocabulary::Lists& lists, Identity& identity);

// kFieldInvalid ("born") when the earliest day it can be is after `today`.
absl::Status CheckBornBy(absl::CivilDay today, const PartialDate& born);

// The parts an identity is amended and merged by, as their fields are named:
// "given_names", ..., "photo_entry_id".
absl::Span<const absl::string_view> IdentityParts();
// Whether two identities say the same in one part; whether one says nothing.
bool SamePart(absl::string_view part, const Identity& a, const Identity& b);
bool HasPart(absl::string_view part, const Identity& identity);
// Gives `to` what `from` says in one part. False for a name that is no part.
bool CopyPart(absl::string_view part, const Identity& from, Identity& to);

// How far the work on a case is, HTCDS cas_Status. Frozen: it is on disk.
enum class CaseStatus : uint32_t {
  kActive = 1,
  kFollowUp = 2,
  kClosed = 3,
  kClosedReferred = 4,
};
// The code of the list "case-status", e.g. "FollowUp".
absl::string_view Name(CaseStatus status);
std::optional<CaseStatus> CaseStatusFromName(absl::string_view name);
std::optional<CaseStatus> CaseStatusFromNumber(uint32_t number);
bool IsClosed(CaseStatus status);

// The local file.
struct Case {
  CaseId id;
  CaseNumber number;
  SubjectId subject;
  // Who may see it besides the office: this person, and this team when it is
  // not empty (record scope own and team).
  PersonId owner;
  std::string team;
  absl::Time registered_at;
  // The year the person was registered by the assisting organisation, from
  // yearOfRegistration, else the year of registered_at (UTC). Decides the
  // cohort a person is counted in; 0: unknown, in no cohort.
  int year = 0;
  // Name of the source it was imported from; empty when registered here.
  std::string source;
  bool has_identity = false;
  // As TreatedAsMinor found when profile or identity last changed.
  bool treated_as_minor = false;
  CaseStatus status = CaseStatus::kActive;
  // When and why (a code of "closing-reason") it was closed; only of a closed
  // case.
  std::optional<absl::Time> closed_at = std::nullopt;
  std::string closing_reason = {};
  // 1 at registration, one more with each change of file, profile or identity.
  uint32_t version = 1;
  // The case in which the work on this person goes on; empty: this one. A case
  // that others were merged into is merged into none.
  CaseId merged_into = {};
  std::vector<CaseId> absorbed = {};  // Up to limits::kMergedCasesMax.
  // The standing risk assessment tells of a risk to life (entries.h).
  bool risk_to_life = false;
  // What retention left of another case: a profile for counting, and nothing
  // that leads to the person. It is closed and stays as it is.
  bool anonymised = false;
};

// kWrongState, with the state, unless new work may begin on the case: it is
// neither closed nor merged into another. Naming, correcting and withdrawing
// what is there needs no open case.
absl::Status CheckOpen(const Case& file);
// kWrongState when it is merged: nothing of it changes until that is undone.
// Also when it is anonymised: nothing of it ever changes.
absl::Status CheckNotMerged(const Case& file);

// yearOfRegistration as a number; 0 when it is not recorded or unknown.
int RegistrationYear(const Profile& profile);

// Rule P7. True when anything recorded says the person is, or may be, under 18
// on `today`: majorityStatus, ageBroad, a date of birth (its latest possible
// day counts). When nothing at all tells the age: true with any indicator of a
// child: the flag childIndicators, child labour as a form of exploitation, or
// majorityStatusAtExploit.
bool TreatedAsMinor(const Profile& profile, const PartialDate& born,
                    absl::CivilDay today);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_H_
