// SPDX-License-Identifier: Apache-2.0
//
// The fields of the standards that this node speaks, and where each one goes:
// CTDC-63 (the k-anonymised file), CTDC-27 (the global synthetic file, with the
// names of its 2026 release beside the older ones) and HTCDS-2.0 (all 83
// fields). Data: fields.tsv. Importers and exporters find their columns here.
#ifndef AMPARO_NODE_VOCABULARY_FIELDS_H_
#define AMPARO_NODE_VOCABULARY_FIELDS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

inline constexpr absl::string_view kCtdc63 = "CTDC-63";
inline constexpr absl::string_view kCtdc27 = "CTDC-27";
inline constexpr absl::string_view kHtcds = "HTCDS-2.0";

// What a cell of the field holds.
enum class FieldKind {
  kText,
  kDate,
  kNumber,
  kFlag,  // Yes, no, perhaps unknown.
  kOne,   // One code of the list.
  kMany,  // Several codes of the list.
  kLink   // Another record of the system it comes from.
};
absl::string_view Name(FieldKind kind);  // "text", "date", ...

// The part of the registry that keeps it. Only kProfile is coded and not
// identifying.
enum class Home {
  kProfile,
  kComputed,  // Kept nowhere: derived.h makes it from the profile.
  kIdentity,
  kCaseFile,
  kReferral,
  kEvent,
  kSupportPlan,
  kRiskAssessment,
  kNote,
  kConsent,
  kThirdPerson,
  kOrganisation
};
absl::string_view Name(Home home);  // "profile", "case-file", ...

struct Field {
  std::string standard;
  std::string section;  // Of the standard; empty when it has none.
  std::string name;     // As the column of a file is headed.
  FieldKind kind = FieldKind::kText;
  const List* list = nullptr;  // Of its codes; null when it has none.
  bool core = false;           // The standard wants it in every system.
  bool deprecated = false;     // Still read, no longer asked.
  // A later name of a column that stands in the registry under its first name
  // too: read like it, not written.
  bool alias = false;
  Home home = Home::kProfile;
  // For kProfile the variable, or the beginning of the flags that the codes of
  // `list` are ("typeOfSex" for typeOfSexProstitution and so on); elsewhere
  // the part's own field.
  std::string part;
};

// The registry. Immutable, thread-safe.
class Fields {
 public:
  Fields(Fields&&) = default;
  Fields& operator=(Fields&&) = default;

  // Made at the first call; lives as long as the process.
  static const Fields& BuiltIn();

  // For tests: lines as in fields.tsv. kInternal names the line: another form,
  // an unknown list, a field twice, a part of the profile that is no variable.
  static absl::StatusOr<Fields> Parse(const Lists& lists,
                                      absl::string_view text);

  // In the order of the standard.
  absl::Span<const Field> all() const { return fields_; }
  // Null when the standard has no such field.
  const Field* Find(absl::string_view standard, absl::string_view name) const;

 private:
  Fields() = default;

  std::vector<Field> fields_;
  absl::flat_hash_map<std::string, size_t> by_name_;  // "standard name"
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_FIELDS_H_
