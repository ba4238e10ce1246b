// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent_rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/ascii.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/consent/a_consent.h"
#include "tests/unit/node/people/test_office.h"

namespace amparo::consent {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::GiveConsentRequest FullRequest() {
  v1::GiveConsentRequest message;
  FillEveryField(&message);
  message.set_request_id(std::string(32, 'a'));
  message.set_purpose("TRANSNATIONAL_REFERRAL");
  message.set_recipients(0, OfficeOf('B').hex());
  message.set_categories(0, "NEEDS");
  message.set_exclusions(0, "NAMES");
  message.set_given_by(v1::CONSENT_GIVEN_BY_GUARDIAN);
  message.set_method(v1::CONSENT_METHOD_THUMBPRINT);
  return message;
}

TEST(ConsentRpcTest, EveryFieldOfARequestIsRead) {
  const v1::GiveConsentRequest message = FullRequest();
  ASSERT_THAT(FieldsNotSet(message), IsEmpty());
  const auto request = ReadGiveRequest(message);
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->request.hex(), message.request_id());
  EXPECT_EQ(request->case_number, message.case_number());
  EXPECT_EQ(request->purpose, Purpose::kTransnationalReferral);
  EXPECT_EQ(request->recipients, std::set<OfficeId>{OfficeOf('B')});
  EXPECT_EQ(request->categories, std::set<DataCategory>{DataCategory::kNeeds});
  EXPECT_EQ(request->exclusions, std::set<DataCategory>{DataCategory::kNames});
  EXPECT_EQ(request->given_by, GivenBy::kGuardian);
  EXPECT_EQ(request->method, Method::kThumbprint);
  EXPECT_EQ(request->language, message.language());
  EXPECT_EQ(request->text_version, message.text_version());
  EXPECT_EQ(absl::ToUnixMillis(*request->given_at), message.given_at_ms());
  EXPECT_EQ(absl::ToUnixMillis(request->valid_until), message.valid_until_ms());
  EXPECT_EQ(request->answered_yes, AllAnswered());
  EXPECT_TRUE(request->assent);
  EXPECT_EQ(request->best_interests_reference,
            message.best_interests_reference());
  // A new field of the message needs a line above.
  EXPECT_EQ(v1::GiveConsentRequest::descriptor()->field_count(), 15);
}

TEST(ConsentRpcTest, EachQuestionIsItsOwnField) {
  for (const Question question : AllQuestions()) {
    v1::GiveConsentRequest message = FullRequest();
    const auto* field = v1::ConsentQuestions::descriptor()->FindFieldByNumber(
        static_cast<int>(question));
    message.mutable_questions()->GetReflection()->SetBool(
        message.mutable_questions(), field, false);
    std::set<Question> expected = AllAnswered();
    expected.erase(question);
    EXPECT_EQ(ReadGiveRequest(message)->answered_yes, expected);
    EXPECT_EQ(absl::AsciiStrToUpper(field->name()), Name(question));
  }
}

TEST(ConsentRpcTest, EveryFieldOfAConsentIsWritten) {
  const Consent consent = *(*Consent::Create(MinorFields()))
                               .Withdrawn(kNow + absl::Hours(1), PersonOf('w'));
  v1::Consent message;
  WriteConsent(consent, &message);
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  EXPECT_EQ(message.purpose(), "TRANSNATIONAL_REFERRAL");
  EXPECT_EQ(message.state(), v1::CONSENT_STATE_WITHDRAWN);
}

TEST(ConsentRpcTest, WrongFieldsAreNamed) {
  const struct {
    const char* field;
    std::function<void(v1::GiveConsentRequest&)> change;
  } rows[] = {
      {"request_id", [](auto& m) { m.clear_request_id(); }},
      {"request_id", [](auto& m) { m.set_request_id("12"); }},
      {"purpose", [](auto& m) { m.set_purpose("transnational"); }},
      {"purpose", [](auto& m) { m.clear_purpose(); }},
      {"recipients", [](auto& m) { m.add_recipients("office b"); }},
      {"recipients",
       [](auto& m) {
         for (int i = 0; i < 40; ++i) m.add_recipients(OfficeOf('B').hex());
       }},
      {"categories", [](auto& m) { m.add_categories("EVERYTHING"); }},
      {"categories",
       [](auto& m) {
         for (int i = 0; i < 70; ++i) m.add_categories("NEEDS");
       }},
      {"exclusions", [](auto& m) { m.add_exclusions(""); }},
      {"given_by",
       [](auto& m) { m.set_given_by(v1::CONSENT_GIVEN_BY_UNSPECIFIED); }},
      {"given_by",
       [](auto& m) { m.set_given_by(static_cast<v1::ConsentGivenBy>(9)); }},
      {"method", [](auto& m) { m.set_method(v1::CONSENT_METHOD_UNSPECIFIED); }},
      {"given_at_ms", [](auto& m) { m.set_given_at_ms(-1); }},
      {"valid_until_ms", [](auto& m) { m.clear_valid_until_ms(); }},
  };
  for (const auto& row : rows) {
    v1::GiveConsentRequest message = FullRequest();
    row.change(message);
    EXPECT_EQ(FieldOf(ReadGiveRequest(message).status()), row.field);
  }
}

TEST(ConsentRpcTest, CountriesAreRefusedAndItSaysWhatToDo) {
  for (const char* country : {"UKR", "ua"}) {
    v1::GiveConsentRequest message = FullRequest();
    message.set_recipients(0, country);
    const absl::Status status = ReadGiveRequest(message).status();
    EXPECT_EQ(FieldOf(status), "recipients");
    EXPECT_THAT(std::string(status.message()), HasSubstr("name each office"));
  }
}

TEST(ConsentRpcTest, WireNumbersAreTheOnesInside) {
  for (int i = 1; i < v1::ConsentGivenBy_descriptor()->value_count(); ++i) {
    EXPECT_EQ(v1::ConsentGivenBy_Name(i),
              "CONSENT_GIVEN_BY_" + std::string(Name(*GivenByFromNumber(i))));
  }
  for (int i = 1; i < v1::ConsentMethod_descriptor()->value_count(); ++i) {
    EXPECT_EQ(v1::ConsentMethod_Name(i),
              "CONSENT_METHOD_" + std::string(Name(*MethodFromNumber(i))));
  }
  for (int i = 1; i < v1::ConsentState_descriptor()->value_count(); ++i) {
    EXPECT_EQ(v1::ConsentState_Name(i),
              "CONSENT_STATE_" + std::string(Name(*StateFromNumber(i))));
  }
}

// One case that everybody reaches who has the permission.
class OpenCase : public SubjectDirectory {
 public:
  absl::StatusOr<SubjectFacts> Find(const people::Caller& caller,
                                    people::Permission needed,
                                    absl::string_view) const override {
    return FindSubject(caller, needed, facts.subject);
  }
  absl::StatusOr<SubjectFacts> FindSubject(const people::Caller& caller,
                                           people::Permission needed,
                                           const SubjectId&) const override {
    const absl::Status may = caller.May(needed);
    if (!may.ok()) return may;
    return facts;
  }
  absl::Status BeginWork(storage::Batch&, const SubjectId&) const override {
    return absl::OkStatus();
  }
  SubjectFacts facts;
};

TEST(ConsentRpcTest, ConsentIsGivenListedShownAndWithdrawnOverAChannel) {
  TestOffice office;
  OpenCase directory;
  storage::Batch batch;
  directory.facts = {SubjectOf('s'), *office.vault->NewKey(batch), true};
  // A caseworker with a session, as Enrol leaves one.
  const people::Sessions sessions(*office.store, *office.vault, office.clock);
  people::Person person;
  person.name = "ana";
  person.roles = {people::Role::kCaseworker};
  person.state = people::PersonState::kActive;
  person.added_at = office.clock.Now();
  ASSERT_THAT(storage::Table<people::PersonCodec>(*office.vault)
                  .Insert(batch, PersonOf('p'), person),
              IsOk());
  const auto session = sessions.Open(batch, PersonOf('p'), office.random);
  ASSERT_THAT(session, IsOk());
  ASSERT_THAT(office.store->Commit(batch), IsOk());

  Leases leases;
  ConsentActions actions(
      {*office.store, *office.vault, *office.log, office.clock, office.random,
       vocabulary::Lists::BuiltIn()},
      directory, leases, {});
  const people::Gate gate(sessions);
  ConsentRpc face(gate, actions);
  grpc::ServerBuilder builder;
  builder.RegisterService(&face);
  const auto server = builder.BuildAndStart();
  const auto stub = v1::ConsentService::NewStub(
      server->InProcessChannel(grpc::ChannelArguments()));
  const auto sign_in = [&](grpc::ClientContext& context) {
    context.AddMetadata(people::kSessionMetadata,
                        std::string(session->token.Reveal()));
  };

  v1::GiveConsentRequest give = FullRequest();
  give.clear_given_at_ms();
  give.set_language("es");
  give.set_text_version("2024-1.es");
  give.set_valid_until_ms(
      absl::ToUnixMillis(office.clock.Now() + absl::Hours(24)));
  v1::GiveConsentResponse given;
  grpc::ClientContext stranger;
  EXPECT_EQ(stub->GiveConsent(&stranger, give, &given).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext giving;
  sign_in(giving);
  const grpc::Status status = stub->GiveConsent(&giving, give, &given);
  ASSERT_TRUE(status.ok()) << status.error_message();

  v1::ListConsentsRequest list;
  list.set_case_number("any");
  v1::ListConsentsResponse listed;
  grpc::ClientContext listing;
  sign_in(listing);
  ASSERT_TRUE(stub->ListConsents(&listing, list, &listed).ok());
  ASSERT_EQ(listed.consents_size(), 1);
  EXPECT_EQ(listed.consents(0).consent_id(), given.consent_id());
  list.set_page_token("nonsense");
  grpc::ClientContext lost;
  sign_in(lost);
  EXPECT_EQ(stub->ListConsents(&lost, list, &listed).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  v1::WithdrawConsentRequest withdraw;
  withdraw.set_request_id(std::string(32, 'b'));
  withdraw.set_consent_id(given.consent_id());
  v1::WithdrawConsentResponse withdrawn;
  grpc::ClientContext withdrawing;
  sign_in(withdrawing);
  ASSERT_TRUE(stub->WithdrawConsent(&withdrawing, withdraw, &withdrawn).ok());
  EXPECT_EQ(withdrawn.consent().state(), v1::CONSENT_STATE_WITHDRAWN);

  v1::ShowConsentRequest show;
  show.set_consent_id(given.consent_id());
  v1::ShowConsentResponse shown;
  grpc::ClientContext showing;
  sign_in(showing);
  ASSERT_TRUE(stub->ShowConsent(&showing, show, &shown).ok());
  EXPECT_EQ(shown.consent().state(), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_TRUE(shown.consent().treated_as_minor());
  server->Shutdown();
}

}  // namespace
}  // namespace amparo::consent
