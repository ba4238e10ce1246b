// SPDX-License-Identifier: Apache-2.0
#include "node/base/call_figures.h"

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace amparo {
namespace {

constexpr int kUnknownCode = 2;

}  // namespace

CallFigures::CallFigures(absl::string_view service,
                         std::vector<std::string> named) {
  absl::MutexLock lock(&mutex_);
  for (const std::string& path : named) {
    const std::vector<std::string> parts =
        absl::StrSplit(absl::StripPrefix(path, "/"), absl::MaxSplits('/', 1));
    Slot& slot = slots_.emplace_back();
    slot.path = path;
    slot.service = parts.front();
    slot.method = parts.back();
  }
  Slot& others = slots_.emplace_back();
  others.service = std::string(service);
  others.method = "any";
}

size_t CallFigures::Started(absl::string_view path) {
  absl::MutexLock lock(&mutex_);
  size_t i = 0;
  while (!slots_[i].path.empty() && slots_[i].path != path) ++i;
  ++slots_[i].started;
  ++under_way_;
  return i;
}

void CallFigures::Ended(size_t started, int code, absl::Duration took) {
  absl::MutexLock lock(&mutex_);
  Slot& slot = slots_[started];
  const bool known = code >= 0 && code < static_cast<int>(kCodes);
  ++slot.handled[static_cast<size_t>(known ? code : kUnknownCode)];
  slot.seconds.Add(took);
  --under_way_;
}

bool CallFigures::AwaitIdle(absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  const auto idle = [this] {
    mutex_.AssertHeld();
    return under_way_ == 0;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&idle), patience);
}

std::vector<CallFigures::Row> CallFigures::Read() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Row> rows;
  for (const Slot& slot : slots_) {
    if (slot.started == 0 && !slot.path.empty()) continue;
    rows.push_back({slot.service, slot.method, slot.started, slot.handled,
                    slot.seconds.Read()});
  }
  return rows;
}

}  // namespace amparo
