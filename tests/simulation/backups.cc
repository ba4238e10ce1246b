// SPDX-License-Identifier: Apache-2.0
//
// Old backups that are put back (invariant 6).
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/delivery/delivery_records.h"
#include "node/storage/table.h"
#include "tests/simulation/simulation.h"
#include "tests/support/disk_copy.h"

namespace amparo::simulation {
namespace {

// The letters an office wrote, with whom they are for.
std::map<MessageId, OfficeId> LettersOf(TestOffice& office) {
  std::map<MessageId, OfficeId> letters;
  const storage::Table<delivery::LetterCodec> table(office.node().vault());
  MustBeOk(table.Scan(office.store(), "", "",
                      [&](const delivery::LetterKey& key,
                          const auto& row) -> absl::StatusOr<bool> {
                        letters[key.message] = row.value.clearance.recipient;
                        return true;
                      }),
           "scan letters");
  return letters;
}

}  // namespace

void Simulation::BackUpOrRestore(Place& place) {
  if (place.backup.has_value() && dice_.OneIn(2)) return Restore(place);
  place.self->Crash();
  Backup backup{std::make_unique<storage::MemoryDisk>(), place.promises,
                place.desk};
  CopyDisk(place.self->disk(), *backup.disk, place.self->directory());
  place.backup = std::move(backup);
  Tell(absl::StrCat(place.self->name(), " is backed up"));
  ComeBack(place, true);
}

void Simulation::Restore(Place& place) {
  const std::map<MessageId, OfficeId> before = LettersOf(*place.self);
  place.self->Crash();
  CopyDisk(*place.backup->disk, place.self->disk(), place.self->directory());
  ++report_.restores;
  Tell(absl::StrCat("an old backup of ", place.self->name(), " is put back"));
  place.self->RunRestore();
  ComeBack(place, false);
  if (!place.self->up()) return;
  const std::map<MessageId, OfficeId> after = LettersOf(*place.self);
  for (const auto& [message, recipient] : before) {
    if (after.count(message) > 0) continue;
    place.losses.letters.insert(message);
    place.losses.recipients.insert(recipient);
  }
  place.losses.restored = true;
  // Requests are counted for ever: a lost one may be asked again.
  const size_t proposals = place.promises.proposals;
  place.promises = place.backup->promises;
  place.promises.proposals = proposals;
  place.desk = place.backup->desk;
  place.unanswered = nullptr;
}

}  // namespace amparo::simulation
