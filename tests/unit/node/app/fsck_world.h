// SPDX-License-Identifier: Apache-2.0
//
// Offices with a whole main job behind them, and rows that a test damages and
// gives back.
#ifndef AMPARO_TESTS_UNIT_NODE_APP_FSCK_WORLD_H_
#define AMPARO_TESTS_UNIT_NODE_APP_FSCK_WORLD_H_

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/random.h"
#include "node/app/fsck.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "tests/support/office_pair.h"

namespace amparo::app {

// Two offices and a region: referrals accepted, disclosed, withdrawn and
// waiting, a release published, logs signed.
struct FsckWorld {
  FsckWorld();

  OfficePair pair;
  TestOffice region;
};

// What fsck says of an office at this moment.
FsckReport Checked(TestOffice& office, absl::Time now);

// Changes rows of an office behind its back and puts them back at its end.
class Damage {
 public:
  explicit Damage(TestOffice& office) : office_(office) {}
  ~Damage();
  Damage(const Damage&) = delete;
  Damage& operator=(const Damage&) = delete;

  using Row = std::pair<std::string, std::string>;
  // The rows of a table, in order.
  std::vector<Row> Rows(storage::TableId table) const;
  std::string Get(storage::TableId table, const std::string& key) const;
  // nullopt deletes.
  void Set(storage::TableId table, const std::string& key,
           std::optional<std::string> value);
  // The first, or the last, row of a table.
  void DeleteFirst(storage::TableId table);
  void DeleteLast(storage::TableId table);
  void FlipLastByteOfFirst(storage::TableId table);

  // Changes the first record for which `change` answers true, sealed again as
  // it was: what a fault of our own program would leave.
  template <class Codec>
  void Edit(const std::function<bool(typename Codec::Record&)>& change) {
    const storage::Vault& vault = office_.node().vault();
    for (const auto& [key, value] : Rows(Codec::kTable)) {
      if (!Codec::DecodeKey(key).ok()) continue;
      const auto plain =
          vault.Open(Codec::kTable, key, Codec::kSchemaVersion, value);
      if (!plain.ok()) continue;
      auto record = Codec::Decode(*plain);
      if (!record.ok() || !change(*record)) continue;
      Set(Codec::kTable, key,
          Must(vault.Seal(Must(storage::Vault::KeyOf(value)), Codec::kTable,
                          key, Codec::kSchemaVersion, Codec::Encode(*record))));
      return;
    }
    MustBeOk(absl::NotFoundError("no such row"), "an edit");
  }

  // Puts the first record that can be read into another row as well, sealed
  // for there; under `data_key` instead of its own when one is given.
  template <class Codec>
  void Copy(const typename Codec::Key& to,
            std::optional<KeyId> data_key = std::nullopt) {
    const storage::Vault& vault = office_.node().vault();
    for (const auto& [key, value] : Rows(Codec::kTable)) {
      if (!Codec::DecodeKey(key).ok()) continue;
      const std::string row_key = Codec::EncodeKey(to);
      Set(Codec::kTable, row_key,
          Must(vault.Seal(data_key.value_or(Must(storage::Vault::KeyOf(value))),
                          Codec::kTable, row_key, Codec::kSchemaVersion,
                          Must(vault.Open(Codec::kTable, key,
                                          Codec::kSchemaVersion, value)))));
      return;
    }
    MustBeOk(absl::NotFoundError("no such row"), "a copy");
  }
  // The key of the first row of a table whose rows Codec reads.
  template <class Codec>
  typename Codec::Key FirstKey() const {
    for (const auto& [key, value] : Rows(Codec::kTable)) {
      auto decoded = Codec::DecodeKey(key);
      if (decoded.ok()) return *std::move(decoded);
    }
    std::abort();
  }

  TestOffice& office() { return office_; }

 private:
  struct Before {
    storage::TableId table;
    std::string key;
    std::optional<std::string> value;
  };
  TestOffice& office_;
  std::vector<Before> before_;
};

}  // namespace amparo::app

#endif  // AMPARO_TESTS_UNIT_NODE_APP_FSCK_WORLD_H_
