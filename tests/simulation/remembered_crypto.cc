// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/remembered_crypto.h"

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"
#include "crypto/certificate/certificate.h"
#include "crypto/keyring/keyring.h"
#include "crypto/sign/dsse.h"
#include "crypto/sign/p256.h"

namespace amparo::simulation {
namespace {

using crypto::Certificate;
using crypto::P256PublicKey;
using crypto::Secret;

// What one function answered to the bytes of its arguments.
template <class Answer>
class Memory {
 public:
  template <class Compute>
  Answer Ask(std::string arguments, Compute compute) {
    {
      absl::MutexLock lock(&mutex_);
      const auto found = answers_.find(arguments);
      if (found != answers_.end()) {
        return Copy(found->second);
      }
    }
    Answer answer = compute();
    absl::MutexLock lock(&mutex_);
    answers_.emplace(std::move(arguments), Copy(answer));
    return answer;
  }

  void Trim() {
    constexpr size_t kAnswersMax = 20'000;
    absl::MutexLock lock(&mutex_);
    if (answers_.size() > kAnswersMax) answers_.clear();
  }

 private:
  template <class T>
  static T Copy(const T& answer) {
    return answer;
  }
  static absl::StatusOr<Secret> Copy(const absl::StatusOr<Secret>& answer) {
    if (!answer.ok()) return answer.status();
    return Secret::Copy(answer->Reveal());
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Answer> answers_ ABSL_GUARDED_BY(mutex_);
};

// Never destroyed: nothing orders the end of a program.
struct Memories {
  Memory<absl::StatusOr<Secret>> unwrapped;
  Memory<absl::Status> verified;
  Memory<absl::StatusOr<P256PublicKey>> points;
  Memory<absl::StatusOr<Certificate>> certificates;
};
Memories& Remembered() {
  static Memories* const memories = new Memories();
  return *memories;
}

template <class... Parts>
std::string Arguments(const Parts&... parts) {
  std::string bytes;
  (crypto::AppendPrefixed(&bytes, parts), ...);
  return bytes;
}

}  // namespace

// The functions of the product, and what the linker calls in their place. A
// member function is called as a free one whose first argument is the object.
absl::StatusOr<Secret> RealUnwrapKey(
    const Secret& wrapping_key,
    absl::string_view wrapped) __asm__("__real_" AMPARO_UNWRAP_KEY);
absl::StatusOr<Secret> UnwrapKeyOnce(
    const Secret& wrapping_key,
    absl::string_view wrapped) __asm__("__wrap_" AMPARO_UNWRAP_KEY);
absl::Status RealVerifyDsse(
    const P256PublicKey& key, absl::string_view type, absl::string_view body,
    absl::string_view signature) __asm__("__real_" AMPARO_VERIFY_DSSE);
absl::Status VerifyDsseOnce(
    const P256PublicKey& key, absl::string_view type, absl::string_view body,
    absl::string_view signature) __asm__("__wrap_" AMPARO_VERIFY_DSSE);
absl::StatusOr<P256PublicKey> RealFromCompressed(
    absl::string_view point) __asm__("__real_" AMPARO_FROM_COMPRESSED);
absl::StatusOr<P256PublicKey> FromCompressedOnce(
    absl::string_view point) __asm__("__wrap_" AMPARO_FROM_COMPRESSED);
absl::StatusOr<Certificate> RealFromPem(absl::string_view pem) __asm__(
    "__real_" AMPARO_FROM_PEM);
absl::StatusOr<Certificate> FromPemOnce(absl::string_view pem) __asm__(
    "__wrap_" AMPARO_FROM_PEM);

absl::StatusOr<Secret> UnwrapKeyOnce(const Secret& wrapping_key,
                                     absl::string_view wrapped) {
  return Remembered().unwrapped.Ask(
      Arguments(wrapping_key.Reveal(), wrapped),
      [&] { return RealUnwrapKey(wrapping_key, wrapped); });
}

absl::Status VerifyDsseOnce(const P256PublicKey& key, absl::string_view type,
                            absl::string_view body,
                            absl::string_view signature) {
  return Remembered().verified.Ask(
      Arguments(key.Compressed(), type, body, signature),
      [&] { return RealVerifyDsse(key, type, body, signature); });
}

absl::StatusOr<P256PublicKey> FromCompressedOnce(absl::string_view point) {
  return Remembered().points.Ask(Arguments(point),
                                 [&] { return RealFromCompressed(point); });
}

absl::StatusOr<Certificate> FromPemOnce(absl::string_view pem) {
  return Remembered().certificates.Ask(Arguments(pem),
                                       [&] { return RealFromPem(pem); });
}

void TrimRememberedCrypto() {
  Remembered().unwrapped.Trim();
  Remembered().verified.Trim();
  Remembered().points.Trim();
  Remembered().certificates.Trim();
}

}  // namespace amparo::simulation
