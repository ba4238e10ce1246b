// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/cohort.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "node/base/errors.h"

namespace amparo::statistics {
namespace {

constexpr int kFirstYear = 1990;
constexpr int kLastYear = 2200;

}  // namespace

absl::StatusOr<Cohort> Cohort::Parse(absl::string_view text,
                                     absl::string_view field) {
  const absl::Status invalid =
      FieldError(field,
                 "must be a year such as 2016 or a quarter such as "
                 "2016-Q3");
  if (text.size() != 4 && text.size() != 7) return invalid;
  int year = 0;
  for (const char digit : text.substr(0, 4)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) {
      return invalid;
    }
    year = year * 10 + (digit - '0');
  }
  if (year < kFirstYear || year > kLastYear) return invalid;
  if (text.size() == 4) return Cohort(year, 0);
  if (text.substr(4, 2) != "-Q" || text[6] < '1' || text[6] > '4') {
    return invalid;
  }
  return Cohort(year, text[6] - '0');
}

std::string Cohort::id() const {
  return quarter_ == 0 ? absl::StrCat(year_)
                       : absl::StrCat(year_, "-Q", quarter_);
}

absl::Time Cohort::begin() const {
  const int month = quarter_ == 0 ? 1 : quarter_ * 3 - 2;
  return absl::FromCivil(absl::CivilMonth(year_, month), absl::UTCTimeZone());
}

absl::Time Cohort::end() const {
  const int month = quarter_ == 0 ? 13 : quarter_ * 3 + 1;
  return absl::FromCivil(absl::CivilMonth(year_, month), absl::UTCTimeZone());
}

bool Cohort::Overlaps(const Cohort& other) const {
  return year_ == other.year_ &&
         (quarter_ == other.quarter_ || quarter_ == 0 || other.quarter_ == 0);
}

}  // namespace amparo::statistics
