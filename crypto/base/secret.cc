// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

constexpr size_t kSlotSize = 256;
constexpr size_t kChunkSize = 64 * 1024;

// Slots of one size in locked pages, handed out and taken back. Locking each
// secret by itself would not do: locks are per page and do not nest, so the
// end of one secret would unlock its neighbours.
class LockedSlots {
 public:
  static LockedSlots& Get() {
    static LockedSlots* const slots = new LockedSlots;
    return *slots;
  }

  char* Take() {
    absl::MutexLock lock(&mutex_);
    if (free_ == nullptr) Grow();
    Slot* const slot = free_;
    free_ = slot->next;
    slot->next = nullptr;
    return reinterpret_cast<char*>(slot);
  }

  // The slot has been wiped.
  void GiveBack(char* bytes) {
    absl::MutexLock lock(&mutex_);
    free_ = new (bytes) Slot{free_};
  }

 private:
  struct Slot {
    Slot* next;
  };

  void Grow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    void* const chunk = mmap(nullptr, kChunkSize, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FatalUnless(chunk != MAP_FAILED, "no memory for secrets");
    // Best effort, both: a limit on locked memory must not stop the node.
    (void)mlock(chunk, kChunkSize);
    (void)madvise(chunk, kChunkSize, MADV_DONTDUMP);
    char* const start = static_cast<char*>(chunk);
    for (size_t at = 0; at < kChunkSize; at += kSlotSize) {
      free_ = new (start + at) Slot{free_};
    }
  }

  absl::Mutex mutex_;
  Slot* free_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace

Secret Secret::Zeroed(size_t size) {
  Secret secret;
  if (size == 0) return secret;
  secret.bytes_ =
      size <= kSlotSize ? LockedSlots::Get().Take() : new char[size];
  secret.size_ = size;
  std::memset(secret.bytes_, 0, size);
  return secret;
}

Secret Secret::Copy(absl::string_view bytes) {
  Secret secret = Zeroed(bytes.size());
  if (!bytes.empty()) std::memcpy(secret.bytes_, bytes.data(), bytes.size());
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::exchange(other.bytes_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() { Wipe(); }

void Secret::Wipe() {
  if (bytes_ == nullptr) return;
  OPENSSL_cleanse(bytes_, size_);
  if (size_ <= kSlotSize) {
    LockedSlots::Get().GiveBack(bytes_);
  } else {
    delete[] bytes_;
  }
  bytes_ = nullptr;
  size_ = 0;
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Cleanse(char* bytes, size_t n) {
  if (n > 0) OPENSSL_cleanse(bytes, n);
}

}  // namespace amparo::crypto
