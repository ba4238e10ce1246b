// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/case_export.h"

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/new_file.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/case_files.grpc.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseFileService;
using office::v1::ExportCasesRequest;
using office::v1::ExportCasesResponse;
using office::v1::ExportSummary;

absl::StatusOr<int> YearOf(absl::string_view text) {
  int year = 0;
  if (text.empty()) return 0;
  if (!absl::SimpleAtoi(text, &year) || year < 1 || year > 9999) {
    return UsageError("--year", "must be YEAR, FROM..TO, FROM.. or ..TO");
  }
  return year;
}

absl::Status ReadYears(absl::string_view text, ExportCasesRequest& request) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, "..");
  if (ends.size() > 2) return YearOf("?").status();
  ASSIGN_OR_RETURN(const int from, YearOf(ends.front()));
  ASSIGN_OR_RETURN(const int to, YearOf(ends.back()));
  if (from != 0 && to != 0 && from > to) return YearOf("?").status();
  request.set_year_from(from);
  request.set_year_to(to);
  return absl::OkStatus();
}

absl::StatusOr<ExportCasesRequest> RequestOf(Desk& desk,
                                             const ExportOptions& options) {
  ExportCasesRequest request;
  request.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(const auto format, EnumOf<office::v1::ExportFormat>(
                                          options.format, "--format"));
  request.set_format(format);
  request.set_source(options.source);
  RETURN_IF_ERROR(ReadYears(options.years, request));
  for (const std::string& where : options.where) {
    const std::pair<std::string, std::string> rule =
        absl::StrSplit(where, absl::MaxSplits('=', 1));
    if (rule.first.empty() || rule.second.empty()) {
      return UsageError("--where", "must be VARIABLE=CODE[,CODE...]");
    }
    office::v1::ExportFilter* const filter = request.add_where();
    filter->set_variable(rule.first);
    for (absl::string_view code : absl::StrSplit(rule.second, ',')) {
      filter->add_codes(std::string(code));
    }
  }
  request.set_reason(options.reason);
  if (options.reason.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_reason(),
                     desk.prompter().Ask("Decision this export rests on"));
  }
  return request;
}

// Reads everything the node sends into the file. OK and the summary only when
// the file is whole.
absl::StatusOr<ExportSummary> Receive(
    grpc::ClientReader<ExportCasesResponse>& reader,
    grpc::ClientContext& context, NewFile& file) {
  ExportCasesResponse message;
  ExportSummary summary;
  bool whole = false;
  absl::Status written;
  crypto::Sha256Stream digest;
  while (reader.Read(&message)) {
    if (message.has_summary()) {
      summary = message.summary();
      whole = true;
    } else if (written.ok()) {
      digest.Update(message.chunk());
      written = file.Append(message.chunk());
      if (!written.ok()) context.TryCancel();
    }
  }
  const grpc::Status ended = reader.Finish();
  RETURN_IF_ERROR(written);
  RETURN_IF_ERROR(FromGrpc(ended));
  if (!whole || summary.sha256() != crypto::HexEncode(digest.Finish())) {
    return UsageError("--out", "did not come whole; export again");
  }
  RETURN_IF_ERROR(file.Keep());
  return summary;
}

}  // namespace

absl::Status ExportFile(Desk& desk, const ExportOptions& options) {
  ASSIGN_OR_RETURN(const ExportCasesRequest request, RequestOf(desk, options));
  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> file,
                   NewFile::Make(options.out, "--out"));
  CaseFileService::Stub stub(node->channel());
  grpc::ClientContext context;
  RETURN_IF_ERROR(node->Prepare(request, &context));
  const auto reader = stub.ExportCases(&context, request);
  ASSIGN_OR_RETURN(const ExportSummary summary,
                   Receive(*reader, context, *file));
  Labelled lines;
  lines.Add("Cases", Grouped(summary.cases()));
  lines.Add("Bytes", Grouped(summary.bytes()));
  lines.Add("SHA-256", summary.sha256());
  return desk.Print(summary, lines.Text());
}

}  // namespace amparo::cli
