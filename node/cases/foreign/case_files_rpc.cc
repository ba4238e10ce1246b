// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/case_files_rpc.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_rpc.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;
using ImportStream = grpc::ServerReaderWriter<v1::ImportCaseFileResponse,
                                              v1::ImportCaseFileRequest>;

void Write(const ImportReport& report, v1::ImportCasesResponse* out) {
  out->set_read(report.read);
  out->set_accepted(report.accepted);
  out->set_skipped(report.skipped);
  out->set_rejected(report.rejected);
  out->set_without_consent(report.without_consent);
  out->set_with_identity(report.with_identity);
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
  for (const std::string& column : report.ignored_columns) {
    out->add_ignored_columns(column);
  }
}

// Of the first message of an import.
template <class Piece>
absl::StatusOr<ImportRequest> ReadOpening(const Piece& first) {
  if (!first.has_opening()) {
    return FieldError("opening", "must be the first message of an import");
  }
  const v1::ImportOpening& opening = first.opening();
  ImportRequest request;
  ASSIGN_OR_RETURN(request.request, people::ReadId<RequestId>(
                                        "request_id", opening.request_id()));
  request.mapping = opening.mapping();
  for (const v1::MappingFile& base : opening.bases()) {
    request.bases.push_back({base.name(), base.mapping()});
  }
  request.dry_run = opening.dry_run();
  for (const v1::RowRule& rule : opening.only_rows()) {
    request.only_rows.push_back(
        {rule.column(), {rule.values().begin(), rule.values().end()}});
  }
  return request;
}

absl::Status Send(ImportStream& stream,
                  const v1::ImportCaseFileResponse& message) {
  if (stream.Write(message)) return absl::OkStatus();
  return Error(Reason::kUnavailable,
               "nobody listens any more; run the import again to continue");
}

// The rejected rows as a CSV file: why first, then the row as it came. A row
// that could not be parted into cells is one cell.
class RejectedRows {
 public:
  explicit RejectedRows(ImportStream& stream) : stream_(stream) {}

  // The header is known from the first row on.
  void Follow(const Importer& importer) { importer_ = &importer; }

  absl::Status Take(const Rejection& rejection, const CsvRecord& record) {
    const char separator = importer_->separator();
    if (!std::exchange(begun_, true)) {
      std::vector<std::string> header = {"row", "line", "column", "reason",
                                         "message"};
      for (const std::string& name : importer_->header()) {
        header.push_back(name);
      }
      text_ += CsvLine(header, separator);
    }
    std::vector<std::string> cells = {
        absl::StrCat(rejection.row), absl::StrCat(rejection.line),
        rejection.column, std::string(ReasonName(rejection.reason)),
        rejection.message};
    if (record.problem.ok()) {
      cells.insert(cells.end(), record.fields.begin(), record.fields.end());
    } else {
      cells.push_back(record.raw);
    }
    text_ += CsvLine(cells, separator);
    return text_.size() < kPieceBytes ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    if (text_.empty()) return absl::OkStatus();
    v1::ImportCaseFileResponse message;
    message.set_rejected(std::exchange(text_, {}));
    return Send(stream_, message);
  }

 private:
  static constexpr size_t kPieceBytes = 256 * 1024;

  ImportStream& stream_;
  const Importer* importer_ = nullptr;
  bool begun_ = false;
  std::string text_;
};

// Feeds every chunk and calls `fed` after each. A stream that breaks off ends
// without Finish: what was committed is skipped when the file is sent again.
template <class Piece, class Reader>
absl::StatusOr<ImportReport> ReceiveFile(
    Importer& importer, grpc::ServerContext& context, Reader& reader,
    const std::function<absl::Status()>& fed) {
  Piece piece;
  while (reader.Read(&piece)) {
    if (!piece.has_chunk() ||
        piece.chunk().size() > limits::kImportChunkBytesMax) {
      return FieldError("chunk", "must be up to 1 MiB of the file");
    }
    RETURN_IF_ERROR(importer.Feed(piece.chunk()));
    RETURN_IF_ERROR(fed());
  }
  if (context.IsCancelled()) {
    return Error(Reason::kUnavailable,
                 "the import was broken off; run it again to continue");
  }
  return importer.Finish();
}

absl::Status SendProgress(const ImportReport& so_far, ImportStream& stream) {
  v1::ImportCaseFileResponse told;
  v1::ImportProgress& progress = *told.mutable_progress();
  progress.set_read(so_far.read);
  progress.set_accepted(so_far.accepted);
  progress.set_skipped(so_far.skipped);
  progress.set_rejected(so_far.rejected);
  return Send(stream, told);
}

absl::StatusOr<ExportRequest> ReadExport(const v1::ExportCasesRequest& from) {
  ExportRequest request;
  ASSIGN_OR_RETURN(request.request,
                   people::ReadId<RequestId>("request_id", from.request_id()));
  const auto format = ExportFormatFromNumber(from.format());
  if (!format.has_value()) return FieldError("format", "must be a known one");
  request.format = *format;
  request.reason = from.reason();
  for (const v1::ExportFilter& filter : from.where()) {
    request.where.push_back(
        {filter.variable(), {filter.codes().begin(), filter.codes().end()}});
  }
  request.year_from = from.year_from();
  request.year_to = from.year_to();
  request.source = from.source();
  return request;
}

}  // namespace

grpc::Status CaseFilesRpc::ExportCases(
    grpc::ServerContext* context, const v1::ExportCasesRequest* request,
    grpc::ServerWriter<v1::ExportCasesResponse>* writer) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseFileService/ExportCases",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const ExportRequest wanted, ReadExport(*request));
        v1::ExportCasesResponse message;
        const auto send = [&](absl::string_view piece) {
          message.set_chunk(std::string(piece));
          return writer->Write(message) ? absl::OkStatus()
                                        : Error(Reason::kUnavailable);
        };
        ASSIGN_OR_RETURN(const ExportSummary summary,
                         actions_.Export(caller, wanted, send));
        message.mutable_summary()->set_cases(summary.cases);
        message.mutable_summary()->set_bytes(summary.bytes);
        message.mutable_summary()->set_sha256(summary.sha256);
        writer->Write(message);
        return absl::OkStatus();
      });
}

grpc::Status CaseFilesRpc::ImportCaseFile(grpc::ServerContext* context,
                                          ImportStream* stream) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseFileService/ImportCaseFile",
      [&](const Caller& caller) -> absl::Status {
        v1::ImportCaseFileRequest first;
        stream->Read(&first);
        ASSIGN_OR_RETURN(ImportRequest request, ReadOpening(first));
        RejectedRows rejected(*stream);
        if (first.opening().send_rejected()) {
          request.on_rejected = [&](const Rejection& rejection,
                                    const CsvRecord& record) {
            return rejected.Take(rejection, record);
          };
        }
        ASSIGN_OR_RETURN(const std::unique_ptr<Importer> importer,
                         actions_.BeginImport(caller, std::move(request)));
        rejected.Follow(*importer);
        ASSIGN_OR_RETURN(const ImportReport report,
                         ReceiveFile<v1::ImportCaseFileRequest>(
                             *importer, *context, *stream, [&] {
                               const absl::Status sent = rejected.Flush();
                               if (!sent.ok()) return sent;
                               return SendProgress(importer->so_far(), *stream);
                             }));
        RETURN_IF_ERROR(rejected.Flush());
        v1::ImportCaseFileResponse last;
        Write(report, last.mutable_report());
        return Send(*stream, last);
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
        ASSIGN_OR_RETURN(ImportRequest request, ReadOpening(first));
        ASSIGN_OR_RETURN(const std::unique_ptr<Importer> importer,
                         files_.BeginImport(caller, std::move(request)));
        ASSIGN_OR_RETURN(
            const ImportReport report,
            ReceiveFile<v1::ImportCasesRequest>(
                *importer, *context, *reader, [] { return absl::OkStatus(); }));
        Write(report, response);
        return absl::OkStatus();
      });
}

}  // namespace amparo::cases
