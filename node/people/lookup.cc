// SPDX-License-Identifier: Apache-2.0
#include "node/people/lookup.h"

#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/people/people_records.h"

namespace amparo::people {

absl::StatusOr<std::optional<FoundPerson>> FindPerson(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::string_view name) {
  const std::string index =
      vault.BlindIndex(storage::TableId::kPersonNames, CanonicalName(name));
  ASSIGN_OR_RETURN(const std::optional<storage::Row<PersonId>> id,
                   storage::Table<PersonNameCodec>(vault).Get(reader, index));
  if (!id.has_value()) return std::optional<FoundPerson>();
  ASSIGN_OR_RETURN(std::optional<storage::Row<Person>> row,
                   storage::Table<PersonCodec>(vault).Get(reader, id->value));
  if (!row.has_value()) {
    return Error(Reason::kRecordDamaged,
                 "a sign-in name points to a person who is not there");
  }
  return std::optional<FoundPerson>(FoundPerson{id->value, *std::move(row)});
}

absl::StatusOr<std::string> NameOfPerson(const storage::Reader& reader,
                                         const storage::Vault& vault,
                                         const PersonId& id) {
  if (id.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::optional<storage::Row<Person>> row,
                   storage::Table<PersonCodec>(vault).Get(reader, id));
  return row.has_value() ? row->value.name : std::string();
}

}  // namespace amparo::people
