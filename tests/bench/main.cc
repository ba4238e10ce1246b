// SPDX-License-Identifier: Apache-2.0
//
// amparo_bench [queue] [exchange] [import] [peers] [fsck] [noise] [node]
// [cases[=N]]: measures these; without any, all but cases, a registry of a
// million or N, which takes long.
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "node/base/log.h"
#include "tests/bench/figures.h"
#include "tests/bench/measures.h"

namespace amparo::bench {
namespace {

int Main(const std::vector<std::string>& arguments) {
  Sizes sizes;
  std::set<std::string> wanted;
  for (const std::string& argument : arguments) {
    absl::string_view name = argument;
    if (absl::ConsumePrefix(&name, "cases=")) {
      if (!absl::SimpleAtoi(name, &sizes.cases) || sizes.cases < 1) {
        std::fprintf(stderr, "amparo_bench: cases=N needs a number\n");
        return 2;
      }
      name = "cases";
    }
    wanted.emplace(name);
  }
  SetLogSink([](absl::string_view) {});
  const struct {
    const char* name;
    std::vector<Figure> (*measure)(const Sizes&);
  } measures[] = {{"queue", MeasureQueue},  // First: it looks at memory.
                  {"exchange", MeasureExchange}, {"import", MeasureImport},
                  {"peers", MeasurePeers},       {"fsck", MeasureFsck},
                  {"noise", MeasureNoise},       {"node", MeasureNode},
                  {"cases", MeasureCases}};
  std::vector<Figure> figures;
  for (const auto& [name, measure] : measures) {
    const bool always = absl::string_view(name) != "cases";
    if (wanted.empty() ? !always : wanted.count(name) == 0) continue;
    std::fprintf(stderr, "measuring: %s\n", name);
    const std::vector<Figure> found = measure(sizes);
    figures.insert(figures.end(), found.begin(), found.end());
  }
  std::printf("%s", Table(figures).c_str());
  return 0;
}

}  // namespace
}  // namespace amparo::bench

int main(int argc, char** argv) {
  return amparo::bench::Main({argv + 1, argv + argc});
}
