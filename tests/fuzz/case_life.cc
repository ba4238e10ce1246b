// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/case_life.h"

#include "tests/fuzz/fuzz.h"

namespace amparo::fuzz {

void HoldLife(cases::CaseLife life) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  constexpr absl::CivilDay kToday(2026, 1, 1);
  HOLD(cases::IsClosed(life.status) == !life.closing_reason.empty());
  if (cases::IsClosed(life.status)) {
    HOLD(lists.CheckCode("closing-reason", life.closing_reason, "reason").ok());
  }
  HOLD(cases::IsClosed(life.status) || !life.closed_on.known());
  const absl::Status valid = cases::CheckLife(lists, kToday, 0, life);
  if (!valid.ok()) {
    HoldRefusal(valid);
    return;
  }
  const absl::Time now = absl::FromCivil(kToday, absl::UTCTimeZone());
  HOLD(life.ClosedAt(now) <= now);
  HOLD(absl::ToUnixMillis(life.ClosedAt(now)) > 0);
  for (cases::Wording& wording : life.entries) {
    HOLD(cases::CheckWording(lists, kToday, wording,
                             cases::Dating::kAsTheSourceHas)
             .ok());
    HOLD(cases::KindName(wording.content) != "DECISION");
    const auto* risk = std::get_if<cases::RiskAssessment>(&wording.content);
    HOLD(risk == nullptr || !risk->risk_to_life);
  }
}

}  // namespace amparo::fuzz
