// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_rpc.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "amparo/office/v1/cases.grpc.pb.h"
#include "amparo/office/v1/third_persons.grpc.pb.h"
#include "node/cases/entries_rpc.h"
#include "tests/support/every_field_set.h"
#include "tests/unit/node/cases/rpc_office.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kRequest(32, 'a');

class CasesRpcTest : public RpcTest {
 protected:
  CasesRpcTest() : rpc_(gate_, actions_), third_persons_(gate_, actions_) {
    stub_ = v1::CaseService::NewStub(Serve({&rpc_, &third_persons_}));
  }
  ~CasesRpcTest() override { StopServing(); }

  grpc::Status Register(const std::string& token,
                        const v1::RegisterCaseRequest& request,
                        v1::RegisterCaseResponse* response) {
    grpc::ClientContext context;
    Use(context, token);
    return stub_->RegisterCase(&context, request, response);
  }

  // Sends an opening and then the file in pieces of `piece` bytes.
  grpc::Status Import(const std::string& token,
                      const v1::ImportOpening& opening, const std::string& csv,
                      size_t piece, v1::ImportCasesResponse* response) {
    grpc::ClientContext context;
    Use(context, token);
    auto writer = stub_->ImportCases(&context, response);
    v1::ImportCasesRequest message;
    *message.mutable_opening() = opening;
    writer->Write(message);
    for (size_t at = 0; at < csv.size(); at += piece) {
      message.set_chunk(csv.substr(at, piece));
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  static v1::RegisterCaseRequest FullRequest() {
    v1::RegisterCaseRequest request;
    FillEveryField(&request);
    request.set_request_id(kRequest);
    request.mutable_profile(0)->set_variable("childIndicators");
    request.mutable_profile(0)->set_code("1");
    v1::CaseIdentity& identity = *request.mutable_identity();
    identity.set_born("1999-05");
    identity.mutable_documents(0)->set_type("PASSPORT");
    identity.mutable_documents(0)->set_country("UKR");
    identity.mutable_contacts(0)->set_type("TELEPHONE");
    identity.set_primary_language("uk");
    identity.set_other_languages(0, "ru");
    // A photo is an attachment of a case that is there already.
    identity.clear_photo_entry_id();
    return request;
  }

  static v1::ImportOpening Opening() {
    v1::ImportOpening opening;
    opening.set_request_id(kRequest);
    opening.set_mapping(R"json({
      "form": "amparo.mapping.v1", "source": "t", "source_key": "row",
      "columns": {"sex": {"variable": "gender"},
                  "age": {"variable": "ageBroad"},
                  "name": {"identity": "given_names", "optional": true},
                  "note": {"ignore": true, "optional": true}},
      "consent": {"purpose": "STATISTICS", "text_version": "1",
        "language": "en", "given_by": "SELF", "method": "WRITTEN",
        "valid_days": 10, "all_questions_answered_yes": true}})json");
    v1::RowRule& rule = *opening.add_only_rows();
    rule.set_column("age");
    rule.add_values("9--17");
    rule.add_values("48+");
    return opening;
  }

  CasesRpc rpc_;
  ThirdPersonRpc third_persons_;
  std::unique_ptr<v1::CaseService::Stub> stub_;
};

TEST_F(CasesRpcTest, EveryFieldOfAnIdentityGoesInAndComesOut) {
  const v1::RegisterCaseRequest request = FullRequest();
  ASSERT_THAT(FieldsNotSet(request),
              ElementsAre("amparo.office.v1.CaseIdentity.photo_entry_id"));
  v1::RegisterCaseResponse registered;
  // Without an age the indicator counts; with this date it would not.
  v1::RegisterCaseRequest without_date = request;
  without_date.mutable_identity()->clear_born();
  ASSERT_TRUE(Register(caseworker_, without_date, &registered).ok());
  EXPECT_THAT(FieldsNotSet(registered), IsEmpty());

  v1::RegisterCaseRequest dated = request;
  dated.set_request_id(std::string(32, 'b'));
  ASSERT_TRUE(Register(caseworker_, dated, &registered).ok());
  grpc::ClientContext context;
  Use(context, caseworker_);
  v1::GetIdentityRequest wanted;
  wanted.set_number(registered.number());
  v1::GetIdentityResponse identity;
  ASSERT_TRUE(stub_->GetIdentity(&context, wanted, &identity).ok());
  EXPECT_EQ(identity.identity().SerializeAsString(),
            request.identity().SerializeAsString());
}

TEST_F(CasesRpcTest, ACaseIsListedAndShownWithoutItsIdentity) {
  v1::RegisterCaseResponse registered;
  ASSERT_TRUE(Register(caseworker_, FullRequest(), &registered).ok());
  v1::GetCaseRequest wanted;
  wanted.set_number(registered.number());
  v1::GetCaseResponse shown;
  grpc::ClientContext get;
  Use(get, caseworker_);
  ASSERT_TRUE(stub_->GetCase(&get, wanted, &shown).ok());
  EXPECT_EQ(shown.summary().number(), registered.number());
  EXPECT_TRUE(shown.summary().own());
  EXPECT_TRUE(shown.summary().has_identity());
  EXPECT_EQ(shown.profile_size(), 2);
  EXPECT_EQ(shown.profile(0).label(), "Yes");
  EXPECT_THAT(shown.SerializeAsString(),
              Not(HasSubstr(FullRequest().identity().given_names())));
  grpc::ClientContext list;
  Use(list, caseworker_);
  v1::ListCasesResponse listed;
  ASSERT_TRUE(stub_->ListCases(&list, v1::ListCasesRequest(), &listed).ok());
  ASSERT_EQ(listed.cases_size(), 1);
  EXPECT_EQ(listed.cases(0).SerializeAsString(),
            shown.summary().SerializeAsString());
}

TEST_F(CasesRpcTest, TheLifeOfACaseThroughTheRpcs) {
  v1::RegisterCaseResponse registered;
  ASSERT_TRUE(Register(caseworker_, FullRequest(), &registered).ok());
  v1::AmendCaseRequest amend;
  amend.set_request_id(std::string(32, 'c'));
  amend.set_number(registered.number());
  amend.set_expected_version(1);
  amend.add_set()->set_variable("gender");
  amend.mutable_set(0)->set_code("Female");
  amend.add_identity_parts("born");
  amend.mutable_identity()->set_born("2001");
  amend.set_source("passport");
  v1::AmendCaseResponse amended;
  grpc::ClientContext amending;
  Use(amending, caseworker_);
  ASSERT_TRUE(stub_->AmendCase(&amending, amend, &amended).ok());
  EXPECT_EQ(amended.version(), 2u);
  v1::ChangeCaseStatusRequest close;
  close.set_request_id(std::string(32, 'd'));
  close.set_number(registered.number());
  close.set_status("Closed");
  close.set_reason("CONTACT_LOST");
  v1::ChangeCaseStatusResponse closed;
  grpc::ClientContext closing;
  Use(closing, caseworker_);
  ASSERT_TRUE(stub_->ChangeCaseStatus(&closing, close, &closed).ok());
  v1::GetCaseHistoryRequest wanted;
  wanted.set_number(registered.number());
  v1::GetCaseHistoryResponse history;
  grpc::ClientContext reading;
  Use(reading, caseworker_);
  ASSERT_TRUE(stub_->GetCaseHistory(&reading, wanted, &history).ok());
  ASSERT_EQ(history.changes_size(), 2);
  EXPECT_EQ(history.changes(0).by(), "aaaaaaaa");
  EXPECT_THAT(history.changes(0).identity_parts(), ElementsAre("born"));
  EXPECT_EQ(history.changes(1).status_after(), "Closed");
  // A history tells no name.
  EXPECT_THAT(history.SerializeAsString(), Not(HasSubstr("2001")));
  v1::GetIdentityHistoryRequest names;
  names.set_number(registered.number());
  v1::GetIdentityHistoryResponse said;
  grpc::ClientContext opening;
  Use(opening, caseworker_);
  ASSERT_TRUE(stub_->GetIdentityHistory(&opening, names, &said).ok());
  ASSERT_EQ(said.changes_size(), 1);
  EXPECT_EQ(said.changes(0).before().born(), "1999-05");
  EXPECT_EQ(said.changes(0).after().born(), "2001");
}

TEST_F(CasesRpcTest, EveryPartOfAFilterIsRead) {
  v1::RegisterCaseResponse registered;
  ASSERT_TRUE(Register(caseworker_, FullRequest(), &registered).ok());
  const auto found = [&](const v1::CaseFilter& filter) {
    grpc::ClientContext list;
    Use(list, caseworker_);
    v1::ListCasesRequest request;
    *request.mutable_filter() = filter;
    v1::ListCasesResponse listed;
    EXPECT_TRUE(stub_->ListCases(&list, request, &listed).ok());
    return listed.total();
  };
  const int64_t far = int64_t{4102444800000};  // 2100.
  v1::CaseFilter filter;
  EXPECT_EQ(found(filter), 1);
  // Each part alone turns the case away.
  filter.set_year_from(2199);
  EXPECT_EQ(found(filter), 0);
  filter.Clear();
  filter.set_year_to(1900);
  EXPECT_EQ(found(filter), 0);
  filter.Clear();
  filter.set_registered_from_ms(far);
  EXPECT_EQ(found(filter), 0);
  filter.Clear();
  filter.set_registered_before_ms(1);
  EXPECT_EQ(found(filter), 0);
  filter.Clear();
  filter.add_statuses("Closed");
  EXPECT_EQ(found(filter), 0);
  filter.add_statuses("Active");
  EXPECT_EQ(found(filter), 1);
  filter.Clear();
  filter.set_minor(false);
  const int64_t adults = found(filter);
  filter.set_minor(true);
  EXPECT_EQ(found(filter) + adults, 1);
  filter.Clear();
  v1::CaseCondition* const where = filter.add_where();
  where->set_variable(FullRequest().profile(0).variable());
  where->add_codes("NOT_RECORDED");
  EXPECT_EQ(found(filter), 0);
  where->set_negated(true);
  EXPECT_EQ(found(filter), 1);
}

TEST_F(CasesRpcTest, ASearchAnswersNumbersAndNoName) {
  v1::RegisterCaseResponse registered;
  ASSERT_TRUE(Register(caseworker_, FullRequest(), &registered).ok());
  grpc::ClientContext search;
  Use(search, caseworker_);
  v1::SearchCasesRequest request;
  request.set_name(FullRequest().identity().family_names());
  v1::SearchCasesResponse found;
  ASSERT_TRUE(stub_->SearchCases(&search, request, &found).ok());
  ASSERT_EQ(found.cases_size(), 1);
  EXPECT_EQ(found.total(), 1);
  EXPECT_EQ(found.cases(0).number(), registered.number());
  EXPECT_THAT(found.SerializeAsString(), Not(HasSubstr(request.name())));
}

TEST_F(CasesRpcTest, AFileInPiecesIsImportedAndEveryFieldOfTheReportTold) {
  const std::string csv =
      "sex,age,name,note\nFemale,48+,Olena,\nMale,9--17,,\nMaria,48+,,\n"
      "Female,30--38,,\n";
  v1::ImportCasesResponse report;
  const grpc::Status status = Import(caseworker_, Opening(), csv, 5, &report);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(FieldsNotSet(report), IsEmpty());
  EXPECT_EQ(report.read(), 4);
  EXPECT_EQ(report.accepted(), 2);
  EXPECT_EQ(report.without_consent(), 1);
  EXPECT_EQ(report.skipped_by_reason(0).reason(), "ONLY_ROWS");
  EXPECT_EQ(report.rejections(0).row(), 3);
  EXPECT_EQ(report.rejections(0).line(), 4);
  EXPECT_EQ(report.rejections(0).column(), "sex");
  EXPECT_EQ(report.rejections(0).reason(), "CODE_UNKNOWN");
  EXPECT_THAT(report.SerializeAsString(), Not(HasSubstr("Maria")));
}

TEST_F(CasesRpcTest, ADryRunStoresNothing) {
  v1::ImportOpening opening = Opening();
  opening.set_dry_run(true);
  v1::ImportCasesResponse report;
  ASSERT_TRUE(
      Import(caseworker_, opening, "sex,age\nMale,48+\n", 100, &report).ok());
  EXPECT_EQ(report.accepted(), 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
}

TEST_F(CasesRpcTest, AnImportWithoutOpeningOrWithABadOneIsRefused) {
  v1::ImportCasesResponse report;
  grpc::ClientContext context;
  Use(context, caseworker_);
  auto writer = stub_->ImportCases(&context, &report);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ImportOpening opening = Opening();
  opening.clear_request_id();
  EXPECT_EQ(Import(caseworker_, opening, "sex,age\n", 9, &report).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  opening = Opening();
  opening.set_mapping("{");
  EXPECT_EQ(Import(caseworker_, opening, "sex,age\n", 9, &report).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(
      Import(caseworker_, Opening(), "sex\nMale\n", 9, &report).error_code(),
      grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
}

TEST_F(CasesRpcTest, NothingIsDoneWithoutSessionOrPermission) {
  v1::RegisterCaseResponse registered;
  v1::ImportCasesResponse report;
  EXPECT_EQ(Register("", FullRequest(), &registered).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Import("", Opening(), "sex,age\n", 9, &report).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Register(administrator_, FullRequest(), &registered).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(
      Import(administrator_, Opening(), "sex,age\n", 9, &report).error_code(),
      grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CasesRpcTest, AThirdPersonIsWrittenAmendedAndShownInEveryField) {
  v1::RegisterCaseResponse registered;
  ASSERT_TRUE(Register(caseworker_, FullRequest(), &registered).ok());
  const auto stub =
      v1::ThirdPersonService::NewStub(server_->InProcessChannel({}));
  v1::AddThirdPersonRequest add;
  add.set_request_id(std::string(32, 'b'));
  add.set_number(registered.number());
  add.set_kind("ALLEGED_PERPETRATOR");
  add.set_relation("EMPLOYER");
  add.add_roles("Exploiter");
  *add.mutable_identity() = FullRequest().identity();
  add.set_note("Seen.");
  v1::AddThirdPersonResponse added;
  grpc::ClientContext adding;
  Use(adding, caseworker_);
  ASSERT_TRUE(stub->AddThirdPerson(&adding, add, &added).ok());

  v1::AmendThirdPersonRequest amend;
  amend.set_request_id(std::string(32, 'c'));
  amend.set_number(registered.number());
  amend.set_third_person_id(added.third_person_id());
  amend.set_expected_version(1);
  amend.set_kind(add.kind());
  amend.set_relation("STRANGER");
  amend.add_roles("Transporter");
  *amend.mutable_identity() = add.identity();
  amend.set_note("Seen twice.");
  amend.set_source("the police");
  v1::AmendThirdPersonResponse amended;
  grpc::ClientContext amending;
  Use(amending, caseworker_);
  ASSERT_TRUE(stub->AmendThirdPerson(&amending, amend, &amended).ok());
  EXPECT_EQ(amended.version(), 2u);

  v1::GetThirdPersonRequest get;
  get.set_number(registered.number());
  get.set_third_person_id(added.third_person_id());
  v1::GetThirdPersonResponse shown;
  grpc::ClientContext getting;
  Use(getting, caseworker_);
  ASSERT_TRUE(stub->GetThirdPerson(&getting, get, &shown).ok());
  EXPECT_EQ(shown.summary().version(), 2u);
  EXPECT_EQ(shown.summary().relation(), "STRANGER");
  EXPECT_EQ(shown.note(), "Seen twice.");
  ASSERT_EQ(shown.before_size(), 1);
  EXPECT_EQ(shown.before(0).relation(), "EMPLOYER");
  EXPECT_EQ(shown.before(0).source(), "the police");
  EXPECT_EQ(shown.before(0).identity().SerializeAsString(),
            add.identity().SerializeAsString());
  // Of a photo there is none.
  shown.mutable_identity()->set_photo_entry_id("none");
  shown.mutable_before(0)->mutable_identity()->set_photo_entry_id("none");
  EXPECT_THAT(FieldsNotSet(shown), IsEmpty());
}

}  // namespace
}  // namespace amparo::cases
