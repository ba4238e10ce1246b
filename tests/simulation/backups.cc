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
  if (IsForgotten(place.old_copy) && dice_.OneIn(2)) return RestoreLate(place);
  if (place.backup.has_value() && dice_.OneIn(2)) return Restore(place);
  place.self->Crash();
  Backup backup{std::make_unique<storage::MemoryDisk>(), place.promises,
                place.desk, place.old_copy};
  CopyDisk(place.self->disk(), *backup.disk, place.self->directory());
  place.backup = std::move(backup);
  Tell(absl::StrCat(place.self->name(), " is backed up"));
  ComeBack(place, true);
}

void Simulation::Restore(Place& place) {
  const std::map<MessageId, OfficeId> before = LettersOf(*place.self);
  const std::set<ReferralId> answered = place.promises.answered;
  place.self->Crash();
  CopyDisk(*place.backup->disk, place.self->disk(), place.self->directory());
  ++report_.restores;
  Tell(absl::StrCat("an old backup of ", place.self->name(), " is put back"));
  place.old_copy = place.backup->old_copy;
  const bool forgotten = dice_.OneIn(3);
  if (forgotten) {
    Tell("and nobody runs restore");
  } else {
    place.self->RunRestore();
  }
  // Whoever waits for an answer of the lost life asks nobody.
  place.unanswered = nullptr;
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
  if (!place.old_copy.has_value()) {
    OldCopy copy{place.self->node().own().incarnation(), {}, false};
    for (const auto& [message, recipient] : after) copy.letters.insert(message);
    place.old_copy = std::move(copy);
  }
  place.old_copy->forgotten = forgotten;
  // What was answered and lost is answered again, perhaps otherwise.
  for (const ReferralId& id : answered) Answer(place, id, dice_.OneIn(2));
}

// After a day or a month in which people worked in an old copy.
void Simulation::RestoreLate(Place& place) {
  place.self->Crash();
  place.self->RunRestore();
  Tell(absl::StrCat(place.self->name(), " is restored late"));
  ComeBack(place, false);
}

// Once a life of a disk that was put back has ended: which letters are its own.
void Simulation::NoteOldCopy(Place& place) {
  if (!place.old_copy.has_value() ||
      place.self->node().own().incarnation() <= place.old_copy->incarnation) {
    return;
  }
  for (const auto& [message, recipient] : LettersOf(*place.self)) {
    if (place.old_copy->letters.count(message) > 0) continue;
    place.losses.of_old_copies.insert(message);
  }
  if (place.old_copy->forgotten) ++report_.late_restores;
  place.old_copy.reset();
}

}  // namespace amparo::simulation
