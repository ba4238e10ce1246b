// SPDX-License-Identifier: Apache-2.0
#include "node/people/gate_rpc.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "amparo/office/v1/consent.pb.h"
#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/options.pb.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "node/people/people_actions.h"
#include "node/people/people_rpc.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/people/test_office.h"

namespace amparo::people {
namespace {

namespace v1 = ::amparo::office::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::ServiceDescriptor;
using ::testing::HasSubstr;
using ::testing::Not;

v1::ErrorDetail DetailOf(const grpc::Status& status) {
  v1::ErrorDetail detail;
  EXPECT_TRUE(detail.ParseFromString(status.error_details()));
  return detail;
}

TEST(ToGrpcTest, EveryReasonKeepsItsCodeAndName) {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kUnspecified || reason == Reason::kInternal) {
      continue;
    }
    const grpc::Status status = ToGrpc(Error(reason));
    EXPECT_EQ(static_cast<int>(status.error_code()),
              static_cast<int>(ReasonCode(reason)));
    EXPECT_EQ(DetailOf(status).reason(), ReasonName(reason));
    EXPECT_EQ(status.error_message(), ReasonText(reason));
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

TEST(ToGrpcTest, FieldAndStateStandInTheDetails) {
  const grpc::Status field = ToGrpc(FieldError("team", "must be short"));
  EXPECT_EQ(field.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf(field).field(), "team");
  EXPECT_THAT(field.error_message(), HasSubstr("must be short"));
  const grpc::Status state =
      ToGrpc(WithState(Error(Reason::kWrongState), "ACCEPTED"));
  EXPECT_EQ(DetailOf(state).state(), "ACCEPTED");
}

TEST(ToGrpcTest, DenialsHaveOneTextWhateverWasSaid) {
  const grpc::Status plain = ToGrpc(Error(Reason::kNotAllowed));
  const grpc::Status chatty = ToGrpc(WithState(
      Error(Reason::kNotAllowed, "case 7 belongs to team north"), "OPEN"));
  EXPECT_EQ(plain.error_message(), chatty.error_message());
  EXPECT_EQ(plain.error_details(), chatty.error_details());
}

TEST(ToGrpcTest, InternalErrorsShowAnIncidentAndNothingElse) {
  for (const absl::Status& status :
       {Error(Reason::kInternal, "secret"), absl::InternalError("secret"),
        absl::UnknownError("secret"), absl::InvalidArgumentError("secret")}) {
    const grpc::Status shown = ToGrpc(status);
    EXPECT_EQ(shown.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_THAT(shown.error_message(), Not(HasSubstr("secret")));
    const v1::ErrorDetail detail = DetailOf(shown);
    EXPECT_EQ(detail.incident().size(), 32u);
    EXPECT_THAT(shown.error_message(), HasSubstr(detail.incident()));
    EXPECT_EQ(detail.reason(), "INTERNAL");
  }
  EXPECT_NE(DetailOf(ToGrpc(absl::InternalError(""))).incident(),
            DetailOf(ToGrpc(absl::InternalError(""))).incident());
}

TEST(ReadIdTest, NamesTheFieldAndNotTheValue) {
  for (const std::string& hex : {std::string(), std::string("deadbeef"),
                                 std::string(32, 'g'), std::string(32, '0')}) {
    const absl::Status status = ReadId<RequestId>("request_id", hex).status();
    EXPECT_EQ(FieldOf(status), "request_id");
  }
  EXPECT_THAT(ReadId<RequestId>("request_id", std::string(32, 'a')), IsOk());
}

// A service made at run time, whose one method has the given options.
const ServiceDescriptor* ServiceWith(DescriptorPool& pool,
                                     const std::string& name,
                                     std::optional<v1::Permission> permission) {
  google::protobuf::FileDescriptorProto file;
  file.set_name(name + ".proto");
  file.set_package("test");
  file.add_message_type()->set_name(name + "Message");
  auto* service = file.add_service();
  service->set_name(name);
  auto* method = service->add_method();
  method->set_name("Method");
  method->set_input_type(".test." + name + "Message");
  method->set_output_type(".test." + name + "Message");
  if (permission.has_value()) {
    method->mutable_options()->SetExtension(v1::permission, *permission);
  }
  return pool.BuildFile(file)->service(0);
}

TEST(CheckEveryMethodTest, OfficeServicesOfTheseRoomsPass) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const ServiceDescriptor* people =
      pool->FindServiceByName("amparo.office.v1.PeopleService");
  (void)v1::Consent::descriptor();
  const ServiceDescriptor* consent =
      pool->FindServiceByName("amparo.office.v1.ConsentService");
  ASSERT_NE(people, nullptr);
  ASSERT_NE(consent, nullptr);
  EXPECT_THAT(CheckEveryMethodHasPermission({people, consent}), IsOk());
}

TEST(CheckEveryMethodTest, MethodWithoutPermissionIsNamed) {
  DescriptorPool pool(DescriptorPool::generated_pool());
  EXPECT_THAT(CheckEveryMethodHasPermission(
                  {ServiceWith(pool, "Good", v1::PERMISSION_SIGNED_IN)}),
              IsOk());
  const absl::Status none =
      CheckEveryMethodHasPermission({ServiceWith(pool, "Bare", std::nullopt)});
  EXPECT_EQ(ReasonOf(none), Reason::kConfigInvalid);
  EXPECT_THAT(std::string(none.message()), HasSubstr("test.Bare.Method"));
  EXPECT_FALSE(CheckEveryMethodHasPermission(
                   {ServiceWith(pool, "Zero", v1::PERMISSION_UNSPECIFIED)})
                   .ok());
  // Nobody else may open the door for strangers.
  EXPECT_FALSE(
      CheckEveryMethodHasPermission(
          {ServiceWith(pool, "Open", v1::PERMISSION_NONE_NEEDED_TO_SIGN_IN)})
          .ok());
}

class GateTest : public testing::Test {
 protected:
  GateTest() {
    const AddedPerson root = *AddFirstAdministrator(ground_, "root");
    token_ =
        std::string(actions_
                        ->Enrol("root", root.code.Reveal(),
                                crypto::Secret::Copy("correct horse battery"))
                        ->token.Reveal());
  }

  TestOffice office_;
  const Ground ground_{*office_.store, *office_.vault, *office_.log,
                       office_.clock, office_.random};
  const std::unique_ptr<PeopleActions> actions_ =
      *PeopleActions::Create(ground_, {crypto::kMinMemoryKib, 1});
  const Sessions sessions_{*office_.store, *office_.vault, office_.clock};
  const Gate gate_{sessions_};
  std::string token_;
};

TEST_F(GateTest, EveryMethodButSigningInNeedsASession) {
  for (const char* name :
       {"amparo.office.v1.PeopleService", "amparo.office.v1.ConsentService"}) {
    const ServiceDescriptor* service =
        DescriptorPool::generated_pool()->FindServiceByName(name);
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string method =
          "/" + service->full_name() + "/" + service->method(i)->name();
      const bool signs_in = service->method(i)->name() == "SignIn" ||
                            service->method(i)->name() == "Enrol";
      EXPECT_EQ(gate_.AdmitToken("", method).ok(), signs_in) << method;
      EXPECT_EQ(gate_.AdmitToken(std::string(43, 'A'), method).ok(), signs_in)
          << method;
    }
  }
}

TEST_F(GateTest, SessionGivesWhatTheRolesGrant) {
  EXPECT_THAT(
      gate_.AdmitToken(token_, "/amparo.office.v1.PeopleService/ListPersons"),
      IsOk());
  EXPECT_EQ(
      ReasonOf(gate_
                   .AdmitToken(token_,
                               "/amparo.office.v1.ConsentService/ShowConsent")
                   .status()),
      Reason::kNotAllowed);
}

TEST_F(GateTest, UnknownMethodIsRefusedForEveryone) {
  for (const char* method :
       {"", "/", "/amparo.office.v1.PeopleService/NoSuchMethod",
        "/amparo.office.v1.NoSuchService/WhoAmI"}) {
    EXPECT_EQ(ReasonOf(gate_.AdmitToken(token_, method).status()),
              Reason::kNotAllowed)
        << method;
  }
}

TEST_F(GateTest, SignedInMethodForAStrangerGetsNoSession) {
  const auto caller =
      gate_.AdmitToken(token_, "/amparo.office.v1.PeopleService/SignIn");
  ASSERT_THAT(caller, IsOk());
  EXPECT_TRUE(caller->person().empty());
}

// The face over a real channel, in process.
class PeopleRpcTest : public GateTest {
 protected:
  PeopleRpcTest() : face_(gate_, *actions_) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&face_);
    server_ = builder.BuildAndStart();
    stub_ = v1::PeopleService::NewStub(
        server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~PeopleRpcTest() override { server_->Shutdown(); }

  void SignInAs(grpc::ClientContext& context, const std::string& token) {
    context.AddMetadata(kSessionMetadata, token);
  }

  PeopleRpc face_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::PeopleService::Stub> stub_;
};

TEST_F(PeopleRpcTest, PersonIsAddedEnrolsSignsInAndOut) {
  v1::AddPersonRequest add;
  add.set_request_id(std::string(32, 'a'));
  add.set_name("ana");
  add.add_roles(v1::ROLE_CASEWORKER);
  add.set_team("north");
  v1::AddPersonResponse added;
  grpc::ClientContext as_root;
  SignInAs(as_root, token_);
  ASSERT_TRUE(stub_->AddPerson(&as_root, add, &added).ok());
  EXPECT_EQ(added.person().state(), v1::PERSON_STATE_INVITED);

  v1::EnrolRequest enrol;
  enrol.set_name("ana");
  enrol.set_code(added.code());
  enrol.set_password("a long password");
  v1::EnrolResponse enrolled;
  grpc::ClientContext nobody;
  ASSERT_TRUE(stub_->Enrol(&nobody, enrol, &enrolled).ok());

  v1::SignInRequest sign_in;
  sign_in.set_name("ana");
  sign_in.set_password("a long password");
  sign_in.set_device_token(enrolled.session().device_token());
  v1::SignInResponse signed_in;
  grpc::ClientContext nobody_again;
  ASSERT_TRUE(stub_->SignIn(&nobody_again, sign_in, &signed_in).ok());

  v1::WhoAmIResponse who;
  grpc::ClientContext as_ana;
  SignInAs(as_ana, signed_in.session().token());
  ASSERT_TRUE(stub_->WhoAmI(&as_ana, {}, &who).ok());
  EXPECT_EQ(who.person().name(), "ana");
  EXPECT_EQ(who.person().team(), "north");
  ASSERT_EQ(who.person().roles_size(), 1);
  EXPECT_EQ(who.person().roles(0), v1::ROLE_CASEWORKER);

  v1::SignOutResponse signed_out;
  grpc::ClientContext leaving;
  SignInAs(leaving, signed_in.session().token());
  ASSERT_TRUE(stub_->SignOut(&leaving, {}, &signed_out).ok());
  grpc::ClientContext gone;
  SignInAs(gone, signed_in.session().token());
  EXPECT_EQ(stub_->WhoAmI(&gone, {}, &who).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(PeopleRpcTest, TwoSessionsInOneCallAreRefused) {
  grpc::ClientContext twice;
  SignInAs(twice, token_);
  SignInAs(twice, token_);
  v1::WhoAmIResponse who;
  EXPECT_EQ(stub_->WhoAmI(&twice, {}, &who).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(PeopleRpcTest, UnknownRoleAndMissingRequestIdAreNamed) {
  v1::AddPersonRequest add;
  add.set_name("ana");
  add.add_roles(static_cast<v1::Role>(99));
  v1::AddPersonResponse added;
  grpc::ClientContext first;
  SignInAs(first, token_);
  EXPECT_EQ(DetailOf(stub_->AddPerson(&first, add, &added)).field(),
            "request_id");
  add.set_request_id(std::string(32, 'a'));
  grpc::ClientContext second;
  SignInAs(second, token_);
  EXPECT_EQ(DetailOf(stub_->AddPerson(&second, add, &added)).field(), "roles");
}

TEST_F(PeopleRpcTest, AdministratorListsChangesAndDisables) {
  grpc::ClientContext adding;
  SignInAs(adding, token_);
  v1::AddPersonRequest add;
  add.set_request_id(std::string(32, 'a'));
  add.set_name("ana");
  add.add_roles(v1::ROLE_CASEWORKER);
  v1::AddPersonResponse added;
  ASSERT_TRUE(stub_->AddPerson(&adding, add, &added).ok());

  grpc::ClientContext changing;
  SignInAs(changing, token_);
  v1::SetRolesRequest set;
  set.set_request_id(std::string(32, 'b'));
  set.set_name("ana");
  set.add_roles(v1::ROLE_ANALYST);
  v1::SetRolesResponse changed;
  ASSERT_TRUE(stub_->SetRoles(&changing, set, &changed).ok());
  EXPECT_EQ(changed.person().roles(0), v1::ROLE_ANALYST);

  grpc::ClientContext disabling;
  SignInAs(disabling, token_);
  v1::DisablePersonRequest disable;
  disable.set_request_id(std::string(32, 'c'));
  disable.set_name("ana");
  v1::DisablePersonResponse disabled;
  ASSERT_TRUE(stub_->DisablePerson(&disabling, disable, &disabled).ok());
  EXPECT_EQ(disabled.person().state(), v1::PERSON_STATE_DISABLED);

  v1::ListPersonsRequest list;
  list.set_page_size(1);
  int seen = 0;
  do {
    grpc::ClientContext listing;
    SignInAs(listing, token_);
    v1::ListPersonsResponse page;
    ASSERT_TRUE(stub_->ListPersons(&listing, list, &page).ok());
    seen += page.persons_size();
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(seen, 2);
}

TEST(PeopleEnumsTest, WireNumbersAreTheOnesInside) {
  for (const Role role : AllRoles()) {
    EXPECT_EQ(v1::Role_Name(static_cast<v1::Role>(static_cast<int>(role))),
              "ROLE_" + std::string(Name(role)));
  }
  EXPECT_EQ(v1::Role_descriptor()->value_count(),
            static_cast<int>(AllRoles().size()) + 1);
  for (int i = 1; i < v1::PersonState_descriptor()->value_count(); ++i) {
    EXPECT_EQ(v1::PersonState_Name(i),
              "PERSON_STATE_" + std::string(Name(*PersonStateFromNumber(i))));
  }
}

}  // namespace
}  // namespace amparo::people
