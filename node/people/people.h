// SPDX-License-Identifier: Apache-2.0
//
// The people of an office: values and rules. Pure: no clock, no storage.
#ifndef AMPARO_NODE_PEOPLE_PEOPLE_H_
#define AMPARO_NODE_PEOPLE_PEOPLE_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/base/ids.h"
#include "node/people/caller.h"

namespace amparo::people {

inline constexpr size_t kPersonsMax = 10000;
// Devices remembered and sessions open per person; the oldest gives way.
inline constexpr size_t kDevicesPerPersonMax = 8;
inline constexpr size_t kSessionsPerPersonMax = 16;

// Frozen numbers: they are on disk.
enum class PersonState : int {
  kInvited = 1,  // Has a sign-in code, no password yet.
  kActive = 2,
  kDisabled = 3,  // For good; the name stays taken.
};
absl::string_view Name(PersonState state);  // "ACTIVE"
std::optional<PersonState> PersonStateFromNumber(int number);

struct Device {
  std::string token_digest;  // SHA-256 of its token.
  absl::Time added_at;
};

// A one-use code that may still set a password.
struct SignInCode {
  std::string digest;  // SHA-256 of its normal form.
  absl::Time expires_at;
};

// Kept in storage; never shown as a whole.
struct Person {
  std::string name;
  std::set<Role> roles;
  std::string team;
  PersonState state = PersonState::kInvited;
  std::string password_hash;       // Argon2id string; empty unless kActive.
  std::optional<SignInCode> code;  // Only when kInvited.
  std::vector<Device> devices;     // Oldest first.
  absl::Time added_at;
};

// What others are shown of a person.
struct PersonSummary {
  PersonId id;
  std::string name;
  std::set<Role> roles;
  std::string team;
  PersonState state = PersonState::kInvited;
};
PersonSummary Summarise(const PersonId& id, const Person& person);

// 1 to limits::kPersonNameBytesMax bytes that show as they are stored
// (CheckPersonName in node/base/text.h); kFieldInvalid names `field`. Names are
// compared without regard to the case of ASCII letters.
absl::Status CheckName(absl::string_view name, absl::string_view field);
std::string CanonicalName(absl::string_view name);
// As a name, but may be empty.
absl::Status CheckTeam(absl::string_view team);
// At least one role. An administrator holds no role that reads cases, so that
// who runs the machine does not read what is on it.
absl::Status CheckRoles(const std::set<Role>& roles);
// limits::kPasswordBytesMin to kPasswordBytesMax bytes.
absl::Status CheckNewPassword(const crypto::Secret& password);

// Secrets that are shown once and stored as SHA-256 only: 256 random bits as
// 43 characters of base64url; and the sign-in code, 120 random bits as six
// groups of four characters of Crockford's base 32.
crypto::Secret NewToken(crypto::RandomSource& random);
crypto::Secret NewSignInCode(crypto::RandomSource& random);
// SHA-256; nullopt when it does not have the form of a token.
std::optional<std::string> TokenDigest(absl::string_view token);
// SHA-256 of the normal form: upper case, no hyphens or spaces, O as 0, I and
// L as 1. nullopt when it does not have the form of a code.
std::optional<std::string> SignInCodeDigest(absl::string_view code);

// Whether `code` opens the account at `now`.
bool CodeOpens(const Person& person, absl::string_view code, absl::Time now);
bool KnowsDevice(const Person& person, absl::string_view device_token);
// Adds a device; the oldest gives way at kDevicesPerPersonMax.
void AddDevice(Person& person, absl::string_view token_digest, absl::Time now);

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_PEOPLE_H_
