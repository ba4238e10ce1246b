// SPDX-License-Identifier: Apache-2.0
//
// An office in memory for the tests of statistics: the real store on RocksDB's
// memory environment, vault, log, consents and cases, and an outlet that signs
// with a real key and remembers what it was given to post.
#ifndef AMPARO_TESTS_UNIT_NODE_STATISTICS_COUNTING_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_STATISTICS_COUNTING_OFFICE_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "crypto/sign/dsse.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "node/audit/log.h"
#include "node/base/status_macros.h"
#include "node/cases/registry.h"
#include "node/consent/consent_records.h"
#include "node/consent/ledger.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "node/statistics/statistics_actions.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/crashing_store.h"
#include "tests/support/manual_clock.h"

namespace amparo::statistics {

inline constexpr absl::string_view kFormTable =
    "exploitation-form-by-sex-by-year";

template <class IdType>
IdType TestId(char filled_with) {
  return *IdType::FromBytes(std::string(IdType::kSize, filled_with));
}

class TestOutlet final : public Outlet {
 public:
  OfficeId office() const override { return TestId<OfficeId>('o'); }

  absl::StatusOr<Signature> Sign(absl::string_view body) const override {
    ASSIGN_OR_RETURN(std::string der,
                     crypto::SignDsse(key, kReleaseType, body));
    return Signature{1, std::move(der)};
  }

  absl::StatusOr<std::vector<OfficeId>> Post(
      storage::Batch&, absl::string_view signed_body,
      absl::Span<const OfficeId> already) override {
    std::vector<OfficeId> fresh;
    for (const OfficeId& region : regions) {
      if (std::find(already.begin(), already.end(), region) == already.end()) {
        fresh.push_back(region);
        posted.push_back(std::string(signed_body));
      }
    }
    return fresh;
  }

  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  std::vector<OfficeId> regions;
  std::vector<std::string> posted;
};

// A profile's codes, and whether the person consents to statistics.
struct TestPerson {
  std::vector<cases::Profile::Pair> codes;
  bool consents = true;
};

class CountingOffice {
 public:
  explicit CountingOffice(uint64_t seed = 7) : random(seed) { Open(); }

  // Also what remains after a crash: a new node on the same disk.
  void Open() {
    actions.reset();
    requests.reset();
    registry.reset();
    consents.reset();
    log.reset();
    vault.reset();
    store.reset();
    store = std::make_unique<CrashingStore>(*storage::OpenStore("/db", &disk));
    vault = *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), random);
    log = *audit::Log::Open(*store, *vault, clock, random, outlet.office(), 1,
                            crypto::Ed25519PrivateKey::Generate(random));
    consents = std::make_unique<consent::Ledger>(*vault, *log);
    registry = std::make_unique<cases::Registry>(*vault);
    requests = std::make_unique<people::Requests>(*store, *vault, clock);
    Use(Catalogue::BuiltIn());
  }

  void Use(const Catalogue& catalogue) {
    actions = std::make_unique<TableActions>(TableActions::Parts{
        *store, *vault, *log, clock, random, *requests, *registry, *consents,
        vocabulary::Lists::BuiltIn(), catalogue, outlet});
  }

  static cases::Profile Profile(
      const std::vector<cases::Profile::Pair>& codes) {
    return *cases::Profile::Create(vocabulary::Lists::BuiltIn(), codes);
  }

  // Registers a person and gives the consent; returns who it is.
  SubjectId Add(const TestPerson& person) {
    const auto id = [this] { return crypto::RandomBytes(random, 16); };
    cases::NewCase fresh{
        {*CaseId::FromBytes(id()), cases::CaseNumber::Generate(random),
         *SubjectId::FromBytes(id()), TestId<PersonId>('c'), "", clock.Now(), 0,
         "", false, false},
        Profile(person.codes),
        std::nullopt,
        ""};
    storage::Batch batch;
    const KeyId key = *registry->Insert(batch, fresh);
    if (person.consents) Consent(batch, fresh.file.subject, key);
    EXPECT_TRUE(store->Commit(batch).ok());
    return fresh.file.subject;
  }

  consent::ConsentFields Fields(const SubjectId& subject) {
    consent::ConsentFields fields;
    fields.id = *ConsentId::FromBytes(crypto::RandomBytes(random, 16));
    fields.subject = subject;
    fields.purpose = Purpose::kStatistics;
    fields.categories = {DataCategory::kStatisticalCounts};
    fields.language = "en";
    fields.text_version = "1";
    fields.collector = TestId<PersonId>('c');
    fields.given_at = clock.Now() - absl::Hours(1);
    fields.valid_until = clock.Now() + absl::Hours(24 * 365);
    const absl::Span<const consent::Question> all = consent::AllQuestions();
    fields.answered_yes = {all.begin(), all.end()};
    return fields;
  }

  void Give(const consent::ConsentFields& fields) {
    storage::Batch batch;
    const KeyId key = *registry->KeyOf(*store, fields.subject);
    EXPECT_TRUE(consents
                    ->InsertImported(batch, *consent::Consent::Create(fields),
                                     key, PersonId(), clock.Now())
                    .ok());
    EXPECT_TRUE(store->Commit(batch).ok());
  }

  // Withdraws every consent of the subject.
  void Withdraw(const SubjectId& subject) {
    const storage::Table<consent::ConsentCodec> table(*vault);
    const std::vector<consent::Consent> all =
        *consents->ListBySubject(*store, subject);
    for (const consent::Consent& given : all) {
      storage::Batch batch;
      const auto row = *table.Get(*store, given.id());
      EXPECT_TRUE(table
                      .Replace(batch, given.id(), *row,
                               *given.Withdrawn(clock.Now(), PersonId()))
                      .ok());
      EXPECT_TRUE(store->Commit(batch).ok());
    }
  }

  people::Caller Person(char who, people::Role role) const {
    return people::Caller::ForPerson(TestId<PersonId>(who),
                                     TestId<SessionId>(who), {role}, "");
  }
  people::Caller analyst() const { return Person('a', people::Role::kAnalyst); }
  people::Caller officer() const {
    return Person('d', people::Role::kDataProtectionOfficer);
  }

  absl::StatusOr<Prepared> Prepare(const std::vector<std::string>& cohorts) {
    return actions->Prepare(
        analyst(), {RequestId(), std::string(kFormTable), cohorts, "person"});
  }
  absl::StatusOr<Published> Release(const PreparationId& preparation) {
    return actions->Release(officer(), {RequestId(), preparation});
  }

  int64_t Rows(storage::TableId table) const {
    int64_t rows = 0;
    EXPECT_TRUE(store
                    ->Scan(table, {}, {},
                           [&rows](absl::string_view,
                                   absl::string_view) -> absl::StatusOr<bool> {
                             ++rows;
                             return true;
                           })
                    .ok());
    return rows;
  }

  storage::MemoryDisk disk;
  ManualClock clock;  // Starts in January 2025.
  crypto::DeterministicRandom random;
  TestOutlet outlet;
  std::unique_ptr<CrashingStore> store;
  std::unique_ptr<storage::Vault> vault;
  std::unique_ptr<audit::Log> log;
  std::unique_ptr<consent::Ledger> consents;
  std::unique_ptr<cases::Registry> registry;
  std::unique_ptr<people::Requests> requests;
  std::unique_ptr<TableActions> actions;

 private:
  void Consent(storage::Batch& batch, const SubjectId& subject,
               const KeyId& key) {
    EXPECT_TRUE(consents
                    ->InsertImported(batch,
                                     *consent::Consent::Create(Fields(subject)),
                                     key, PersonId(), clock.Now())
                    .ok());
  }
};

}  // namespace amparo::statistics

#endif  // AMPARO_TESTS_UNIT_NODE_STATISTICS_COUNTING_OFFICE_H_
