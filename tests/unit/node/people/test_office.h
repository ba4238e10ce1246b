// SPDX-License-Identifier: Apache-2.0
//
// An office without anybody in it, on a disk in memory: what the rooms people
// and consent stand on.
#ifndef AMPARO_TESTS_UNIT_NODE_PEOPLE_TEST_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_PEOPLE_TEST_OFFICE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "crypto/sign/ed25519.h"
#include "node/audit/log.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/manual_clock.h"

namespace amparo {

struct TestOffice {
  TestOffice()
      : random(7),
        store(*storage::OpenStore("/office", &disk)),
        vault(
            *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), random)),
        key(*crypto::Ed25519PrivateKey::FromSeed(std::string(32, 's'))),
        log(*audit::Log::Open(*store, *vault, clock, random,
                              *OfficeId::FromBytes(std::string(16, 'o')), 1,
                              key)) {}

  // Every event of the log, oldest first.
  std::vector<audit::Event> Events() const {
    std::vector<audit::Event> events;
    const audit::EventPage page = *log->ReadEvents(0, 500);
    for (const audit::LoggedEvent& logged : page.events) {
      if (logged.event.has_value()) events.push_back(*logged.event);
    }
    return events;
  }
  int CountEvents(audit::EventKind kind) const {
    int count = 0;
    for (const audit::Event& event : Events()) count += event.kind == kind;
    return count;
  }
  // The rows of a table as they are on disk.
  std::map<std::string, std::string> Rows(storage::TableId table) const {
    std::map<std::string, std::string> rows;
    (void)store->Scan(table, {}, {},
                      [&](absl::string_view row_key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        rows.emplace(row_key, value);
                        return true;
                      });
    return rows;
  }

  storage::MemoryDisk disk;
  ManualClock clock;
  crypto::DeterministicRandom random;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::Vault> vault;
  crypto::Ed25519PrivateKey key;
  std::unique_ptr<audit::Log> log;
};

}  // namespace amparo

#endif  // AMPARO_TESTS_UNIT_NODE_PEOPLE_TEST_OFFICE_H_
