// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/second_offers.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/storage/table.h"

namespace amparo::delivery {
namespace {

using storage::Batch;
using storage::Row;
using storage::Table;

// What stands for the letter at the peer: the VOID where there is one.
bool HeldByPeer(ReceiptKind kind) {
  return kind == ReceiptKind::kDelivered || kind == ReceiptKind::kVoided;
}

// The outbox row that the letter, or its VOID, had; nullopt when it is no
// letter to `peer` or nothing is left to offer.
absl::StatusOr<std::optional<OutboxRow>> FormerRow(
    const storage::Reader& reader, const storage::Vault& vault,
    const OfficeId& peer, const ReceiptKey& receipt) {
  const Table<LetterCodec> letters(vault);
  ASSIGN_OR_RETURN(const auto letter,
                   letters.Get(reader, LetterKey{receipt.message, false}));
  if (!letter.has_value() || letter->value.clearance.recipient != peer) {
    return std::optional<OutboxRow>();
  }
  ASSIGN_OR_RETURN(const auto voided,
                   letters.Get(reader, LetterKey{receipt.message, true}));
  // Of a VOID that we lost ourselves nothing is left.
  if (receipt.kind == ReceiptKind::kVoided && !voided.has_value()) {
    return std::optional<OutboxRow>();
  }
  ASSIGN_OR_RETURN(const Plain plain, DecodePlain(letter->value.plain));
  OutboxRow row;
  row.key = letter->value.outbox_key;
  row.thread = letter->value.thread;
  row.seq = plain.header.seq;
  row.incarnation = plain.header.incarnation;
  row.prev_digest = plain.header.prev_digest;
  row.plain_digest = letter->value.plain_digest;
  row.type = plain.header.type;
  row.clearance = letter->value.clearance;
  row.plain_bytes = letter->value.plain.size();
  row.offered_again = true;
  if (receipt.kind == ReceiptKind::kVoided) {
    row.void_reason = voided->value.void_reason;
    row.clearance = voided->value.clearance;
    row.plain_bytes = voided->value.plain.size();
  }
  return std::optional<OutboxRow>(std::move(row));
}

// Whether a row was added.
absl::StatusOr<bool> AddRow(const storage::Reader& reader,
                            const storage::Vault& vault, const OfficeId& peer,
                            const ReceiptKey& receipt, Batch& batch) {
  if (receipt.kind == ReceiptKind::kDelivered) {
    // Both: it was offered again before, and ended in a VOID.
    ASSIGN_OR_RETURN(const auto voided,
                     Table<ReceiptCodec>(vault).Get(
                         reader, {receipt.message, ReceiptKind::kVoided}));
    if (voided.has_value()) return false;
  }
  const absl::StatusOr<std::optional<OutboxRow>> row =
      FormerRow(reader, vault, peer, receipt);
  if (!row.ok()) {
    // Its subject was erased, or it is damaged, which fsck tells.
    Log("letter_not_offered_again",
        {LogField::Peer(peer), LogField::Why(ReasonOf(row.status()))});
    return false;
  }
  if (!row->has_value()) return false;
  ASSIGN_OR_RETURN(
      const auto waiting,
      reader.Get(OutboxCodec::kTable, OutboxCodec::EncodeKey((*row)->key)));
  if (waiting.has_value()) return false;
  RETURN_IF_ERROR(Table<OutboxCodec>(vault).Insert(batch, (*row)->key, **row));
  return true;
}

}  // namespace

bool NeedsSecondOffers(const peering::Peer& peer, const PeerCursor& cursor) {
  return peer.bundle.incarnation > cursor.offered_incarnation;
}

absl::StatusOr<PeerCursor> AddSecondOffers(const storage::Reader& reader,
                                           const storage::Vault& vault,
                                           const peering::Peer& peer,
                                           PeerCursor cursor, Batch& batch,
                                           int& added) {
  std::vector<ReceiptKey> page;
  std::string next;
  RETURN_IF_ERROR(reader.ScanPrefix(
      ReceiptCodec::kTable, {},
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        if (page.size() == kSecondOffersPage) {
          next = std::string(key);
          return false;
        }
        ASSIGN_OR_RETURN(const ReceiptKey receipt,
                         ReceiptCodec::DecodeKey(key));
        page.push_back(receipt);
        return true;
      },
      cursor.offer_from));
  added = 0;
  for (const ReceiptKey& receipt : page) {
    if (!HeldByPeer(receipt.kind)) continue;
    ASSIGN_OR_RETURN(const bool offered,
                     AddRow(reader, vault, peer.id, receipt, batch));
    if (offered) ++added;
  }
  cursor.offer_from = next;
  if (next.empty()) cursor.offered_incarnation = peer.bundle.incarnation;
  RETURN_IF_ERROR(Table<PeerCursorCodec>(vault).Put(batch, peer.id, cursor));
  return cursor;
}

absl::Status AddFormerReceipt(const storage::Reader& reader,
                              const storage::Vault& vault,
                              const peering::Peer& peer, const OutboxRow& row,
                              WireLetter& wire) {
  const ReceiptKind kind =
      row.is_void() ? ReceiptKind::kVoided : ReceiptKind::kDelivered;
  ASSIGN_OR_RETURN(const auto receipt, Table<ReceiptCodec>(vault).Get(
                                           reader, {row.key.message, kind}));
  if (!receipt.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SignedReceipt parsed,
                   ParseSignedReceipt(receipt->value.signed_body));
  wire.former_receipt = receipt->value.signed_body;
  const uint32_t epoch = parsed.body.key_epoch;
  if (peer.bundle.SigningKeyOf(epoch).ok()) return absl::OkStatus();
  for (const peering::FormerBundle& former : peer.former_bundles) {
    if (former.bundle.SigningKeyOf(epoch).ok()) {
      wire.former_bundle = former.signed_bytes;
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::delivery
