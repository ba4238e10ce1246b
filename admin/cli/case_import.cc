// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/case_import.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/new_file.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/case_files.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseFileService;
using office::v1::ImportCaseFileRequest;
using office::v1::ImportCaseFileResponse;
using office::v1::ImportCasesResponse;
using ImportStream =
    grpc::ClientReaderWriter<ImportCaseFileRequest, ImportCaseFileResponse>;

constexpr size_t kPieceBytes = 512 * 1024;
// Without a terminal, progress is told in steps of this many percent.
constexpr int64_t kStepPercent = 10;
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(200);

// Tells how far the node is, on stderr.
class Progress {
 public:
  Progress(Desk& desk, bool wanted, int64_t total)
      : desk_(desk),
        shown_((wanted || desk.err_is_terminal()) &&
               total >= static_cast<int64_t>(2 * kPieceBytes)),
        total_(total),
        began_(desk.Clock()),
        told_at_(began_) {}

  void PieceDone(const office::v1::ImportProgress& progress) {
    done_ = std::min(total_, done_ + static_cast<int64_t>(kPieceBytes));
    if (!shown_) return;
    const absl::Time now = desk_.Clock();
    const int64_t percent = done_ * 100 / total_;
    std::string text =
        absl::StrCat(percent, " %, ", Grouped(progress.read()), " rows read");
    const double seconds = absl::ToDoubleSeconds(now - began_);
    if (seconds > 0) {
      absl::StrAppend(&text, ", ",
                      Grouped(static_cast<int64_t>(
                          static_cast<double>(progress.read()) / seconds)),
                      " rows/s");
    }
    if (desk_.err_is_terminal()) {
      if (now - told_at_ < kBetweenLooks && percent < 100) return;
      told_at_ = now;
      desk_.err() << "\r\x1b[K" << text << std::flush;
      open_line_ = true;
    } else if (percent / kStepPercent > told_) {
      told_ = percent / kStepPercent;
      desk_.err() << text << "\n" << std::flush;
    }
  }

  // The line that moves is done with.
  void End() {
    if (std::exchange(open_line_, false)) desk_.err() << "\n" << std::flush;
  }

 private:
  Desk& desk_;
  const bool shown_;
  const int64_t total_;
  const absl::Time began_;
  absl::Time told_at_;
  int64_t done_ = 0;
  int64_t told_ = 0;
  bool open_line_ = false;
};

// Reads what the node says until it has said everything. Runs beside SendFile:
// a node that could not speak would stop to listen.
class Listener {
 public:
  // All must outlive it; `rejected` is null when nobody wants them.
  Listener(ImportStream& stream, grpc::ClientContext& context,
           Progress& progress, NewFile* rejected)
      : stream_(stream),
        context_(context),
        progress_(progress),
        rejected_(rejected),
        thread_([this] { Listen(); }) {}
  ~Listener() {
    if (thread_.joinable()) thread_.join();
  }

  // Waits for the end. What was wrong on this side, else the report.
  absl::StatusOr<ImportCasesResponse> Heard() {
    thread_.join();
    progress_.End();
    RETURN_IF_ERROR(problem_);
    return report_;
  }

 private:
  void Listen() {
    ImportCaseFileResponse message;
    while (stream_.Read(&message)) {
      if (message.has_progress()) progress_.PieceDone(message.progress());
      if (message.has_report()) report_ = message.report();
      if (message.has_rejected() && rejected_ != nullptr && problem_.ok()) {
        problem_ = rejected_->Append(message.rejected());
        // The node would go on without anybody keeping what it rejects.
        if (!problem_.ok()) context_.TryCancel();
      }
    }
  }

  ImportStream& stream_;
  grpc::ClientContext& context_;
  Progress& progress_;
  NewFile* const rejected_;
  ImportCasesResponse report_;
  absl::Status problem_;
  std::thread thread_;  // Last: it uses the others.
};

// Writes until the end or until the node stops listening; why it did is in the
// status of the call.
absl::Status SendFile(std::FILE* file, ImportStream& stream) {
  ImportCaseFileRequest piece;
  std::string bytes;
  while (true) {
    bytes.resize(kPieceBytes);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    if (std::ferror(file) != 0) return UsageError("file", "cannot be read");
    if (bytes.empty()) return absl::OkStatus();
    piece.set_chunk(bytes);
    if (!stream.Write(piece)) return absl::OkStatus();
  }
}

std::string ReportText(const ImportCasesResponse& report, bool dry_run) {
  Labelled lines;
  lines.Add("Rows read", Grouped(report.read()));
  lines.Add(dry_run ? "Would be cases" : "Became cases",
            Grouped(report.accepted()));
  if (report.with_identity() > 0) {
    lines.Add("  with names", Grouped(report.with_identity()));
  }
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
  if (report.ignored_columns_size() > 0) {
    absl::StrAppend(&text, "\nColumns of which nothing is kept:\n");
    for (const std::string& column : report.ignored_columns()) {
      absl::StrAppend(&text, "  ", Printable(column), "\n");
    }
  }
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
  ImportCaseFileRequest first;
  ASSIGN_OR_RETURN(*first.mutable_opening(), OpeningOf(options));
  std::FILE* const file = std::fopen(options.file.c_str(), "rbe");
  if (file == nullptr) {
    return UsageError("file", "is not there or not readable");
  }
  const absl::Cleanup close = [file] { std::fclose(file); };
  struct stat found;
  const bool sized = ::fstat(::fileno(file), &found) == 0;
  Progress progress(desk, options.progress, sized ? found.st_size : 0);

  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  std::unique_ptr<NewFile> rejected;
  if (!options.rejected.empty()) {
    ASSIGN_OR_RETURN(rejected, NewFile::Make(options.rejected, "--rejected"));
  }
  CaseFileService::Stub stub(node->channel());
  grpc::ClientContext context;
  RETURN_IF_ERROR(node->Prepare(first, &context));
  const auto stream = stub.ImportCaseFile(&context);
  Listener listener(*stream, context, progress, rejected.get());
  absl::Status done;
  if (stream->Write(first)) done = SendFile(file, *stream);
  // An unfinished file must not look like a finished one.
  if (!done.ok()) context.TryCancel();
  stream->WritesDone();
  const absl::StatusOr<ImportCasesResponse> report = listener.Heard();
  const grpc::Status ended = stream->Finish();
  if (done.ok()) done = report.status();
  if (done.ok()) done = FromGrpc(ended);
  if (done.ok() && rejected != nullptr) done = rejected->Keep();
  RETURN_IF_ERROR(done);
  return desk.Print(*report, ReportText(*report, options.dry_run));
}

}  // namespace amparo::cli
