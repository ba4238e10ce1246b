// SPDX-License-Identifier: Apache-2.0
#include "node/storage/crew.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace amparo::storage {

Crew::Crew(int threads) {
  for (int i = 1; i < threads; ++i) {
    threads_.emplace_back([this] { Serve(); });
  }
}

int Crew::OnePerProcessor() {
  constexpr unsigned kMost = 8;
  return static_cast<int>(
      std::clamp(std::thread::hardware_concurrency(), 1u, kMost));
}

Crew::~Crew() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Crew::Share(size_t size, size_t together, const Part& part) {
  Work work{part, size, std::max<size_t>(1, together)};
  if (size == 0) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  open_.push_back(&work);
  while (work.next < work.size) DoPart(work);
  // What others still do of it may hand out work itself.
  const auto has_news = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return work.under_way == 0 || !open_.empty();
  };
  while (work.under_way > 0) {
    if (open_.empty()) {
      mutex_.Await(absl::Condition(&has_news));
    } else {
      DoPart(*open_.front());
    }
  }
  return work.failure;
}

void Crew::DoPart(Work& work) {
  const size_t begin = work.next;
  const size_t end = begin + std::min(work.together, work.size - begin);
  work.next = end;
  if (end == work.size) open_.remove(&work);
  ++work.under_way;
  mutex_.Unlock();
  absl::Status done = work.part(begin, end);
  mutex_.Lock();
  --work.under_way;
  if (done.ok()) return;
  if (work.failure.ok() || begin < work.failed_at) {
    work.failure = std::move(done);
    work.failed_at = begin;
  }
  work.next = work.size;
  open_.remove(&work);
}

void Crew::Serve() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    mutex_.Await(absl::Condition(this, &Crew::HasWork));
    if (closing_) return;
    DoPart(*open_.front());
  }
}

}  // namespace amparo::storage
