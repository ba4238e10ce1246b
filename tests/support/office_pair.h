// SPDX-License-Identifier: Apache-2.0
//
// Whole offices in one process: each a node as app wires it, on a disk in
// memory, behind a network that tests can bend, with people who enrolled,
// peers who compared safety numbers and agreements that both signed. The
// simulation, the golden files, benchmarks and unit tests of upper rooms stand
// on it. Nothing here is a stand-in for a room: what a test sees is what two
// machines would do, but for sockets, threads and time.
//
// Not thread-safe, unless said so. A step that cannot fail in a sound tree
// ends the test program when it does, and says where.
#ifndef AMPARO_TESTS_SUPPORT_OFFICE_PAIR_H_
#define AMPARO_TESTS_SUPPORT_OFFICE_PAIR_H_

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/deterministic_random.h"
#include "node/app/node.h"
#include "node/storage/store.h"
#include "tests/support/crashing_store.h"
#include "tests/support/manual_clock.h"

namespace amparo {

// Ends the program with `what` when a step of the ground fails.
void MustBeOk(const absl::Status& status, absl::string_view what);
template <class T>
T Must(absl::StatusOr<T> value, absl::string_view what = "a step") {
  MustBeOk(value.status(), what);
  return *std::move(value);
}

class TestOffice;

// Who reaches whom. By default every letter and every hello gets there; a test
// puts itself in between with `on_deliver`.
class TestNetwork {
 public:
  using Outcomes = absl::StatusOr<std::vector<delivery::Outcome>>;

  // Takes the place of Carry() when set, for each batch that leaves.
  std::function<Outcomes(TestOffice& from, TestOffice& to,
                         absl::Span<const std::string> letters)>
      on_deliver;
  // Asked before each hello; false: nobody answers.
  std::function<bool(TestOffice& from, TestOffice& to)> on_hello;
  // Asked when a hello was taken in; false: its answer gets lost.
  std::function<bool(TestOffice& from, TestOffice& to)> on_hello_answer;
  // Answers of a node that dies over a batch get out all the same, those that
  // it had ready: a receipt among them must be for what its disk has.
  bool last_words = false;

  // What a sound network does: certificates are checked on both sides as the
  // transport does, then the other node takes the letters in. kUnavailable
  // when either node is down or dies in it.
  Outcomes Carry(TestOffice& from, TestOffice& to,
                 absl::Span<const std::string> letters);

  void Add(TestOffice& office) { offices_.push_back(&office); }
  TestOffice* FindById(const OfficeId& id) const;
  TestOffice* FindByAddress(absl::string_view address) const;

 private:
  std::vector<TestOffice*> offices_;
};

struct OfficePlan {
  std::string name = "Kyiv";
  std::string country = "UKR";
  uint64_t seed = 1;
  peering::NodeRole role = peering::NodeRole::kOffice;
  bool exercise = true;
};

// One office and its people. The clock and the network must outlive it.
class TestOffice {
 public:
  TestOffice(const OfficePlan& plan, ManualClock& clock, TestNetwork& network);
  // The same office with the same people on a copy of its disk, down until
  // TryReopen(). `original` must be down. The ids it makes from now on come
  // from `seed`.
  TestOffice(const TestOffice& original, uint64_t seed, ManualClock& clock,
             TestNetwork& network);
  ~TestOffice();
  TestOffice(const TestOffice&) = delete;
  TestOffice& operator=(const TestOffice&) = delete;

  const std::string& name() const { return plan_.name; }
  const OfficeId& id() const { return id_; }
  app::Node& node() { return *node_; }
  CrashingStore& store() { return *store_; }
  // For copies of it, taken and put back while the office is down.
  storage::MemoryDisk& disk() { return disk_; }
  std::string directory() const { return "/" + plan_.name; }
  // From the next TryReopen() on the store stands on `disk`, which is in front
  // of disk(). Null: on disk() itself.
  void StandOn(storage::Disk* disk) { front_ = disk; }
  ManualClock& clock() { return clock_; }
  crypto::DeterministicRandom& random() { return random_; }
  bool up() const { return node_ != nullptr && !store_->dead(); }

  // Drops node and store as kill -9 does; what was committed stays.
  void Crash();
  // Opens the same disk again, after a Crash() too.
  void Reopen();
  // As Reopen(), but the store dies again at the `nth` commit. When opening
  // fails, by that or by the disk, the office stays down.
  absl::Status TryReopen(
      std::optional<std::pair<uint64_t, CrashingStore::Moment>> death =
          std::nullopt);

  // `amparod restore` on its disk, to which a backup was copied back while the
  // office was down; it stays down.
  void RunRestore();

  // Signed in for good: a value made from a session that was real. Roles as
  // their names say; caseworker and colleague are of one team, outsider of
  // another.
  const people::Caller& administrator() const { return Who("administrator"); }
  const people::Caller& second_administrator() const { return Who("second"); }
  const people::Caller& caseworker() const { return Who("caseworker"); }
  const people::Caller& colleague() const { return Who("colleague"); }
  const people::Caller& outsider() const { return Who("outsider"); }
  const people::Caller& focal_point() const { return Who("focal point"); }
  const people::Caller& analyst() const { return Who("analyst"); }
  const people::Caller& officer() const { return Who("officer"); }  // DPO.

  // A fresh request id.
  RequestId NewRequest();

  // Sound requests of the caseworker, each with a fresh id: an adult with a
  // coded profile and a full identity; a consent, with categories as below; a
  // referral, also of a person of whom one is open.
  cases::RegisterRequest Registration();
  consent::GiveRequest Consenting(const std::string& case_number,
                                  const OfficeId& recipient, Purpose purpose,
                                  std::set<DataCategory> categories = {});
  referral::ProposeRequest Proposal(const std::string& case_number,
                                    const OfficeId& recipient);

  // A case as in Registration(); returns the number.
  std::string RegisterCase();
  // A consent of the case's person, to `recipient`, for a year. Categories:
  // CODED_PROFILE and NEEDS for a referral; NAMES, DATES_OF_BIRTH, DOCUMENTS
  // and CONTACTS for a disclosure, unless given.
  ConsentId GiveConsent(const std::string& case_number,
                        const OfficeId& recipient, Purpose purpose,
                        std::set<DataCategory> categories = {});
  absl::Status Withdraw(const ConsentId& consent);

  // How many rows a table has.
  size_t Rows(storage::TableId table) const;
  // The events of the log that can be read, oldest first.
  std::vector<audit::LoggedEvent> Events();
  size_t CountEvents(audit::EventKind kind);

  // For tests that build a second node over it or read rows: the sealed rows
  // are under this key.
  static crypto::Secret NodeKey();

 private:
  class Wire;
  const people::Caller& Who(const std::string& who) const;
  void Hire(const std::string& who, std::set<people::Role> roles,
            const std::string& team);
  people::Caller Enrol(const std::string& who, absl::string_view code);

  const OfficePlan plan_;
  ManualClock& clock_;
  TestNetwork& network_;
  crypto::DeterministicRandom random_;
  storage::MemoryDisk disk_;
  storage::Disk* front_ = nullptr;
  OfficeId id_;
  std::map<std::string, people::Caller> people_;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<CrashingStore> store_;
  std::unique_ptr<app::Node> node_;
};

// Invitation, acceptance, the safety number compared, second persons confirm
// on both sides.
void Befriend(TestOffice& inviting, TestOffice& accepting);

// Terms for referrals, disclosures and statistics both ways, a year from now.
peering::AgreementTerms FullTerms(absl::Time now);

// Proposed by one, carried, signed by the other, carried back.
AgreementId Agree(TestOffice& proposer, TestOffice& acceptor,
                  const peering::AgreementTerms& terms);

// Steps until no letter is due at this moment; time stands still. False when
// it does not come to an end within 1000 rounds.
bool RunUntilQuiet(absl::Span<TestOffice* const> offices);

// Two offices that may refer to each other: what most tests start from.
class OfficePair {
 public:
  explicit OfficePair(uint64_t seed = 1);

  ManualClock clock;
  TestNetwork network;
  TestOffice a;
  TestOffice b;
  AgreementId agreement;

  bool Quiet() { return RunUntilQuiet(both_); }
  // Case, both consents to b, at a.
  struct Person {
    std::string case_number;
    ConsentId referral;
    ConsentId disclosure;
  };
  Person NewPerson();
  // A referral of that person from a to b, still in a's outbox.
  ReferralId Propose(const Person& person);
  // The same, carried and accepted by b, with the answer back at a.
  ReferralId ProposeAndAccept(const Person& person);

 private:
  const std::vector<TestOffice*> both_{&a, &b};
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_OFFICE_PAIR_H_
