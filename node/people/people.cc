// SPDX-License-Identifier: Apache-2.0
#include "node/people/people.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::people {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kTokenCharacters = 43;
constexpr size_t kCodeBytes = 15;
constexpr size_t kCodeCharacters = 24;
constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

char CodeCharacter(char c) {
  c = absl::ascii_toupper(static_cast<unsigned char>(c));
  if (c == 'O') return '0';
  if (c == 'I' || c == 'L') return '1';
  return c;
}

}  // namespace

absl::string_view Name(PersonState state) {
  switch (state) {
    case PersonState::kInvited:
      return "INVITED";
    case PersonState::kActive:
      return "ACTIVE";
    case PersonState::kDisabled:
      return "DISABLED";
  }
  return "UNKNOWN";
}

std::optional<PersonState> PersonStateFromNumber(int number) {
  if (number < 1 || number > 3) return std::nullopt;
  return static_cast<PersonState>(number);
}

PersonSummary Summarise(const PersonId& id, const Person& person) {
  return {id, person.name, person.roles, person.team, person.state};
}

absl::Status CheckName(absl::string_view name, absl::string_view field) {
  if (name.empty() || name.size() > limits::kPersonNameBytesMax) {
    return FieldError(field,
                      absl::StrCat("must be 1 to ", limits::kPersonNameBytesMax,
                                   " bytes long"));
  }
  return CheckPersonName(field, name, limits::kPersonNameBytesMax,
                         NameScript::kAny);
}

std::string CanonicalName(absl::string_view name) {
  return absl::AsciiStrToLower(name);
}

absl::Status CheckTeam(absl::string_view team) {
  if (team.empty()) return absl::OkStatus();
  return CheckName(team, "team");
}

absl::Status CheckRoles(const std::set<Role>& roles) {
  if (roles.empty()) return FieldError("roles", "must name at least one role");
  if (roles.count(Role::kAdministrator) == 0) return absl::OkStatus();
  for (const Role role : roles) {
    for (const Permission content :
         {Permission::kCaseRead, Permission::kIdentityRead,
          Permission::kReferralRead, Permission::kDisclosureRead}) {
      if (ScopeOf(role, content) != Scope::kNone) {
        return FieldError("roles",
                          "must not join ADMINISTRATOR with a role that reads "
                          "cases or referrals: give that role to another "
                          "person");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNewPassword(const crypto::Secret& password) {
  if (password.size() < limits::kPasswordBytesMin ||
      password.size() > limits::kPasswordBytesMax) {
    return FieldError(
        "password", absl::StrCat("must be ", limits::kPasswordBytesMin, " to ",
                                 limits::kPasswordBytesMax, " bytes long"));
  }
  return absl::OkStatus();
}

crypto::Secret NewToken(crypto::RandomSource& random) {
  const crypto::Secret bytes = crypto::RandomSecret(random, kTokenBytes);
  std::string text = crypto::Base64Encode(bytes.Reveal());
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  crypto::Secret token =
      crypto::Secret::Copy(absl::string_view(text).substr(0, kTokenCharacters));
  crypto::Cleanse(text.data(), text.size());
  return token;
}

crypto::Secret NewSignInCode(crypto::RandomSource& random) {
  const crypto::Secret bytes = crypto::RandomSecret(random, kCodeBytes);
  crypto::Secret code =
      crypto::Secret::Zeroed(kCodeCharacters + kCodeCharacters / 4 - 1);
  uint32_t pending = 0;
  int bits = 0;
  size_t used = 0;
  size_t written = 0;
  for (const char byte : bytes.Reveal()) {
    pending = (pending << 8) | static_cast<uint8_t>(byte);
    for (bits += 8; bits >= 5; bits -= 5) {
      if (written > 0 && written % 4 == 0) code.mutable_bytes()[used++] = '-';
      code.mutable_bytes()[used++] = kCrockford[(pending >> (bits - 5)) & 31];
      ++written;
    }
  }
  return code;
}

std::optional<std::string> TokenDigest(absl::string_view token) {
  if (token.size() != kTokenCharacters) return std::nullopt;
  return crypto::Sha256(token);
}

std::optional<std::string> SignInCodeDigest(absl::string_view code) {
  if (code.size() > 4 * kCodeCharacters) return std::nullopt;
  crypto::Secret normal = crypto::Secret::Zeroed(kCodeCharacters);
  size_t used = 0;
  for (const char c : code) {
    if (c == '-' || c == ' ') continue;
    const char upper = CodeCharacter(c);
    if (used == kCodeCharacters || upper == '\0' ||
        absl::string_view(kCrockford).find(upper) == absl::string_view::npos) {
      return std::nullopt;
    }
    normal.mutable_bytes()[used++] = upper;
  }
  if (used != kCodeCharacters) return std::nullopt;
  return crypto::Sha256(normal.Reveal());
}

bool CodeOpens(const Person& person, absl::string_view code, absl::Time now) {
  if (person.state != PersonState::kInvited || !person.code.has_value()) {
    return false;
  }
  const std::optional<std::string> digest = SignInCodeDigest(code);
  return digest.has_value() && now < person.code->expires_at &&
         crypto::ConstantTimeEqual(*digest, person.code->digest);
}

bool KnowsDevice(const Person& person, absl::string_view device_token) {
  const std::optional<std::string> digest = TokenDigest(device_token);
  if (!digest.has_value()) return false;
  return std::any_of(
      person.devices.begin(), person.devices.end(), [&](const Device& device) {
        return crypto::ConstantTimeEqual(device.token_digest, *digest);
      });
}

void AddDevice(Person& person, absl::string_view token_digest, absl::Time now) {
  while (person.devices.size() >= kDevicesPerPersonMax) {
    person.devices.erase(person.devices.begin());
  }
  person.devices.push_back({std::string(token_digest), now});
}

}  // namespace amparo::people
