// SPDX-License-Identifier: Apache-2.0
#include "node/cases/retention_actions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/columns.h"
#include "node/cases/retention_records.h"

namespace amparo::cases {
namespace {

using people::Permission;

// Cases that one page of ListDue opens at most.
constexpr size_t kLookedAtPerPage = 1000;
constexpr absl::string_view kProposed = "PROPOSED";
const absl::Duration kKeepMax = absl::Hours(24 * kRetentionDaysMax);

std::string BodyOfSetRule(const SetRuleRequest& request) {
  std::string body;
  crypto::AppendPrefixed(&body, request.category);
  crypto::AppendU8(&body, request.minors ? 1 : 0);
  crypto::AppendU64(&body, static_cast<uint64_t>(request.days));
  crypto::AppendPrefixed(&body, request.action);
  return body;
}

std::string BodyOfDecide(const DecideRequest& request) {
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendU8(&body, static_cast<uint8_t>(request.choice));
  crypto::AppendU64(&body, request.keep_until == absl::InfinitePast()
                               ? 0
                               : static_cast<uint64_t>(
                                     absl::ToUnixMillis(request.keep_until)));
  crypto::AppendPrefixed(&body, request.reason);
  return body;
}

// Whether another person wants the same rule.
bool IsSeconded(const StoredRule& stored, const RetentionRule& rule,
                const PersonId& person) {
  return stored.proposed.has_value() && stored.proposed_by != person &&
         stored.proposed->days == rule.days &&
         stored.proposed->action == rule.action;
}

absl::string_view Compared(int before, int after) {
  if (after > before) return "LONGER";
  return after < before ? "SHORTER" : "SAME";
}

absl::StatusOr<std::string> CheckRetentionReason(absl::string_view reason) {
  ASSIGN_OR_RETURN(const absl::string_view code,
                   vocabulary::Lists::BuiltIn().CheckCode("retention-reason",
                                                          reason, "reason"));
  return std::string(code);
}

RetentionAction ActionOf(DecideRequest::Choice choice) {
  return choice == DecideRequest::Choice::kAnonymise
             ? RetentionAction::kAnonymise
             : RetentionAction::kDelete;
}

absl::Status NotDue(absl::string_view what) {
  return WithState(Error(Reason::kWrongState, what), "NotDue");
}

}  // namespace

absl::StatusOr<ShownRules> RetentionActions::Rules(
    const people::Caller& caller) const {
  RETURN_IF_ERROR(caller.May(Permission::kSignedIn));
  ShownRules shown;
  ASSIGN_OR_RETURN(
      const RetentionRules rules,
      ReadRules(desk_.store(), desk_.registry().vault(), &shown.proposed));
  shown.rules = rules.All();
  return shown;
}

absl::StatusOr<RuleOutcome> RetentionActions::SetRule(
    const people::Caller& caller, const SetRuleRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kRetentionAdminister));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request,
          people::BodyDigest("SetRetentionRule", BodyOfSetRule(request)),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(const RetentionRule rule,
                             CheckRule(request.category, request.minors,
                                       request.days, request.action));
            const storage::Vault& vault = desk_.registry().vault();
            ASSIGN_OR_RETURN(const RetentionRules rules,
                             ReadRules(desk_.store(), vault));
            const RetentionRule before = rules.For(rule.category, rule.minors);
            const storage::Table<RetentionRuleCodec> table(vault);
            const RetentionRuleKey key{rule.category, rule.minors};
            ASSIGN_OR_RETURN(const auto row, table.Get(desk_.store(), key));
            StoredRule stored;
            if (row.has_value()) stored = row->value;
            const bool proposed = TakesMore(before, rule) &&
                                  !IsSeconded(stored, rule, caller.person());
            stored.proposed.reset();
            stored.proposed_by = PersonId();
            if (proposed) {
              stored.proposed = rule;
              stored.proposed_by = caller.person();
            } else {
              stored.rule = rule;
            }
            RETURN_IF_ERROR(row.has_value()
                                ? table.Replace(batch, key, *row, stored)
                                : table.Insert(batch, key, stored));
            RETURN_IF_ERROR(desk_.services().log.Record(
                batch,
                {.kind = audit::EventKind::kPolicyChange,
                 .at = desk_.services().clock.Now(),
                 .actor = caller.person(),
                 .about = {
                     {"policy", rule.minors ? "RETENTION_MINORS" : "RETENTION"},
                     {"category", std::string(Name(rule.category))},
                     {"type", std::string(Name(rule.action))},
                     {"days", absl::StrCat(rule.days)},
                     {"state", proposed ? std::string(kProposed)
                                        : std::string(Compared(before.days,
                                                               rule.days))}}}));
            std::string kept;
            crypto::AppendU32(&kept, static_cast<uint32_t>(before.days));
            crypto::AppendU8(&kept, proposed ? 1 : 0);
            return kept;
          }));
  crypto::ByteReader reader(answer);
  ASSIGN_OR_RETURN(const uint32_t before, reader.ReadU32());
  ASSIGN_OR_RETURN(const uint8_t proposed, reader.ReadU8());
  return RuleOutcome{static_cast<int>(before), proposed == 1};
}

absl::StatusOr<std::vector<CaseId>> RetentionActions::Candidates(
    const RetentionRules& rules, size_t limit,
    std::optional<size_t>& from) const {
  RETURN_IF_ERROR(desk_.registry().ReadColumns(desk_.store()));
  return desk_.registry().columns().ClosedBy(
      desk_.services().clock.Now() - rules.Shortest(), limit, from);
}

absl::StatusOr<DuePage> RetentionActions::ListDue(
    const people::Caller& caller, int page_size,
    absl::string_view page_token) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseRetention));
  if (page_size < 0 || page_size > limits::kPageSizeMax) {
    return FieldError("page_size",
                      absl::StrCat("must be 0 to ", limits::kPageSizeMax));
  }
  const size_t wanted = static_cast<size_t>(
      page_size == 0 ? limits::kPageSizeDefault : page_size);
  uint64_t place = 0;
  if (!page_token.empty() && !absl::SimpleAtoi(page_token, &place)) {
    return FieldError("page_token", "must come from the page before");
  }
  ASSIGN_OR_RETURN(const RetentionRules rules,
                   ReadRules(desk_.store(), desk_.registry().vault()));
  const absl::Time now = desk_.services().clock.Now();
  DuePage page;
  std::optional<size_t> from = place;
  // One by one, so that the next page begins where this one ends.
  for (size_t looked = 0; from.has_value() && looked < kLookedAtPerPage &&
                          page.cases.size() < wanted;
       ++looked) {
    ASSIGN_OR_RETURN(const std::vector<CaseId> one, Candidates(rules, 1, from));
    if (one.empty()) break;
    ASSIGN_OR_RETURN(const std::optional<AgedCase> aged,
                     eraser_.Read(desk_.store(), rules, one.front(), now));
    if (!aged.has_value() || aged->due.empty()) continue;
    const Case& file = aged->file.value;
    if (!caller.MayReach(Permission::kCaseRetention, file.owner, file.team)
             .ok()) {
      continue;
    }
    ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                     eraser_.KeptBy(desk_.store(), *aged));
    page.cases.push_back({file, aged->due, kept.value_or(""),
                          aged->keeping.has_value()
                              ? aged->keeping->value.proposed
                              : std::nullopt});
  }
  if (from.has_value()) page.next = absl::StrCat(*from);
  return page;
}

absl::StatusOr<RetentionActions::Held> RetentionActions::Reach(
    const people::Caller& caller, absl::string_view number) const {
  ASSIGN_OR_RETURN(storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseRetention, number));
  ASSIGN_OR_RETURN(auto keeping,
                   storage::Table<CaseRetentionCodec>(desk_.registry().vault())
                       .Get(desk_.store(), file.value.id));
  return Held{std::move(file), std::move(keeping)};
}

absl::Status RetentionActions::Write(storage::Batch& batch, const Held& held,
                                     const CaseRetention& keeping) const {
  const storage::Table<CaseRetentionCodec> table(desk_.registry().vault());
  const CaseId& id = held.file.value.id;
  // Nothing is written about a case that goes at the same moment.
  batch.RequireUnchanged(CaseCodec::kTable, CaseCodec::EncodeKey(id),
                         held.file.stored);
  if (held.keeping.has_value()) {
    return table.Replace(batch, id, *held.keeping, keeping);
  }
  return table.Insert(batch, id, keeping, held.file.key);
}

absl::Status RetentionActions::Hold(const people::Caller& caller,
                                    const HoldRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseRetention));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendU8(&body, request.release ? 1 : 0);
  crypto::AppendPrefixed(&body, request.reason);
  return desk_
      .Once(caller, request.request, people::BodyDigest("SetLegalHold", body),
            [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
              ASSIGN_OR_RETURN(const Held held, Reach(caller, request.number));
              // One that was held before it was merged can be released.
              if (!request.release) {
                RETURN_IF_ERROR(CheckNotMerged(held.file.value));
              }
              ASSIGN_OR_RETURN(const std::string reason,
                               CheckRetentionReason(request.reason));
              CaseRetention keeping;
              if (held.keeping.has_value()) keeping = held.keeping->value;
              if (keeping.held_at.has_value() != request.release) {
                return WithState(
                    Error(Reason::kWrongState,
                          request.release ? "the case has no legal hold"
                                          : "the case has a legal hold"),
                    request.release ? "Released" : "Held");
              }
              if (request.release && keeping.held_by != caller.person() &&
                  caller.ScopeFor(Permission::kCaseRetention) !=
                      people::Scope::kOffice) {
                return Error(Reason::kNotAllowed,
                             "the hold is released by who placed it, or by "
                             "the data protection officer");
              }
              const absl::Time now = desk_.services().clock.Now();
              keeping.held_at.reset();
              keeping.held_by = PersonId();
              keeping.hold_reason.clear();
              if (!request.release) {
                keeping.held_at = now;
                keeping.held_by = caller.person();
                keeping.hold_reason = reason;
              }
              RETURN_IF_ERROR(Write(batch, held, keeping));
              RETURN_IF_ERROR(desk_.Record(
                  batch, audit::EventKind::kLegalHold, caller, held.file,
                  {{"state", request.release ? "RELEASED" : "PLACED"},
                   {"reason", reason}}));
              return std::string();
            })
      .status();
}

absl::StatusOr<std::string> RetentionActions::Decide(
    const people::Caller& caller, const DecideRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseRetention));
  return desk_.Once(
      caller, request.request,
      people::BodyDigest("DecideRetention", BodyOfDecide(request)),
      [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(const Held held, Reach(caller, request.number));
        RETURN_IF_ERROR(CheckNotMerged(held.file.value));
        ASSIGN_OR_RETURN(const std::string reason,
                         CheckRetentionReason(request.reason));
        const absl::Time now = desk_.services().clock.Now();
        if (request.choice == DecideRequest::Choice::kKeep) {
          if (request.keep_until <= now ||
              request.keep_until > now + kKeepMax) {
            return FieldError("keep_until",
                              "must be in the future, at most a "
                              "hundred years on");
          }
          CaseRetention keeping;
          if (held.keeping.has_value()) keeping = held.keeping->value;
          if (request.keep_until < keeping.keep_until) {
            return FieldError("keep_until",
                              "must not be before the day until which somebody "
                              "decided to keep the case");
          }
          keeping.keep_until = request.keep_until;
          keeping.proposed.reset();
          keeping.proposed_by = PersonId();
          RETURN_IF_ERROR(Write(batch, held, keeping));
          RETURN_IF_ERROR(
              desk_.Record(batch, audit::EventKind::kRetentionDecided, caller,
                           held.file, {{"state", "KEPT"}, {"reason", reason}}));
          return std::string("KEPT");
        }
        const std::unique_ptr<storage::Reader> snapshot =
            desk_.services().store.NewSnapshot();
        ASSIGN_OR_RETURN(const RetentionRules rules,
                         ReadRules(*snapshot, desk_.registry().vault()));
        ASSIGN_OR_RETURN(
            const std::optional<AgedCase> aged,
            eraser_.Read(*snapshot, rules, held.file.value.id, now));
        if (!aged.has_value()) return Error(Reason::kNotAllowed);
        return Carry(batch, *snapshot, caller, *aged, request);
      });
}

absl::StatusOr<std::string> RetentionActions::Carry(
    storage::Batch& batch, const storage::Reader& reader,
    const people::Caller& caller, const AgedCase& aged,
    const DecideRequest& request) const {
  const Case& file = aged.file.value;
  if (aged.due.empty()) {
    return NotDue(
        "nothing of the case is due: `amparo retention list` shows "
        "the periods, which begin when a case is closed");
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   eraser_.KeptBy(reader, aged));
  if (kept.has_value()) {
    return WithState(
        Error(Reason::kWrongState,
              "the case is still needed: `amparo retention due` says for what"),
        *kept);
  }
  const absl::Time now = desk_.services().clock.Now();
  const bool whole = aged.due.front().category == RetentionCategory::kCaseFile;
  if (request.choice == DecideRequest::Choice::kAnonymise) {
    if (!whole) return NotDue("the case file is not due: only parts of it are");
  }
  const RetentionAction action = ActionOf(request.choice);
  const auto& keeping = aged.keeping;
  if (!keeping.has_value() || keeping->value.proposed != action ||
      keeping->value.proposed_by == caller.person()) {
    return Propose(batch, caller, aged, request);
  }
  if (action == RetentionAction::kAnonymise) {
    RETURN_IF_ERROR(eraser_.Anonymise(batch, reader, aged, now));
    RETURN_IF_ERROR(RecordErasure(batch, file, "ANONYMISE", "CASE_FILE",
                                  caller.person(), request.reason));
    return std::string("ANONYMISED");
  }
  if (whole) {
    RETURN_IF_ERROR(eraser_.Delete(batch, reader, aged, now));
    RETURN_IF_ERROR(RecordErasure(batch, file, "DELETE", "CASE_FILE",
                                  caller.person(), request.reason));
    return std::string("DELETED");
  }
  std::set<RetentionCategory> parts;
  for (const Due& due : aged.due) parts.insert(due.category);
  RETURN_IF_ERROR(
      eraser_.RemoveParts(batch, reader, aged, parts, caller.person(), now));
  CaseRetention done = keeping->value;
  done.proposed.reset();
  done.proposed_by = PersonId();
  RETURN_IF_ERROR(storage::Table<CaseRetentionCodec>(desk_.registry().vault())
                      .Replace(batch, file.id, *keeping, done));
  RETURN_IF_ERROR(RecordErasure(batch, file, "DELETE", Names(parts),
                                caller.person(), request.reason));
  return std::string("REDUCED");
}

absl::StatusOr<std::string> RetentionActions::Propose(
    storage::Batch& batch, const people::Caller& caller, const AgedCase& aged,
    const DecideRequest& request) const {
  const Held held{aged.file, aged.keeping};
  CaseRetention keeping;
  if (held.keeping.has_value()) keeping = held.keeping->value;
  keeping.proposed = ActionOf(request.choice);
  keeping.proposed_by = caller.person();
  RETURN_IF_ERROR(Write(batch, held, keeping));
  RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kRetentionDecided,
                               caller, held.file,
                               {{"state", std::string(kProposed)},
                                {"type", std::string(Name(*keeping.proposed))},
                                {"reason", request.reason}}));
  return std::string(kProposed);
}

absl::Status RetentionActions::RecordErasure(storage::Batch& batch,
                                             const Case& file,
                                             absl::string_view type,
                                             absl::string_view categories,
                                             const PersonId& by,
                                             absl::string_view reason) const {
  audit::Event event{.kind = audit::EventKind::kErasure,
                     .at = desk_.services().clock.Now(),
                     .actor = by,
                     .about = {{"case", file.id.hex()},
                               {"type", std::string(type)},
                               {"category", std::string(categories)}}};
  if (!reason.empty()) event.about.emplace_back("reason", std::string(reason));
  return desk_.services().log.Record(batch, event);
}

}  // namespace amparo::cases
