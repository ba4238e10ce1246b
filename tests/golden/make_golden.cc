// SPDX-License-Identifier: Apache-2.0
//
// Writes golden files that do not exist yet, into the folder given. It never
// touches one that is there: see README.md.
#include "tests/golden/row_kinds.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/base/bytes.h"
#include "tests/golden/case_rows.h"
#include "tests/golden/fixtures.h"
#include "tests/support/office_pair.h"

namespace amparo::golden {
namespace {

void WriteNew(const std::filesystem::path& folder, const std::string& name,
              const std::string& bytes) {
  const std::filesystem::path path = folder / (name + ".hex");
  if (std::filesystem::exists(path)) return;
  constexpr size_t kLine = 64;
  const std::string digits = crypto::HexEncode(bytes);
  std::ofstream out(path);
  for (size_t i = 0; i < digits.size(); i += kLine) {
    out << digits.substr(i, kLine) << "\n";
  }
  std::printf("made %s, %zu bytes\n", name.c_str(), bytes.size());
}

// The fullest row of each kind that a history of two offices and a region
// leaves behind.
class Harvest {
 public:
  explicit Harvest(std::filesystem::path folder) : folder_(std::move(folder)) {}

  template <class Codec>
  void operator()(const char* name) {
    std::string fullest;
    for (TestOffice* office : offices) {
      MustBeOk(office->store().Scan(
                   Codec::kTable, "", "",
                   [&](absl::string_view key,
                       absl::string_view value) -> absl::StatusOr<bool> {
                     if (!Codec::DecodeKey(key).ok()) return true;
                     const auto plain = office->node().vault().Open(
                         Codec::kTable, key, Codec::kSchemaVersion, value);
                     if (plain.ok() && plain->size() > fullest.size() &&
                         Codec::Decode(*plain).ok()) {
                       fullest = *plain;
                     }
                     return true;
                   }),
               name);
    }
    if (fullest.empty()) {
      std::printf("no row of kind %s\n", name);
      return;
    }
    WriteNew(folder_, name, fullest);
  }

  std::vector<TestOffice*> offices;

 private:
  const std::filesystem::path folder_;
};

void Statistics(OfficePair& pair, TestOffice& region) {
  peering::AgreementTerms terms = FullTerms(pair.clock.Now());
  Befriend(pair.a, region);
  Agree(pair.a, region, terms);
  const auto prepared = pair.a.node().tables().Prepare(
      pair.a.analyst(), {pair.a.NewRequest(),
                         "exploitation-form-by-sex-by-year",
                         {"2024"},
                         "person"});
  MustBeOk(prepared.status(), "prepare");
  Must(pair.a.node().tables().Release(pair.a.officer(),
                                      {pair.a.NewRequest(), prepared->id}),
       "release");
  TestOffice* const both[] = {&pair.a, &region};
  if (!RunUntilQuiet(both)) std::abort();
}

void History(OfficePair& pair) {
  const OfficePair::Person person = pair.NewPerson();
  const ReferralId id = pair.ProposeAndAccept(person);
  Must(
      pair.a.node().referrals().Disclose(
          pair.a.caseworker(), pair.a.NewRequest(), id, {DataCategory::kNames}),
      "disclose");
  if (!pair.Quiet()) std::abort();
  Must(pair.b.node().referrals().OpenDisclosure(pair.b.focal_point(), id));
  const OfficePair::Person withdrawn = pair.NewPerson();
  pair.Propose(withdrawn);
  MustBeOk(pair.a.Withdraw(withdrawn.referral), "withdraw");
  pair.Propose(pair.NewPerson());  // Stays in the outbox.
}

void MakeAll(const std::filesystem::path& folder) {
  for (const Frozen& frozen : AllFrozen()) {
    WriteNew(folder, frozen.name, frozen.bytes);
  }
  for (const CaseRow& row : CaseRows()) {
    WriteNew(folder, row.name, row.bytes);
  }
  for (const Frozen& frozen : MakeSigned()) {
    WriteNew(folder, frozen.name, frozen.bytes);
  }
  OfficePair pair;
  TestOffice region({"Geneva", "", 99, peering::NodeRole::kRegion}, pair.clock,
                    pair.network);
  Statistics(pair, region);
  History(pair);
  Harvest harvest(folder / "records");
  harvest.offices = {&pair.a, &pair.b, &region};
  ForEachRowKind(harvest);
}

}  // namespace
}  // namespace amparo::golden

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_golden FOLDER\n");
    return 2;
  }
  amparo::golden::MakeAll(argv[1]);
  return 0;
}
