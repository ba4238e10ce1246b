// SPDX-License-Identifier: Apache-2.0
//
// A registry of the size of a large country: what it takes on the disk and in
// memory, and how long people wait for a list, a case or a person.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "node/base/clock.h"
#include "node/base/limits.h"
#include "node/cases/columns.h"
#include "node/cases/counting_actions.h"
#include "node/cases/search.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/limits.h"
#include "tests/bench/made_up_cases.h"
#include "tests/bench/made_up_registry.h"
#include "tests/bench/measures.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

constexpr absl::Duration kWaits = absl::Minutes(15);

// The median of so many calls, and the slowest.
std::vector<Figure> Timed(const std::string& what, int calls, std::string aim,
                          const std::function<void(int)>& call) {
  std::vector<absl::Duration> times;
  for (int i = 0; i < calls; ++i) {
    const absl::Time begin = SystemClock().Now();
    call(i);
    times.push_back(SystemClock().Now() - begin);
  }
  const absl::Duration slowest = *std::max_element(times.begin(), times.end());
  return {{absl::StrCat(what, ", median"),
           absl::ToDoubleMilliseconds(Median(times)), "ms", 0,
           absl::StrCat("slowest of ", calls, ": ",
                        absl::FormatDuration(
                            absl::Trunc(slowest, absl::Microseconds(10)))),
           std::move(aim)}};
}

void Add(std::vector<Figure>& figures, std::vector<Figure> more) {
  figures.insert(figures.end(), more.begin(), more.end());
}

// A row that has a document, somewhere in the file; another one each time.
int SomeRow(int i, int rows) {
  int row = static_cast<int>(int64_t{i} * 7919 % rows);
  while (PersonOfRow(row).document.empty()) row = (row + 1) % rows;
  return row;
}

// Numbers of cases all over the registry, of which only some blocks are in
// memory when it is opened again.
std::vector<std::string> SomeNumbers(BenchNode& node, int cases, int count) {
  const cases::Registry& registry = node.node().registry();
  std::vector<std::string> numbers;
  for (int i = 0; i < count; ++i) {
    const auto found = OrDie(registry.FindPersons(
        node.store(), {.document = PersonOfRow(SomeRow(i, cases)).document}));
    if (found.empty()) OrDie(absl::InternalError("a person is not found"));
    numbers.push_back(OrDie(registry.FindBySubject(node.store(), found[0]))
                          .value()
                          .number.text());
  }
  return numbers;
}

std::vector<Figure> Searches(BenchNode& node, const people::Caller& caller,
                             const Sizes& sizes) {
  const auto find = [&](const cases::PersonQuery& query) {
    const auto found =
        OrDie(node.node().registry().FindPersons(node.store(), query));
    if (found.empty()) OrDie(absl::InternalError("a person is not found"));
    node.node().registry().columns().Visible(
        {.person = caller.person(), .team = caller.team()}, found, 50);
  };
  const auto who = [&](int i) {
    return PersonOfRow(SomeRow(i * 31 + 5, sizes.cases));
  };
  std::vector<Figure> figures;
  Add(figures,
      Timed("  find by two words of a name", sizes.questions, "< 50 ms",
            [&](int i) {
              const MadeUpPerson person = who(i);
              find({.name = absl::StrCat(person.family, " ", person.given)});
            }));
  Add(figures, Timed("  find by a document", sizes.questions, "< 50 ms",
                     [&](int i) { find({.document = who(i).document}); }));
  return figures;
}

std::vector<Figure> Questions(BenchNode& node, const people::Caller& caller,
                              const Sizes& sizes,
                              const std::vector<std::string>& numbers) {
  cases::CasesActions& actions = node.node().cases();
  std::vector<Figure> figures;
  const auto list = [&](cases::CaseFilter filter) {
    return OrDie(actions.List(caller, {50, "", std::move(filter)}));
  };
  Add(figures,
      Timed(
          "  open a case", static_cast<int>(numbers.size()), "< 1 ms",
          [&](int i) {
            OrDie(
                actions.Show(caller, numbers[static_cast<size_t>(i)]).status());
          }));
  Add(figures, Timed("  list of 50", sizes.questions, "< 10 ms",
                     [&](int) { list({}); }));
  Add(figures, Timed("  filter of three conditions", sizes.questions, "< 50 ms",
                     [&](int) {
                       list({.conditions = {{"gender", {"Female"}},
                                            {"citizenship", {"UKR", "PHL"}},
                                            {"isForcedLabour", {"1"}, true}},
                             .year_from = 2015});
                     }));
  Add(figures, Searches(node, caller, sizes));
  const cases::CountingActions counting(actions.desk());
  Add(figures,
      Timed("  count a person who does not consent", sizes.questions, "",
            [&](int) {
              OrDie(counting
                        .Count(
                            caller, OrDie(RequestId::FromHex(NewRequestId())),
                            {{"gender", "Female"}, {"majorityStatus", "Adult"}})
                        .status());
            }));
  Add(figures,
      Timed(absl::StrCat("  totals of ", sizes.questions, " counted persons"),
            10, "", [&](int) { OrDie(counting.Show(caller).status()); }));
  return figures;
}

double FolderMebibytes(const std::string& folder) {
  const Ending ending = OrDie(RunToEnd({"/usr/bin/du", "-sk", folder}, kWaits));
  return std::strtod(ending.output.c_str(), nullptr) / 1024;
}

// Imports the registry and gives numbers of some of its cases.
std::vector<Figure> Import(NodeProcess& stopped, const std::string& token,
                           const std::string& bare, const Sizes& sizes,
                           std::vector<std::string>& numbers) {
  const auto node = OrDie(BenchNode::Open(stopped));
  const people::Caller caller = OrDie(node->node().sessions().Find(token));
  const std::string csv = MadeUpRegistry(sizes.cases);
  node->store().TakeWrites();
  const absl::Time begin = SystemClock().Now();
  const cases::ImportReport report =
      ImportCases(*node, caller, csv, MappingOfRegistry());
  const absl::Duration took = SystemClock().Now() - begin;
  if (report.accepted != sizes.cases) {
    OrDie(absl::InternalError("rows of the registry were rejected"));
  }
  numbers = SomeNumbers(*node, sizes.cases, sizes.questions);
  const std::vector<DiskWrite> writes = node->store().TakeWrites();
  size_t rows = 0;
  size_t bytes = 0;
  for (const DiskWrite& write : writes) {
    rows += write.rows;
    bytes += write.value_bytes;
  }
  const absl::Duration limit =
      Sum(TakeWrites(bare, writes)) + Encryption(rows, bytes / rows);
  const double cases = sizes.cases;
  return {{absl::StrCat(sizes.cases, " cases imported"),
           cases / absl::ToDoubleSeconds(took), "/s",
           cases / absl::ToDoubleSeconds(limit),
           "the same synced batches and AES-GCM of the same bytes",
           ">= 20,000/s and 0.5"},
          {"  rows written per case", static_cast<double>(rows) / cases, "rows",
           0, "", ""},
          {"  bytes written per case", static_cast<double>(bytes) / cases,
           "bytes", 0, "", ""}};
}

}  // namespace

std::vector<Figure> MeasureCases(const Sizes& sizes) {
  const ScratchFolder folder;
  const auto office = OrDie(OfficeProcess::Start(
      folder.path() + "/office", {}, {office::v1::ROLE_CASEWORKER}));
  const std::string token = office->caseworker().token();
  if (office->node().Terminate(kWaits) != 0) {
    OrDie(absl::InternalError("the node did not end"));
  }
  std::vector<std::string> numbers;
  std::vector<Figure> figures;
  {
    const ScratchFolder bare;
    figures = Import(office->node(), token, bare.path(), sizes, numbers);
  }
  figures.push_back({"  on the disk",
                     FolderMebibytes(office->node().data_directory()), "MiB", 0,
                     "", "< 1536 MiB"});
  {
    const absl::Time begin = SystemClock().Now();
    OrDie(office->node().Start());
    figures.push_back({"  start to first answer",
                       absl::ToDoubleMilliseconds(SystemClock().Now() - begin),
                       "ms", 0, "", "< 1000 ms"});
    // The first list waits for the cases.
    const bool listed = Eventually(kWaits, [&] {
      return office->caseworker()
          .Call(&office::v1::CaseService::Stub::ListCases,
                office::v1::ListCasesRequest())
          .ok();
    });
    if (!listed) OrDie(absl::InternalError("the cases are not listed"));
    figures.push_back({"  start to first list",
                       absl::ToDoubleMilliseconds(SystemClock().Now() - begin),
                       "ms", 0, "", ""});
    figures.push_back({"  resident memory",
                       ResidentMegabytes(office->node().pid()), "MB", 0, "",
                       "< 400 MB"});
    if (office->node().Terminate(kWaits) != 0) {
      OrDie(absl::InternalError("the node did not end"));
    }
  }
  const auto node = OrDie(BenchNode::Open(office->node()));
  const people::Caller caller = OrDie(node->node().sessions().Find(token));
  OrDie(node->node().registry().ReadColumns(node->store()));
  Add(figures, Questions(*node, caller, sizes, numbers));
  return figures;
}

}  // namespace amparo::bench
