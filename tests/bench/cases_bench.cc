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
#include "node/cases/search.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/limits.h"
#include "tests/bench/made_up_cases.h"
#include "tests/bench/measures.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

constexpr absl::Duration kWaits = absl::Minutes(15);
constexpr size_t kNamedTogether = 500;

// Names of which each is many persons', as in life: so many given and family
// names, spelled with syllables.
std::string Spelled(int number) {
  static constexpr const char* kSyllables[] = {"ma",  "ri", "le",  "na", "to",
                                               "shu", "ka", "ber", "di", "lo"};
  std::string name;
  for (int rest = number + 10; rest > 0; rest /= 10) {
    name += kSyllables[rest % 10];
  }
  return name;
}

cases::Identity NameOf(int person) {
  cases::Identity identity;
  identity.given_names = Spelled(person % 3000);
  identity.family_names = Spelled(person / 7 % 20000);
  identity.documents = {{"PASSPORT", absl::StrCat("P", 1000000 + person), ""}};
  return identity;
}

// Makes every case findable by a name, as its registration would.
void NameAll(BenchNode& node) {
  storage::Batch batch;
  int person = 0;
  OrDie(node.node().registry().ScanProfiles(
      node.store(),
      [&](const SubjectId& subject,
          const cases::Profile&) -> absl::StatusOr<bool> {
        const cases::Identity identity = NameOf(person++);
        OrDie(cases::IndexIdentity(batch, node.node().vault(), subject, nullptr,
                                   &identity));
        if (static_cast<size_t>(person) % kNamedTogether == 0) {
          OrDie(node.store().Commit(std::exchange(batch, {})).status());
          node.store().TakeWrites();
        }
        return true;
      }));
  OrDie(node.store().Commit(batch).status());
}

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

std::vector<Figure> Questions(BenchNode& node, const people::Caller& caller,
                              int calls) {
  cases::CasesActions& actions = node.node().cases();
  std::vector<Figure> figures;
  const auto list = [&](cases::CaseFilter filter) {
    return OrDie(actions.List(caller, {50, "", std::move(filter)}));
  };
  std::vector<std::string> numbers;
  for (const cases::Case& file : list({}).cases) {
    numbers.push_back(file.number.text());
  }
  Add(figures, Timed("  list of 50", calls, "< 10 ms", [&](int) { list({}); }));
  Add(figures,
      Timed("  filter of three conditions", calls, "< 50 ms", [&](int) {
        list({.conditions = {{"gender", {"Female"}},
                             {"citizenship", {"UKR", "PHL"}},
                             {"isForcedLabour", {"1"}, true}},
              .year_from = 2015});
      }));
  Add(figures, Timed("  open a case", calls, "< 1 ms", [&](int i) {
        OrDie(
            actions
                .Show(caller, numbers[static_cast<size_t>(i) % numbers.size()])
                .status());
      }));
  const auto find = [&](const cases::PersonQuery& query) {
    const auto found =
        OrDie(node.node().registry().FindPersons(node.store(), query));
    node.node().registry().columns().Visible(
        {.person = caller.person(), .team = caller.team()}, found, 50);
  };
  Add(figures,
      Timed("  find by two words of a name", calls, "< 50 ms", [&](int i) {
        const cases::Identity who = NameOf(i * 7);
        find({.name = absl::StrCat(who.family_names, " ", who.given_names)});
      }));
  Add(figures, Timed("  find by a document", calls, "< 50 ms", [&](int i) {
        find({.document = NameOf(i * 7).documents.front().number});
      }));
  return figures;
}

double FolderMegabytes(const std::string& folder) {
  const Ending ending = OrDie(RunToEnd({"/usr/bin/du", "-sk", folder}, kWaits));
  return std::strtod(ending.output.c_str(), nullptr) / 1024;
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
  std::vector<Figure> figures;
  {
    const auto node = OrDie(BenchNode::Open(office->node()));
    const people::Caller caller = OrDie(node->node().sessions().Find(token));
    const std::string csv = MadeUpCases(sizes.cases);
    const absl::Time begin = SystemClock().Now();
    const cases::ImportReport report = ImportCases(*node, caller, csv);
    const absl::Duration took = SystemClock().Now() - begin;
    figures.push_back(
        {absl::StrCat(report.accepted, " cases imported"),
         static_cast<double>(report.accepted) / absl::ToDoubleSeconds(took),
         "/s", 0, "", ">= 20,000/s"});
  }
  figures.push_back({"  on the disk, without names",
                     FolderMegabytes(office->node().data_directory()), "MB", 0,
                     "", "< 1536 MB"});
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
  NameAll(*node);
  OrDie(node->node().registry().ReadColumns(node->store()));
  Add(figures, Questions(*node, caller, sizes.questions));
  return figures;
}

}  // namespace amparo::bench
