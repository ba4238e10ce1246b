// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/statistics_actions.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/signed_body.h"
#include "node/statistics/counting.h"

namespace amparo::statistics {
namespace {

using people::Permission;

constexpr int kAttemptsMax = 5;

// Calls `once` again while somebody else was quicker.
template <class Answer, class Once>
absl::StatusOr<Answer> Retrying(const Once& once) {
  absl::StatusOr<Answer> answer = once();
  for (int attempt = 1; attempt < kAttemptsMax && !answer.ok() &&
                        ReasonOf(answer.status()) == Reason::kVersionConflict;
       ++attempt) {
    answer = once();
  }
  return answer;
}

std::string EncodePrepared(const Prepared& prepared) {
  std::string bytes = prepared.id.bytes();
  for (const CohortBudget& budget : prepared.budgets) {
    crypto::AppendPrefixed(&bytes, budget.cohort.id());
    for (const Rho rho : {budget.spent, budget.charge, budget.cap}) {
      crypto::AppendU64(&bytes, static_cast<uint64_t>(rho.nano()));
    }
  }
  return bytes;
}

absl::StatusOr<Rho> ReadRho(crypto::ByteReader& reader) {
  ASSIGN_OR_RETURN(const uint64_t nano, reader.ReadU64());
  return Rho::FromNano(static_cast<int64_t>(nano));
}

absl::StatusOr<Prepared> DecodePrepared(absl::string_view bytes) {
  crypto::ByteReader reader(bytes);
  Prepared prepared;
  ASSIGN_OR_RETURN(const std::string id,
                   reader.ReadBytes(PreparationId::kSize));
  ASSIGN_OR_RETURN(prepared.id, PreparationId::FromBytes(id));
  while (!reader.AtEnd()) {
    ASSIGN_OR_RETURN(const std::string text, reader.ReadPrefixed());
    ASSIGN_OR_RETURN(const Cohort cohort, Cohort::Parse(text));
    ASSIGN_OR_RETURN(const Rho spent, ReadRho(reader));
    ASSIGN_OR_RETURN(const Rho charge, ReadRho(reader));
    ASSIGN_OR_RETURN(const Rho cap, ReadRho(reader));
    prepared.budgets.push_back({cohort, spent, charge, cap});
  }
  return prepared;
}

std::string PrepareBody(const PrepareRequest& request) {
  std::string bytes;
  crypto::AppendPrefixed(&bytes, request.table);
  crypto::AppendPrefixed(&bytes, request.counted_unit);
  for (const std::string& cohort : request.cohorts) {
    crypto::AppendPrefixed(&bytes, cohort);
  }
  return bytes;
}

std::string SignedBytes(const OfficeId& office, const StoredRelease& stored) {
  peering::SignedBody signed_body;
  signed_body.body = stored.body;
  signed_body.signatures.push_back(
      {office, stored.key_epoch, stored.signature});
  return signed_body.Encode();
}

}  // namespace

TableActions::TableActions(const Parts& parts)
    : parts_(parts),
      ledger_(parts.vault),
      preparations_(parts.vault),
      releases_(parts.vault) {}

absl::Status TableActions::Check() const {
  for (const TableSpec& spec : parts_.catalogue.tables()) {
    RETURN_IF_ERROR(CheckSpec(spec, parts_.lists));
  }
  const std::unique_ptr<storage::Reader> snapshot = parts_.store.NewSnapshot();
  return ledger_.Verify(*snapshot);
}

absl::StatusOr<absl::Span<const TableSpec>> TableActions::ListTables(
    const people::Caller& caller) const {
  RETURN_IF_ERROR(caller.May(Permission::kTrendRead));
  return parts_.catalogue.tables();
}

absl::StatusOr<std::vector<Cohort>> TableActions::CheckCohorts(
    const TableSpec& spec, const std::vector<std::string>& texts) const {
  if (texts.empty() || texts.size() > kCohortsMax) {
    return FieldError("cohorts", "must be 1 to 64 cohorts");
  }
  const absl::Time now = parts_.clock.Now();
  std::vector<Cohort> cohorts;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const Cohort cohort, Cohort::Parse(text, "cohorts"));
    if ((cohort.quarter() == 0) != (spec.period == Period::kYear)) {
      return FieldError("cohorts", spec.period == Period::kYear
                                       ? "must be years for this table"
                                       : "must be quarters for this table");
    }
    if (now < cohort.end()) {
      return FieldError("cohorts",
                        "must be over: people may still be registered in it");
    }
    cohorts.push_back(cohort);
  }
  std::sort(cohorts.begin(), cohorts.end());
  if (std::adjacent_find(cohorts.begin(), cohorts.end(),
                         [](const Cohort& a, const Cohort& b) {
                           return a.Overlaps(b);
                         }) != cohorts.end()) {
    return FieldError("cohorts", "must not overlap");
  }
  return cohorts;
}

absl::StatusOr<Prepared> TableActions::Prepare(const people::Caller& caller,
                                               const PrepareRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kTablePrepare));
  const std::string digest =
      people::BodyDigest("PrepareTable", PrepareBody(request));
  return Retrying<Prepared>(
      [&] { return PrepareOnce(caller, request, digest); });
}

absl::StatusOr<Prepared> TableActions::PrepareOnce(
    const people::Caller& caller, const PrepareRequest& request,
    absl::string_view digest) {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  if (kept.has_value()) return DecodePrepared(*kept);

  ASSIGN_OR_RETURN(const TableSpec* spec, parts_.catalogue.Find(request.table));
  Preparation preparation;
  preparation.table = spec->id;
  preparation.spec_hash = SpecHash(*spec);
  ASSIGN_OR_RETURN(preparation.cohorts, CheckCohorts(*spec, request.cohorts));
  ASSIGN_OR_RETURN(preparation.unit, CountedUnitFromName(request.counted_unit));
  preparation.prepared_by = caller.person();
  preparation.prepared_at = parts_.clock.Now();

  const std::unique_ptr<storage::Reader> snapshot = parts_.store.NewSnapshot();
  Prepared prepared;
  ASSIGN_OR_RETURN(prepared.budgets,
                   ledger_.Check(*snapshot, *spec, preparation.cohorts));
  ASSIGN_OR_RETURN(prepared.id, PreparationId::FromBytes(crypto::RandomBytes(
                                    parts_.random, PreparationId::kSize)));
  storage::Batch batch;
  RETURN_IF_ERROR(preparations_.Insert(batch, prepared.id, preparation));
  RETURN_IF_ERROR(parts_.log.Record(
      batch, {audit::EventKind::kTablePrepared,
              preparation.prepared_at,
              caller.person(),
              {{"table", spec->id},
               {"digest", crypto::HexEncode(preparation.spec_hash)}}}));
  RETURN_IF_ERROR(parts_.requests.Remember(batch, caller.person(),
                                           request.request, digest,
                                           EncodePrepared(prepared)));
  RETURN_IF_ERROR(parts_.store.Commit(batch).status());
  return prepared;
}

absl::StatusOr<Published> TableActions::Release(const people::Caller& caller,
                                                const ReleaseRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kTableRelease));
  const std::string digest =
      people::BodyDigest("ReleaseTable", request.preparation.bytes());
  return Retrying<Published>(
      [&] { return ReleaseOnce(caller, request, digest); });
}

absl::StatusOr<Published> TableActions::ReleaseOnce(
    const people::Caller& caller, const ReleaseRequest& request,
    absl::string_view digest) {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  const std::unique_ptr<storage::Reader> snapshot = parts_.store.NewSnapshot();
  if (kept.has_value()) {
    ASSIGN_OR_RETURN(const ReleaseId id, ReleaseId::FromBytes(*kept));
    return Load(*snapshot, id);
  }
  ASSIGN_OR_RETURN(const std::optional<storage::Row<Preparation>> row,
                   preparations_.Get(*snapshot, request.preparation));
  if (!row.has_value()) {
    return FieldError("preparation_id", "must be of a prepared table");
  }
  const Preparation& preparation = row->value;
  if (caller.person().empty() || preparation.prepared_by == caller.person()) {
    return Error(Reason::kSecondPersonRequired,
                 "whoever prepared a table cannot release it: ask the data "
                 "protection officer");
  }
  if (!preparation.release.empty()) {
    return SendAgain(caller, request, digest, preparation.release);
  }
  return Publish(*snapshot, caller, request, digest, *row);
}

absl::StatusOr<Published> TableActions::Publish(
    const storage::Reader& reader, const people::Caller& caller,
    const ReleaseRequest& request, absl::string_view digest,
    const storage::Row<Preparation>& row) {
  const Preparation& preparation = row.value;
  ASSIGN_OR_RETURN(const TableSpec* spec,
                   parts_.catalogue.Find(preparation.table));
  if (SpecHash(*spec) != preparation.spec_hash) {
    return WithState(Error(Reason::kWrongState,
                           "the table changed since it was prepared: prepare "
                           "it again"),
                     "TABLE_CHANGED");
  }
  ASSIGN_OR_RETURN(const statistics::Release release,
                   Make(reader, *spec, preparation));

  StoredRelease stored;
  stored.body = EncodeRelease(release);
  stored.preparation = request.preparation;
  stored.approved_by = caller.person();
  ASSIGN_OR_RETURN(const Outlet::Signature signature,
                   parts_.outlet.Sign(stored.body));
  stored.key_epoch = signature.key_epoch;
  stored.signature = signature.der;
  const std::string hash = crypto::Sha256(stored.body);
  const std::string signed_body = SignedBytes(release.office, stored);

  storage::Batch batch;
  RETURN_IF_ERROR(ledger_.Charge(batch, reader, *spec, release, hash,
                                 preparation.prepared_by, caller.person()));
  ASSIGN_OR_RETURN(stored.recipients,
                   parts_.outlet.Post(batch, signed_body, {}));
  RETURN_IF_ERROR(releases_.Insert(batch, release.id, stored));
  Preparation done = preparation;
  done.release = release.id;
  RETURN_IF_ERROR(preparations_.Replace(batch, request.preparation, row, done));
  RETURN_IF_ERROR(RecordRelease(batch, caller.person(), release, hash));
  RETURN_IF_ERROR(parts_.requests.Remember(
      batch, caller.person(), request.request, digest, release.id.bytes()));
  RETURN_IF_ERROR(parts_.store.Commit(batch).status());
  return Published{release, hash, signed_body, stored.recipients};
}

absl::StatusOr<statistics::Release> TableActions::Make(
    const storage::Reader& reader, const TableSpec& spec,
    const Preparation& preparation) {
  // Before anything is counted.
  ASSIGN_OR_RETURN(const std::vector<CohortBudget> budgets,
                   ledger_.Check(reader, spec, preparation.cohorts));
  statistics::Release release;
  ASSIGN_OR_RETURN(release.id, ReleaseId::FromBytes(crypto::RandomBytes(
                                   parts_.random, ReleaseId::kSize)));
  release.office = parts_.outlet.office();
  release.table = spec.id;
  release.spec_hash = preparation.spec_hash;
  release.generated_at = parts_.clock.Now();
  release.unit = preparation.unit;
  release.sensitivity2 = Sensitivity2(spec);
  release.rho = spec.rho;
  ASSIGN_OR_RETURN(release.sigma2, Sigma2(spec));
  release.code_lists = parts_.lists.Versions();
  release.statements = StatementsFor(spec);

  ASSIGN_OR_RETURN(const ExactCounts counts,
                   Count(reader, parts_.registry, parts_.consents, spec,
                         preparation.cohorts, release.generated_at));
  ASSIGN_OR_RETURN(std::vector<Values> noised,
                   AddNoise(counts, release.sigma2, parts_.random));
  for (size_t i = 0; i < noised.size(); ++i) {
    CohortCounts cohort{budgets[i].cohort,
                        std::move(noised[i]),
                        budgets[i].spent + budgets[i].charge,
                        0,
                        0,
                        {}};
    ASSIGN_OR_RETURN(cohort.epsilon_milli, EpsilonMilli(cohort.spent));
    cohort.withheld = CountWithheld(cohort.values, release.sigma2);
    cohort.coverage_permille = Coverage(spec, cohort.values);
    release.cohorts.push_back(std::move(cohort));
  }
  return release;
}

absl::StatusOr<Published> TableActions::SendAgain(const people::Caller& caller,
                                                  const ReleaseRequest& request,
                                                  absl::string_view digest,
                                                  const ReleaseId& id) {
  ASSIGN_OR_RETURN(Published published, Load(parts_.store, id));
  ASSIGN_OR_RETURN(const std::optional<storage::Row<StoredRelease>> row,
                   releases_.Get(parts_.store, id));
  storage::Batch batch;
  ASSIGN_OR_RETURN(
      const std::vector<OfficeId> added,
      parts_.outlet.Post(batch, published.signed_body, row->value.recipients));
  if (!added.empty()) {
    StoredRelease stored = row->value;
    stored.recipients.insert(stored.recipients.end(), added.begin(),
                             added.end());
    published.recipients = stored.recipients;
    RETURN_IF_ERROR(releases_.Replace(batch, id, *row, stored));
  }
  RETURN_IF_ERROR(parts_.requests.Remember(
      batch, caller.person(), request.request, digest, id.bytes()));
  if (!batch.empty()) RETURN_IF_ERROR(parts_.store.Commit(batch).status());
  return published;
}

absl::Status TableActions::RecordRelease(storage::Batch& batch,
                                         const PersonId& approver,
                                         const statistics::Release& release,
                                         absl::string_view hash) const {
  RETURN_IF_ERROR(
      parts_.log.Record(batch, {audit::EventKind::kRelease,
                                release.generated_at,
                                approver,
                                {{"release", release.id.hex()},
                                 {"table", release.table},
                                 {"digest", crypto::HexEncode(hash)}}}));
  for (const CohortCounts& counts : release.cohorts) {
    RETURN_IF_ERROR(
        parts_.log.Record(batch, {audit::EventKind::kLedgerEntry,
                                  release.generated_at,
                                  approver,
                                  {{"cohort", counts.cohort.id()},
                                   {"release", release.id.hex()},
                                   {"rho", absl::StrCat(release.rho.nano())},
                                   {"table", release.table}}}));
  }
  return absl::OkStatus();
}

absl::StatusOr<Published> TableActions::Load(const storage::Reader& reader,
                                             const ReleaseId& id) const {
  ASSIGN_OR_RETURN(const std::optional<storage::Row<StoredRelease>> row,
                   releases_.Get(reader, id));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  Published published;
  absl::StatusOr<statistics::Release> release = DecodeRelease(row->value.body);
  if (!release.ok()) {
    return Error(Reason::kRecordDamaged, "a stored release cannot be read");
  }
  published.release = *std::move(release);
  published.hash = crypto::Sha256(row->value.body);
  published.signed_body = SignedBytes(published.release.office, row->value);
  published.recipients = row->value.recipients;
  return published;
}

absl::StatusOr<ReleasePage> TableActions::ListReleases(
    const people::Caller& caller, size_t limit, absl::string_view after) const {
  RETURN_IF_ERROR(caller.May(Permission::kTrendRead));
  if (limit < 1 || limit > static_cast<size_t>(limits::kPageSizeMax)) {
    return FieldError("page_size", "must be 1 to 500");
  }
  if (!after.empty() && after.size() != ReleaseId::kSize) {
    return FieldError("page_token", "must be of an answer before");
  }
  const std::unique_ptr<storage::Reader> snapshot = parts_.store.NewSnapshot();
  std::vector<ReleaseId> ids;
  ReleasePage page;
  RETURN_IF_ERROR(releases_.Scan(
      *snapshot, {}, after,
      [&](const ReleaseId& id,
          const storage::Row<StoredRelease>&) -> absl::StatusOr<bool> {
        // `after` is the last one shown.
        if (id.bytes() == after) return true;
        if (ids.size() == limit) {
          page.next = ids.back().bytes();
          return false;
        }
        ids.push_back(id);
        return true;
      }));
  for (const ReleaseId& id : ids) {
    ASSIGN_OR_RETURN(Published published, Load(*snapshot, id));
    page.releases.push_back(std::move(published));
  }
  return page;
}

absl::StatusOr<Published> TableActions::ShowRelease(
    const people::Caller& caller, const ReleaseId& id) const {
  RETURN_IF_ERROR(caller.May(Permission::kTrendRead));
  return Load(parts_.store, id);
}

}  // namespace amparo::statistics
