// SPDX-License-Identifier: Apache-2.0
#include "node/cases/attachments.h"

#include <algorithm>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/storage/table.h"

namespace amparo::cases {
namespace {

constexpr size_t kPiece = limits::kAttachmentPieceBytes;

absl::Status NotTheFile() {
  return Error(Reason::kRecordDamaged,
               "an attachment is not the file that was attached");
}

uint32_t PiecesOf(uint64_t size) {
  return static_cast<uint32_t>((size + kPiece - 1) / kPiece);
}

}  // namespace

std::string PieceCodec::EncodeKey(const PieceKey& key) {
  std::string bytes = EntryCodec::EncodeKey(key.of);
  crypto::AppendU32(&bytes, key.piece);
  return bytes;
}

absl::StatusOr<PieceKey> PieceCodec::DecodeKey(absl::string_view bytes) {
  constexpr size_t kEntry = CaseId::kSize + EntryId::kSize;
  if (bytes.size() != kEntry + 4) return NotTheFile();
  PieceKey key;
  ASSIGN_OR_RETURN(key.of, EntryCodec::DecodeKey(bytes.substr(0, kEntry)));
  crypto::ByteReader reader(bytes.substr(kEntry));
  ASSIGN_OR_RETURN(key.piece, reader.ReadU32());
  if (key.piece >= PiecesOf(limits::kAttachmentBytesMax)) return NotTheFile();
  return key;
}

absl::StatusOr<std::string> PieceCodec::Decode(absl::string_view bytes) {
  if (bytes.empty() || bytes.size() > kPiece) return NotTheFile();
  return std::string(bytes);
}

PieceWriter::PieceWriter(const storage::Vault& vault, const KeyId& key,
                         const EntryKey& of, const Attachment& said)
    : vault_(vault),
      key_(key),
      of_(of),
      size_(said.size),
      said_digest_(said.digest) {}

absl::Status PieceWriter::Feed(absl::string_view bytes) {
  if (bytes.size() > size_ - taken_) {
    return FieldError("attachment.size",
                      "is exceeded by the file: it changed while it was read");
  }
  taken_ += bytes.size();
  digest_.Update(bytes);
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kPiece - open_.size());
    open_.append(bytes.data(), taken);
    bytes.remove_prefix(taken);
    if (open_.size() == kPiece) RETURN_IF_ERROR(Seal());
  }
  return absl::OkStatus();
}

absl::Status PieceWriter::Finish() {
  if (taken_ != size_) {
    return FieldError("attachment.size", "is not reached: the file broke off");
  }
  if (digest_.Finish() != said_digest_) {
    return FieldError("attachment.digest",
                      "is not the SHA-256 of what was sent: send it again");
  }
  return open_.empty() ? absl::OkStatus() : Seal();
}

void PieceWriter::AddTo(storage::Batch& batch) const {
  for (const auto& [key, value] : sealed_) {
    batch.Put(PieceCodec::kTable, key, value);
  }
}

absl::Status PieceWriter::Seal() {
  std::string key =
      PieceCodec::EncodeKey({of_, static_cast<uint32_t>(sealed_.size())});
  ASSIGN_OR_RETURN(std::string sealed,
                   vault_.Seal(key_, PieceCodec::kTable, key,
                               PieceCodec::kSchemaVersion, open_));
  sealed_.push_back({std::move(key), std::move(sealed)});
  open_.clear();
  return absl::OkStatus();
}

PieceReader::PieceReader(const storage::Vault& vault,
                         const storage::Reader& reader, const EntryKey& of,
                         const Attachment& said)
    : vault_(vault),
      reader_(reader),
      of_(of),
      size_(said.size),
      said_digest_(said.digest) {}

absl::StatusOr<std::optional<std::string>> PieceReader::Next() {
  if (given_ == size_) return std::optional<std::string>();
  ASSIGN_OR_RETURN(
      auto row, storage::Table<PieceCodec>(vault_).Get(reader_, {of_, next_}));
  if (!row.has_value()) return NotTheFile();
  std::string bytes = std::move(row->value);
  if (bytes.size() > size_ - given_) return NotTheFile();
  given_ += bytes.size();
  ++next_;
  digest_.Update(bytes);
  if (given_ == size_ && digest_.Finish() != said_digest_) return NotTheFile();
  return std::optional<std::string>(std::move(bytes));
}

void RemovePieces(storage::Batch& batch, const EntryKey& of,
                  const Attachment& file) {
  for (uint32_t piece = 0; piece < PiecesOf(file.size); ++piece) {
    batch.Delete(PieceCodec::kTable, PieceCodec::EncodeKey({of, piece}));
  }
}

absl::Status RemoveAllPieces(storage::Batch& batch,
                             const storage::Reader& reader,
                             const CaseId& case_id) {
  return reader.ScanPrefix(
      PieceCodec::kTable, case_id.bytes(),
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        batch.Delete(PieceCodec::kTable, key);
        return true;
      });
}

}  // namespace amparo::cases
