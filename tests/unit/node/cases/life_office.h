// SPDX-License-Identifier: Apache-2.0
//
// An office with people and the verbs of a case's life, for their tests.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_LIFE_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_LIFE_OFFICE_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/cases/cases_actions.h"
#include "node/cases/entries_actions.h"
#include "node/cases/life_actions.h"
#include "node/cases/merge_actions.h"
#include "node/cases/soundness.h"
#include "node/cases/third_person_actions.h"
#include "node/people/people_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/findings.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {

class LifeTest : public testing::Test {
 protected:
  LifeTest()
      : requests_(*office_.store, *office_.vault, office_.clock),
        cases_(office_.services(), requests_),
        life_(cases_.desk()),
        merges_(cases_.desk()),
        entries_(cases_.desk()),
        thirds_(cases_.desk()) {
    Enrol('a', "anna", "north", people::Role::kCaseworker);
    Enrol('b', "boris", "north", people::Role::kCaseworker);
    Enrol('c', "clara", "south", people::Role::kCaseworker);
    Enrol('d', "dora", "north", people::Role::kAnalyst);
  }

  static PersonId IdOf(char fill) {
    return *PersonId::FromBytes(std::string(16, fill));
  }
  static people::Caller Person(char fill, people::Role role, std::string team) {
    return people::Caller::ForPerson(
        IdOf(fill), *SessionId::FromBytes(std::string(16, fill)), {role},
        std::move(team));
  }
  void Enrol(char fill, const std::string& name, const std::string& team,
             people::Role role) {
    people::Person person;
    person.name = name;
    person.team = team;
    person.roles = {role};
    person.state = people::PersonState::kActive;
    person.password_hash = "$argon2id$none";
    person.added_at = office_.clock.Now();
    storage::Batch batch;
    EXPECT_THAT(storage::Table<people::PersonCodec>(*office_.vault)
                    .Insert(batch, IdOf(fill), person),
                IsOk());
    EXPECT_THAT(storage::Table<people::PersonNameCodec>(*office_.vault)
                    .Insert(batch,
                            office_.vault->BlindIndex(
                                storage::TableId::kPersonNames, name),
                            IdOf(fill)),
                IsOk());
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
  }

  RequestId Next() {
    return *RequestId::FromBytes(crypto::RandomBytes(office_.random, 16));
  }
  Case Registered(const people::Caller& caller,
                  std::vector<Profile::Pair> profile,
                  std::optional<Identity> identity = std::nullopt) {
    const auto file = cases_.Register(
        caller, {Next(), std::move(profile), std::move(identity)});
    EXPECT_THAT(file, IsOk());
    return *file;
  }
  static Identity Named(const std::string& name) {
    Identity identity;
    identity.given_names_romanised = name;
    return identity;
  }
  AmendCaseRequest Amending(const Case& file, uint32_t version) {
    AmendCaseRequest request;
    request.request = Next();
    request.number = file.number.text();
    request.expected_version = version;
    request.source = "passport";
    return request;
  }
  ShownCase Shown(const Case& file) {
    return *cases_.Show(supervisor_, file.number.text());
  }
  MergeCasesRequest Merging(const Case& into, const Case& merged) {
    return {Next(), into.number.text(), merged.number.text(), {}, "twice"};
  }
  absl::StatusOr<EntryId> Write(const people::Caller& caller, const Case& file,
                                EntryContent content) {
    return entries_.Add(
        caller,
        {Next(), file.number.text(), {{2025, 1, 1}, "", std::move(content)}});
  }
  int Leaves(audit::EventKind kind) {
    const auto page = office_.log->ReadEvents(0, 500);
    EXPECT_THAT(page, IsOk());
    int found = 0;
    for (const audit::LoggedEvent& event : page->events) {
      if (event.kind == kind) ++found;
    }
    return found;
  }
  std::vector<std::string> Findings() {
    return FindingsIn(*office_.store, *office_.vault);
  }

  Office office_;
  people::Requests requests_;
  CasesActions cases_;
  const LifeActions life_;
  const MergeActions merges_;
  const EntriesActions entries_;
  const ThirdPersonActions thirds_;
  const people::Caller anna_ = Person('a', people::Role::kCaseworker, "north");
  const people::Caller boris_ = Person('b', people::Role::kCaseworker, "north");
  const people::Caller clara_ = Person('c', people::Role::kCaseworker, "south");
  const people::Caller supervisor_ =
      Person('s', people::Role::kSupervisor, "north");
  const people::Caller administrator_ =
      Person('x', people::Role::kAdministrator, "north");
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_LIFE_OFFICE_H_
