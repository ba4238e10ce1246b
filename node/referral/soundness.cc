// SPDX-License-Identifier: Apache-2.0
#include "node/referral/soundness.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "node/base/status_macros.h"
#include "node/referral/referral.h"
#include "node/referral/referral_records.h"

namespace amparo::referral {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;

bool FitsDirection(const Referral& referral) {
  const bool outgoing = referral.direction == Direction::kOutgoing;
  if (outgoing ? referral.answer_not_taken != Reason::kUnspecified
               : referral.former_answer.has_value()) {
    return false;
  }
  switch (referral.state) {
    case State::kRequested:
    case State::kUndelivered:
      return outgoing;
    case State::kReceived:
      return !outgoing;
    case State::kAccepted:
    case State::kDeclined:
    case State::kRevoked:
      return true;
  }
  return false;
}

// Rows of other tables that must be there, looked up many together.
class Needed {
 public:
  explicit Needed(Inspection& inspection) : inspection_(inspection) {}

  absl::Status Row(TableId table, std::string key) {
    std::vector<std::string>& keys = keys_[table];
    keys.push_back(std::move(key));
    return keys.size() < storage::kOpenedTogether ? absl::OkStatus()
                                                  : Look(table, keys);
  }
  absl::Status Finish() {
    for (auto& [table, keys] : keys_) RETURN_IF_ERROR(Look(table, keys));
    return absl::OkStatus();
  }

 private:
  static absl::string_view Missing(TableId table) {
    switch (table) {
      case TableId::kCases:
        return "a referral is of a case that is not there";
      case TableId::kReferralsByConsent:
        return "the index by consent lacks a referral";
      case TableId::kReferrals:
        return "an index leads to a referral that is not there";
      default:
        return "the letter of a referral is not there";
    }
  }

  absl::Status Look(TableId table, std::vector<std::string>& keys) {
    for (const auto& row : inspection_.reader().GetAll(table, keys)) {
      RETURN_IF_ERROR(row.status());
      if (row->has_value()) continue;
      const bool index =
          table == TableId::kReferralsByConsent || table == TableId::kReferrals;
      inspection_.Add(
          index ? TableId::kReferralsByConsent : TableId::kReferrals,
          index ? Gravity::kDerived : Gravity::kRecord, Missing(table));
    }
    keys.clear();
    return absl::OkStatus();
  }

  Inspection& inspection_;
  std::map<TableId, std::vector<std::string>> keys_;
};

// Goes over the referrals and collects what they say about other tables.
class ReferralCheck {
 public:
  ReferralCheck(Inspection& inspection, const History* history)
      : inspection_(inspection), history_(history), needed_(inspection) {}

  absl::Status Run() {
    uint64_t read = 0;
    ASSIGN_OR_RETURN(const Opened opened,
                     storage::OpenAll<ReferralCodec>(
                         inspection_, Erasure::kNever,
                         [&](const ReferralId& id,
                             const Row<Referral>& row) -> absl::Status {
                           Referral referral = row.value;
                           referral.id = id;
                           ++read;
                           Check(referral);
                           by_time_.Add({TimeKey(referral)});
                           if (referral.direction == Direction::kIncoming) {
                             return CheckIncoming(referral, row.key);
                           }
                           return CheckOutgoing(referral);
                         }));
    if (history_ != nullptr && opened.complete() && read < history_->size()) {
      inspection_.Add(TableId::kReferrals, Gravity::kRecord,
                      "a referral that the log tells of is not there",
                      history_->size() - read);
    }
    RETURN_IF_ERROR(CheckFiles(opened.complete()));
    RETURN_IF_ERROR(CheckIndexes(opened.complete()));
    return needed_.Finish();
  }

 private:
  void Check(const Referral& referral) {
    if (!FitsDirection(referral)) {
      inspection_.Add(TableId::kReferrals, Gravity::kRecord,
                      "a referral is in a state its direction does not have");
    }
    if (history_ == nullptr) return;
    const std::string logged = history_->StateOf(referral.id);
    if (logged == Name(referral.state)) return;
    if (logged.empty() && history_->size() >= History::kReferralsMax) return;
    inspection_.Add(TableId::kReferrals, Gravity::kRecord,
                    "a referral is in another state than the log tells");
  }

  absl::Status CheckOutgoing(const Referral& referral) {
    RETURN_IF_ERROR(needed_.Row(TableId::kCases, referral.case_id.bytes()));
    RETURN_IF_ERROR(
        needed_.Row(TableId::kLetters, LetterKey(referral.request_letter)));
    RETURN_IF_ERROR(
        needed_.Row(TableId::kReferralsByConsent,
                    referral.consent.bytes() + referral.id.bytes()));
    if (referral.disclosure_letter.message.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(
        needed_.Row(TableId::kLetters, LetterKey(referral.disclosure_letter)));
    return needed_.Row(
        TableId::kReferralsByConsent,
        referral.disclosure_consent.bytes() + referral.id.bytes());
  }

  absl::Status CheckIncoming(const Referral& referral, const KeyId& key) {
    if (referral.disclosed()) {
      files_.Add({referral.id.bytes(), key.bytes()});
    }
    return needed_.Row(
        TableId::kPeerLetters,
        referral.peer.bytes() + LetterKey(referral.request_letter));
  }

  // A letter, not its VOID: message and a zero byte.
  static std::string LetterKey(const LetterMark& mark) {
    return mark.message.bytes() + std::string(1, '\0');
  }

  absl::Status CheckFiles(bool complete) {
    RowSet found;
    ASSIGN_OR_RETURN(
        const Opened opened,
        storage::OpenAll<DisclosureCodec>(
            inspection_, Erasure::kNever,
            [&](const ReferralId& id, const Row<ReceivedFile>& row) {
              found.Add({id.bytes(), row.key.bytes()});
              return absl::OkStatus();
            }));
    if (complete && opened.complete()) {
      inspection_.Compare(files_, found, TableId::kDisclosures,
                          Gravity::kRecord,
                          "the files are not those that referrals name");
    }
    return absl::OkStatus();
  }

  absl::Status CheckIndexes(bool complete) {
    RowSet found;
    RETURN_IF_ERROR(inspection_.Scan(
        TableId::kReferralsByTime, {},
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          inspection_.CountRows(1);
          found.Add({key});
          return true;
        }));
    if (complete) {
      inspection_.Compare(by_time_, found, TableId::kReferralsByTime,
                          Gravity::kDerived,
                          "the index by time does not say what the referrals "
                          "say");
    }
    // It may hold more: a file that never arrived may go again under another
    // consent.
    RETURN_IF_ERROR(inspection_.Scan(
        TableId::kReferralsByConsent, {},
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          inspection_.CountRows(1);
          RETURN_IF_ERROR(needed_.Row(
              TableId::kReferrals,
              std::string(key.substr(std::min(key.size(), ConsentId::kSize)))));
          return true;
        }));
    return inspection_.Scan(
        TableId::kRecalls, {},
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          inspection_.CountRows(1);
          if (key.size() != OfficeId::kSize + MessageId::kSize) {
            inspection_.Add(TableId::kRecalls, Gravity::kRecord,
                            "a recall names no letter");
          }
          return true;
        });
  }

  Inspection& inspection_;
  const History* const history_;
  Needed needed_;
  RowSet by_time_;
  RowSet files_;
};

}  // namespace

void History::Take(const audit::Event& event) {
  if (event.kind != audit::EventKind::kReferralTransition) return;
  const std::string* referral = nullptr;
  const std::string* state = nullptr;
  for (const auto& [name, value] : event.about) {
    if (name == "referral") referral = &value;
    if (name == "state") state = &value;
  }
  if (referral == nullptr || state == nullptr) return;
  if (*state == kErasedState) {
    last_.erase(*referral);
    return;
  }
  if (last_.size() >= kReferralsMax && !last_.contains(*referral)) return;
  last_[*referral] = *state;
}

std::string History::StateOf(const ReferralId& id) const {
  const auto found = last_.find(id.hex());
  return found == last_.end() ? std::string() : found->second;
}

absl::Status CheckReferrals(Inspection& inspection, const History* history) {
  return ReferralCheck(inspection, history).Run();
}

}  // namespace amparo::referral
