// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/random.h"

#include <openssl/rand.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

constexpr size_t kStockSize = 4096;
// Longer requests go to OpenSSL directly: they gain nothing here.
constexpr size_t kStockedMost = 256;

void FillFromOpenSsl(char* out, size_t n) {
  constexpr size_t kMost = size_t{1} << 20;
  while (n > 0) {
    const size_t now = std::min(n, kMost);
    FatalUnless(RAND_priv_bytes(reinterpret_cast<unsigned char*>(out),
                                static_cast<int>(now)) == 1,
                "the random generator failed");
    out += now;
    n -= now;
  }
}

// One thread's bytes in stock: asking OpenSSL costs a microsecond, however
// few bytes are asked for. The page that holds them comes up zeroed in the
// child of a fork, so it is empty there and the two never share a byte.
struct Stock {
  size_t left;
  char bytes[kStockSize - sizeof(size_t)];

  void Take(char* out, size_t n) {
    if (left < n) {
      FillFromOpenSsl(bytes, sizeof(bytes));
      left = sizeof(bytes);
    }
    left -= n;
    std::memcpy(out, bytes + left, n);
    Cleanse(bytes + left, n);
  }
};
static_assert(sizeof(Stock) == kStockSize);

// Null where the system cannot empty a page in children.
Stock* NewStock() {
  void* const page = mmap(nullptr, kStockSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, kStockSize, MADV_WIPEONFORK) != 0) {
    munmap(page, kStockSize);
    return nullptr;
  }
  // Best effort, as for secrets.
  (void)mlock(page, kStockSize);
  (void)madvise(page, kStockSize, MADV_DONTDUMP);
  return static_cast<Stock*>(page);
}

// Plain, so that it can still be read while the thread is ending.
thread_local Stock* stock_of_thread = nullptr;

struct StockOwner {
  StockOwner() { stock_of_thread = NewStock(); }
  ~StockOwner() {
    if (stock_of_thread == nullptr) return;
    Cleanse(stock_of_thread->bytes, sizeof(stock_of_thread->bytes));
    munmap(stock_of_thread, kStockSize);
    stock_of_thread = nullptr;
  }
};

class SystemSource final : public RandomSource {
 public:
  void Fill(char* out, size_t n) override {
    static thread_local StockOwner owner;
    if (n <= kStockedMost && stock_of_thread != nullptr) {
      stock_of_thread->Take(out, n);
    } else {
      FillFromOpenSsl(out, n);
    }
  }
};

}  // namespace

RandomSource& SystemRandom() {
  static SystemSource* const random = new SystemSource;
  return *random;
}

std::string RandomBytes(RandomSource& random, size_t n) {
  std::string out(n, '\0');
  random.Fill(out.data(), n);
  return out;
}

uint64_t RandomNumber(RandomSource& random) {
  char bytes[sizeof(uint64_t)];
  random.Fill(bytes, sizeof(bytes));
  uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return number;
}

Secret RandomSecret(RandomSource& random, size_t n) {
  Secret out = Secret::Zeroed(n);
  random.Fill(out.mutable_bytes(), n);
  return out;
}

}  // namespace amparo::crypto
