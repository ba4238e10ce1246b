// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `amparo case` that work with files.
#include <memory>

#include "admin/cli/case_export.h"
#include "admin/cli/case_import.h"
#include "admin/cli/verbs.h"

namespace amparo::cli {
namespace {

void AddImport(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* const verb = verbs.Add(
      noun, "import", "Imports cases from a CSV file",
      "amparo case import global.csv --format ctdc-27 --dry-run\n"
      "amparo case import cases.csv --format mapping:cases.mapping.json \\\n"
      "    --rejected rejected.csv --only citizenship=US,UA",
      [options](Desk& desk) { return ImportFile(desk, *options); });
  verb->add_option("file", options->file, "The CSV file")->required();
  verb->add_option("--format", options->format,
                   "What its columns mean: ctdc-63, ctdc-27, htcds, or "
                   "mapping:FILE for a mapping file")
      ->required();
  verb->add_option("--source", options->source,
                   "Name of the source in place of the mapping's own; a row of "
                   "one source is imported once");
  verb->add_option("--key", options->key,
                   "Column that names each row for ever, in place of its place "
                   "in the file");
  Repeated(verb->add_option(
      "--only", options->only,
      "COLUMN=VALUE[,VALUE...]: only these rows; may be repeated"));
  verb->add_option("--rejected", options->rejected,
                   "New CSV file for every rejected row, with the reason");
  verb->add_flag("--dry-run", options->dry_run,
                 "Checks every row and stores nothing");
  verb->add_flag("--progress", options->progress,
                 "Tells how far it is also where no terminal is");
}

void AddExport(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* const verb = verbs.Add(
      noun, "export", "Takes the team's cases out as a file; this is logged",
      "amparo case export --format csv --reason letter-2026/114 \\\n"
      "    --out cases.csv --where citizenship=UKR,MDA --year 2024..2025\n"
      "amparo case export --format ctdc-27 --reason report-2026 --out c27.csv",
      [options](Desk& desk) { return ExportFile(desk, *options); });
  verb->add_option("--format", options->format,
                   "csv or json: every variable; ctdc-27: the 27 columns of "
                   "the global data set, without case numbers")
      ->required();
  verb->add_option("--out", options->out, "The new file")->required();
  verb->add_option("--reason", options->reason,
                   "The decision it rests on, as letter-2026/114; no name of a "
                   "person. Asked for when it is left out");
  Repeated(verb->add_option(
      "--where", options->where,
      "VARIABLE=CODE[,CODE...]: only cases with one of these; may be "
      "repeated"));
  verb->add_option("--year", options->years,
                   "Years of registration: YEAR, FROM..TO, FROM.. or ..TO");
  verb->add_option("--source", options->source,
                   "Only cases imported from this source");
}

}  // namespace

void AddCaseFileVerbs(Verbs& verbs, CLI::App* noun) {
  AddImport(verbs, noun);
  AddExport(verbs, noun);
}

}  // namespace amparo::cli
