// SPDX-License-Identifier: Apache-2.0
//
// The bytes of attached files. What is known of a file is an Entry; its bytes
// are rows of their own, in pieces of limits::kAttachmentPieceBytes (the last
// may be shorter), sealed under the subject's key: erasing the subject erases
// them, and what moves or changes a piece is found when it is opened. A
// retracted entry has none.
#ifndef AMPARO_NODE_CASES_ATTACHMENTS_H_
#define AMPARO_NODE_CASES_ATTACHMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/digest.h"
#include "node/base/ids.h"
#include "node/cases/entries.h"
#include "node/cases/entries_records.h"
#include "node/storage/store.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::cases {

struct PieceKey {
  EntryKey of;
  uint32_t piece = 0;  // From 0 without gaps.
};
// The record is the bytes themselves: 1 to limits::kAttachmentPieceBytes. Read
// them one by one (Table::Get): a scan reads ahead more than fits in memory.
struct PieceCodec {
  using Key = PieceKey;
  using Record = std::string;
  static constexpr storage::TableId kTable =
      storage::TableId::kAttachmentPieces;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record) { return record; }
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Takes the bytes of one file as they come and seals each piece at once, so
// that they are in memory once and never open. One thread; `vault` must
// outlive it.
class PieceWriter {
 public:
  // For the file that `said` tells of (CheckWording has passed), of the case
  // whose rows are sealed under `key`.
  PieceWriter(const storage::Vault& vault, const KeyId& key, const EntryKey& of,
              const Attachment& said);

  // kFieldInvalid, attachment.size, when there are more bytes than were said.
  absl::Status Feed(absl::string_view bytes);

  // After the last byte: kFieldInvalid when it is not the file that was said,
  // naming attachment.size when it is too short, else attachment.digest.
  absl::Status Finish();

  // Adds the pieces to `batch`, after Finish; may be called again.
  void AddTo(storage::Batch& batch) const;

  const KeyId& key() const { return key_; }
  const EntryKey& of() const { return of_; }

 private:
  absl::Status Seal();

  const storage::Vault& vault_;
  const KeyId key_;
  const EntryKey of_;
  const uint64_t size_;
  const std::string said_digest_;
  uint64_t taken_ = 0;
  std::string open_;  // Of the piece that is not full yet.
  crypto::Sha256Stream digest_;
  std::vector<storage::StoredRow> sealed_;
};

// Reads one file piece by piece. One thread; `vault` and `reader` must outlive
// it.
class PieceReader {
 public:
  PieceReader(const storage::Vault& vault, const storage::Reader& reader,
              const EntryKey& of, const Attachment& said);

  // The next bytes; nullopt after the last. kRecordDamaged when a piece is
  // gone, or instead of the last one when they are not the file that was
  // attached.
  absl::StatusOr<std::optional<std::string>> Next();

 private:
  const storage::Vault& vault_;
  const storage::Reader& reader_;
  const EntryKey of_;
  const uint64_t size_;
  const std::string said_digest_;
  uint64_t given_ = 0;
  uint32_t next_ = 0;
  crypto::Sha256Stream digest_;
};

// Adds the deletion of all pieces of one attachment to `batch`.
void RemovePieces(storage::Batch& batch, const EntryKey& of,
                  const Attachment& file);

// The same for every attachment of a case, whatever its entries say: for
// erasing the case, whose row must be deleted or required unchanged in the
// same batch, so that no file is attached meanwhile.
absl::Status RemoveAllPieces(storage::Batch& batch,
                             const storage::Reader& reader,
                             const CaseId& case_id);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ATTACHMENTS_H_
