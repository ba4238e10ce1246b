// SPDX-License-Identifier: Apache-2.0
#include "node/cases/stream_places.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"

namespace amparo::cases {

absl::StatusOr<std::unique_ptr<StreamPlaces::Place>> StreamPlaces::Take(
    const PersonId& person, EndCall end) {
  absl::MutexLock lock(&mutex_);
  if (CountOf(person) >= limits::kAttachmentStreamsOfOneMax &&
      !TakeAway(&person)) {
    return Error(Reason::kLimitExceeded,
                 absl::StrCat(limits::kAttachmentStreamsOfOneMax,
                              " files of yours are on their way: wait for "
                              "one, or end it"));
  }
  if (streams_.size() >= limits::kAttachmentStreamsMax && !TakeAway(nullptr)) {
    return Error(Reason::kLimitExceeded,
                 absl::StrCat("the node takes and gives at most ",
                              limits::kAttachmentStreamsMax,
                              " files at once: try again in a moment"));
  }
  const uint64_t number = next_++;
  streams_.emplace(number, Stream{person, clock_.Now(), std::move(end)});
  return absl::WrapUnique(new Place(*this, number));
}

absl::Status StreamPlaces::Move(uint64_t number) {
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(number);
  if (found == streams_.end()) {
    return Error(Reason::kUnavailable,
                 "the file stood still, and another one needed its place: "
                 "begin again");
  }
  found->second.moved_at = clock_.Now();
  return absl::OkStatus();
}

void StreamPlaces::Leave(uint64_t number) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(number);
}

size_t StreamPlaces::CountOf(const PersonId& person) const {
  return static_cast<size_t>(std::count_if(
      streams_.begin(), streams_.end(),
      [&](const auto& stream) { return stream.second.person == person; }));
}

bool StreamPlaces::TakeAway(const PersonId* person) {
  auto idlest = streams_.end();
  for (auto it = streams_.begin(); it != streams_.end(); ++it) {
    if (person != nullptr && it->second.person != *person) continue;
    if (idlest == streams_.end() ||
        it->second.moved_at < idlest->second.moved_at) {
      idlest = it;
    }
  }
  if (idlest == streams_.end() ||
      clock_.Now() - idlest->second.moved_at < limits::kAttachmentIdleMax) {
    return false;
  }
  if (idlest->second.end) idlest->second.end();
  streams_.erase(idlest);
  return true;
}

}  // namespace amparo::cases
