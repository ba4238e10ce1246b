// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "node/base/clock.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/limits.h"
#include "tests/bench/made_up_cases.h"
#include "tests/bench/measures.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

constexpr absl::Duration kEnds = absl::Seconds(60);

}  // namespace

std::vector<Figure> MeasureImport(const Sizes& sizes) {
  const ScratchFolder folder;
  std::string token;
  std::unique_ptr<BenchNode> node;
  {
    const auto office = OrDie(OfficeProcess::Start(
        folder.path() + "/office", {}, {office::v1::ROLE_CASEWORKER}));
    token = office->caseworker().token();
    if (office->node().Terminate(kEnds) != 0) {
      OrDie(absl::InternalError("the node did not end"));
    }
    node = OrDie(BenchNode::Open(office->node()));
  }
  const people::Caller caller = OrDie(node->node().sessions().Find(token));
  const std::string csv = MadeUpCases(sizes.rows);
  node->store().TakeWrites();

  const absl::Time begin = SystemClock().Now();
  const cases::ImportReport report =
      ImportCases(*node, caller, csv, MappingOfMadeUpCases());
  const absl::Duration took = SystemClock().Now() - begin;

  const std::vector<DiskWrite> writes = node->store().TakeWrites();
  size_t rows = 0;
  size_t bytes = 0;
  for (const DiskWrite& write : writes) {
    rows += write.rows;
    bytes += write.value_bytes;
  }
  const absl::Duration limit =
      Sum(TakeWrites(folder.path() + "/bare", writes)) +
      Encryption(rows, bytes / rows);
  const auto cases = static_cast<double>(report.accepted);
  return {{"cases imported", cases / absl::ToDoubleSeconds(took), "/s",
           cases / absl::ToDoubleSeconds(limit),
           "the same synced batches and AES-GCM of the same bytes", ">= 0.5"},
          {"  rows written per case", static_cast<double>(rows) / cases, "rows",
           0, "", ""},
          {"  bytes written per case", static_cast<double>(bytes) / cases,
           "bytes", 0, "", ""}};
}

}  // namespace amparo::bench
