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
using storage::Row;
using storage::TableId;

// What both row keys start with: sender and message.
constexpr size_t kNameSize = OfficeId::kSize + MessageId::kSize;

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
          rows_.emplace_back(std::string(key), std::string(value));
          return true;
        }));
    RETURN_IF_ERROR(Deliver({}));
    if (!opened_.complete()) {
      events_.Leave(audit::EventKind::kLetterReceived);
    }
    return CheckThreads();
  }

 private:
  using StoredRow = std::pair<std::string, std::string>;

  absl::Status Deliver(const std::string& limit) {
    std::map<std::string, std::string> answers;
    RETURN_IF_ERROR(ReadAnswers(limit, answers));
    std::vector<absl::string_view> values;
    for (const auto& [key, value] : rows_) values.push_back(value);
    inspection_.vault().Warm(values);
    for (const auto& [bytes, value] : rows_) {
      const auto answer = answers.find(bytes.substr(0, kNameSize));
      std::optional<std::string> receipt;
      if (answer != answers.end()) receipt = std::move(answer->second);
      RETURN_IF_ERROR(Check(bytes, value, receipt));
      if (answer != answers.end()) answers.erase(answer);
    }
    if (!answers.empty()) {
      inspection_.Add(TableId::kInbox, Gravity::kEvidence,
                      "a letter was answered with a receipt and is not there",
                      answers.size());
    }
    inspection_.CountRows(rows_.size());
    rows_.clear();
    done_ = limit;
    return absl::OkStatus();
  }

  absl::Status ReadAnswers(const std::string& limit,
                           std::map<std::string, std::string>& answers) {
    std::vector<StoredRow> found;
    RETURN_IF_ERROR(inspection_.reader().Scan(
        TableId::kInbox, done_, limit,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          found.emplace_back(std::string(key), std::string(value));
          return true;
        }));
    Opened opened;
    for (const auto& [key, value] : found) {
      ASSIGN_OR_RETURN(auto row,
                       storage::OpenRow<SeenCodec>(inspection_, key, value,
                                                   Erasure::kNever, opened));
      answers[key] = row.has_value() ? std::move(row->value) : std::string();
    }
    inspection_.CountRows(found.size());
    return absl::OkStatus();
  }

  absl::Status Check(const std::string& bytes, const std::string& value,
                     const std::optional<std::string>& receipt) {
    const auto key = PeerLetterCodec::DecodeKey(bytes);
    ASSIGN_OR_RETURN(const auto row, storage::OpenRow<PeerLetterCodec>(
                                         inspection_, bytes, value,
                                         Erasure::kLeavesRows, opened_));
    if (!receipt.has_value()) {
      inspection_.Add(TableId::kInbox, Gravity::kEvidence,
                      "a letter is there that was never answered with a "
                      "receipt, or twice");
    }
    if (!row.has_value() || !key.ok()) return absl::OkStatus();
    if (row->key !=
        inspection_.vault().TableKey(storage::TableId::kPeerLetters)) {
      inspection_.OwnKey(row->key);
    }
    const auto digest = CheckLetter(*key, row->value);
    if (!digest.has_value() || !receipt.has_value()) return absl::OkStatus();
    if (!ReceiptHolds(
            offices_, *receipt,
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
                                         const PeerLetterRow& row) {
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
    chains_.Letter({key.sender, header.incarnation, header.thread}, header.seq,
                   header.prev_digest, digest);
    return digest;
  }

  absl::Status CheckThreads() {
    ASSIGN_OR_RETURN(const Opened opened, storage::OpenAll<ThreadInCodec>(
                                              inspection_, Erasure::kNever,
                                              [&](const ThreadKey& key,
                                                  const Row<ThreadState>& row) {
                                                chains_.Thread(key, row.value);
                                                return absl::OkStatus();
                                              }));
    if (opened.complete() && opened_.damaged == 0) {
      chains_.Finish(inspection_, TableId::kThreadsIn, opened_.mute);
    }
    return absl::OkStatus();
  }

  Inspection& inspection_;
  const KnownOffices& offices_;
  audit::ExpectedEvents& events_;
  std::vector<StoredRow> rows_;
  std::string done_;  // Answers before this row key were read.
  Opened opened_;
  ThreadChains chains_;
};

}  // namespace

absl::Status CheckReceived(Inspection& inspection, const KnownOffices& offices,
                           audit::ExpectedEvents& events) {
  return ReceivedCheck(inspection, offices, events).Run();
}

}  // namespace amparo::delivery
