// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/case_files_actions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/case_desk.h"
#include "node/cases/columns.h"

namespace amparo::cases {
namespace {

using people::Permission;

constexpr size_t kPieceBytes = 256 * 1024;
// At least as many cases are found in one look.
constexpr size_t kTogether = 500;
constexpr size_t kReasonMax = 128;

// Checks the request and replaces aliases among the codes.
absl::Status CheckExport(const vocabulary::Lists& lists,
                         ExportRequest& request) {
  const bool coded =
      std::all_of(request.reason.begin(), request.reason.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               absl::StrContains("_.:/+=-", absl::string_view(&c, 1));
      });
  if (request.reason.empty() || request.reason.size() > kReasonMax || !coded) {
    return FieldError("reason",
                      "must name a decision in 1 to 128 letters, digits or "
                      "_ . : / + = - and say nothing of a person");
  }
  for (ExportRequest::Filter& filter : request.where) {
    if (filter.codes.empty()) return FieldError("where", "must name a code");
    for (std::string& code : filter.codes) {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded_value,
                       lists.Check(filter.variable, code));
      code = std::string(coded_value.code);
      filter.variable = std::string(coded_value.variable);
    }
  }
  return absl::OkStatus();
}

bool Passes(const ExportRequest& request, const Case& file) {
  if (!file.merged_into.empty()) return false;
  if (!request.source.empty() && file.source != request.source) return false;
  return (request.year_from == 0 || file.year >= request.year_from) &&
         (request.year_to == 0 ||
          (file.year != 0 && file.year <= request.year_to));
}

bool Passes(const ExportRequest& request, const Profile& profile) {
  return std::all_of(request.where.begin(), request.where.end(),
                     [&](const ExportRequest::Filter& filter) {
                       return std::any_of(
                           filter.codes.begin(), filter.codes.end(),
                           [&](const std::string& code) {
                             return profile.Has(filter.variable, code);
                           });
                     });
}

// Gathers what is written into pieces, counts and digests them.
class Pieces {
 public:
  explicit Pieces(const CaseFilesActions::Sink& sink) : sink_(sink) {}

  absl::Status Add(absl::string_view text) {
    piece_.append(text.data(), text.size());
    return piece_.size() < kPieceBytes ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    const std::string piece = std::exchange(piece_, {});
    if (piece.empty()) return absl::OkStatus();
    bytes_ += static_cast<int64_t>(piece.size());
    digest_.Update(piece);
    return sink_(piece);
  }
  int64_t bytes() const { return bytes_; }
  std::string Digest() { return crypto::HexEncode(digest_.Finish()); }

 private:
  const CaseFilesActions::Sink& sink_;
  std::string piece_;
  int64_t bytes_ = 0;
  crypto::Sha256Stream digest_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Importer>> CaseFilesActions::BeginImport(
    const people::Caller& caller, ImportRequest request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseImport));
  ASSIGN_OR_RETURN(Mapping mapping,
                   Mapping::Parse(vocabulary::Lists::BuiltIn(), request.mapping,
                                  request.bases));
  if (!request.dry_run) {
    RETURN_IF_ERROR(storage::CheckRoom(services_.store, 0));
  }
  ImportOptions options;
  options.only_rows = std::move(request.only_rows);
  options.dry_run = request.dry_run;
  options.request = request.request;
  options.importer = caller.person();
  options.team = caller.team();
  options.on_rejected = std::move(request.on_rejected);
  return std::make_unique<Importer>(services_, std::move(mapping),
                                    std::move(options));
}

absl::StatusOr<ExportSummary> CaseFilesActions::Export(
    const people::Caller& caller, const ExportRequest& wanted,
    const Sink& sink) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseExport));
  ExportRequest request = wanted;
  RETURN_IF_ERROR(CheckExport(vocabulary::Lists::BuiltIn(), request));
  ASSIGN_OR_RETURN(const std::vector<CaseId> candidates,
                   Candidates(caller, request));
  const std::unique_ptr<storage::Reader> moment = services_.store.NewSnapshot();
  ASSIGN_OR_RETURN(const std::vector<CaseId> chosen,
                   Choose(caller, *moment, request, candidates));
  RETURN_IF_ERROR(RecordExport(caller, request, chosen.size()));
  const std::unique_ptr<ExportShape> shape = ExportShape::Make(request.format);
  Pieces pieces(sink);
  RETURN_IF_ERROR(pieces.Add(shape->Begin()));
  for (const CaseId& id : chosen) {
    ASSIGN_OR_RETURN(const ExportedCase one, Read(*moment, id));
    ASSIGN_OR_RETURN(const std::string row, shape->Row(one));
    RETURN_IF_ERROR(pieces.Add(row));
  }
  RETURN_IF_ERROR(pieces.Add(shape->End()));
  RETURN_IF_ERROR(pieces.Flush());
  return ExportSummary{static_cast<int64_t>(chosen.size()), pieces.bytes(),
                       pieces.Digest()};
}

absl::StatusOr<std::vector<CaseId>> CaseFilesActions::Candidates(
    const people::Caller& caller, const ExportRequest& request) const {
  RETURN_IF_ERROR(services_.registry.ReadColumns(services_.store));
  const Columns& columns = services_.registry.columns();
  const Viewer viewer = ViewerOf(caller, Permission::kCaseExport);
  CaseFilter filter;
  for (const ExportRequest::Filter& where : request.where) {
    filter.conditions.push_back({where.variable, where.codes});
  }
  if (request.year_from != 0) filter.year_from = request.year_from;
  if (request.year_to != 0) filter.year_to = request.year_to;
  std::vector<CaseId> found;
  std::string after;
  do {
    // Every look passes over all cases, so one has to do but for the cases
    // that are registered in the meantime.
    ASSIGN_OR_RETURN(const Columns::Page page,
                     columns.Find(viewer, filter,
                                  std::max(columns.size(), kTogether), after));
    found.insert(found.end(), page.cases.begin(), page.cases.end());
    after = page.next;
  } while (!after.empty());
  return found;
}

absl::StatusOr<std::vector<CaseId>> CaseFilesActions::Choose(
    const people::Caller& caller, const storage::Reader& reader,
    const ExportRequest& request, absl::Span<const CaseId> candidates) const {
  std::vector<CaseId> chosen;
  for (const CaseId& id : candidates) {
    ASSIGN_OR_RETURN(const std::optional<Case> file,
                     services_.registry.Get(reader, id));
    // Gone, handed over or changed since it was found.
    if (!file.has_value() || !Passes(request, *file) ||
        !caller.MayReach(Permission::kCaseExport, file->owner, file->team)
             .ok()) {
      continue;
    }
    if (!request.where.empty()) {
      ASSIGN_OR_RETURN(const Profile profile,
                       services_.registry.ProfileOf(reader, file->subject));
      if (!Passes(request, profile)) continue;
    }
    chosen.push_back(id);
  }
  return chosen;
}

absl::Status CaseFilesActions::RecordExport(const people::Caller& caller,
                                            const ExportRequest& request,
                                            size_t cases) const {
  // The number stands in the sealed event only; the leaf that others see is a
  // commitment.
  const audit::Event event{
      .kind = audit::EventKind::kExport,
      .at = services_.clock.Now(),
      .actor = caller.person(),
      .about = {{"request", request.request.hex()},
                {"type", std::string(Name(request.format))},
                {"reason", request.reason},
                {"rows", absl::StrCat(cases)}}};
  storage::Batch batch;
  RETURN_IF_ERROR(services_.log.Record(batch, event));
  return services_.store.Commit(batch).status();
}

absl::StatusOr<ExportedCase> CaseFilesActions::Read(
    const storage::Reader& reader, const CaseId& id) const {
  ASSIGN_OR_RETURN(std::optional<Case> file,
                   services_.registry.Get(reader, id));
  if (!file.has_value()) {
    return Error(Reason::kRecordDamaged, "a list names a case that is gone");
  }
  ASSIGN_OR_RETURN(Profile profile,
                   services_.registry.ProfileOf(reader, file->subject));
  return ExportedCase{*std::move(file), std::move(profile)};
}

}  // namespace amparo::cases
