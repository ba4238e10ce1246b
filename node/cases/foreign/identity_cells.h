// SPDX-License-Identifier: Apache-2.0
//
// The cells of a foreign row that say who the person is, put together to an
// Identity. Pure.
#ifndef AMPARO_NODE_CASES_FOREIGN_IDENTITY_CELLS_H_
#define AMPARO_NODE_CASES_FOREIGN_IDENTITY_CELLS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/cases/cases.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// What an imported contact says instead of a safe-contact instruction: an
// unsafe call can be deadly, and no file tells whether somebody asked.
inline constexpr absl::string_view kNobodyAsked =
    "Imported. Nobody has asked yet how it is safe to use this: do not use it "
    "before the person was asked.";

// Which part of an identity a column holds.
struct IdentityPart {
  enum class Kind {
    kGivenNames,
    kFamilyNames,
    kGivenNamesRomanised,
    kFamilyNamesRomanised,
    kBorn,
    kDocument,
    kContact,
    kPrimaryLanguage,
    kOtherLanguage,
    kSafeInstruction,  // Of all contacts of the row.
  };
  Kind kind = Kind::kGivenNames;
  std::string type;  // Of a document or contact: a code of its list.
  // Cells of one name, and of one postal address, are joined in this order.
  int position = 0;

  // The field of Identity, as CheckIdentity names it in errors.
  absl::string_view field() const;
};

// "given_names", "family_names", "given_names_romanised",
// "family_names_romanised", "born", "primary_language", "other_language",
// "safe_instruction", "document:TYPE" or "contact:TYPE". kFieldInvalid for any
// other text, kCodeUnknown for a type of no list.
absl::StatusOr<IdentityPart> ParseIdentityPart(const vocabulary::Lists& lists,
                                               absl::string_view text);

// How a cell writes a date: YYYY, MM and DD, each once and in any order, YYYY
// required, MM with DD, with one of "/", "." or "-" between them or nothing.
// kFieldInvalid ("date") for any other pattern.
absl::Status CheckDatePattern(absl::string_view pattern);

// Reads a date by a checked pattern; month and day may have one digit where
// something stands between them. An empty pattern is that of ParsePartialDate.
// A year alone is taken by every pattern. kFieldInvalid naming `field` for
// another form or an impossible date.
absl::StatusOr<PartialDate> ReadDate(absl::string_view text,
                                     absl::string_view pattern,
                                     absl::string_view field);

// Collects the cells of one row.
class IdentityCells {
 public:
  // `text` is not empty; kFieldInvalid when it may not be kept.
  absl::Status Take(const IdentityPart& part, absl::string_view date_pattern,
                    absl::string_view text);
  // The identity, perhaps an empty one; CheckIdentity's errors.
  absl::StatusOr<Identity> Assemble(const vocabulary::Lists& lists);

 private:
  struct Cell {
    IdentityPart part;
    std::string text;
  };
  std::string Joined(IdentityPart::Kind kind, absl::string_view type,
                     absl::string_view between) const;

  std::vector<Cell> cells_;
  PartialDate born_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_IDENTITY_CELLS_H_
