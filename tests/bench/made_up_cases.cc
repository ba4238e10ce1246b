// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/made_up_cases.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "node/base/limits.h"
#include "tests/bench/limits.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

constexpr absl::Duration kEnds = absl::Minutes(10);

}  // namespace

std::string MadeUpCases(int rows) {
  const Ending ending =
      OrDie(RunToEnd({AMPARO_SOURCE_DIR "/deploy/demo/cases", "--seed", "1",
                      "--rows", absl::StrCat(rows)},
                     kEnds));
  if (ending.code != 0) OrDie(absl::InternalError(ending.output));
  return ending.output;
}

std::string MappingOfMadeUpCases() {
  return FileText(AMPARO_SOURCE_DIR
                  "/deploy/demo/ctdc_country_level.mapping.json");
}

cases::ImportReport ImportCases(BenchNode& node, const people::Caller& caller,
                                const std::string& csv,
                                const std::string& mapping) {
  cases::ImportRequest request;
  request.request = OrDie(RequestId::FromHex(NewRequestId()));
  request.mapping = mapping;
  const auto importer =
      OrDie(node.node().case_files().BeginImport(caller, request));
  for (size_t at = 0; at < csv.size(); at += limits::kImportChunkBytesMax) {
    OrDie(importer->Feed(
        absl::string_view(csv).substr(at, limits::kImportChunkBytesMax)));
  }
  const cases::ImportReport report = OrDie(importer->Finish());
  if (report.accepted == 0) OrDie(absl::InternalError("nothing was imported"));
  return report;
}

}  // namespace amparo::bench
