// SPDX-License-Identifier: Apache-2.0
//
// A country's office and a region in one process, peers with an agreement for
// releases: the office counts and posts, the region receives and answers.
#ifndef AMPARO_TESTS_UNIT_NODE_REGION_OFFICE_AND_REGION_H_
#define AMPARO_TESTS_UNIT_NODE_REGION_OFFICE_AND_REGION_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/registry.h"
#include "node/clearance/clearance.h"
#include "node/consent/leases.h"
#include "node/consent/ledger.h"
#include "node/delivery/dispatcher.h"
#include "node/delivery/inbox.h"
#include "node/delivery/outbox.h"
#include "node/people/requests.h"
#include "node/region/region_actions.h"
#include "node/region/region_letters.h"
#include "node/statistics/statistics_actions.h"
#include "node/statistics/statistics_letters.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"
#include "tests/unit/node/statistics/example_release.h"

namespace amparo::region {

inline peering::OfficeSettings RegionSettings() {
  peering::OfficeSettings settings = peering::SettingsNamed("region");
  settings.role = peering::NodeRole::kRegion;
  return settings;
}

// What delivery needs at either end.
struct Post {
  explicit Post(peering::PeeringOffice& at)
      : consents(*at.vault, *at.log),
        gate(*at.store, *at.own, *at.peers, *at.agreements, consents, at.clock),
        outbox(*delivery::Outbox::Open(*at.store, *at.vault, *at.log, *at.own,
                                       gate, at.clock, at.random)),
        inbox(*at.store, *at.vault, *at.log, *at.own, *at.peers, *at.agreements,
              *outbox, at.clock) {}

  consent::Ledger consents;
  consent::Leases leases;
  clearance::Gate gate;
  std::unique_ptr<delivery::Outbox> outbox;
  delivery::Inbox inbox;
};

class OfficeAndRegion : public delivery::PeerLink {
 public:
  OfficeAndRegion() {
    EXPECT_THAT(office.Meet(region), IsOk());
    EXPECT_THAT(region.Meet(office), IsOk());
    region_post.inbox.Register(LetterType::kStatisticsRelease, receiver);
  }

  // An agreement under which the office may send `types`, for a year.
  void Agree(std::set<LetterType> types = {LetterType::kStatisticsRelease}) {
    peering::AgreementTerms terms = peering::SomeTerms(clock.Now());
    terms.proposer_letter_types = std::move(types);
    terms.purposes = {Purpose::kStatistics};
    terms.categories = {DataCategory::kStatisticalCounts};
    const peering::Agreement agreement = *peering::Agreement::Create(
        *AgreementId::FromBytes(crypto::RandomBytes(office.random, 16)),
        office.own->id(), region.own->id(), terms, clock.Now());
    const peering::SignedAgreement both{
        agreement,
        *office.own->SignAsOffice(peering::kAgreementType, agreement.body()),
        *region.own->SignAsOffice(peering::kAgreementType, agreement.body()),
        PersonId(), PersonId()};
    for (peering::PeeringOffice* at : {&office, &region}) {
      storage::Batch batch;
      EXPECT_THAT(at->agreements->Insert(batch, both), IsOk());
      EXPECT_THAT(at->store->Commit(batch), IsOk());
    }
    clock.Advance(absl::Minutes(1));
  }

  absl::StatusOr<std::vector<delivery::Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) override {
    EXPECT_EQ(peer, region.own->id());
    const std::vector<std::string> batch(letters.begin(), letters.end());
    return region_post.inbox.Accept(office.own->id(), batch);
  }

  void SendAll() {
    for (int i = 0; i < 10; ++i) {
      const absl::StatusOr<delivery::StepResult> step =
          dispatcher.Step(region.own->id());
      ASSERT_THAT(step, IsOk());
      if (!step->more) return;
    }
  }

  // `persons` women of 2016 with a known form.
  void AddPersons(int persons) {
    for (int i = 0; i < persons; ++i) {
      const SubjectId subject = NewId<SubjectId>();
      storage::Batch batch;
      const cases::NewCase fresh{
          {NewId<CaseId>(), cases::CaseNumber::Generate(office.random), subject,
           NewId<PersonId>(), "", clock.Now(), 2016, "", false, false},
          *cases::Profile::Create(vocabulary::Lists::BuiltIn(),
                                  {{"yearOfRegistration", "2016"},
                                   {"gender", "Female"},
                                   {"isSexualExploit", "1"}}),
          std::nullopt,
          ""};
      const KeyId key = *registry.Insert(batch, fresh);
      consent::ConsentFields fields;
      fields.id = NewId<ConsentId>();
      fields.subject = subject;
      fields.purpose = Purpose::kStatistics;
      fields.categories = {DataCategory::kStatisticalCounts};
      fields.language = "en";
      fields.text_version = "1";
      fields.given_at = clock.Now();
      fields.valid_until = clock.Now() + absl::Hours(24);
      for (const consent::Question question : consent::AllQuestions()) {
        fields.answered_yes.insert(question);
      }
      EXPECT_THAT(office_post.consents.InsertImported(
                      batch, *consent::Consent::Create(fields), key, PersonId(),
                      clock.Now()),
                  IsOk());
      EXPECT_THAT(office.store->Commit(batch), IsOk());
    }
  }

  absl::StatusOr<statistics::Published> PrepareAndRelease(
      const std::string& cohort) {
    const absl::StatusOr<statistics::Prepared> prepared = tables.Prepare(
        Person('a', people::Role::kAnalyst),
        {RequestId(), statistics::ExampleSpec().id, {cohort}, "person"});
    if (!prepared.ok()) return prepared.status();
    preparation = prepared->id;
    return ReleaseAgain();
  }
  absl::StatusOr<statistics::Published> ReleaseAgain() {
    return tables.Release(Person('d', people::Role::kDataProtectionOfficer),
                          {RequestId(), preparation});
  }

  // A signed release of the office and the letter that would bring it.
  delivery::ReceivedLetter LetterWith(const statistics::Release& release) {
    return LetterWith(statistics::EncodeRelease(release));
  }
  delivery::ReceivedLetter LetterWith(const std::string& body) {
    const peering::EpochSignature signature =
        *office.own->Sign(statistics::kReleaseType, body);
    peering::SignedBody signed_body;
    signed_body.body = body;
    signed_body.signatures.push_back(
        {office.own->id(), signature.epoch, signature.signature});
    return LetterWith(signed_body);
  }
  delivery::ReceivedLetter LetterWith(const peering::SignedBody& signed_body) {
    delivery::ReceivedLetter letter;
    letter.message = NewId<MessageId>();
    letter.sender = office.own->id();
    letter.type = LetterType::kStatisticsRelease;
    letter.received_at = clock.Now();
    letter.payload = signed_body.Encode();
    return letter;
  }
  statistics::Release Release() const {
    statistics::Release release = statistics::ExampleRelease();
    release.office = office.own->id();
    return release;
  }

  // What the region says to a letter; commits what it wrote.
  Reason Take(const delivery::ReceivedLetter& letter) {
    storage::Batch batch;
    const absl::Status status = receiver.Receive(letter, batch);
    if (status.ok() && !batch.empty()) {
      EXPECT_THAT(region.store->Commit(batch), IsOk());
    }
    return ReasonOf(status);
  }

  int64_t Rows(storage::TableId table) {
    int64_t rows = 0;
    EXPECT_THAT(
        region.store->Scan(table, {}, {},
                           [&rows](absl::string_view,
                                   absl::string_view) -> absl::StatusOr<bool> {
                             ++rows;
                             return true;
                           }),
        IsOk());
    return rows;
  }

  absl::StatusOr<Answer> Ask(const Question& question) {
    return trends.ShowTrend(Person('a', people::Role::kAnalyst), question);
  }

  static people::Caller Person(char who, people::Role role) {
    return people::Caller::ForPerson(statistics::FilledId<PersonId>(who),
                                     statistics::FilledId<SessionId>(who),
                                     {role}, "");
  }
  template <class IdType>
  IdType NewId() {
    return *IdType::FromBytes(crypto::RandomBytes(office.random, 16));
  }

  ManualClock clock;
  peering::PeeringOffice office{1, peering::SettingsNamed("office"), clock};
  peering::PeeringOffice region{2, RegionSettings(), clock};
  Post office_post{office};
  Post region_post{region};
  cases::Registry registry{*office.vault};
  people::Requests requests{*office.store, *office.vault, clock};
  statistics::LetterOutlet outlet{{*office.own, *office.peers,
                                   *office.agreements, office_post.gate,
                                   *office_post.outbox, clock, office.random}};
  statistics::TableActions tables{
      {*office.store, *office.vault, *office.log, clock, office.random,
       requests, registry, office_post.consents, vocabulary::Lists::BuiltIn(),
       statistics::Catalogue::BuiltIn(), outlet}};
  delivery::Dispatcher dispatcher{
      *office_post.outbox, *office.peers, office_post.leases, *this,
      [](const OfficeId&) { return absl::UnavailableError("no refresh"); }};
  ReleaseReceiver receiver{*region.store, *region.vault, *region.own,
                           *region.peers, statistics::Catalogue::BuiltIn()};
  TrendActions trends{{*region.store, *region.vault, *region.own, *region.peers,
                       *region.agreements, statistics::Catalogue::BuiltIn(),
                       clock}};
  statistics::PreparationId preparation;
};

}  // namespace amparo::region

#endif  // AMPARO_TESTS_UNIT_NODE_REGION_OFFICE_AND_REGION_H_
