// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/statistics_rpc.h"

#include <algorithm>
#include <optional>
#include <string>

#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::statistics {
namespace {

namespace v1 = ::amparo::office::v1;

constexpr char kProtection[] = "dp";

absl::Status Write(const TableSpec& spec, v1::TableDescription* out) {
  ASSIGN_OR_RETURN(const crypto::Fraction sigma2, Sigma2(spec));
  out->set_table_id(spec.id);
  out->set_title(spec.title);
  out->set_spec_hash(crypto::HexEncode(SpecHash(spec)));
  for (const Dimension& dimension : spec.dimensions) {
    v1::TableDimension* described = out->add_dimensions();
    described->set_name(dimension.name);
    described->set_levels_per_person(dimension.cap);
    for (const Level& level : dimension.levels) {
      v1::TableLevel* one = described->add_levels();
      one->set_code(level.code);
      one->set_label(level.label);
    }
  }
  out->set_period(spec.period == Period::kYear ? "year" : "quarter");
  out->set_protection(kProtection);
  out->set_rho_nano(spec.rho.nano());
  out->set_cap_nano(spec.cap.nano());
  out->set_display_threshold(DisplayThreshold(sigma2));
  out->set_half_width(HalfWidth(sigma2));
  return absl::OkStatus();
}

void WriteCells(const TableSpec& spec, const CohortCounts& counts,
                int64_t threshold, v1::ReleasedCohort* out) {
  for (size_t cell = 0; cell < counts.values.size(); ++cell) {
    v1::ReleasedCell* one = out->add_cells();
    const std::vector<size_t> places = CellPlaces(spec, cell);
    for (size_t i = 0; i < places.size(); ++i) {
      one->add_codes(spec.dimensions[i].levels[places[i]].code);
    }
    const std::optional<int64_t> shown =
        Displayed(counts.values[cell], threshold);
    one->set_withheld(!shown.has_value());
    one->set_value(shown.value_or(0));
  }
}

// `spec` null: without cells, as in a list, or of a table that is gone.
void Write(const Published& published, const TableSpec* spec,
           v1::ReleaseDescription* out) {
  const Release& release = published.release;
  const int64_t threshold = DisplayThreshold(release.sigma2);
  out->set_release_id(release.id.hex());
  out->set_release_hash(crypto::HexEncode(published.hash));
  out->set_office_id(release.office.hex());
  out->set_table_id(release.table);
  out->set_generated_at_ms(amparo::ToUnixMillis(release.generated_at));
  out->set_counted_unit(std::string(Name(release.unit)));
  out->set_protection(kProtection);
  out->set_sigma2_numerator(release.sigma2.num);
  out->set_sigma2_denominator(release.sigma2.den);
  out->set_half_width(HalfWidth(release.sigma2));
  out->set_display_threshold(threshold);
  out->set_code_lists(release.code_lists);
  out->set_nodes_reporting(release.nodes_reporting);
  out->set_nodes_expected(release.nodes_expected);
  for (const Statement statement : release.statements) {
    out->add_statements(std::string(Text(statement)));
  }
  uint32_t shown = 0;
  uint32_t withheld = 0;
  for (const CohortCounts& counts : release.cohorts) {
    v1::ReleasedCohort* cohort = out->add_cohorts();
    cohort->set_cohort(counts.cohort.id());
    cohort->set_withheld(counts.withheld);
    cohort->set_rho_spent_nano(counts.spent.nano());
    cohort->set_epsilon_milli(counts.epsilon_milli);
    for (const uint32_t share : counts.coverage_permille) {
      cohort->add_coverage_permille(share);
    }
    withheld += counts.withheld;
    shown += static_cast<uint32_t>(counts.values.size()) - counts.withheld;
    if (spec != nullptr) WriteCells(*spec, counts, threshold, cohort);
  }
  out->set_values_shown(shown);
  out->set_values_withheld(withheld);
}

// The table as it was when the release was made, or null.
const TableSpec* SpecOf(const TableActions& actions, const Release& release) {
  const absl::StatusOr<const TableSpec*> spec =
      actions.catalogue().FindByHash(release.spec_hash);
  return spec.ok() ? *spec : nullptr;
}

void WriteTitle(const TableActions& actions, const Release& release,
                v1::ReleaseDescription* out) {
  const TableSpec* spec = SpecOf(actions, release);
  out->set_title(spec == nullptr ? release.table : spec->title);
}

absl::StatusOr<size_t> PageSize(int32_t asked) {
  if (asked < 0 || asked > limits::kPageSizeMax) {
    return FieldError("page_size", "must be 0 to 500");
  }
  return static_cast<size_t>(asked == 0 ? limits::kPageSizeDefault : asked);
}

}  // namespace

grpc::Status TableRpc::ListTables(grpc::ServerContext* context,
                                  const v1::ListTablesRequest* request,
                                  v1::ListTablesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.TableService/ListTables",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const size_t limit, PageSize(request->page_size()));
        ASSIGN_OR_RETURN(const absl::Span<const TableSpec> tables,
                         actions_.ListTables(caller));
        for (const TableSpec& spec : tables) {
          if (spec.id <= request->page_token()) continue;
          if (static_cast<size_t>(response->tables_size()) == limit) {
            response->set_next_page_token(
                response->tables(static_cast<int>(limit) - 1).table_id());
            break;
          }
          RETURN_IF_ERROR(Write(spec, response->add_tables()));
        }
        return absl::OkStatus();
      });
}

grpc::Status TableRpc::PrepareTable(grpc::ServerContext* context,
                                    const v1::PrepareTableRequest* request,
                                    v1::PrepareTableResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.TableService/PrepareTable",
      [&](const people::Caller& caller) -> absl::Status {
        PrepareRequest asked;
        ASSIGN_OR_RETURN(
            asked.request,
            people::ReadId<RequestId>("request_id", request->request_id()));
        asked.table = request->table_id();
        asked.cohorts.assign(request->cohorts().begin(),
                             request->cohorts().end());
        asked.counted_unit = request->counted_unit();
        ASSIGN_OR_RETURN(const Prepared prepared,
                         actions_.Prepare(caller, asked));
        response->set_preparation_id(prepared.id.hex());
        for (const CohortBudget& budget : prepared.budgets) {
          v1::CohortBudget* out = response->add_budgets();
          out->set_cohort(budget.cohort.id());
          out->set_spent_nano(budget.spent.nano());
          out->set_charge_nano(budget.charge.nano());
          out->set_cap_nano(budget.cap.nano());
        }
        return absl::OkStatus();
      });
}

grpc::Status TableRpc::ReleaseTable(grpc::ServerContext* context,
                                    const v1::ReleaseTableRequest* request,
                                    v1::ReleaseTableResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.TableService/ReleaseTable",
      [&](const people::Caller& caller) -> absl::Status {
        ReleaseRequest asked;
        ASSIGN_OR_RETURN(
            asked.request,
            people::ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(asked.preparation,
                         people::ReadId<PreparationId>(
                             "preparation_id", request->preparation_id()));
        ASSIGN_OR_RETURN(const Published published,
                         actions_.Release(caller, asked));
        Write(published, SpecOf(actions_, published.release),
              response->mutable_release());
        WriteTitle(actions_, published.release, response->mutable_release());
        for (const OfficeId& office : published.recipients) {
          response->add_recipients(office.hex());
        }
        return absl::OkStatus();
      });
}

grpc::Status TableRpc::ListReleases(grpc::ServerContext* context,
                                    const v1::ListReleasesRequest* request,
                                    v1::ListReleasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.TableService/ListReleases",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const size_t limit, PageSize(request->page_size()));
        ReleaseId after;
        if (!request->page_token().empty()) {
          ASSIGN_OR_RETURN(after, people::ReadId<ReleaseId>(
                                      "page_token", request->page_token()));
        }
        ASSIGN_OR_RETURN(
            const ReleasePage page,
            actions_.ListReleases(
                caller, limit, after.empty() ? std::string() : after.bytes()));
        for (const Published& published : page.releases) {
          Write(published, nullptr, response->add_releases());
          WriteTitle(actions_, published.release,
                     response->mutable_releases(response->releases_size() - 1));
        }
        response->set_next_page_token(crypto::HexEncode(page.next));
        return absl::OkStatus();
      });
}

grpc::Status TableRpc::ShowRelease(grpc::ServerContext* context,
                                   const v1::ShowReleaseRequest* request,
                                   v1::ShowReleaseResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.TableService/ShowRelease",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const ReleaseId id,
            people::ReadId<ReleaseId>("release_id", request->release_id()));
        ASSIGN_OR_RETURN(const Published published,
                         actions_.ShowRelease(caller, id));
        Write(published, SpecOf(actions_, published.release),
              response->mutable_release());
        WriteTitle(actions_, published.release, response->mutable_release());
        response->set_signed_body(published.signed_body);
        return absl::OkStatus();
      });
}

}  // namespace amparo::statistics
