// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_rpc.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

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
  return identity;
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
}

void Write(const Case& file, const Caller& caller, v1::CaseSummary* out) {
  out->set_number(file.number.text());
  out->set_registered_at_ms(amparo::ToUnixMillis(file.registered_at));
  out->set_year(file.year);
  out->set_source(file.source);
  out->set_treated_as_minor(file.treated_as_minor);
  out->set_has_identity(file.has_identity);
  out->set_own(file.owner == caller.person());
}

void Write(const Profile& profile, v1::GetCaseResponse* out) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  for (const vocabulary::Coded& entry : profile.entries()) {
    v1::CaseCodedValue* const into = out->add_profile();
    into->set_variable(std::string(entry.variable));
    into->set_code(std::string(entry.code));
    into->set_label(std::string(lists.Label(entry.variable, entry.code)));
  }
}

void Write(const ImportReport& report, v1::ImportCasesResponse* out) {
  out->set_read(report.read);
  out->set_accepted(report.accepted);
  out->set_skipped(report.skipped);
  out->set_rejected(report.rejected);
  out->set_without_consent(report.without_consent);
  for (const auto& [reason, rows] : report.skipped_by_reason) {
    v1::ReasonCount* const count = out->add_skipped_by_reason();
    count->set_reason(reason);
    count->set_rows(rows);
  }
  for (const auto& [reason, rows] : report.rejected_by_reason) {
    v1::ReasonCount* const count = out->add_rejected_by_reason();
    count->set_reason(std::string(ReasonName(reason)));
    count->set_rows(rows);
  }
  for (const Rejection& rejection : report.rejections) {
    v1::RejectedRow* const row = out->add_rejections();
    row->set_row(rejection.row);
    row->set_line(rejection.line);
    row->set_column(rejection.column);
    row->set_reason(std::string(ReasonName(rejection.reason)));
    row->set_message(rejection.message);
  }
}

absl::StatusOr<ImportRequest> ReadOpening(const v1::ImportCasesRequest& first) {
  if (!first.has_opening()) {
    return FieldError("opening", "must be the first message of an import");
  }
  ImportRequest request;
  ASSIGN_OR_RETURN(
      request.request,
      people::ReadId<RequestId>("request_id", first.opening().request_id()));
  request.mapping = first.opening().mapping();
  request.dry_run = first.opening().dry_run();
  for (const v1::RowRule& rule : first.opening().only_rows()) {
    request.only_rows.push_back(
        {rule.column(), {rule.values().begin(), rule.values().end()}});
  }
  return request;
}

// Feeds every chunk. A stream that breaks off ends without Finish: what was
// committed is skipped when the file is sent again.
absl::StatusOr<ImportReport> ReceiveFile(
    Importer& importer, grpc::ServerContext& context,
    grpc::ServerReader<v1::ImportCasesRequest>& reader) {
  v1::ImportCasesRequest message;
  while (reader.Read(&message)) {
    if (!message.has_chunk() ||
        message.chunk().size() > limits::kImportChunkBytesMax) {
      return FieldError("chunk", "must be up to 1 MiB of the file");
    }
    RETURN_IF_ERROR(importer.Feed(message.chunk()));
  }
  if (context.IsCancelled()) {
    return Error(Reason::kUnavailable,
                 "the import was broken off; run it again to continue");
  }
  return importer.Finish();
}

}  // namespace

grpc::Status CasesRpc::RegisterCase(grpc::ServerContext* context,
                                    const v1::RegisterCaseRequest* request,
                                    v1::RegisterCaseResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/RegisterCase",
      [&](const Caller& caller) -> absl::Status {
        RegisterRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            people::ReadId<RequestId>("request_id", request->request_id()));
        for (const v1::CaseCodedValue& value : request->profile()) {
          wanted.profile.emplace_back(value.variable(), value.code());
        }
        if (request->has_identity()) {
          ASSIGN_OR_RETURN(wanted.identity, ReadIdentity(request->identity()));
        }
        ASSIGN_OR_RETURN(const Case file, actions_.Register(caller, wanted));
        response->set_number(file.number.text());
        response->set_treated_as_minor(file.treated_as_minor);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::ImportCases(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::ImportCasesRequest>* reader,
    v1::ImportCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/ImportCases",
      [&](const Caller& caller) -> absl::Status {
        v1::ImportCasesRequest first;
        reader->Read(&first);
        ASSIGN_OR_RETURN(const ImportRequest request, ReadOpening(first));
        ASSIGN_OR_RETURN(const std::unique_ptr<Importer> importer,
                         actions_.BeginImport(caller, request));
        ASSIGN_OR_RETURN(const ImportReport report,
                         ReceiveFile(*importer, *context, *reader));
        Write(report, response);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::ListCases(grpc::ServerContext* context,
                                 const v1::ListCasesRequest* request,
                                 v1::ListCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/ListCases",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const Registry::Page page,
            actions_.List(caller, request->page_size(), request->page_token()));
        for (const Case& file : page.cases) {
          Write(file, caller, response->add_cases());
        }
        response->set_next_page_token(page.next);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::GetCase(grpc::ServerContext* context,
                               const v1::GetCaseRequest* request,
                               v1::GetCaseResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.CaseService/GetCase",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(
                            const ShownCase shown,
                            actions_.Show(caller, request->number()));
                        Write(shown.file, caller, response->mutable_summary());
                        Write(shown.profile, response);
                        return absl::OkStatus();
                      });
}

grpc::Status CasesRpc::GetIdentity(grpc::ServerContext* context,
                                   const v1::GetIdentityRequest* request,
                                   v1::GetIdentityResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.CaseService/GetIdentity",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(
                            const std::optional<Identity> identity,
                            actions_.ShowIdentity(caller, request->number()));
                        if (identity.has_value())
                          Write(*identity, response->mutable_identity());
                        return absl::OkStatus();
                      });
}

}  // namespace amparo::cases
