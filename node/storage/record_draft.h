// SPDX-License-Identifier: Apache-2.0
//
// A record/v1 message that is filled in, turned into bytes and dropped, as
// codecs do: it and what it holds are made in one piece of memory, on the stack
// while it is small, where each part would otherwise be asked of the system and
// given back by itself. An import spends more on that than on encryption.
#ifndef AMPARO_NODE_STORAGE_RECORD_DRAFT_H_
#define AMPARO_NODE_STORAGE_RECORD_DRAFT_H_

#include <google/protobuf/arena.h>

#include <cstddef>

namespace amparo::storage {

// A local variable of one function. The message lives as long as this.
template <class Message>
class RecordDraft {
 public:
  RecordDraft()
      : arena_(Within(memory_)),
        message_(google::protobuf::Arena::CreateMessage<Message>(&arena_)) {}
  RecordDraft(const RecordDraft&) = delete;
  RecordDraft& operator=(const RecordDraft&) = delete;

  Message& operator*() { return *message_; }

 private:
  static constexpr size_t kBytes = 2048;

  static google::protobuf::ArenaOptions Within(char* memory) {
    google::protobuf::ArenaOptions options;
    options.initial_block = memory;
    options.initial_block_size = kBytes;
    return options;
  }

  alignas(std::max_align_t) char memory_[kBytes];
  google::protobuf::Arena arena_;  // Within memory_, then beyond.
  Message* const message_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_RECORD_DRAFT_H_
