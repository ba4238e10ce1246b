// SPDX-License-Identifier: Apache-2.0
//
// An office in memory for the tests of cases: the real store on RocksDB's
// memory environment, vault, log, ledger and registry.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_OFFICE_H_

#include <memory>
#include <string>

#include "crypto/base/deterministic_random.h"
#include "crypto/sign/ed25519.h"
#include "node/audit/log.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/registry.h"
#include "node/consent/ledger.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/crashing_store.h"
#include "tests/support/manual_clock.h"

namespace amparo::cases {

struct Office {
  Office() { Open(); }

  // Also what remains after a crash: a new node on the same disk.
  void Open() {
    ledger.reset();
    registry.reset();
    log.reset();
    vault.reset();
    store.reset();
    store = std::make_unique<CrashingStore>(*storage::OpenStore("/db", &disk));
    vault = *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), random);
    log = *audit::Log::Open(
        *store, *vault, clock, random, OfficeId(), 1,
        *crypto::Ed25519PrivateKey::FromSeed(std::string(32, 's')));
    registry = std::make_unique<Registry>(*vault);
    ledger = std::make_unique<consent::Ledger>(*vault, *log);
  }

  ImportServices services() {
    return {*store, *registry, *ledger, *log, clock, random};
  }

  // How many rows a table holds.
  int64_t Rows(storage::TableId table) const {
    int64_t rows = 0;
    (void)store->Scan(
        table, {}, {},
        [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
          ++rows;
          return true;
        });
    return rows;
  }

  // Whether `text` stands anywhere in what is stored, keys included.
  bool AnywhereInStore(absl::string_view text) const {
    bool found = false;
    for (const storage::TableId table : storage::AllTables()) {
      (void)store->Scan(table, {}, {},
                        [&](absl::string_view key,
                            absl::string_view value) -> absl::StatusOr<bool> {
                          found = found ||
                                  key.find(text) != absl::string_view::npos ||
                                  value.find(text) != absl::string_view::npos;
                          return true;
                        });
    }
    return found;
  }

  storage::MemoryDisk disk;
  ManualClock clock;
  crypto::DeterministicRandom random{42};
  std::unique_ptr<CrashingStore> store;
  std::unique_ptr<storage::Vault> vault;
  std::unique_ptr<audit::Log> log;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<consent::Ledger> ledger;
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_OFFICE_H_
