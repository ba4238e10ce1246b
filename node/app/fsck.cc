// SPDX-License-Identifier: Apache-2.0
#include "node/app/fsck.h"

#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/audit/soundness.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/soundness.h"
#include "node/consent/soundness.h"
#include "node/delivery/soundness.h"
#include "node/delivery/soundness_evidence.h"
#include "node/peering/soundness.h"
#include "node/people/soundness.h"
#include "node/referral/soundness.h"
#include "node/region/soundness.h"
#include "node/statistics/release.h"
#include "node/statistics/soundness.h"
#include "node/storage/crew.h"
#include "node/storage/read_only_store.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::app {
namespace {

using storage::Finding;
using storage::Findings;
using storage::Gravity;
using storage::Inspection;
using storage::TableId;

struct Job {
  TableId table;  // Named when the check itself meets damage.
  std::function<absl::Status()> check;
};

// A check that met damage it could not pass by found something; a disk that
// does not answer ends everything.
absl::Status RunJob(Inspection& inspection, const Job& job) {
  absl::Status status = job.check();
  if (ReasonOf(status) != Reason::kRecordDamaged) return status;
  inspection.Add(job.table, Gravity::kRecord,
                 "damage stopped the check of this table and of those that "
                 "belong to it");
  return absl::OkStatus();
}

std::vector<crypto::Ed25519PublicKey> LogKeysOf(
    const peering::KnownOffices& known) {
  std::vector<crypto::Ed25519PublicKey> keys;
  if (known.own_bundle.has_value()) {
    for (const auto& entry : known.own_bundle->log_keys) {
      keys.push_back(entry.key);
    }
  }
  return keys;
}

statistics::ReleaseSignature SignedByUs(const peering::KnownOffices& known) {
  return [&known](uint32_t epoch, absl::string_view body,
                  absl::string_view signature) {
    return delivery::SignatureHolds(known, known.own, epoch,
                                    statistics::kReleaseType, body, signature);
  };
}

absl::Status CheckRooms(Inspection& inspection, absl::Time now) {
  peering::KnownOffices known;
  RETURN_IF_ERROR(
      RunJob(inspection, {TableId::kOwnOffice, [&]() -> absl::Status {
                            ASSIGN_OR_RETURN(
                                known, peering::CheckPeering(inspection, now));
                            return absl::OkStatus();
                          }}));
  audit::ExpectedEvents expected;
  audit::LogContents log;
  referral::History history;
  bool log_read = false;
  // The longest first.
  const std::vector<Job> jobs = {
      {TableId::kLeaves,
       [&]() -> absl::Status {
         ASSIGN_OR_RETURN(
             log, audit::CheckAudit(inspection, known.own, LogKeysOf(known),
                                    [&history](const audit::Event& event) {
                                      history.Take(event);
                                    }));
         log_read = true;
         return absl::OkStatus();
       }},
      {TableId::kLetters,
       [&] { return delivery::CheckSent(inspection, known, expected); }},
      {TableId::kPeerLetters,
       [&] { return delivery::CheckReceived(inspection, known, expected); }},
      {TableId::kCases, [&] { return cases::CheckCases(inspection); }},
      {TableId::kConsents,
       [&] { return consent::CheckConsents(inspection, expected); }},
      {TableId::kReleases,
       [&] {
         return statistics::CheckStatistics(inspection, known.own,
                                            SignedByUs(known), expected);
       }},
      {TableId::kRegionReleases,
       [&] { return region::CheckRegion(inspection, known); }},
      {TableId::kPersons, [&] { return people::CheckPeople(inspection); }},
  };
  RETURN_IF_ERROR(inspection.crew().Share(
      jobs.size(), 1,
      [&](size_t i, size_t) { return RunJob(inspection, jobs[i]); }));
  if (log_read) audit::CompareWithLog(inspection, expected, log);
  RETURN_IF_ERROR(RunJob(inspection, {TableId::kReferrals, [&] {
                                        return referral::CheckReferrals(
                                            inspection,
                                            log_read ? &history : nullptr);
                                      }}));
  return RunJob(inspection, {TableId::kDataKeys, [&] {
                               return storage::CheckStorage(inspection);
                             }});
}

FsckReport DamagedWhole(TableId table, absl::string_view what) {
  FsckReport report;
  report.findings.push_back(
      Finding{table, Gravity::kRecord, std::string(what), 1});
  return report;
}

// A JSON string. Texts are our own, but for what RocksDB says of its files.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(absl::ascii_iscntrl(static_cast<unsigned char>(c)) ? ' '
                                                                        : c);
  }
  return quoted + "\"";
}

}  // namespace

absl::StatusOr<FsckReport> CheckNode(const storage::Reader& reader,
                                     crypto::Secret node_key,
                                     crypto::RandomSource& random,
                                     absl::Time now, int threads) {
  const auto vault =
      storage::Vault::OpenForReading(reader, std::move(node_key), random);
  if (ReasonOf(vault.status()) == Reason::kRecordDamaged) {
    return DamagedWhole(TableId::kGroupKeys,
                        "the keys above all others are missing or damaged: "
                        "nothing can be read");
  }
  RETURN_IF_ERROR(vault.status());
  Findings findings;
  Inspection inspection(reader, **vault, findings, threads);
  RETURN_IF_ERROR(CheckRooms(inspection, now));
  return FsckReport{inspection.rows(), findings.List()};
}

absl::StatusOr<FsckReport> CheckDirectory(const std::string& store_directory,
                                          crypto::Secret node_key,
                                          crypto::RandomSource& random,
                                          absl::Time now) {
  const auto store = storage::OpenReadOnly(store_directory);
  if (ReasonOf(store.status()) == Reason::kRecordDamaged) {
    return DamagedWhole(TableId::kFormat, store.status().message());
  }
  RETURN_IF_ERROR(store.status());
  return CheckNode(**store, std::move(node_key), random, now,
                   storage::Crew::OnePerProcessor());
}

std::string Describe(const FsckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    absl::StrAppendFormat(&text, "%s %s: %s (%d)\n    next: %s\n",
                          Name(finding.gravity), TableName(finding.table),
                          finding.what, finding.rows,
                          NextStep(finding.gravity));
  }
  absl::StrAppend(&text, "fsck: ", report.rows, " rows read, ",
                  report.clean() ? "all sound"
                                 : absl::StrCat(report.findings.size(),
                                                " kinds of finding"),
                  "\n");
  return text;
}

std::string DescribeAsJson(const FsckReport& report) {
  std::string text =
      absl::StrCat("{\"clean\": ", report.clean() ? "true" : "false",
                   ", \"rows\": ", report.rows, ", \"findings\": [");
  absl::string_view between;
  for (const Finding& finding : report.findings) {
    absl::StrAppend(
        &text, between, "{\"table\": ", Quoted(TableName(finding.table)),
        ", \"gravity\": ", Quoted(Name(finding.gravity)),
        ", \"what\": ", Quoted(finding.what), ", \"rows\": ", finding.rows,
        ", \"next_step\": ", Quoted(NextStep(finding.gravity)), "}");
    between = ", ";
  }
  return absl::StrCat(text, "]}\n");
}

}  // namespace amparo::app
