// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_wire.h"

#include <string>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;

struct WriteOffice {
  v1::CaseEntryWording* out;

  void operator()(const RouteEvent& event) const {
    v1::CaseRouteEvent& into = *out->mutable_event();
    into.set_type(event.type);
    into.set_country(event.country);
    into.set_subdivision(event.subdivision);
    into.set_city(event.city);
  }
  void operator()(const StatusDecision& decision) const {
    out->mutable_decision()->set_status(decision.status);
    out->mutable_decision()->set_decided_by(decision.decided_by);
  }
  void operator()(const RiskAssessment& risk) const {
    v1::CaseRiskAssessment& into = *out->mutable_risk();
    into.set_level(risk.level);
    into.set_statement(risk.statement);
    into.set_risk_to_life(risk.risk_to_life);
    into.set_next_due(FormatPartialDate(risk.next_due));
  }
  void operator()(const SupportItem& support) const {
    v1::CaseSupportItem& into = *out->mutable_support();
    into.set_type(support.type);
    into.set_objective(support.objective);
    into.set_actions(support.actions);
    into.set_planned_end(FormatPartialDate(support.planned_end));
    into.set_actual_end(FormatPartialDate(support.actual_end));
    into.set_status(support.status);
  }
  void operator()(const ServiceGiven& service) const {
    v1::CaseServiceGiven& into = *out->mutable_service();
    into.set_service(service.service);
    into.set_provider(service.provider);
    into.set_until(FormatPartialDate(service.until));
  }
  void operator()(const Note& note) const {
    out->mutable_note()->set_text(note.text);
  }
  void operator()(const Attachment& attachment) const {
    v1::CaseAttachment& into = *out->mutable_attachment();
    into.set_kind(attachment.kind);
    into.set_title(attachment.title);
    into.set_media_type(attachment.media_type);
    into.set_size(attachment.size);
    into.set_digest(crypto::HexEncode(attachment.digest));
  }
};

absl::StatusOr<EntryContent> ReadContent(const v1::CaseEntryWording& from) {
  switch (from.content_case()) {
    case v1::CaseEntryWording::kEvent:
      return RouteEvent{from.event().type(), from.event().country(),
                        from.event().subdivision(), from.event().city()};
    case v1::CaseEntryWording::kDecision:
      return StatusDecision{from.decision().status(),
                            from.decision().decided_by()};
    case v1::CaseEntryWording::kRisk: {
      ASSIGN_OR_RETURN(
          const PartialDate due,
          ParsePartialDate(from.risk().next_due(), "risk.next_due"));
      return RiskAssessment{from.risk().level(), from.risk().statement(),
                            from.risk().risk_to_life(), due};
    }
    case v1::CaseEntryWording::kSupport: {
      const v1::CaseSupportItem& support = from.support();
      ASSIGN_OR_RETURN(
          const PartialDate planned,
          ParsePartialDate(support.planned_end(), "support.planned_end"));
      ASSIGN_OR_RETURN(
          const PartialDate actual,
          ParsePartialDate(support.actual_end(), "support.actual_end"));
      return SupportItem{
          support.type(), support.objective(), support.actions(), planned,
          actual,         support.status()};
    }
    case v1::CaseEntryWording::kService: {
      ASSIGN_OR_RETURN(
          const PartialDate until,
          ParsePartialDate(from.service().until(), "service.until"));
      return ServiceGiven{from.service().service(), from.service().provider(),
                          until};
    }
    case v1::CaseEntryWording::kNote:
      return Note{from.note().text()};
    case v1::CaseEntryWording::kAttachment: {
      const v1::CaseAttachment& file = from.attachment();
      absl::StatusOr<std::string> digest = crypto::HexDecode(file.digest());
      if (!digest.ok()) {
        return FieldError("attachment.digest", "must be hexadecimal");
      }
      return Attachment{file.kind(), file.title(), file.media_type(),
                        file.size(), *std::move(digest)};
    }
    case v1::CaseEntryWording::CONTENT_NOT_SET:
      break;
  }
  return FieldError("wording",
                    "must be an event, a decision, a risk assessment, support, "
                    "a service or a note");
}

}  // namespace

absl::StatusOr<Identity> ReadIdentity(const v1::CaseIdentity& from) {
  Identity identity;
  identity.given_names = from.given_names();
  identity.family_names = from.family_names();
  identity.given_names_romanised = from.given_names_romanised();
  identity.family_names_romanised = from.family_names_romanised();
  ASSIGN_OR_RETURN(identity.born, ParsePartialDate(from.born(), "born"));
  for (const v1::IdentityDocument& document : from.documents()) {
    identity.documents.push_back(
        {document.type(), document.number(), document.country()});
  }
  for (const v1::IdentityContact& contact : from.contacts()) {
    identity.contacts.push_back(
        {contact.type(), contact.value(), contact.safe_instruction()});
  }
  identity.primary_language = from.primary_language();
  identity.other_languages.assign(from.other_languages().begin(),
                                  from.other_languages().end());
  if (from.photo_entry_id().empty()) return identity;
  absl::StatusOr<EntryId> photo = EntryId::FromHex(from.photo_entry_id());
  if (!photo.ok() || photo->empty()) {
    return FieldError("photo_entry_id",
                      "must be 32 hexadecimal digits, not all zero");
  }
  identity.photo = *photo;
  return identity;
}

absl::StatusOr<Wording> ReadWording(const v1::CaseEntryWording& from) {
  ASSIGN_OR_RETURN(const PartialDate happened,
                   ParsePartialDate(from.happened(), "happened"));
  ASSIGN_OR_RETURN(EntryContent content, ReadContent(from));
  return Wording{happened, from.source(), std::move(content)};
}

void Write(const Identity& identity, v1::CaseIdentity* out) {
  out->set_given_names(identity.given_names);
  out->set_family_names(identity.family_names);
  out->set_given_names_romanised(identity.given_names_romanised);
  out->set_family_names_romanised(identity.family_names_romanised);
  out->set_born(FormatPartialDate(identity.born));
  for (const Document& document : identity.documents) {
    v1::IdentityDocument* const into = out->add_documents();
    into->set_type(document.type);
    into->set_number(document.number);
    into->set_country(document.country);
  }
  for (const Contact& contact : identity.contacts) {
    v1::IdentityContact* const into = out->add_contacts();
    into->set_type(contact.type);
    into->set_value(contact.value);
    into->set_safe_instruction(contact.safe_instruction);
  }
  out->set_primary_language(identity.primary_language);
  for (const std::string& language : identity.other_languages) {
    out->add_other_languages(language);
  }
  if (!identity.photo.empty()) out->set_photo_entry_id(identity.photo.hex());
}

void Write(const Wording& wording, v1::CaseEntryWording* out) {
  out->set_happened(FormatPartialDate(wording.happened));
  out->set_source(wording.source);
  std::visit(WriteOffice{out}, wording.content);
}

absl::Status Write(const CaseDesk& desk, const Case& file,
                   const people::Caller& caller, v1::CaseSummary* out) {
  out->set_number(file.number.text());
  out->set_registered_at_ms(amparo::ToUnixMillis(file.registered_at));
  out->set_year(file.year);
  out->set_source(file.source);
  out->set_treated_as_minor(file.treated_as_minor);
  out->set_has_identity(file.has_identity);
  out->set_own(file.owner == caller.person());
  out->set_status(std::string(Name(file.status)));
  out->set_risk_to_life(file.risk_to_life);
  out->set_team(file.team);
  ASSIGN_OR_RETURN(const std::string into, desk.NumberOf(file.merged_into));
  out->set_merged_into(into);
  return absl::OkStatus();
}

absl::Status Write(const CaseDesk& desk, const Entry& entry,
                   v1::CaseEntry* out) {
  out->set_entry_id(entry.id.hex());
  out->set_recorded_at_ms(amparo::ToUnixMillis(entry.recorded_at));
  ASSIGN_OR_RETURN(const std::string by, desk.NameOf(entry.recorded_by));
  out->set_recorded_by(by);
  out->set_kind(std::string(KindName(entry.wording.content)));
  Write(entry.wording, out->mutable_wording());
  out->set_version(entry.version());
  for (const EntryCorrection& correction : entry.corrections) {
    v1::CaseEntryCorrection& into = *out->add_corrections();
    into.set_at_ms(amparo::ToUnixMillis(correction.at));
    ASSIGN_OR_RETURN(const std::string hand, desk.NameOf(correction.by));
    into.set_by(hand);
    into.set_reason(correction.reason);
    Write(correction.before, into.mutable_before());
  }
  if (!entry.retracted.has_value()) return absl::OkStatus();
  out->set_retracted_at_ms(amparo::ToUnixMillis(entry.retracted->at));
  ASSIGN_OR_RETURN(const std::string hand, desk.NameOf(entry.retracted->by));
  out->set_retracted_by(hand);
  out->set_retracted_reason(entry.retracted->reason);
  return absl::OkStatus();
}

absl::Status Write(const CaseDesk& desk, const CaseChange& change,
                   v1::CaseChange* out) {
  out->set_version(change.version);
  out->set_kind(std::string(Name(change.kind)));
  out->set_at_ms(amparo::ToUnixMillis(change.at));
  ASSIGN_OR_RETURN(const std::string by, desk.NameOf(change.by));
  out->set_by(by);
  out->set_source(change.source);
  out->set_reason(change.reason);
  for (const VariableChange& variable : change.profile) {
    v1::CaseVariableChange& into = *out->add_profile();
    into.set_variable(variable.variable);
    for (const std::string& code : variable.before) into.add_before(code);
    for (const std::string& code : variable.after) into.add_after(code);
  }
  for (const std::string& part : change.identity_parts) {
    out->add_identity_parts(part);
  }
  if (change.assignment.has_value()) {
    const AssignmentChange& moved = *change.assignment;
    ASSIGN_OR_RETURN(const std::string before, desk.NameOf(moved.owner_before));
    ASSIGN_OR_RETURN(const std::string after, desk.NameOf(moved.owner_after));
    out->set_owner_before(before);
    out->set_owner_after(after);
    out->set_team_before(moved.team_before);
    out->set_team_after(moved.team_after);
  }
  if (change.status.has_value()) {
    out->set_status_before(std::string(Name(change.status->before)));
    out->set_status_after(std::string(Name(change.status->after)));
  }
  ASSIGN_OR_RETURN(const std::string other, desk.NumberOf(change.other_case));
  out->set_other_case(other);
  if (!change.entry.empty()) out->set_entry_id(change.entry.hex());
  return absl::OkStatus();
}

}  // namespace amparo::cases
