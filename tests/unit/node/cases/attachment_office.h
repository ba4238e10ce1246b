// SPDX-License-Identifier: Apache-2.0
//
// An office that attaches and fetches files, for their tests.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_ATTACHMENT_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_ATTACHMENT_OFFICE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/base/digest.h"
#include "node/base/limits.h"
#include "node/cases/attachment_actions.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {

inline constexpr size_t kPiece = limits::kAttachmentPieceBytes;
inline constexpr storage::TableId kPieces = storage::TableId::kAttachmentPieces;

// Bytes in which no two pieces are the same.
inline std::string Bytes(size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    bytes += std::to_string(bytes.size());
    bytes += ';';
  }
  bytes.resize(size);
  return bytes;
}

class AttachmentActionsTest : public LifeTest {
 protected:
  AttachRequest Asking(const Case& file, const std::string& bytes) {
    crypto::Sha256Stream digest;
    digest.Update(bytes);
    return {Next(),
            file.number.text(),
            {{2025, 1, 1},
             "",
             Attachment{"MEDICAL", "Report", "application/pdf", bytes.size(),
                        digest.Finish()}}};
  }
  // Sends `bytes` in chunks as for `request`.
  absl::StatusOr<EntryId> Send(const people::Caller& caller,
                               const AttachRequest& request,
                               absl::string_view bytes, size_t chunk = 700001) {
    ASSIGN_OR_RETURN(const auto upload, attachments_.Begin(caller, request));
    for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size()))) {
      RETURN_IF_ERROR(upload->Feed(bytes.substr(0, chunk)));
    }
    return upload->Finish();
  }
  absl::StatusOr<std::string> Fetch(const people::Caller& caller,
                                    const Case& file, const EntryId& id) {
    ASSIGN_OR_RETURN(const auto download,
                     attachments_.Open(caller, file.number.text(), id));
    std::string all;
    while (true) {
      ASSIGN_OR_RETURN(const auto bytes, download->Next());
      if (!bytes.has_value()) return all;
      all += *bytes;
    }
  }
  std::vector<storage::StoredRow> Pieces() {
    std::vector<storage::StoredRow> rows;
    EXPECT_THAT(office_.store->Scan(
                    kPieces, {}, {},
                    [&](absl::string_view key,
                        absl::string_view value) -> absl::StatusOr<bool> {
                      rows.push_back({std::string(key), std::string(value)});
                      return true;
                    }),
                IsOk());
    return rows;
  }
  void Store(absl::string_view key, absl::string_view value) {
    storage::Batch batch;
    batch.Put(kPieces, key, value);
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }
  void Drop(absl::string_view key) {
    storage::Batch batch;
    batch.Delete(kPieces, key);
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }

  AttachmentActions attachments_{cases_.desk()};
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_ATTACHMENT_OFFICE_H_
