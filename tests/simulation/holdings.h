// SPDX-License-Identifier: Apache-2.0
//
// What one office holds, read back from its disk.
#ifndef AMPARO_TESTS_SIMULATION_HOLDINGS_H_
#define AMPARO_TESTS_SIMULATION_HOLDINGS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/audit/log.h"
#include "node/base/ids.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/referral/referral.h"
#include "node/region/region_records.h"
#include "node/statistics/statistics_records.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

struct Holdings {
  struct Arrived {
    OfficeId sender;
    bool is_void = false;
    delivery::LetterHeader header;
    absl::Time received_at;
    // SHA-256 of the plain; and what the next letter of the thread names.
    std::string plain_digest;
    std::string thread_digest;
  };
  std::map<MessageId, delivery::LetterRow> letters;  // Of its own.
  std::map<MessageId, delivery::LetterRow> voids;
  std::map<MessageId, std::map<delivery::ReceiptKind, delivery::StoredReceipt>>
      receipts;
  std::map<MessageId, std::vector<Arrived>> arrived;  // Of others.
  std::map<ReferralId, referral::Referral> referrals;
  std::set<ReferralId> files;  // Identifying files it received.
  std::set<ConsentId> consents;
  std::set<ConsentId> withdrawn;
  std::set<std::pair<OfficeId, MessageId>> recalled;  // By their sender.
  std::map<ReleaseId, statistics::StoredRelease> releases;
  std::vector<statistics::LedgerEntry> ledger;
  std::map<std::pair<OfficeId, ReleaseId>, std::string> received_releases;
  size_t cases = 0;
  std::vector<std::string> waiting;  // What the outbox still has.
  std::vector<audit::LoggedEvent> events;
};

// `office` must be up.
Holdings Read(TestOffice& office);

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_HOLDINGS_H_
