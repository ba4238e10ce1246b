// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries_records.h"

#include <utility>

#include "amparo/record/v1/case_life.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/storage/record_bytes.h"

namespace amparo::cases {
namespace {

namespace pb = amparo::record::v1;

absl::Status DamagedRecord() {
  return Error(Reason::kRecordDamaged,
               "a stored part of a case cannot be read");
}

template <class IdType>
absl::StatusOr<IdType> RequireId(absl::string_view bytes) {
  absl::StatusOr<IdType> id = IdType::FromBytes(bytes);
  if (!id.ok() || id->empty()) return DamagedRecord();
  return id;
}

// Empty bytes are no id.
template <class IdType>
absl::StatusOr<IdType> OptionalId(absl::string_view bytes) {
  if (bytes.empty()) return IdType();
  return RequireId<IdType>(bytes);
}

template <class IdType>
std::string OptionalBytes(const IdType& id) {
  return id.empty() ? std::string() : id.bytes();
}

absl::StatusOr<PartialDate> RequireDate(absl::string_view text) {
  absl::StatusOr<PartialDate> date = ParsePartialDate(text, "date");
  if (!date.ok()) return DamagedRecord();
  return date;
}

absl::StatusOr<absl::Time> RequireTime(int64_t millis) {
  if (millis < 0) return DamagedRecord();
  return amparo::FromUnixMillis(millis);
}

// Keys of a case id and another id behind it.
template <class Key, class IdType>
absl::StatusOr<Key> DecodePair(absl::string_view bytes) {
  if (bytes.size() != CaseId::kSize + IdType::kSize) return DamagedRecord();
  ASSIGN_OR_RETURN(const CaseId case_id,
                   RequireId<CaseId>(bytes.substr(0, CaseId::kSize)));
  ASSIGN_OR_RETURN(const IdType id,
                   RequireId<IdType>(bytes.substr(CaseId::kSize)));
  return Key{case_id, id};
}

// Writes one content into its message.
struct WriteContent {
  pb::EntryWording* out;

  void operator()(const RouteEvent& event) const {
    pb::EntryRouteEvent& into = *out->mutable_event();
    into.set_type(event.type);
    into.set_country(event.country);
    into.set_subdivision(event.subdivision);
    into.set_city(event.city);
  }
  void operator()(const StatusDecision& decision) const {
    pb::EntryStatusDecision& into = *out->mutable_decision();
    into.set_status(decision.status);
    into.set_decided_by(decision.decided_by);
    into.set_status_before(decision.status_before);
    into.set_decided_by_before(decision.decided_by_before);
  }
  void operator()(const RiskAssessment& risk) const {
    pb::EntryRiskAssessment& into = *out->mutable_risk();
    into.set_level(risk.level);
    into.set_statement(risk.statement);
    into.set_risk_to_life(risk.risk_to_life);
    into.set_next_due(FormatPartialDate(risk.next_due));
  }
  void operator()(const SupportItem& support) const {
    pb::EntrySupportItem& into = *out->mutable_support();
    into.set_type(support.type);
    into.set_objective(support.objective);
    into.set_actions(support.actions);
    into.set_planned_end(FormatPartialDate(support.planned_end));
    into.set_actual_end(FormatPartialDate(support.actual_end));
    into.set_status(support.status);
  }
  void operator()(const ServiceGiven& service) const {
    pb::EntryServiceGiven& into = *out->mutable_service();
    into.set_service(service.service);
    into.set_provider(service.provider);
    into.set_until(FormatPartialDate(service.until));
  }
  void operator()(const Note& note) const {
    out->mutable_note()->set_text(note.text);
  }
  void operator()(const Attachment& attachment) const {
    pb::EntryAttachment& into = *out->mutable_attachment();
    into.set_kind(attachment.kind);
    into.set_title(attachment.title);
    into.set_media_type(attachment.media_type);
    into.set_size(attachment.size);
    into.set_digest(attachment.digest);
  }
};

void WriteWording(const Wording& wording, pb::EntryWording* out) {
  out->set_happened(FormatPartialDate(wording.happened));
  out->set_source(wording.source);
  std::visit(WriteContent{out}, wording.content);
}

absl::StatusOr<EntryContent> ReadContent(const pb::EntryWording& from) {
  switch (from.content_case()) {
    case pb::EntryWording::kEvent:
      return RouteEvent{from.event().type(), from.event().country(),
                        from.event().subdivision(), from.event().city()};
    case pb::EntryWording::kDecision:
      return StatusDecision{
          from.decision().status(), from.decision().decided_by(),
          from.decision().status_before(), from.decision().decided_by_before()};
    case pb::EntryWording::kRisk: {
      const pb::EntryRiskAssessment& risk = from.risk();
      ASSIGN_OR_RETURN(const PartialDate due, RequireDate(risk.next_due()));
      return RiskAssessment{risk.level(), risk.statement(), risk.risk_to_life(),
                            due};
    }
    case pb::EntryWording::kSupport: {
      const pb::EntrySupportItem& support = from.support();
      ASSIGN_OR_RETURN(const PartialDate planned,
                       RequireDate(support.planned_end()));
      ASSIGN_OR_RETURN(const PartialDate actual,
                       RequireDate(support.actual_end()));
      return SupportItem{
          support.type(), support.objective(), support.actions(), planned,
          actual,         support.status()};
    }
    case pb::EntryWording::kService: {
      ASSIGN_OR_RETURN(const PartialDate until,
                       RequireDate(from.service().until()));
      return ServiceGiven{from.service().service(), from.service().provider(),
                          until};
    }
    case pb::EntryWording::kNote:
      return Note{from.note().text()};
    case pb::EntryWording::kAttachment: {
      const pb::EntryAttachment& attachment = from.attachment();
      return Attachment{attachment.kind(), attachment.title(),
                        attachment.media_type(), attachment.size(),
                        attachment.digest()};
    }
    case pb::EntryWording::CONTENT_NOT_SET:
      break;
  }
  return DamagedRecord();
}

absl::StatusOr<Wording> ReadWording(const pb::EntryWording& from) {
  ASSIGN_OR_RETURN(const PartialDate happened, RequireDate(from.happened()));
  ASSIGN_OR_RETURN(EntryContent content, ReadContent(from));
  return Wording{happened, from.source(), std::move(content)};
}

absl::StatusOr<CaseStatus> RequireStatus(uint32_t number) {
  const std::optional<CaseStatus> status = CaseStatusFromNumber(number);
  if (!status.has_value()) return DamagedRecord();
  return *status;
}

// An identity as a message, through the one codec that knows its fields.
void WriteIdentity(const Identity& identity, pb::CaseIdentity* out) {
  // What was serialised a moment ago parses.
  (void)out->ParseFromString(IdentityCodec::Encode(identity));
}

absl::StatusOr<Identity> ReadIdentity(const pb::CaseIdentity& from) {
  return IdentityCodec::Decode(storage::SerializeRecord(from));
}

}  // namespace

std::string EntryCodec::EncodeKey(const EntryKey& key) {
  return key.case_id.bytes() + key.id.bytes();
}

absl::StatusOr<EntryKey> EntryCodec::DecodeKey(absl::string_view bytes) {
  return DecodePair<EntryKey, EntryId>(bytes);
}

std::string EntryCodec::Encode(const Entry& record) {
  pb::CaseEntry message;
  message.set_recorded_at_ms(amparo::ToUnixMillis(record.recorded_at));
  message.set_recorded_by(record.recorded_by.bytes());
  WriteWording(record.wording, message.mutable_wording());
  for (const EntryCorrection& correction : record.corrections) {
    pb::EntryCorrection& into = *message.add_corrections();
    into.set_at_ms(amparo::ToUnixMillis(correction.at));
    into.set_by(correction.by.bytes());
    into.set_reason(correction.reason);
    WriteWording(correction.before, into.mutable_before());
  }
  if (record.retracted.has_value()) {
    pb::EntryRetraction& into = *message.mutable_retraction();
    into.set_at_ms(amparo::ToUnixMillis(record.retracted->at));
    into.set_by(record.retracted->by.bytes());
    into.set_reason(record.retracted->reason);
  }
  return storage::SerializeRecord(message);
}

absl::StatusOr<Entry> EntryCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto message,
                   storage::ParseRecord<pb::CaseEntry>(bytes));
  Entry entry;
  ASSIGN_OR_RETURN(entry.recorded_at, RequireTime(message.recorded_at_ms()));
  ASSIGN_OR_RETURN(entry.recorded_by,
                   RequireId<PersonId>(message.recorded_by()));
  ASSIGN_OR_RETURN(entry.wording, ReadWording(message.wording()));
  for (const pb::EntryCorrection& correction : message.corrections()) {
    EntryCorrection into;
    ASSIGN_OR_RETURN(into.at, RequireTime(correction.at_ms()));
    ASSIGN_OR_RETURN(into.by, RequireId<PersonId>(correction.by()));
    into.reason = correction.reason();
    ASSIGN_OR_RETURN(into.before, ReadWording(correction.before()));
    entry.corrections.push_back(std::move(into));
  }
  if (message.has_retraction()) {
    Retraction into;
    ASSIGN_OR_RETURN(into.at, RequireTime(message.retraction().at_ms()));
    ASSIGN_OR_RETURN(into.by, RequireId<PersonId>(message.retraction().by()));
    into.reason = message.retraction().reason();
    entry.retracted = std::move(into);
  }
  return entry;
}

std::string CaseChangeCodec::EncodeKey(const ChangeKey& key) {
  std::string bytes = key.case_id.bytes();
  crypto::AppendU32(&bytes, key.version);
  return bytes;
}

absl::StatusOr<ChangeKey> CaseChangeCodec::DecodeKey(absl::string_view bytes) {
  if (bytes.size() != CaseId::kSize + 4) return DamagedRecord();
  ASSIGN_OR_RETURN(const CaseId case_id,
                   RequireId<CaseId>(bytes.substr(0, CaseId::kSize)));
  crypto::ByteReader reader(bytes.substr(CaseId::kSize));
  ASSIGN_OR_RETURN(const uint32_t version, reader.ReadU32());
  if (version < 2) return DamagedRecord();
  return ChangeKey{case_id, version};
}

std::string CaseChangeCodec::Encode(const CaseChange& record) {
  pb::CaseChange message;
  message.set_kind(static_cast<uint32_t>(record.kind));
  message.set_at_ms(amparo::ToUnixMillis(record.at));
  if (!record.by.empty()) message.set_by(record.by.bytes());
  message.set_source(record.source);
  message.set_reason(record.reason);
  for (const VariableChange& change : record.profile) {
    pb::VariableChange& into = *message.add_profile();
    into.set_variable(change.variable);
    for (const std::string& code : change.before) into.add_before(code);
    for (const std::string& code : change.after) into.add_after(code);
  }
  for (const std::string& part : record.identity_parts) {
    message.add_identity_parts(part);
  }
  if (record.assignment.has_value()) {
    pb::AssignmentChange& into = *message.mutable_assignment();
    into.set_owner_before(record.assignment->owner_before.bytes());
    into.set_owner_after(record.assignment->owner_after.bytes());
    into.set_team_before(record.assignment->team_before);
    into.set_team_after(record.assignment->team_after);
  }
  if (record.status.has_value()) {
    pb::StatusChange& into = *message.mutable_status();
    into.set_before(static_cast<uint32_t>(record.status->before));
    into.set_after(static_cast<uint32_t>(record.status->after));
  }
  message.set_other_case(OptionalBytes(record.other_case));
  message.set_entry(OptionalBytes(record.entry));
  return storage::SerializeRecord(message);
}

absl::StatusOr<CaseChange> CaseChangeCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto message,
                   storage::ParseRecord<pb::CaseChange>(bytes));
  CaseChange change;
  const std::optional<ChangeKind> kind = ChangeKindFromNumber(message.kind());
  if (!kind.has_value()) return DamagedRecord();
  change.kind = *kind;
  ASSIGN_OR_RETURN(change.at, RequireTime(message.at_ms()));
  // Parts go by themselves when their time is over; all else somebody did.
  ASSIGN_OR_RETURN(change.by, OptionalId<PersonId>(message.by()));
  if (change.by.empty() && change.kind != ChangeKind::kAged) {
    return DamagedRecord();
  }
  change.source = message.source();
  change.reason = message.reason();
  for (const pb::VariableChange& from : message.profile()) {
    change.profile.push_back({from.variable(),
                              {from.before().begin(), from.before().end()},
                              {from.after().begin(), from.after().end()}});
  }
  change.identity_parts.assign(message.identity_parts().begin(),
                               message.identity_parts().end());
  if (message.has_assignment()) {
    AssignmentChange into;
    const pb::AssignmentChange& from = message.assignment();
    ASSIGN_OR_RETURN(into.owner_before,
                     RequireId<PersonId>(from.owner_before()));
    ASSIGN_OR_RETURN(into.owner_after, RequireId<PersonId>(from.owner_after()));
    into.team_before = from.team_before();
    into.team_after = from.team_after();
    change.assignment = std::move(into);
  }
  if (message.has_status()) {
    ASSIGN_OR_RETURN(const CaseStatus before,
                     RequireStatus(message.status().before()));
    ASSIGN_OR_RETURN(const CaseStatus after,
                     RequireStatus(message.status().after()));
    change.status = StatusChange{before, after};
  }
  ASSIGN_OR_RETURN(change.other_case, OptionalId<CaseId>(message.other_case()));
  ASSIGN_OR_RETURN(change.entry, OptionalId<EntryId>(message.entry()));
  return change;
}

std::string IdentityChangeCodec::Encode(const IdentityChange& record) {
  pb::IdentityChange message;
  if (record.before.has_value()) {
    WriteIdentity(*record.before, message.mutable_before());
  }
  if (record.after.has_value()) {
    WriteIdentity(*record.after, message.mutable_after());
  }
  return storage::SerializeRecord(message);
}

absl::StatusOr<IdentityChange> IdentityChangeCodec::Decode(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto message,
                   storage::ParseRecord<pb::IdentityChange>(bytes));
  IdentityChange change;
  if (message.has_before()) {
    ASSIGN_OR_RETURN(change.before, ReadIdentity(message.before()));
  }
  if (message.has_after()) {
    ASSIGN_OR_RETURN(change.after, ReadIdentity(message.after()));
  }
  return change;
}

namespace {

// `Message` is the person's own or a correction's.
template <class Message>
void WriteThirdPerson(const ThirdPersonWording& wording, Message& message) {
  message.set_kind(wording.kind);
  message.set_relation(wording.relation);
  for (const std::string& role : wording.roles) message.add_roles(role);
  WriteIdentity(wording.identity, message.mutable_identity());
  message.set_note(wording.note);
}

template <class Message>
absl::Status ReadThirdPerson(const Message& message,
                             ThirdPersonWording& wording) {
  wording.kind = message.kind();
  wording.relation = message.relation();
  wording.roles.assign(message.roles().begin(), message.roles().end());
  ASSIGN_OR_RETURN(wording.identity, ReadIdentity(message.identity()));
  wording.note = message.note();
  return absl::OkStatus();
}

}  // namespace

std::string ThirdPersonCodec::EncodeKey(const ThirdPersonKey& key) {
  return key.case_id.bytes() + key.id.bytes();
}

absl::StatusOr<ThirdPersonKey> ThirdPersonCodec::DecodeKey(
    absl::string_view bytes) {
  return DecodePair<ThirdPersonKey, ThirdPersonId>(bytes);
}

std::string ThirdPersonCodec::Encode(const ThirdPerson& record) {
  pb::ThirdPerson message;
  message.set_recorded_at_ms(amparo::ToUnixMillis(record.recorded_at));
  message.set_recorded_by(record.recorded_by.bytes());
  WriteThirdPerson(record, message);
  for (const ThirdPersonCorrection& correction : record.corrections) {
    pb::ThirdPersonCorrection& into = *message.add_corrections();
    into.set_at_ms(amparo::ToUnixMillis(correction.at));
    into.set_by(correction.by.bytes());
    into.set_source(correction.source);
    WriteThirdPerson(correction.before, into);
  }
  return storage::SerializeRecord(message);
}

absl::StatusOr<ThirdPerson> ThirdPersonCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto message,
                   storage::ParseRecord<pb::ThirdPerson>(bytes));
  ThirdPerson person;
  ASSIGN_OR_RETURN(person.recorded_at, RequireTime(message.recorded_at_ms()));
  ASSIGN_OR_RETURN(person.recorded_by,
                   RequireId<PersonId>(message.recorded_by()));
  RETURN_IF_ERROR(ReadThirdPerson(message, person));
  for (const pb::ThirdPersonCorrection& correction : message.corrections()) {
    ThirdPersonCorrection into;
    ASSIGN_OR_RETURN(into.at, RequireTime(correction.at_ms()));
    ASSIGN_OR_RETURN(into.by, RequireId<PersonId>(correction.by()));
    into.source = correction.source();
    RETURN_IF_ERROR(ReadThirdPerson(correction, into.before));
    person.corrections.push_back(std::move(into));
  }
  return person;
}

absl::StatusOr<std::vector<storage::Row<Entry>>> ReadEntries(
    const storage::Reader& reader, const storage::Vault& vault,
    const CaseId& case_id) {
  std::vector<storage::Row<Entry>> entries;
  RETURN_IF_ERROR(storage::Table<EntryCodec>(vault).Scan(
      reader, case_id.bytes(), {},
      [&](const EntryKey& key,
          const storage::Row<Entry>& row) -> absl::StatusOr<bool> {
        entries.push_back(row);
        entries.back().value.id = key.id;
        return true;
      }));
  return entries;
}

}  // namespace amparo::cases
