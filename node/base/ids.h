// SPDX-License-Identifier: Apache-2.0
//
// Strong identifiers. Each kind is a type of its own and none converts into
// another, so that a pseudonym can never be passed where a subject is meant.
#ifndef AMPARO_NODE_BASE_IDS_H_
#define AMPARO_NODE_BASE_IDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo {

namespace internal_ids {
// Lower-case hexadecimal of `bytes`.
std::string ToHex(absl::string_view bytes);
// Writes `size` bytes to `out`; false when `hex` is not exactly 2 * size
// hexadecimal digits of either case.
bool FromHex(absl::string_view hex, uint8_t* out, size_t size);
absl::Status WrongLength(absl::string_view kind, size_t size);
}  // namespace internal_ids

// 128 random bits, made once and never derived from anything (privacy page,
// "Pseudonyms"). A default-constructed id is all zeros and means "none".
// A value type: copyable, comparable, hashable, safe to share between threads.
template <class Tag>
class Id {
 public:
  static constexpr size_t kSize = 16;

  Id() : bytes_{} {}

  // `bytes` must be 16 long. kInvalidArgument names the kind of id, never the
  // value.
  static absl::StatusOr<Id> FromBytes(absl::string_view bytes) {
    if (bytes.size() != kSize) {
      return internal_ids::WrongLength(Tag::kName, kSize);
    }
    Id id;
    for (size_t i = 0; i < kSize; ++i) {
      id.bytes_[i] = static_cast<uint8_t>(bytes[i]);
    }
    return id;
  }

  // `hex` must be 32 hexadecimal digits.
  static absl::StatusOr<Id> FromHex(absl::string_view hex) {
    Id id;
    if (!internal_ids::FromHex(hex, id.bytes_.data(), kSize)) {
      return internal_ids::WrongLength(Tag::kName, kSize);
    }
    return id;
  }

  std::string bytes() const {
    return std::string(reinterpret_cast<const char*>(bytes_.data()), kSize);
  }
  // 32 lower-case hexadecimal digits.
  std::string hex() const { return internal_ids::ToHex(bytes()); }
  bool empty() const { return *this == Id(); }

  friend bool operator==(const Id& a, const Id& b) {
    return a.bytes_ == b.bytes_;
  }
  friend bool operator!=(const Id& a, const Id& b) { return !(a == b); }
  friend bool operator<(const Id& a, const Id& b) {
    return a.bytes_ < b.bytes_;
  }
  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.bytes_);
  }

 private:
  std::array<uint8_t, kSize> bytes_;
};

#define AMPARO_DEFINE_ID(Name, words)      \
  struct Name##Tag {                       \
    static constexpr char kName[] = words; \
  };                                       \
  using Name = Id<Name##Tag>

// An office, made at `amparod init`; also the id of a region.
AMPARO_DEFINE_ID(OfficeId, "office id");
// A person who works at this office and signs in to its node.
AMPARO_DEFINE_ID(PersonId, "person id");
// One sign-in. Names the session in logs; the token itself is never stored.
AMPARO_DEFINE_ID(SessionId, "session id");
// The local file on a person. Never leaves the node.
AMPARO_DEFINE_ID(CaseId, "case id");
// The person a case is about. Never leaves the node.
AMPARO_DEFINE_ID(SubjectId, "subject id");
// What a recipient calls the person; fresh for each referral.
AMPARO_DEFINE_ID(Pseudonym, "pseudonym");
AMPARO_DEFINE_ID(ConsentId, "consent id");
AMPARO_DEFINE_ID(AgreementId, "agreement id");
// The same at both offices.
AMPARO_DEFINE_ID(ReferralId, "referral id");
AMPARO_DEFINE_ID(MessageId, "message id");
// Letters of one thread arrive in order; threads do not wait for each other.
AMPARO_DEFINE_ID(ThreadId, "thread id");
AMPARO_DEFINE_ID(InvitationId, "invitation id");
// A data key in storage.
AMPARO_DEFINE_ID(KeyId, "key id");
// First 16 bytes of SHA-256 of an X25519 public key.
AMPARO_DEFINE_ID(SealingKeyId, "sealing key id");
// What a caller names a change with, so that asking again is harmless.
AMPARO_DEFINE_ID(RequestId, "request id");
// One event of the log, before it has its place in the order.
AMPARO_DEFINE_ID(EventId, "event id");
AMPARO_DEFINE_ID(ReleaseId, "release id");
// One thing written down about a case.
AMPARO_DEFINE_ID(EntryId, "entry id");
// Somebody else whom a case names. Never leaves the node.
AMPARO_DEFINE_ID(ThirdPersonId, "third person id");

#undef AMPARO_DEFINE_ID

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_IDS_H_
