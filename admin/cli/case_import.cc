// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/case_import.h"

#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseService;
using office::v1::ImportCasesRequest;
using office::v1::ImportCasesResponse;

constexpr size_t kPieceBytes = 512 * 1024;
constexpr size_t kMappingBytesMax = 256 * 1024;
// Progress is told in steps of this many percent.
constexpr int64_t kStepPercent = 10;

absl::StatusOr<ImportCasesRequest> Opening(const ImportOptions& options) {
  ImportCasesRequest first;
  office::v1::ImportOpening& opening = *first.mutable_opening();
  opening.set_request_id(NewRequestId());
  opening.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(
      *opening.mutable_mapping(),
      ReadPlainFile(options.mapping, kMappingBytesMax, "--mapping"));
  for (const std::string& only : options.only) {
    const std::pair<std::string, std::string> rule =
        absl::StrSplit(only, absl::MaxSplits('=', 1));
    if (rule.first.empty() || rule.second.empty()) {
      return UsageError("--only", "must be COLUMN=VALUE[,VALUE...]");
    }
    office::v1::RowRule* const row_rule = opening.add_only_rows();
    row_rule->set_column(rule.first);
    for (absl::string_view value : absl::StrSplit(rule.second, ',')) {
      row_rule->add_values(std::string(value));
    }
  }
  return first;
}

// Tells how much was sent, on stderr, in a few lines.
class Progress {
 public:
  Progress(Desk& desk, int64_t total) : desk_(desk), total_(total) {}

  void Sent(int64_t bytes) {
    sent_ += bytes;
    if (desk_.json() || total_ <= 0 ||
        total_ < static_cast<int64_t>(2 * kPieceBytes)) {
      return;
    }
    const int64_t step = sent_ * 100 / total_ / kStepPercent;
    if (step <= told_) return;
    told_ = step;
    desk_.err() << "sent " << step * kStepPercent << " %\n" << std::flush;
  }

 private:
  Desk& desk_;
  int64_t total_;
  int64_t sent_ = 0;
  int64_t told_ = 0;
};

// Writes until the end or until the node stops listening; why it did is in the
// status of the call.
absl::Status SendFile(std::FILE* file, Progress& progress,
                      grpc::ClientWriter<ImportCasesRequest>& writer) {
  ImportCasesRequest piece;
  std::string bytes;
  while (true) {
    bytes.resize(kPieceBytes);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    if (std::ferror(file) != 0) return UsageError("file", "cannot be read");
    if (bytes.empty()) return absl::OkStatus();
    piece.set_chunk(bytes);
    if (!writer.Write(piece)) return absl::OkStatus();
    progress.Sent(static_cast<int64_t>(bytes.size()));
  }
}

std::string ReportText(const ImportCasesResponse& report, bool dry_run) {
  Labelled lines;
  lines.Add("Rows read", Grouped(report.read()));
  lines.Add(dry_run ? "Would be cases" : "Became cases",
            Grouped(report.accepted()));
  lines.Add("Skipped", Grouped(report.skipped()));
  for (const office::v1::ReasonCount& count : report.skipped_by_reason()) {
    lines.Add(absl::StrCat("  ", Printable(count.reason())),
              Grouped(count.rows()));
  }
  lines.Add("Rejected", Grouped(report.rejected()));
  for (const office::v1::ReasonCount& count : report.rejected_by_reason()) {
    lines.Add(absl::StrCat("  ", Printable(count.reason())),
              Grouped(count.rows()));
  }
  if (report.without_consent() > 0) {
    lines.Add("Without consent (minors)", Grouped(report.without_consent()));
  }
  std::string text = lines.Text();
  if (report.rejections_size() > 0) {
    Columns rows({"Row", "Line", "Column", "Reason", "Why"}, {0, 1});
    for (const office::v1::RejectedRow& row : report.rejections()) {
      rows.Add({absl::StrCat(row.row()), absl::StrCat(row.line()), row.column(),
                row.reason(), row.message()});
    }
    absl::StrAppend(&text, "\nRejected rows",
                    report.rejected() > report.rejections_size()
                        ? absl::StrCat(", the first ", report.rejections_size())
                        : "",
                    ":\n", rows.Text(""));
  }
  return text;
}

}  // namespace

absl::Status ImportFile(Desk& desk, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const ImportCasesRequest first, Opening(options));
  std::FILE* const file = std::fopen(options.file.c_str(), "rbe");
  if (file == nullptr) {
    return UsageError("file", "is not there or not readable");
  }
  const absl::Cleanup close = [file] { std::fclose(file); };
  struct stat found;
  const bool sized = ::fstat(::fileno(file), &found) == 0;
  Progress progress(desk, sized ? found.st_size : 0);

  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  CaseService::Stub stub(node->channel());
  grpc::ClientContext context;
  node->Prepare(&context);
  ImportCasesResponse report;
  const auto writer = stub.ImportCases(&context, &report);
  absl::Status read;
  if (writer->Write(first)) read = SendFile(file, progress, *writer);
  if (!read.ok()) {
    // An unfinished file must not look like a finished one.
    context.TryCancel();
    writer->Finish();
    return read;
  }
  writer->WritesDone();
  RETURN_IF_ERROR(FromGrpc(writer->Finish()));
  return desk.Print(report, ReportText(report, options.dry_run));
}

}  // namespace amparo::cli
