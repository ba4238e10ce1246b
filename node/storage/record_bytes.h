// SPDX-License-Identifier: Apache-2.0
//
// The bytes of record/v1 messages, for the codecs of all rooms.
#ifndef AMPARO_NODE_STORAGE_RECORD_BYTES_H_
#define AMPARO_NODE_STORAGE_RECORD_BYTES_H_

#include <google/protobuf/message_lite.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/errors.h"

namespace amparo::storage {

// Deterministic: equal messages give equal bytes (map entries in key order).
// Stops the process for a message of 2 GiB or more.
std::string SerializeRecord(const google::protobuf::MessageLite& record);

// kRecordDamaged when the bytes are no such message. Whether what they say
// makes sense is for the codec to check.
template <class Message>
absl::StatusOr<Message> ParseRecord(absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kRecordDamaged,
                 "a stored record is not in the form that its table keeps");
  }
  return message;
}

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_RECORD_BYTES_H_
