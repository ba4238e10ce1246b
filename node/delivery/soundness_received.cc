// SPDX-License-Identifier: Apache-2.0
//
// Letters of peers.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/soundness.h"
#include "node/delivery/soundness_evidence.h"

namespace amparo::delivery {
namespace {

using peering::KnownOffices;
using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::StoredRow;
using storage::TableId;

// What both row keys start with: sender and message.
constexpr size_t kNameSize = OfficeId::kSize + MessageId::kSize;

// What some letters lead to.
struct ReceivedSums {
  Opened opened;
  ThreadChains chains;

  void Add(const ReceivedSums& other) {
    opened.Add(other.opened);
    chains.Add(other.chains);
  }
};

// Goes over letters and the receipts they were answered with side by side, in
// the order of sender and message.
class ReceivedCheck {
 public:
  ReceivedCheck(Inspection& inspection, const KnownOffices& offices,
                audit::ExpectedEvents& events)
      : inspection_(inspection), offices_(offices), events_(events) {}

  absl::Status Run() {
    RETURN_IF_ERROR(inspection_.Scan(
        TableId::kPeerLetters, {},
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          if (rows_.size() >= storage::kOpenedTogether) {
            RETURN_IF_ERROR(Deliver(std::string(key.substr(0, kNameSize))));
          }
          rows_.push_back({std::string(key), std::string(value)});
          return true;
        }));
    RETURN_IF_ERROR(Deliver({}));
    if (!sums_.opened.complete()) {
      events_.Leave(audit::EventKind::kLetterReceived);
    }
    return CheckThreads<ThreadInCodec>(inspection_, sums_.opened, sums_.chains);
  }

 private:
  // Checks the letters that were read and the answers up to `limit`.
  absl::Status Deliver(const std::string& limit) {
    std::map<std::string, StoredRow> answers;
    RETURN_IF_ERROR(ReadAnswers(limit, answers));
    std::vector<std::optional<StoredRow>> answer_of(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      const auto answer = answers.find(rows_[i].key.substr(0, kNameSize));
      if (answer == answers.end()) continue;
      answer_of[i] = std::move(answer->second);
      answers.erase(answer);
    }
    if (!answers.empty()) {
      inspection_.Add(TableId::kInbox, Gravity::kEvidence,
                      "a letter was answered with a receipt and is not there",
                      answers.size());
    }
    RETURN_IF_ERROR(inspection_.crew().ShareAndAdd<ReceivedSums>(
        rows_.size(), storage::kOpenedByOne, sums_,
        [&](size_t begin, size_t end, ReceivedSums& sums) -> absl::Status {
          storage::Warm(inspection_, rows_, begin, end);
          for (size_t i = begin; i < end; ++i) {
            RETURN_IF_ERROR(Check(rows_[i], answer_of[i], sums));
          }
          return absl::OkStatus();
        }));
    inspection_.CountRows(rows_.size());
    rows_.clear();
    done_ = limit;
    return absl::OkStatus();
  }

  absl::Status ReadAnswers(const std::string& limit,
                           std::map<std::string, StoredRow>& answers) {
    return inspection_.reader().Scan(
        TableId::kInbox, done_, limit,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          answers[std::string(key)] = {std::string(key), std::string(value)};
          inspection_.CountRows(1);
          return true;
        });
  }

  absl::Status Check(const StoredRow& letter,
                     const std::optional<StoredRow>& answer,
                     ReceivedSums& sums) {
    const auto key = PeerLetterCodec::DecodeKey(letter.key);
    ASSIGN_OR_RETURN(const auto row, storage::OpenRow<PeerLetterCodec>(
                                         inspection_, letter.key, letter.value,
                                         Erasure::kLeavesRows, sums.opened));
    std::string receipt;
    if (answer.has_value()) {
      Opened opened;
      ASSIGN_OR_RETURN(auto stored, storage::OpenRow<SeenCodec>(
                                        inspection_, answer->key, answer->value,
                                        Erasure::kNever, opened));
      if (stored.has_value()) receipt = std::move(stored->value);
    } else {
      inspection_.Add(TableId::kInbox, Gravity::kEvidence,
                      "a letter is there that was never answered with a "
                      "receipt, or twice");
    }
    if (!row.has_value() || !key.ok()) return absl::OkStatus();
    if (row->key !=
        inspection_.vault().TableKey(storage::TableId::kPeerLetters)) {
      inspection_.OwnKey(row->key);
    }
    const auto digest = CheckLetter(*key, row->value, sums);
    if (!digest.has_value() || !answer.has_value()) return absl::OkStatus();
    if (!ReceiptHolds(
            offices_, receipt,
            {key->is_void ? ReceiptKind::kVoided : ReceiptKind::kDelivered,
             key->message, *digest, key->sender, offices_.own, offices_.own})) {
      inspection_.Add(TableId::kInbox, Gravity::kEvidence,
                      "the receipt a letter was answered with is for another "
                      "letter, or not signed by this office");
    }
    return absl::OkStatus();
  }

  // The digest that receipt and thread name; nullopt, with its finding, when
  // the letter is not what its sender signed.
  std::optional<std::string> CheckLetter(const PeerLetterKey& key,
                                         const PeerLetterRow& row,
                                         ReceivedSums& sums) {
    const absl::StatusOr<Plain> plain = DecodePlain(row.plain);
    std::string digest = crypto::Sha256(row.plain);
    if (!plain.ok() || plain->header.message != key.message ||
        plain->header.sender != key.sender ||
        plain->header.receiver != offices_.own ||
        plain->header.sender_key_epoch != row.key_epoch ||
        (plain->header.type == LetterType::kVoid) != key.is_void ||
        !SignatureHolds(offices_, key.sender, row.key_epoch, kPlainDsse,
                        row.plain, row.signature)) {
      inspection_.Add(TableId::kPeerLetters, Gravity::kEvidence,
                      "a peer's letter is not what the peer signed, or not in "
                      "its place");
      return std::nullopt;
    }
    const LetterHeader& header = plain->header;
    events_.Add(audit::EventKind::kLetterReceived,
                {key.message.hex(), key.sender.hex(), Name(header.type),
                 absl::StrCat(header.seq), crypto::HexEncode(digest)});
    if (key.is_void) {
      const auto notice = DecodeVoidNotice(plain->payload);
      if (notice.ok()) digest = notice->plain_digest;
    }
    sums.chains.Letter({key.sender, header.incarnation, header.thread},
                       header.seq, header.prev_digest, digest);
    return digest;
  }

  Inspection& inspection_;
  const KnownOffices& offices_;
  audit::ExpectedEvents& events_;
  std::vector<StoredRow> rows_;
  std::string done_;  // Answers before this row key were read.
  ReceivedSums sums_;
};

}  // namespace

absl::Status CheckReceived(Inspection& inspection, const KnownOffices& offices,
                           audit::ExpectedEvents& events) {
  return ReceivedCheck(inspection, offices, events).Run();
}

}  // namespace amparo::delivery
