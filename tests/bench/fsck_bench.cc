// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/random.h"
#include "node/app/config.h"
#include "node/app/data_directory.h"
#include "node/app/fsck.h"
#include "node/base/clock.h"
#include "node/storage/read_only_store.h"
#include "node/storage/vault.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/bench_pair.h"
#include "tests/bench/limits.h"
#include "tests/bench/made_up_cases.h"
#include "tests/bench/measures.h"

namespace amparo::bench {
namespace {

// Of all codecs; a row of another one would not open below.
constexpr uint32_t kSchemaVersion = 1;

struct Cost {
  absl::Duration time;
  absl::Duration processor;  // Of all threads.
  uint64_t rows = 0;
};

// Runs `work`, which says how many rows it went over.
template <class Work>
Cost CostOf(const Work& work) {
  const auto processor = [] {
    rusage used;
    ::getrusage(RUSAGE_SELF, &used);
    return absl::DurationFromTimeval(used.ru_utime) +
           absl::DurationFromTimeval(used.ru_stime);
  };
  const absl::Duration before = processor();
  const absl::Time begin = SystemClock().Now();
  Cost cost;
  cost.rows = work();
  cost.time = SystemClock().Now() - begin;
  cost.processor = processor() - before;
  return cost;
}

// Reads every row and opens it, and looks at nothing.
uint64_t OpenEveryRow(const std::string& directory, crypto::Secret node_key) {
  const auto reader = OrDie(storage::OpenReadOnly(directory));
  const auto vault = OrDie(storage::Vault::OpenForReading(
      *reader, std::move(node_key), crypto::SystemRandom()));
  uint64_t rows = 0;
  for (const storage::TableId table : storage::AllTables()) {
    bool sealed = true;
    OrDie(reader->Scan(
        table, {}, {},
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          // The first row of a table says whether they are sealed.
          sealed =
              sealed && vault->Open(table, key, kSchemaVersion, value).ok();
          ++rows;
          return true;
        }));
  }
  return rows;
}

// What fsck costs for what an office holds, which `of` names.
std::vector<Figure> Check(const std::string& of, NodeProcess& stopped) {
  const std::string store = app::StorePath(stopped.data_directory());
  const auto key = [&] {
    const auto passphrase = OrDie(app::ReadSecretFile(
        OrDie(app::ReadConfig(stopped.config())).passphrase_file));
    return OrDie(app::OpenDataDirectory(stopped.data_directory(), passphrase));
  };
  crypto::Secret for_bare = key();
  crypto::Secret for_fsck = key();
  const Cost bare =
      CostOf([&] { return OpenEveryRow(store, std::move(for_bare)); });
  const Cost whole = CostOf([&] {
    const app::FsckReport report =
        OrDie(app::CheckDirectory(store, std::move(for_fsck),
                                  crypto::SystemRandom(), SystemClock().Now()));
    if (!report.clean()) OrDie(absl::InternalError(Describe(report)));
    return report.rows;
  });
  const auto per_million = [](absl::Duration time, uint64_t rows) {
    return absl::ToDoubleSeconds(time) / static_cast<double>(rows) * 1e6;
  };
  return {
      {absl::StrCat("fsck, a million rows of ", of),
       per_million(whole.time, whole.rows), "s",
       per_million(bare.time, bare.rows),
       "one pass on one thread that opens each row", "< 10 s"},
      {"  processor of all threads", per_million(whole.processor, whole.rows),
       "s", per_million(bare.processor, bare.rows), "processor of that pass",
       ""},
      {"  rows checked", static_cast<double>(whole.rows), "rows", 0, "", ""}};
}

}  // namespace

std::vector<Figure> MeasureFsck(const Sizes& sizes) {
  const std::unique_ptr<BenchPair> pair = MakeBenchPair();
  {
    const auto a = OrDie(BenchNode::Open(pair->processes[0]->node()));
    const auto b = OrDie(BenchNode::Open(pair->processes[1]->node()));
    const people::Caller caller = OrDie(a->node().sessions().Find(pair->token));
    for (int i = 0; i < sizes.checked_referrals; ++i) {
      Propose(*pair, *a, caller);
    }
    Deliver(*pair, *a, static_cast<size_t>(sizes.checked_referrals));
  }
  std::vector<Figure> figures;
  const auto add = [&](const std::vector<Figure>& found) {
    figures.insert(figures.end(), found.begin(), found.end());
  };
  add(Check("letters sent", pair->processes[0]->node()));
  add(Check("letters received", pair->processes[1]->node()));
  {
    const auto a = OrDie(BenchNode::Open(pair->processes[0]->node()));
    ImportCases(*a, OrDie(a->node().sessions().Find(pair->token)),
                MadeUpCases(sizes.rows), MappingOfMadeUpCases());
  }
  add(Check("letters and cases", pair->processes[0]->node()));
  return figures;
}

}  // namespace amparo::bench
