// SPDX-License-Identifier: Apache-2.0
//
// Finding persons by name, document or telephone, of which none stands in the
// store readably: by the blind index of node/linkage. Whoever writes an
// identity calls IndexIdentity in the same batch. No permission is decided
// here.
#ifndef AMPARO_NODE_CASES_SEARCH_H_
#define AMPARO_NODE_CASES_SEARCH_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/linkage/blind_words.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::cases {

// What an identity is found by: the words of its names in both writings and
// both grades of linkage/name_words.h, the numbers of documents, and contacts
// that are numbers of telephones.
absl::StatusOr<std::set<linkage::Word>> SearchWords(const Identity& identity);

// Makes the index say `now` of a person where it said `before`; either may be
// null, for a person who was or becomes nameless. Only what differs is written.
absl::Status IndexIdentity(storage::Batch& batch, const storage::Vault& vault,
                           const SubjectId& subject, const Identity* before,
                           const Identity* now);

// What somebody knows of a person. Empty parts ask nothing.
struct PersonQuery {
  std::string name = {};    // Words in any order and script; all must be found.
  bool exact_name = false;  // Else spellings that sound alike are found too.
  std::string document = {};  // Number, in any form of writing.
  std::string telephone = {};
};

// Subjects of whom all of it is true, in no telling order. kFieldInvalid names
// a part that is too long (limits::kShortTextBytesMax) or has nothing to look
// for in it, or "query" when all are empty; kLimitExceeded when too many
// persons have the words.
absl::StatusOr<std::vector<SubjectId>> FindPersons(
    const storage::Reader& reader, const storage::Vault& vault,
    const PersonQuery& query);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_SEARCH_H_
