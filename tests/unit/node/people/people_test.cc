// SPDX-License-Identifier: Apache-2.0
#include "node/people/people.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "amparo/record/v1/people.pb.h"
#include "crypto/base/deterministic_random.h"
#include "node/base/errors.h"
#include "node/people/people_records.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::people {
namespace {

using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1735689600);

TEST(NameTest, RulesOfNames) {
  const struct {
    std::string name;
    bool good;
  } rows[] = {
      {"ana", true},
      {"Ana Maria", true},
      {"\xd0\x9e\xd0\xbb\xd0\xb3\xd0\xb0", true},  // Cyrillic.
      {std::string(64, 'a'), true},
      {"", false},
      {std::string(65, 'a'), false},
      {" ana", false},
      {"ana ", false},
      {"an\na", false},
      {std::string("an\0a", 4), false},
      {"an\x7f", false},
      {"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", true},  // Arabic.
      {"an\xc2\x85"
       "a",
       false},  // C1.
      {"an\xe2\x80\x8b"
       "a",
       false},  // Zero-width space.
      {"an\xe2\x80\xae"
       "a",
       false},  // Right to left.
      {"an\xe2\x81\xa6"
       "a",
       false},           // An isolate.
      {"маrta", false},  // Cyrillic and Latin in one word.
      {"\xff", false},
      {"\xc0\xaf", false},          // Longer form than needed.
      {"\xed\xa0\x80", false},      // A surrogate.
      {"\xf5\x80\x80\x80", false},  // Beyond Unicode.
      {"ana\xd0", false},           // Cut off.
  };
  for (const auto& row : rows) {
    const absl::Status status = CheckName(row.name, "name");
    EXPECT_EQ(status.ok(), row.good) << row.name;
    EXPECT_EQ(FieldOf(status), row.good ? "" : "name");
  }
  EXPECT_EQ(CanonicalName("Ana"), CanonicalName("aNA"));
  EXPECT_THAT(CheckTeam(""), IsOk());
  EXPECT_EQ(FieldOf(CheckTeam(" x")), "team");
}

TEST(RolesTest, AdministratorJoinsNoRoleThatReadsCases) {
  EXPECT_EQ(FieldOf(CheckRoles({})), "roles");
  for (const Role role : AllRoles()) {
    const bool reads = role == Role::kCaseworker || role == Role::kSupervisor ||
                       role == Role::kFocalPoint;
    EXPECT_THAT(CheckRoles({role}), IsOk());
    EXPECT_EQ(CheckRoles({Role::kAdministrator, role}).ok(), !reads)
        << Name(role);
  }
}

TEST(PasswordTest, LengthIsLimited) {
  for (const auto& [size, good] :
       {std::pair{9, false}, {10, true}, {1024, true}, {1025, false}}) {
    const absl::Status status = CheckNewPassword(
        crypto::Secret::Copy(std::string(static_cast<size_t>(size), 'p')));
    EXPECT_EQ(status.ok(), good) << size;
    EXPECT_EQ(FieldOf(status), good ? "" : "password");
  }
}

TEST(TokenTest, HasItsFormAndIsNeverTheSame) {
  crypto::DeterministicRandom random(1);
  const crypto::Secret a = NewToken(random);
  const crypto::Secret b = NewToken(random);
  EXPECT_EQ(a.size(), 43u);
  EXPECT_NE(a.Reveal(), b.Reveal());
  EXPECT_EQ(a.Reveal().find_first_of("+/="), absl::string_view::npos);
  EXPECT_TRUE(TokenDigest(a.Reveal()).has_value());
  EXPECT_FALSE(TokenDigest("").has_value());
  EXPECT_FALSE(TokenDigest(a.Reveal().substr(1)).has_value());
}

TEST(SignInCodeTest, IsReadTheWayPeopleTypeIt) {
  crypto::DeterministicRandom random(2);
  const crypto::Secret code = NewSignInCode(random);
  const std::string text(code.Reveal());
  EXPECT_THAT(text, testing::MatchesRegex(
                        "[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}"));
  const auto digest = SignInCodeDigest(text);
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(SignInCodeDigest(absl::StrReplaceAll(text, {{"-", ""}})), digest);
  EXPECT_EQ(SignInCodeDigest(absl::AsciiStrToLower(text)), digest);
  EXPECT_EQ(SignInCodeDigest(" " + text + " "), digest);
  EXPECT_EQ(SignInCodeDigest(std::string(24, 'l')),
            SignInCodeDigest(std::string(24, '1')));
  EXPECT_EQ(SignInCodeDigest(std::string(24, 'O')),
            SignInCodeDigest(std::string(24, '0')));
  EXPECT_FALSE(SignInCodeDigest("").has_value());
  EXPECT_FALSE(SignInCodeDigest(text + "A").has_value());
  EXPECT_FALSE(SignInCodeDigest(text.substr(1)).has_value());
  EXPECT_FALSE(SignInCodeDigest(std::string(24, 'U')).has_value());
  EXPECT_FALSE(SignInCodeDigest(std::string(24, '\0')).has_value());
  EXPECT_FALSE(SignInCodeDigest(std::string(5000, '-')).has_value());
}

Person FullPerson() {
  Person person;
  person.name = "ana";
  person.roles = {Role::kCaseworker, Role::kAuditor};
  person.team = "north";
  person.state = PersonState::kInvited;
  person.password_hash = "$argon2id$...";
  person.code = SignInCode{std::string(32, 'c'), kNow + absl::Hours(72)};
  person.devices = {{std::string(32, 'd'), kNow}, {std::string(32, 'e'), kNow}};
  person.added_at = kNow;
  return person;
}

TEST(DeviceTest, OldestGivesWay) {
  crypto::DeterministicRandom random(3);
  Person person;
  const crypto::Secret first = NewToken(random);
  AddDevice(person, *TokenDigest(first.Reveal()), kNow);
  EXPECT_TRUE(KnowsDevice(person, first.Reveal()));
  EXPECT_FALSE(KnowsDevice(person, ""));
  for (size_t i = 0; i < kDevicesPerPersonMax; ++i) {
    AddDevice(person, *TokenDigest(NewToken(random).Reveal()), kNow);
  }
  EXPECT_EQ(person.devices.size(), kDevicesPerPersonMax);
  EXPECT_FALSE(KnowsDevice(person, first.Reveal()));
}

TEST(CodeTest, OpensOnlyAnInvitedAccountInTime) {
  crypto::DeterministicRandom random(4);
  const crypto::Secret code = NewSignInCode(random);
  Person person = FullPerson();
  person.code =
      SignInCode{*SignInCodeDigest(code.Reveal()), kNow + absl::Hours(1)};
  EXPECT_TRUE(CodeOpens(person, code.Reveal(), kNow));
  EXPECT_FALSE(CodeOpens(person, NewSignInCode(random).Reveal(), kNow));
  EXPECT_FALSE(CodeOpens(person, code.Reveal(), kNow + absl::Hours(1)));
  for (const PersonState state :
       {PersonState::kActive, PersonState::kDisabled}) {
    person.state = state;
    EXPECT_FALSE(CodeOpens(person, code.Reveal(), kNow));
  }
}

// A codec that forgets a field of its record fails here.
template <class Codec, class Message>
void ExpectEveryFieldSurvives(const typename Codec::Record& record) {
  const std::string bytes = Codec::Encode(record);
  Message message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto decoded = Codec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Codec::Encode(*decoded), bytes);
}

TEST(PeopleRecordsTest, EveryFieldSurvives) {
  ExpectEveryFieldSurvives<PersonCodec, record::v1::PersonRecord>(FullPerson());
  const PersonId id = *PersonId::FromBytes(std::string(16, 'p'));
  ExpectEveryFieldSurvives<PersonNameCodec, record::v1::PersonNameRecord>(id);
  ExpectEveryFieldSurvives<SessionCodec, record::v1::SessionRecord>(
      {*SessionId::FromBytes(std::string(16, 's')), id, kNow,
       kNow + absl::Hours(12)});
  ExpectEveryFieldSurvives<RequestCodec, record::v1::RequestRecord>(
      {std::string(32, 'b'), "answer", kNow});
  const std::string answer =
      EncodeAddPersonAnswer({id, "CODE", kNow + absl::Hours(72)});
  record::v1::AddPersonAnswer message;
  ASSERT_TRUE(message.ParseFromString(answer));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  EXPECT_EQ(EncodeAddPersonAnswer(*DecodeAddPersonAnswer(answer)), answer);
}

// Frozen: these bytes are on disks.
TEST(PeopleRecordsTest, BytesOnDiskAreFrozen) {
  EXPECT_EQ(PersonNameCodec::Encode(*PersonId::FromBytes(std::string(16, 'p'))),
            std::string("\x0a\x10") + std::string(16, 'p'));
  EXPECT_EQ(
      RequestCodec::EncodeKey({*PersonId::FromBytes(std::string(16, 'p')),
                               *RequestId::FromBytes(std::string(16, 'r'))}),
      std::string(16, 'p') + std::string(16, 'r'));
}

TEST(PeopleRecordsTest, DamagedRecordsAreRefused) {
  record::v1::PersonRecord good;
  ASSERT_TRUE(good.ParseFromString(PersonCodec::Encode(FullPerson())));
  const auto damaged = [&](auto change) {
    record::v1::PersonRecord record = good;
    change(record);
    return ReasonOf(PersonCodec::Decode(record.SerializeAsString()).status());
  };
  EXPECT_EQ(damaged([](auto& r) { r.set_state(9); }), Reason::kRecordDamaged);
  EXPECT_EQ(damaged([](auto& r) { r.add_roles(77); }), Reason::kRecordDamaged);
  EXPECT_EQ(damaged([](auto& r) { r.set_code_digest("short"); }),
            Reason::kRecordDamaged);
  EXPECT_EQ(damaged([](auto& r) { r.set_added_at_ms(-1); }),
            Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(PersonCodec::Decode("\xff\xff").status()),
            Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(SessionCodec::Decode("").status()),
            Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(RequestCodec::DecodeKey("short").status()),
            Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::people
