// SPDX-License-Identifier: Apache-2.0
//
// Two offices, either of which may be put back from a backup. They greet each
// other again where a call says that the bundle held is old.
#ifndef AMPARO_TESTS_UNIT_NODE_DELIVERY_RESTORED_OFFICES_H_
#define AMPARO_TESTS_UNIT_NODE_DELIVERY_RESTORED_OFFICES_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/storage/table.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {

class RestoredOffices : public testing::Test, protected TwoOffices {
 protected:
  RestoredOffices() {
    for (Office* office : {&a, &b}) {
      office->refresh = [this] { return Greet(); };
    }
  }

  MessageId PostTo(const ThreadId& thread, const std::string& payload) {
    const auto posted = PostAnswer(a, payload, thread);
    EXPECT_THAT(posted, IsOk());
    return posted->message;
  }
  std::vector<std::string> Payloads() const {
    std::vector<std::string> payloads;
    for (const ReceivedLetter& letter : b.handler.received) {
      payloads.push_back(letter.payload);
    }
    return payloads;
  }
  // Of each letter that leaves `office` from now on.
  void Watch(Office& office, std::vector<LetterHeader>& headers) {
    office.on_the_wire = [&headers](std::vector<std::string>& batch) {
      for (const std::string& letter : batch) {
        headers.push_back(*DecodeHeader(ParseLetter(letter)->header));
      }
    };
  }
  std::string Seen(const MessageId& message) {
    const auto row =
        *storage::Table<SeenCodec>(*b.vault).Get(*b.store, {a.id, message});
    return row.has_value() ? row->value : std::string();
  }
  Reason Refusal(const std::string& letter) {
    const Outcome outcome = b.inbox->Accept(a.id, {letter}).at(0);
    return outcome.receipt.empty() ? outcome.refusal : Reason::kUnspecified;
  }
};

}  // namespace amparo::delivery

#endif  // AMPARO_TESTS_UNIT_NODE_DELIVERY_RESTORED_OFFICES_H_
