// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {

FsckWorld::FsckWorld()
    : region({"Geneva", "", 99, peering::NodeRole::kRegion}, pair.clock,
             pair.network) {
  Befriend(pair.a, region);
  Agree(pair.a, region, FullTerms(pair.clock.Now()));
  const auto prepared =
      Must(pair.a.node().tables().Prepare(pair.a.analyst(),
                                          {pair.a.NewRequest(),
                                           "exploitation-form-by-sex-by-year",
                                           {"2023", "2024"},
                                           "person"}),
           "prepare");
  Must(pair.a.node().tables().Release(pair.a.officer(),
                                      {pair.a.NewRequest(), prepared.id}),
       "release");
  TestOffice* const both[] = {&pair.a, &region};
  if (!RunUntilQuiet(both)) std::abort();

  const ReferralId disclosed = pair.ProposeAndAccept(pair.NewPerson());
  Must(pair.a.node().referrals().Disclose(pair.a.caseworker(),
                                          pair.a.NewRequest(), disclosed,
                                          {DataCategory::kNames}),
       "disclose");
  if (!pair.Quiet()) std::abort();
  Must(pair.b.node().referrals().OpenDisclosure(pair.b.focal_point(),
                                                disclosed));
  const OfficePair::Person withdrawn = pair.NewPerson();
  pair.ProposeAndAccept(withdrawn);
  MustBeOk(pair.a.Withdraw(withdrawn.referral), "withdraw after acceptance");
  if (!pair.Quiet()) std::abort();
  const OfficePair::Person stopped = pair.NewPerson();
  pair.Propose(stopped);
  MustBeOk(pair.a.Withdraw(stopped.referral), "withdraw before it left");
  if (!pair.Quiet()) std::abort();
  pair.Propose(pair.NewPerson());  // Stays in the outbox.
  for (TestOffice* const office : {&pair.a, &pair.b, &region}) {
    Must(office->node().log().Checkpoint());
  }
}

FsckReport Checked(TestOffice& office, absl::Time now) {
  const auto snapshot = office.store().NewSnapshot();
  return Must(
      CheckNode(*snapshot, TestOffice::NodeKey(), crypto::SystemRandom(), now),
      "fsck");
}

Damage::~Damage() {
  for (auto row = before_.rbegin(); row != before_.rend(); ++row) {
    storage::Batch batch;
    if (row->value.has_value()) {
      batch.Put(row->table, row->key, *row->value);
    } else {
      batch.Delete(row->table, row->key);
    }
    Must(office_.store().Commit(batch), "giving a row back");
  }
}

std::vector<Damage::Row> Damage::Rows(storage::TableId table) const {
  std::vector<Row> rows;
  MustBeOk(office_.store().Scan(
               table, {}, {},
               [&](absl::string_view key,
                   absl::string_view value) -> absl::StatusOr<bool> {
                 rows.emplace_back(std::string(key), std::string(value));
                 return true;
               }),
           "scan");
  if (rows.empty()) MustBeOk(absl::NotFoundError("no rows"), TableName(table));
  return rows;
}

std::string Damage::Get(storage::TableId table, const std::string& key) const {
  return Must(office_.store().Get(table, key)).value_or("");
}

void Damage::Set(storage::TableId table, const std::string& key,
                 std::optional<std::string> value) {
  before_.push_back({table, key, Must(office_.store().Get(table, key))});
  storage::Batch batch;
  if (value.has_value()) {
    batch.Put(table, key, *value);
  } else {
    batch.Delete(table, key);
  }
  Must(office_.store().Commit(batch), "damage");
}

void Damage::DeleteFirst(storage::TableId table) {
  Set(table, Rows(table).front().first, std::nullopt);
}

void Damage::DeleteLast(storage::TableId table) {
  Set(table, Rows(table).back().first, std::nullopt);
}

void Damage::FlipLastByteOfFirst(storage::TableId table) {
  auto [key, value] = Rows(table).front();
  value.back() = static_cast<char>(value.back() ^ 1);
  Set(table, key, value);
}

}  // namespace amparo::app
