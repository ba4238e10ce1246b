// SPDX-License-Identifier: Apache-2.0
//
// What people do with files of cases: import those of other systems, export
// their own. Each verb asks for its permission first, then validates.
#ifndef AMPARO_NODE_CASES_FOREIGN_CASE_FILES_ACTIONS_H_
#define AMPARO_NODE_CASES_FOREIGN_CASE_FILES_ACTIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/foreign/export_shapes.h"
#include "node/cases/foreign/importer.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct ImportRequest {
  RequestId request;
  std::string mapping;                 // JSON.
  std::vector<MappingDocument> bases;  // What it extends and is not built in.
  std::vector<RowRule> only_rows;
  bool dry_run = false;
  // As ImportOptions has it.
  std::function<absl::Status(const Rejection&, const CsvRecord&)> on_rejected;
};

struct ExportRequest {
  RequestId request;
  ExportFormat format = ExportFormat::kCsv;
  // The decision that the export rests on, 1 to 128 of [A-Za-z0-9_.:/+=-].
  std::string reason;
  // Only cases whose profile has one of the codes, for each of these.
  struct Filter {
    std::string variable;
    std::vector<std::string> codes;
  };
  std::vector<Filter> where;
  int year_from = 0;  // Of registration, both ends count; 0: no bound.
  int year_to = 0;
  std::string source;  // Empty: all.
};

struct ExportSummary {
  int64_t cases = 0;
  int64_t bytes = 0;
  std::string sha256;  // Hexadecimal, of the bytes.
};

// Thread-safe.
class CaseFilesActions {
 public:
  // What `services` refers to must outlive it.
  explicit CaseFilesActions(const ImportServices& services)
      : services_(services) {}

  // CASE_IMPORT. The mapping is checked before this returns; nothing is stored
  // before the first rows are fed. kLimitExceeded when the disk has no room for
  // more than what cannot wait (storage::CheckRoom). The importer must not
  // outlive this.
  absl::StatusOr<std::unique_ptr<Importer>> BeginImport(
      const people::Caller& caller, ImportRequest request) const;

  // CASE_EXPORT. Writes number and profile of the cases within the scope of the
  // permission that pass the filters, without those merged into another, to
  // `sink`, newest first, in pieces of up to 256 KiB and one row. No identity,
  // entry or third person is read, so that none can be in a piece.
  // They are found in Registry::columns and then read at one moment: a case
  // that does not pass any more is left out, one that only then begins to pass
  // may be. kUnavailable while many cases are still being read after a start.
  // The leaf EXPORT, with how many and the reason, is on disk before the first
  // piece. An error of `sink` ends the export.
  using Sink = std::function<absl::Status(absl::string_view)>;
  absl::StatusOr<ExportSummary> Export(const people::Caller& caller,
                                       const ExportRequest& request,
                                       const Sink& sink) const;

 private:
  // What the columns find, newest first.
  absl::StatusOr<std::vector<CaseId>> Candidates(
      const people::Caller& caller, const ExportRequest& request) const;
  // Of these the cases that are to be exported as the reader has them.
  absl::StatusOr<std::vector<CaseId>> Choose(
      const people::Caller& caller, const storage::Reader& reader,
      const ExportRequest& request, absl::Span<const CaseId> candidates) const;
  absl::Status RecordExport(const people::Caller& caller,
                            const ExportRequest& request, size_t cases) const;
  // What is to be written of a case.
  absl::StatusOr<ExportedCase> Read(const storage::Reader& reader,
                                    const CaseId& id) const;

  const ImportServices services_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_CASE_FILES_ACTIONS_H_
