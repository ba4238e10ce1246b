// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/importer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

constexpr int kConflictsMax = 5;
constexpr absl::string_view kAlreadyImported = "ALREADY_IMPORTED";
constexpr absl::string_view kChainStart = "amparo.import.v1";
constexpr absl::string_view kYear = "yearOfRegistration";
// UTC+14, the first place where a day begins.
constexpr absl::Duration kFirstDay = absl::Hours(14);

size_t BytesOf(const CsvRecord& record) {
  size_t bytes = 0;
  for (const std::string& field : record.fields) bytes += field.size();
  return bytes;
}

}  // namespace

Importer::Importer(const ImportServices& services, Mapping mapping,
                   ImportOptions options)
    : services_(services),
      mapping_(std::move(mapping)),
      options_(std::move(options)),
      lists_(vocabulary::Lists::BuiltIn()),
      reader_(mapping_.separator) {}

absl::Status Importer::Feed(absl::string_view bytes) {
  if (failed_.ok()) {
    failed_ =
        reader_.Feed(bytes, [this](CsvRecord& record) { return Take(record); });
  }
  return failed_;
}

absl::StatusOr<ImportReport> Importer::Finish() {
  RETURN_IF_ERROR(failed_);
  failed_ = reader_.Finish([this](CsvRecord& record) { return Take(record); });
  RETURN_IF_ERROR(failed_);
  if (!bound_.has_value()) {
    failed_ = Error(Reason::kRowMalformed, "the file has no header");
    return failed_;
  }
  failed_ = Flush();
  if (failed_.ok()) failed_ = Settle();
  RETURN_IF_ERROR(failed_);
  return report_;
}

absl::Status Importer::Take(CsvRecord& record) {
  if (bound_.has_value()) return TakeRow(record);
  ASSIGN_OR_RETURN(
      bound_, BoundMapping::Bind(lists_, mapping_, options_.only_rows, record));
  report_.ignored_columns = bound_->Ignored();
  chain_ = crypto::Sha256(kChainStart);
  MoveChain(record);
  return absl::OkStatus();
}

absl::Status Importer::TakeRow(const CsvRecord& record) {
  ++report_.read;
  MoveChain(record);
  MappedRow row = bound_->Apply(record);
  if (row.outcome == MappedRow::Outcome::kSkipped) {
    Skip(row.skipped_by);
    return absl::OkStatus();
  }
  if (row.outcome == MappedRow::Outcome::kRejected) {
    return Reject(record, row.problem, row.column);
  }
  std::string column;
  absl::StatusOr<Waiting> waiting = Prepare(row, column);
  if (!waiting.ok()) return Reject(record, waiting.status(), column);
  ASSIGN_OR_RETURN(const bool known,
                   services_.registry.SourceKnown(
                       services_.store, mapping_.source, waiting->source_key));
  if (known || !IsNewHere(waiting->source_key)) {
    Skip(kAlreadyImported);
    return absl::OkStatus();
  }
  if (!waiting->life.entries.empty()) story_bytes_ += BytesOf(record);
  waiting_.push_back(*std::move(waiting));
  if (waiting_.size() < limits::kImportRowsPerCommit &&
      story_bytes_ < kImportStoryBytesMax) {
    return absl::OkStatus();
  }
  return Flush();
}

absl::StatusOr<Importer::Waiting> Importer::Prepare(MappedRow& row,
                                                    std::string& column) const {
  const absl::Time now = services_.clock.Now();
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  absl::StatusOr<Profile> profile =
      Profile::FromCoded(lists_, std::move(row.entries));
  if (!profile.ok()) {
    column = bound_->ColumnOf(FieldOf(profile.status()));
    return profile.status();
  }
  const int year = RegistrationYear(*profile);
  if (year > today.year()) {
    column = bound_->ColumnOf(kYear);
    return FieldError(kYear, "must not be in the future");
  }
  const PartialDate& born = row.identity.born;
  if (!CheckBornBy(today, born).ok() ||
      (born.known() && year != 0 && born.year > year)) {
    column = bound_->ColumnOf("born");
    return FieldError("born", "must not be after the registration");
  }
  const absl::CivilDay latest =
      absl::ToCivilDay(now + kFirstDay, absl::UTCTimeZone());
  const absl::Status lived = CheckLife(lists_, latest, year, row.life);
  if (!lived.ok()) {
    column = bound_->ColumnOf(FieldOf(lived));
    return lived;
  }
  Waiting waiting{*std::move(profile), std::nullopt, KeyOf(row),
                  std::move(row.life)};
  if (!row.identity.empty()) waiting.identity = std::move(row.identity);
  return waiting;
}

absl::Status Importer::Reject(const CsvRecord& record,
                              const absl::Status& problem,
                              absl::string_view column) {
  ++report_.rejected;
  const Reason reason = ReasonOf(problem);
  ++report_.rejected_by_reason[reason];
  Rejection rejection{report_.read, record.line, std::string(column), reason,
                      std::string(problem.message())};
  if (options_.on_rejected) {
    RETURN_IF_ERROR(options_.on_rejected(rejection, record));
  }
  if (report_.rejections.size() < limits::kImportRejectionsReported) {
    report_.rejections.push_back(std::move(rejection));
  }
  return absl::OkStatus();
}

std::vector<std::string> Importer::header() const {
  return bound_.has_value() ? bound_->header() : std::vector<std::string>();
}

void Importer::Skip(absl::string_view why) {
  ++report_.skipped;
  ++report_.skipped_by_reason[std::string(why)];
}

std::string Importer::KeyOf(const MappedRow& row) const {
  // The two kinds cannot meet: a chain is 32 bytes behind a zero byte.
  return mapping_.key_column.empty() ? std::string(1, '\0') + chain_ : row.key;
}

bool Importer::IsNewHere(absl::string_view key) {
  // Links of the chain differ; only texts of a column can come again.
  if (mapping_.key_column.empty()) return true;
  KeyDigest digest;
  const std::string whole = crypto::Sha256(key);
  std::copy_n(whole.begin(), digest.size(), digest.begin());
  if (under_way_ != nullptr && under_way_->keys.contains(digest)) return false;
  return keys_here_.insert(digest).second;
}

void Importer::MoveChain(const CsvRecord& record) {
  if (!mapping_.key_column.empty()) return;
  std::string link = chain_;
  // A broken record has its place too, whatever could be read of it.
  crypto::AppendU32(&link, static_cast<uint32_t>(record.fields.size()));
  for (const std::string& field : record.fields) {
    crypto::AppendPrefixed(&link, field);
  }
  chain_ = crypto::Sha256(link);
}

absl::Status Importer::Fill(Packet& packet) const {
  const absl::Time now = services_.clock.Now();
  packet.batch = storage::Batch();
  packet.without_consent = 0;
  for (Waiting& row : packet.rows) {
    bool consented = false;
    RETURN_IF_ERROR(AddTo(packet.batch, row, now, consented));
    if (mapping_.consent.has_value() && !consented) ++packet.without_consent;
  }
  return absl::OkStatus();
}

void Importer::Count(const Packet& packet) {
  report_.accepted += static_cast<int64_t>(packet.rows.size());
  report_.with_identity += std::count_if(
      packet.rows.begin(), packet.rows.end(),
      [](const Waiting& row) { return row.identity.has_value(); });
  report_.without_consent += packet.without_consent;
}

absl::Status Importer::Flush() {
  if (waiting_.empty()) return absl::OkStatus();
  auto packet = std::make_unique<Packet>();
  packet->rows = std::exchange(waiting_, {});
  story_bytes_ = 0;
  RETURN_IF_ERROR(Fill(*packet));
  if (options_.dry_run) {
    // It must notice repetitions over the whole file by itself.
    Count(*packet);
    return absl::OkStatus();
  }
  packet->keys = std::exchange(keys_here_, {});
  RETURN_IF_ERROR(Settle());
  under_way_ = std::move(packet);
  // Without a thread to spare it is committed when it is settled.
  committed_ = std::async(
      std::launch::async | std::launch::deferred,
      [&store = services_.store, &batch = std::as_const(under_way_->batch)] {
        return store.Commit(batch).status();
      });
  return absl::OkStatus();
}

absl::Status Importer::Settle() {
  if (under_way_ == nullptr) return absl::OkStatus();
  const absl::Status committed = committed_.get();
  const std::unique_ptr<Packet> packet = std::move(under_way_);
  if (ReasonOf(committed) == Reason::kVersionConflict) {
    return CommitAgain(*packet);
  }
  RETURN_IF_ERROR(committed);
  Count(*packet);
  return absl::OkStatus();
}

// Another import stored some of these rows meanwhile, or a random case number
// was taken: look again and draw new numbers.
absl::Status Importer::CommitAgain(Packet& packet) {
  absl::Status committed = Error(Reason::kVersionConflict);
  for (int attempt = 1; attempt < kConflictsMax; ++attempt) {
    std::vector<Waiting> left;
    for (Waiting& row : packet.rows) {
      ASSIGN_OR_RETURN(const bool known,
                       services_.registry.SourceKnown(
                           services_.store, mapping_.source, row.source_key));
      if (known) {
        Skip(kAlreadyImported);
      } else {
        left.push_back(std::move(row));
      }
    }
    packet.rows = std::move(left);
    if (packet.rows.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(Fill(packet));
    committed = services_.store.Commit(packet.batch).status();
    if (committed.ok()) Count(packet);
    if (ReasonOf(committed) != Reason::kVersionConflict) return committed;
  }
  return committed;
}

absl::StatusOr<std::vector<Entry>> Importer::EntriesOf(const CaseLife& life,
                                                       absl::Time now) const {
  std::vector<Entry> entries;
  for (const Wording& wording : life.entries) {
    Entry& entry = entries.emplace_back();
    ASSIGN_OR_RETURN(entry.id, EntryId::FromBytes(crypto::RandomBytes(
                                   services_.random, EntryId::kSize)));
    entry.recorded_at = now;
    entry.recorded_by = options_.importer;
    entry.wording = wording;
    entry.wording.source = mapping_.source;
  }
  return entries;
}

absl::Status Importer::AddTo(storage::Batch& batch, Waiting& row,
                             absl::Time now, bool& consented) const {
  const auto fresh_id = [this] {
    return crypto::RandomBytes(services_.random, CaseId::kSize);
  };
  ASSIGN_OR_RETURN(const CaseId id, CaseId::FromBytes(fresh_id()));
  ASSIGN_OR_RETURN(const SubjectId subject, SubjectId::FromBytes(fresh_id()));
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const bool closed = IsClosed(row.life.status);
  ASSIGN_OR_RETURN(std::vector<Entry> entries, EntriesOf(row.life, now));
  NewCase fresh{
      .file = Case{.id = id,
                   .number = CaseNumber::Generate(services_.random),
                   .subject = subject,
                   .owner = options_.importer,
                   .team = options_.team,
                   .registered_at = now,
                   .year = RegistrationYear(row.profile),
                   .source = mapping_.source,
                   .has_identity = row.identity.has_value(),
                   .treated_as_minor = TreatedAsMinor(row.profile,
                                                      row.identity.has_value()
                                                          ? row.identity->born
                                                          : PartialDate(),
                                                      today),
                   .status = row.life.status,
                   .closed_at = closed ? std::optional(row.life.ClosedAt(now))
                                       : std::nullopt,
                   .closing_reason = row.life.closing_reason},
      .profile = std::move(row.profile),
      .identity = std::move(row.identity),
      .source_key = std::move(row.source_key),
      .entries = std::move(entries)};
  ASSIGN_OR_RETURN(const KeyId key, services_.registry.Insert(batch, fresh));
  // Lent, not copied: after a conflict the row is added again.
  row.profile = std::move(fresh.profile);
  row.identity = std::move(fresh.identity);
  row.source_key = std::move(fresh.source_key);
  audit::Event event{
      .kind = audit::EventKind::kCaseRegistered,
      .at = now,
      .actor = options_.importer,
      .about = {{"case", id.hex()}, {"import", mapping_.source}}};
  if (!options_.request.empty()) {
    event.about.emplace_back("request", options_.request.hex());
  }
  if (closed) {
    event.about.emplace_back("state", std::string(Name(row.life.status)));
  }
  if (!fresh.entries.empty()) {
    event.about.emplace_back("rows", absl::StrCat(fresh.entries.size()));
  }
  const bool minor = fresh.file.treated_as_minor;
  consented =
      mapping_.consent.has_value() && (!minor || mapping_.consent->for_minors);
  if (consented) {
    ASSIGN_OR_RETURN(const ConsentId consent_id,
                     ConsentId::FromBytes(fresh_id()));
    ASSIGN_OR_RETURN(const consent::Consent consent,
                     mapping_.consent->For(consent_id, subject, minor, now));
    RETURN_IF_ERROR(services_.ledger.InsertWithCase(batch, consent, key));
    // One leaf for both: an import would write two rows more for another.
    event.about.emplace_back("consent", consent_id.hex());
    event.about.emplace_back("purpose", amparo::Name(consent.purpose()));
  }
  return services_.log.Record(batch, event, key);
}

}  // namespace amparo::cases
