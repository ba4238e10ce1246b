// SPDX-License-Identifier: Apache-2.0
//
// Third persons: dependants, alleged perpetrators and informants whom a case
// names. Each has an id and a data key of its own, so that one can be erased
// without the case, with all that was ever said of it. They never travel:
// nothing that makes a letter, a disclosure or an export reads them. Pure
// values and rules.
#ifndef AMPARO_NODE_CASES_THIRD_PERSONS_H_
#define AMPARO_NODE_CASES_THIRD_PERSONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// What is said of a third person.
struct ThirdPersonWording {
  // What lists show to who may see the case.
  std::string kind;                // A code of "third-person-kind".
  std::string relation;            // A code of "third-person-relation".
  std::vector<std::string> roles;  // Codes of "role-in-process", each once.
  // What needs IDENTITY_READ.
  Identity identity;  // Without a photo: attachments are the subject's.
  std::string note;   // Free text.
};

struct ThirdPersonCorrection {
  absl::Time at;
  PersonId by;
  std::string source;  // Where the correction comes from.
  ThirdPersonWording before;
};

// With what is said now.
struct ThirdPerson : ThirdPersonWording {
  ThirdPersonId id;
  absl::Time recorded_at;
  PersonId recorded_by;
  // What was said before, oldest first; up to limits::kEntryCorrectionsMax.
  std::vector<ThirdPersonCorrection> corrections;

  // 1 when it was recorded, one more with each correction.
  uint32_t version() const {
    return static_cast<uint32_t>(corrections.size()) + 1;
  }
};

// kFieldInvalid or kCodeUnknown naming the field. An alleged perpetrator has
// at least one role in the process, nobody else has any. Somebody of whom
// nothing is known is told by a note. Roles are put in order.
absl::Status CheckThirdPerson(const vocabulary::Lists& lists,
                              absl::CivilDay today, ThirdPersonWording& person);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_THIRD_PERSONS_H_
