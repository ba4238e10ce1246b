// SPDX-License-Identifier: Apache-2.0
//
// An office with rules of retention and a full case, for their tests.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_RETENTION_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_RETENTION_OFFICE_H_

#include "node/cases/retention_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/cases/attachment_actions.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/retention_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {

inline constexpr absl::Duration kDay = absl::Hours(24);

// Another room that needs a case, or not.
class FakeTie final : public CaseTie {
 public:
  absl::StatusOr<std::optional<std::string>> Needs(const storage::Reader&,
                                                   const Case&) const override {
    return needs;
  }
  absl::Status Erase(storage::Batch&, const storage::Reader&,
                     const Case& file) const override {
    erased.push_back(file.id);
    return absl::OkStatus();
  }
  std::optional<std::string> needs;
  mutable std::vector<CaseId> erased;
};

class RetentionActionsTest : public LifeTest {
 protected:
  RetentionActionsTest() : retention_(cases_.desk(), {&tie_}) {}

  void Rule(const char* category, int days, const char* action,
            bool minors = false) {
    for (const people::Caller* const person : {&administrator_, &officer_}) {
      EXPECT_THAT(
          retention_.SetRule(*person, {Next(), category, minors, days, action}),
          IsOk());
    }
  }
  // What the second of two persons is answered who decide to erase.
  std::string BothDecide(const Case& file, DecideRequest::Choice choice) {
    EXPECT_THAT(retention_.Decide(supervisor_, Deciding(file, choice)),
                IsOkAndHolds("PROPOSED"));
    const auto outcome = retention_.Decide(officer_, Deciding(file, choice));
    EXPECT_THAT(outcome, IsOk());
    return outcome.value_or("");
  }

  // A case with something in every table, closed now unless it is to be left
  // open.
  Case Full(const std::string& name, bool close = true) {
    Identity identity = Named(name);
    identity.documents = {{"PASSPORT", "QX" + name, "UKR"}};
    const Case file = Registered(
        anna_,
        {{"gender", "Female"}, {"ageBroad", "21--23"}, {"citizenship", "UA"}},
        identity);
    AmendCaseRequest amend = Amending(file, 1);
    amend.identity_parts = {"family_names_romanised"};
    amend.identity.family_names_romanised = "Petrenko" + name;
    EXPECT_THAT(life_.Amend(anna_, amend), IsOk());
    EXPECT_THAT(Write(anna_, file, Note{"Secret note."}), IsOk());
    EXPECT_THAT(Write(anna_, file, RiskAssessment{"HIGH", "Threats.", true}),
                IsOk());
    EXPECT_THAT(Write(anna_, file, ServiceGiven{"FOOD"}), IsOk());
    Attach(file);
    AddThirdPersonRequest third;
    third.request = Next();
    third.number = file.number.text();
    third.person.kind = "DEPENDANT";
    third.person.relation = "CHILD";
    third.person.identity = Named("Kind");
    EXPECT_THAT(thirds_.Add(anna_, third), IsOk());
    Consenting(file);
    if (close) Close(file);
    return file;
  }
  // A file of two pieces.
  EntryId Attach(const Case& file) {
    const std::string bytes(limits::kAttachmentPieceBytes + 10, 'f');
    const auto upload = attachments_.Begin(
        anna_, {Next(),
                file.number.text(),
                {{2025, 1, 1},
                 "",
                 Attachment{"MEDICAL", "Report", "application/pdf",
                            bytes.size(), crypto::Sha256(bytes)}}});
    EXPECT_THAT(upload, IsOk());
    if (!upload.ok()) return EntryId();
    EXPECT_THAT((*upload)->Feed(bytes), IsOk());
    const auto id = (*upload)->Finish();
    EXPECT_THAT(id, IsOk());
    return id.value_or(EntryId());
  }
  void Consenting(const Case& file) {
    consent::ConsentFields fields;
    fields.id = *ConsentId::FromBytes(crypto::RandomBytes(office_.random, 16));
    fields.subject = file.subject;
    fields.purpose = Purpose::kStatistics;
    fields.categories = {DataCategory::kStatisticalCounts};
    fields.language = "uk";
    fields.text_version = "1";
    fields.collector = anna_.person();
    fields.given_at = office_.clock.Now();
    fields.valid_until = office_.clock.Now() + 2000 * kDay;
    const auto questions = consent::AllQuestions();
    fields.answered_yes = {questions.begin(), questions.end()};
    const auto given = consent::Consent::Create(fields);
    ASSERT_THAT(given, IsOk());
    storage::Batch batch;
    const auto key = office_.registry->KeyOf(*office_.store, file.subject);
    ASSERT_THAT(key, IsOk());
    EXPECT_THAT(office_.ledger->InsertImported(
                    batch, *given, *key, anna_.person(), office_.clock.Now()),
                IsOk());
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
  }
  void Close(const Case& file) {
    EXPECT_THAT(life_.ChangeStatus(anna_, {Next(), file.number.text(), "Closed",
                                           "ASSISTANCE_COMPLETED"}),
                IsOk());
  }
  AgedCounts Round() {
    AgedCounts all;
    std::optional<size_t> from;
    do {
      const auto counts = retention_.Step(from);
      EXPECT_THAT(counts, IsOk());
      if (!counts.ok()) break;
      all.Add(*counts);
    } while (from.has_value());
    return all;
  }
  DecideRequest Deciding(const Case& file, DecideRequest::Choice choice) {
    return {Next(), file.number.text(), choice, absl::InfinitePast(),
            "NO_LONGER_NEEDED"};
  }
  absl::Status Hold(const Case& file, bool release = false) {
    return retention_.Hold(supervisor_, {Next(), file.number.text(), release,
                                         "LEGAL_PROCEEDINGS"});
  }
  size_t DataKeys() const {
    return static_cast<size_t>(office_.Rows(storage::TableId::kDataKeys));
  }

  // Nothing of the case in any table, in keys or values, but the two hashes
  // and the mark; lists, search and the number do not find it.
  void ExpectGone(const Case& file) {
    EXPECT_FALSE(office_.AnywhereInStore(file.subject.bytes()));
    int named = 0;
    for (const storage::TableId table : storage::AllTables()) {
      EXPECT_THAT(
          office_.store->Scan(
              table, {}, {},
              [&](absl::string_view key,
                  absl::string_view) -> absl::StatusOr<bool> {
                if (key.find(file.id.bytes()) != absl::string_view::npos) {
                  EXPECT_EQ(table, storage::TableId::kErasedCases);
                  ++named;
                }
                return true;
              }),
          IsOk());
    }
    EXPECT_EQ(named, 1);
    const std::string number = file.number.text();
    EXPECT_EQ(ReasonOf(cases_.Show(supervisor_, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(life_.History(supervisor_, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(cases_.ShowIdentity(supervisor_, number).status()),
              Reason::kNotAllowed);
    PersonQuery query;
    query.document = "QXMaria";
    EXPECT_EQ(cases_.Search(supervisor_, query)->total, 0);
  }

  const people::Caller officer_ =
      Person('o', people::Role::kDataProtectionOfficer, "");
  AttachmentActions attachments_{cases_.desk()};
  FakeTie tie_;
  const RetentionActions retention_;
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_RETENTION_OFFICE_H_
