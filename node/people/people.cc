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

namespace amparo::people {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kTokenCharacters = 43;
constexpr size_t kCodeBytes = 15;
constexpr size_t kCodeCharacters = 24;
constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// How many bytes the UTF-8 sequence at the start of `text` has; 0 when there
// is no well-formed one (RFC 3629, no surrogates, no longer form than needed).
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

// The character that a well-formed sequence stands for.
uint32_t CharacterOf(absl::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first;
  uint32_t character = first & (0x7fu >> sequence.size());
  for (const char c : sequence.substr(1)) {
    character = (character << 6) | (static_cast<uint8_t>(c) & 0x3fu);
  }
  return character;
}

// A control character, or one that shows as nothing or turns what is beside
// it: two names that differ in such a one look the same.
bool IsUnseen(uint32_t c) {
  const auto between = [c](uint32_t from, uint32_t to) {
    return c >= from && c <= to;
  };
  return c < 0x20 || between(0x7f, 0x9f) || c == 0xad || c == 0x61c ||
         c == 0x180e || between(0x200b, 0x200f) || between(0x2028, 0x202e) ||
         between(0x2060, 0x206f) || c == 0xfeff || between(0xfff9, 0xfffb) ||
         between(0xe0000, 0xe0fff);
}

bool IsPlainText(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0 || IsUnseen(CharacterOf(text.substr(0, length)))) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

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
  if (!IsPlainText(name)) {
    return FieldError(field,
                      "must be UTF-8 without control or invisible characters");
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return FieldError(field, "must not begin or end with a space");
  }
  return absl::OkStatus();
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
