// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/figures.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace amparo::bench {
namespace {

std::string Shown(double value, const std::string& unit) {
  return absl::StrCat(value >= 100 ? absl::StrFormat("%.0f", value)
                                   : absl::StrFormat("%.2f", value),
                      " ", unit);
}

}  // namespace

double Ratio(const Figure& figure) {
  return figure.limit > 0 ? figure.value / figure.limit : 0;
}

std::string Table(const std::vector<Figure>& figures) {
  std::string table =
      absl::StrFormat("%-46s %14s %14s %7s  %s\n", "figure", "measured",
                      "limit", "ratio", "limit is; aim");
  for (const Figure& figure : figures) {
    const bool limited = figure.limit > 0;
    absl::StrAppendFormat(
        &table, "%-46s %14s %14s %7s  %s%s\n", figure.what,
        Shown(figure.value, figure.unit),
        limited ? Shown(figure.limit, figure.unit) : "-",
        limited ? absl::StrFormat("%.2f", Ratio(figure)) : "-", figure.limit_is,
        figure.aim.empty() ? "" : absl::StrCat("; aim: ", figure.aim));
  }
  return table;
}

double ResidentMegabytes(pid_t process) {
  std::ifstream status(absl::StrCat("/proc/", process, "/status"));
  for (std::string line; std::getline(status, line);) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    int kilobytes = 0;
    if (words.size() >= 2 && words[0] == "VmRSS" &&
        absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes / 1000.0;
    }
  }
  return 0;
}

absl::Duration Median(std::vector<absl::Duration> times) {
  if (times.empty()) return absl::ZeroDuration();
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace amparo::bench
