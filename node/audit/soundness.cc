// SPDX-License-Identifier: Apache-2.0
#include "node/audit/soundness.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crypto/base/bytes.h"
#include "crypto/merkle/merkle.h"
#include "node/audit/audit_records.h"
#include "node/audit/leaf.h"
#include "node/audit/signed_note.h"
#include "node/audit/tree.h"
#include "node/base/status_macros.h"

namespace amparo::audit {
namespace {

using storage::Gravity;
using storage::Inspection;
using storage::RowSet;
using storage::TableId;

// U+2014 and a space, before the name of who signed.
constexpr absl::string_view kSignerMark = "\n\xe2\x80\x94 ";
constexpr size_t kNoteKeyIdSize = 4;

// The value of each name, or nullopt when one is not there.
std::optional<std::vector<absl::string_view>> ValuesOf(
    const Event& event, const std::vector<absl::string_view>& names) {
  std::vector<absl::string_view> values;
  for (const absl::string_view name : names) {
    for (const auto& [about, value] : event.about) {
      if (about == name) {
        values.push_back(value);
        break;
      }
    }
  }
  if (values.size() != names.size()) return std::nullopt;
  return values;
}

void AddTo(RowSet& set, const std::vector<absl::string_view>& values) {
  std::string joined;
  for (const absl::string_view value : values) {
    crypto::AppendPrefixed(&joined, value);
  }
  set.Add({joined});
}

// Whether the note is what SignNote makes of this text with one of the keys.
bool NoteIsSigned(const SignedCheckpoint& checkpoint, absl::string_view office,
                  const std::vector<crypto::Ed25519PublicKey>& keys) {
  const absl::string_view note = checkpoint.note;
  const size_t mark = note.find(kSignerMark);
  const size_t first_line = note.find('\n');
  if (mark == absl::string_view::npos) return false;
  const absl::string_view origin = note.substr(0, first_line);
  const absl::string_view text = note.substr(0, mark);
  if (!absl::StartsWith(origin, absl::StrCat("amparo/", office, "/")) ||
      text != CheckpointText(origin, checkpoint.size, checkpoint.root)) {
    return false;
  }
  absl::string_view signer = note.substr(mark + kSignerMark.size());
  if (!absl::ConsumePrefix(&signer, absl::StrCat(origin, " ")) ||
      !absl::ConsumeSuffix(&signer, "\n")) {
    return false;
  }
  const absl::StatusOr<std::string> signature = crypto::Base64Decode(signer);
  if (!signature.ok() || signature->size() < kNoteKeyIdSize) return false;
  for (const crypto::Ed25519PublicKey& key : keys) {
    if (signature->substr(0, kNoteKeyIdSize) == NoteKeyId(origin, key)) {
      return key.Verify(text, signature->substr(kNoteKeyIdSize)).ok();
    }
  }
  return false;
}

// Roots by size, of the checkpoints that are sound in themselves.
using Roots = std::map<uint64_t, std::string>;

absl::StatusOr<Roots> CheckCheckpoints(
    Inspection& inspection, const OfficeId& office,
    const std::vector<crypto::Ed25519PublicKey>& keys) {
  Roots roots;
  const std::string hex = office.hex();
  RETURN_IF_ERROR(inspection.Scan(
      TableId::kLogHead, CheckpointKeyPrefix(),
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        const auto checkpoint = DecodeCheckpoint(value);
        if (!checkpoint.ok() || key != CheckpointKey(checkpoint->size)) {
          inspection.Add(TableId::kLogHead, Gravity::kEvidence,
                         "a signed head of the log is none, or not in its "
                         "place");
          return true;
        }
        if (!NoteIsSigned(*checkpoint, hex, keys)) {
          inspection.Add(TableId::kLogHead, Gravity::kEvidence,
                         "a signed head of the log is not signed by a log key "
                         "of this office");
        }
        roots[checkpoint->size] = checkpoint->root;
        return true;
      }));
  return roots;
}

// Builds the tree from the leaves as they come.
class TreeCheck {
 public:
  TreeCheck(Inspection& inspection, Head head, Roots roots)
      : inspection_(inspection),
        head_(std::move(head)),
        roots_(std::move(roots)) {}

  // The next leaf, at `index`. False when it cannot be taken in: from there on
  // nothing of the tree can be derived.
  bool Append(uint64_t index, const LeafRow& row) {
    if (index != frontier_.size()) {
      inspection_.Add(TableId::kLeaves, Gravity::kEvidence,
                      "leaves of the log are missing");
      return false;
    }
    const auto completed = frontier_.Append(crypto::LeafHash(row.leaf));
    if (!completed.ok()) return false;
    for (const crypto::TreeNode& node : *completed) {
      const uint64_t end = (node.index + 1) << node.level;
      if (node.level == 0 || end > head_.frontier.size()) continue;
      derived_.Add({TreeNodeKey(node.level, node.index), node.hash});
    }
    AtSize();
    return true;
  }

  // Compares what the leaves give with what is stored.
  absl::Status Finish() {
    if (frontier_.size() < head_.frontier.size()) {
      inspection_.Add(TableId::kLeaves, Gravity::kEvidence,
                      "leaves that were taken into the tree are missing at "
                      "the end of the log",
                      head_.frontier.size() - frontier_.size());
    }
    std::optional<uint64_t> last;
    if (!roots_.empty()) last = roots_.rbegin()->first;
    if (head_.checkpoint_size != last ||
        last.value_or(0) > head_.frontier.size()) {
      inspection_.Add(TableId::kLogHead, Gravity::kEvidence,
                      "the head of the log is not at its last signed one");
    }
    RowSet stored;
    RETURN_IF_ERROR(
        inspection_.Scan(TableId::kTreeNodes, {},
                         [&](absl::string_view key,
                             absl::string_view value) -> absl::StatusOr<bool> {
                           inspection_.CountRows(1);
                           stored.Add({key, value});
                           return true;
                         }));
    inspection_.Compare(derived_, stored, TableId::kTreeNodes,
                        Gravity::kEvidence,
                        "the leaves do not give the stored tree");
    return absl::OkStatus();
  }

  void AtSize() {
    const auto root = roots_.find(frontier_.size());
    if (root != roots_.end() && root->second != frontier_.Root()) {
      inspection_.Add(TableId::kLogHead, Gravity::kEvidence,
                      "the leaves do not give the root of a signed head");
    }
    if (frontier_.size() == head_.frontier.size() &&
        frontier_.Serialise() != head_.frontier.Serialise()) {
      inspection_.Add(TableId::kLogHead, Gravity::kEvidence,
                      "the leaves do not give the head of the log");
    }
  }

 private:
  Inspection& inspection_;
  const Head head_;
  const Roots roots_;
  crypto::Frontier frontier_;
  RowSet derived_;
};

// What some leaves led to.
struct EventsRead {
  storage::Opened opened;
  uint64_t rows = 0;
  std::map<EventKind, RowSet> sets;
  std::vector<Event> events;  // In the order of the leaves.

  void Add(const EventsRead& other) {
    opened.Add(other.opened);
    rows += other.rows;
    for (const auto& [kind, set] : other.sets) sets[kind].Add(set);
    events.insert(events.end(), other.events.begin(), other.events.end());
  }
};

// Reads the events of the leaves, many together.
class EventCheck {
 public:
  EventCheck(Inspection& inspection,
             const std::function<void(const Event&)>& event)
      : inspection_(inspection), event_(event) {}

  absl::Status Take(LeafRow row) {
    if (row.kind == EventKind::kPadding) return absl::OkStatus();
    ahead_.push_back(std::move(row));
    return ahead_.size() < storage::kOpenedTogether ? absl::OkStatus()
                                                    : Deliver();
  }

  absl::StatusOr<LogContents> Finish() {
    RETURN_IF_ERROR(Deliver());
    uint64_t stored = 0;
    RETURN_IF_ERROR(inspection_.Scan(
        TableId::kEvents, {},
        [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
          ++stored;
          return true;
        }));
    if (stored != read_.rows) {
      inspection_.Add(
          TableId::kEvents, Gravity::kEvidence,
          "events are there that no leaf commits to",
          stored > read_.rows ? stored - read_.rows : read_.rows - stored);
    }
    return LogContents{std::move(read_.sets), read_.opened.mute};
  }

 private:
  absl::Status Deliver() {
    RETURN_IF_ERROR(inspection_.crew().ShareAndAdd<EventsRead>(
        ahead_.size(), storage::kOpenedByOne, read_,
        [this](size_t begin, size_t end, EventsRead& read) {
          return Read(begin, end, read);
        }));
    for (const Event& event : read_.events) event_(event);
    read_.events.clear();
    inspection_.CountRows(ahead_.size());
    ahead_.clear();
    return absl::OkStatus();
  }

  absl::Status Read(size_t begin, size_t end, EventsRead& read) {
    std::vector<std::string> keys;
    keys.reserve(end - begin);
    for (size_t i = begin; i < end; ++i) {
      keys.push_back(ahead_[i].event.bytes());
    }
    const auto rows = inspection_.reader().GetAll(TableId::kEvents, keys);
    std::vector<absl::string_view> values;
    for (const auto& row : rows) {
      if (row.ok() && row->has_value()) values.push_back(**row);
    }
    inspection_.vault().Warm(values);
    for (size_t i = 0; i < rows.size(); ++i) {
      RETURN_IF_ERROR(Check(ahead_[begin + i], keys[i], rows[i], read));
    }
    return absl::OkStatus();
  }

  absl::Status Check(const LeafRow& leaf, const std::string& key,
                     const absl::StatusOr<std::optional<std::string>>& row,
                     EventsRead& read) {
    RETURN_IF_ERROR(row.status());
    if (!row->has_value()) {
      inspection_.Add(TableId::kEvents, Gravity::kEvidence,
                      "the event of a leaf is not there");
      return absl::OkStatus();
    }
    ++read.rows;
    ASSIGN_OR_RETURN(const auto opened,
                     storage::OpenRow<EventCodec>(inspection_, key, **row,
                                                  storage::Erasure::kLeavesRows,
                                                  read.opened));
    if (!opened.has_value()) return absl::OkStatus();
    const SaltedEvent& salted = opened->value;
    absl::StatusOr<Event> event = DecodeEvent(salted.event_bytes);
    if (!event.ok() || event->kind != leaf.kind ||
        MakeLeaf(leaf.kind, salted.salt, salted.event_bytes) != leaf.leaf) {
      inspection_.Add(TableId::kEvents, Gravity::kEvidence,
                      "an event is not the one its leaf was made of");
      return absl::OkStatus();
    }
    Tally(event->kind, *event, read);
    // An imported case and the consent its source vouches for are one event.
    if (event->kind == EventKind::kCaseRegistered) {
      Tally(EventKind::kConsentGiven, *event, read);
    }
    read.events.push_back(*std::move(event));
    return absl::OkStatus();
  }

  static void Tally(EventKind kind, const Event& event, EventsRead& read) {
    const std::vector<absl::string_view> names = KeyNames(kind);
    if (names.empty()) return;
    const auto values = ValuesOf(event, names);
    if (values.has_value()) AddTo(read.sets[kind], *values);
  }

  Inspection& inspection_;
  const std::function<void(const Event&)>& event_;
  std::vector<LeafRow> ahead_;
  EventsRead read_;
};

}  // namespace

void ExpectedEvents::Add(EventKind kind,
                         std::initializer_list<absl::string_view> values) {
  RowSet one;
  AddTo(one, std::vector<absl::string_view>(values));
  absl::MutexLock lock(&mutex_);
  sets_[kind].Add(one);
}

void ExpectedEvents::Leave(EventKind kind) {
  absl::MutexLock lock(&mutex_);
  left_.insert(kind);
}

std::set<EventKind> ExpectedEvents::left() const {
  absl::MutexLock lock(&mutex_);
  return left_;
}

std::map<EventKind, storage::RowSet> ExpectedEvents::sets() const {
  absl::MutexLock lock(&mutex_);
  return sets_;
}

std::vector<absl::string_view> KeyNames(EventKind kind) {
  switch (kind) {
    case EventKind::kConsentGiven:
    case EventKind::kConsentWithdrawn:
      return {"consent", "purpose"};
    case EventKind::kLetterSent:
      return {"letter", "recipient", "type", "sequence", "digest"};
    case EventKind::kLetterReceived:
      return {"letter", "office", "type", "sequence", "digest"};
    case EventKind::kReceiptReceived:
    case EventKind::kNonDelivery:
      return {"letter", "recipient", "receipt"};
    case EventKind::kVoidSent:
      return {"letter", "recipient", "reason", "digest"};
    case EventKind::kRelease:
      return {"release", "table", "digest"};
    case EventKind::kLedgerEntry:
      return {"cohort", "release", "rho", "table"};
    default:
      return {};
  }
}

absl::StatusOr<LogContents> CheckAudit(
    Inspection& inspection, const OfficeId& office,
    const std::vector<crypto::Ed25519PublicKey>& keys,
    const std::function<void(const Event&)>& event) {
  Head head;
  const absl::StatusOr<StoredHead> read = ReadHead(inspection.reader());
  if (read.ok()) {
    head = read->head;
  } else {
    inspection.Add(TableId::kLogHead, Gravity::kEvidence,
                   "the head of the log cannot be read");
  }
  RETURN_IF_ERROR(storage::CheckPrefixes(inspection, TableId::kLogHead,
                                         {HeadKey(), CheckpointKeyPrefix()}));
  ASSIGN_OR_RETURN(Roots roots, CheckCheckpoints(inspection, office, keys));
  TreeCheck tree(inspection, std::move(head), std::move(roots));
  tree.AtSize();
  EventCheck events(inspection, event);
  bool whole = true;
  RETURN_IF_ERROR(inspection.Scan(
      TableId::kLeaves, {},
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        const auto index = DecodeLeafKey(key);
        auto row = DecodeLeafRow(value);
        if (!index.ok() || !row.ok()) {
          inspection.Add(TableId::kLeaves, Gravity::kEvidence,
                         "a leaf of the log has an unknown form");
          whole = false;
          return true;
        }
        whole = whole && tree.Append(*index, *row);
        RETURN_IF_ERROR(events.Take(*std::move(row)));
        return true;
      }));
  if (whole) RETURN_IF_ERROR(tree.Finish());
  return events.Finish();
}

void CompareWithLog(Inspection& inspection, const ExpectedEvents& expected,
                    const LogContents& log) {
  std::map<EventKind, RowSet> rows = expected.sets();
  const std::set<EventKind> left = expected.left();
  for (const EventKind kind : AllEventKinds()) {
    if (KeyNames(kind).empty() || left.count(kind) > 0) continue;
    const auto logged = log.sets.find(kind);
    inspection.Compare(rows[kind],
                       logged == log.sets.end() ? RowSet() : logged->second,
                       TableId::kLeaves, Gravity::kEvidence,
                       absl::StrCat("the leaves ", EventKindName(kind),
                                    " do not say what the rows say"));
  }
}

}  // namespace amparo::audit
