// SPDX-License-Identifier: Apache-2.0
#include "node/people/people_records.h"

#include <optional>
#include <string>

#include "amparo/record/v1/people.pb.h"
#include "crypto/base/digest.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::people {
namespace {

namespace record = ::amparo::record::v1;

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged,
               "a stored record of a person, session or request does not say "
               "what it must");
}

absl::StatusOr<std::string> Digest(absl::string_view bytes) {
  if (bytes.size() != crypto::kSha256Size) return Damaged();
  return std::string(bytes);
}

template <class T>
absl::StatusOr<T> ReadId(absl::string_view bytes) {
  absl::StatusOr<T> id = T::FromBytes(bytes);
  if (!id.ok() || id->empty()) return Damaged();
  return id;
}

absl::StatusOr<absl::Time> ReadTime(int64_t millis) {
  if (millis < 0) return Damaged();
  return FromUnixMillis(millis);
}

absl::StatusOr<std::set<Role>> ReadRoles(const record::PersonRecord& stored) {
  std::set<Role> roles;
  for (const uint32_t number : stored.roles()) {
    const std::optional<Role> role = RoleFromNumber(static_cast<int>(number));
    if (!role.has_value()) return Damaged();
    roles.insert(*role);
  }
  return roles;
}

absl::StatusOr<std::optional<SignInCode>> ReadCode(
    const record::PersonRecord& stored) {
  if (stored.code_digest().empty()) return std::optional<SignInCode>();
  SignInCode code;
  ASSIGN_OR_RETURN(code.digest, Digest(stored.code_digest()));
  ASSIGN_OR_RETURN(code.expires_at, ReadTime(stored.code_expires_at_ms()));
  return std::optional<SignInCode>(std::move(code));
}

}  // namespace

absl::StatusOr<PersonId> PersonCodec::DecodeKey(absl::string_view bytes) {
  return ReadId<PersonId>(bytes);
}

std::string PersonCodec::Encode(const Person& person) {
  record::PersonRecord stored;
  stored.set_name(person.name);
  for (const Role role : person.roles) {
    stored.add_roles(static_cast<uint32_t>(role));
  }
  stored.set_team(person.team);
  stored.set_state(static_cast<uint32_t>(person.state));
  stored.set_password_hash(person.password_hash);
  if (person.code.has_value()) {
    stored.set_code_digest(person.code->digest);
    stored.set_code_expires_at_ms(
        amparo::ToUnixMillis(person.code->expires_at));
  }
  for (const Device& device : person.devices) {
    record::DeviceRecord& added = *stored.add_devices();
    added.set_token_digest(device.token_digest);
    added.set_added_at_ms(amparo::ToUnixMillis(device.added_at));
  }
  stored.set_added_at_ms(amparo::ToUnixMillis(person.added_at));
  return storage::SerializeRecord(stored);
}

absl::StatusOr<Person> PersonCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::PersonRecord stored,
                   storage::ParseRecord<record::PersonRecord>(bytes));
  Person person;
  person.name = stored.name();
  ASSIGN_OR_RETURN(person.roles, ReadRoles(stored));
  person.team = stored.team();
  const std::optional<PersonState> state =
      PersonStateFromNumber(static_cast<int>(stored.state()));
  if (!state.has_value()) return Damaged();
  person.state = *state;
  person.password_hash = stored.password_hash();
  ASSIGN_OR_RETURN(person.code, ReadCode(stored));
  for (const record::DeviceRecord& device : stored.devices()) {
    ASSIGN_OR_RETURN(std::string digest, Digest(device.token_digest()));
    ASSIGN_OR_RETURN(const absl::Time added, ReadTime(device.added_at_ms()));
    person.devices.push_back({std::move(digest), added});
  }
  ASSIGN_OR_RETURN(person.added_at, ReadTime(stored.added_at_ms()));
  return person;
}

absl::StatusOr<std::string> PersonNameCodec::DecodeKey(
    absl::string_view bytes) {
  return Digest(bytes);
}

std::string PersonNameCodec::Encode(const PersonId& person) {
  record::PersonNameRecord stored;
  stored.set_person_id(person.bytes());
  return storage::SerializeRecord(stored);
}

absl::StatusOr<PersonId> PersonNameCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::PersonNameRecord stored,
                   storage::ParseRecord<record::PersonNameRecord>(bytes));
  return ReadId<PersonId>(stored.person_id());
}

absl::StatusOr<std::string> SessionCodec::DecodeKey(absl::string_view bytes) {
  return Digest(bytes);
}

std::string SessionCodec::Encode(const Session& session) {
  record::SessionRecord stored;
  stored.set_session_id(session.id.bytes());
  stored.set_person_id(session.person.bytes());
  stored.set_opened_at_ms(amparo::ToUnixMillis(session.opened_at));
  stored.set_expires_at_ms(amparo::ToUnixMillis(session.expires_at));
  return storage::SerializeRecord(stored);
}

absl::StatusOr<Session> SessionCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::SessionRecord stored,
                   storage::ParseRecord<record::SessionRecord>(bytes));
  Session session;
  ASSIGN_OR_RETURN(session.id, ReadId<SessionId>(stored.session_id()));
  ASSIGN_OR_RETURN(session.person, ReadId<PersonId>(stored.person_id()));
  ASSIGN_OR_RETURN(session.opened_at, ReadTime(stored.opened_at_ms()));
  ASSIGN_OR_RETURN(session.expires_at, ReadTime(stored.expires_at_ms()));
  return session;
}

absl::StatusOr<RequestCodec::Key> RequestCodec::DecodeKey(
    absl::string_view bytes) {
  if (bytes.size() != PersonId::kSize + RequestId::kSize) return Damaged();
  ASSIGN_OR_RETURN(const PersonId person,
                   PersonId::FromBytes(bytes.substr(0, PersonId::kSize)));
  ASSIGN_OR_RETURN(const RequestId request,
                   RequestId::FromBytes(bytes.substr(PersonId::kSize)));
  return Key(person, request);
}

std::string RequestCodec::Encode(const KeptAnswer& kept) {
  record::RequestRecord stored;
  stored.set_body_digest(kept.body_digest);
  stored.set_answer(kept.answer);
  stored.set_answered_at_ms(amparo::ToUnixMillis(kept.answered_at));
  return storage::SerializeRecord(stored);
}

absl::StatusOr<KeptAnswer> RequestCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::RequestRecord stored,
                   storage::ParseRecord<record::RequestRecord>(bytes));
  KeptAnswer kept;
  ASSIGN_OR_RETURN(kept.body_digest, Digest(stored.body_digest()));
  kept.answer = stored.answer();
  ASSIGN_OR_RETURN(kept.answered_at, ReadTime(stored.answered_at_ms()));
  return kept;
}

std::string EncodeAddPersonAnswer(const AddPersonAnswer& answer) {
  record::AddPersonAnswer stored;
  stored.set_person_id(answer.person.bytes());
  stored.set_code(answer.code);
  stored.set_code_expires_at_ms(amparo::ToUnixMillis(answer.code_expires_at));
  return storage::SerializeRecord(stored);
}

absl::StatusOr<AddPersonAnswer> DecodeAddPersonAnswer(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const record::AddPersonAnswer stored,
                   storage::ParseRecord<record::AddPersonAnswer>(bytes));
  AddPersonAnswer answer;
  ASSIGN_OR_RETURN(answer.person, ReadId<PersonId>(stored.person_id()));
  answer.code = stored.code();
  ASSIGN_OR_RETURN(answer.code_expires_at,
                   ReadTime(stored.code_expires_at_ms()));
  return answer;
}

}  // namespace amparo::people
