// SPDX-License-Identifier: Apache-2.0
//
// The main job between two offices and a region, as real processes: what
// arrives, what is refused, what a restart keeps, and what no file may hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "amparo/office/v1/case_files.grpc.pb.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "amparo/office/v1/consent.grpc.pb.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "amparo/office/v1/statistics.grpc.pb.h"
#include "amparo/office/v1/third_persons.grpc.pb.h"
#include "amparo/office/v1/trends.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::Duration kArrival = absl::Seconds(60);
constexpr absl::Duration kCleanEnd = absl::Seconds(20);
// Of the case, and nobody whom it is about.
constexpr char kOtherPerson[] = "Borghesiano";
constexpr char kTable[] = "exploitation-form-by-sex-by-year";

NodeOptions Named(const std::string& name, const std::string& country) {
  NodeOptions options;
  options.name = name;
  options.country = country;
  options.config_lines = {"hello_interval = 1s"};
  return options;
}

// Everything that may identify a person or let somebody in.
class Secrets {
 public:
  void Add(const std::string& secret) { secrets_.push_back(secret); }
  void Add(const v1::CaseIdentity& identity) {
    for (const std::string& text :
         {identity.given_names(), identity.family_names(),
          identity.given_names_romanised(), identity.family_names_romanised(),
          identity.born(), identity.documents(0).number(),
          identity.contacts(0).value(),
          identity.contacts(0).safe_instruction()}) {
      Add(text);
    }
  }
  // Those that stand in the file, in the clear.
  std::vector<std::string> FoundIn(const std::string& path) const {
    const std::string text = FileText(path);
    std::vector<std::string> found;
    for (const std::string& secret : secrets_) {
      if (text.find(secret) != std::string::npos) found.push_back(secret);
    }
    return found;
  }

 private:
  std::vector<std::string> secrets_;
};

class MainJobTest : public testing::Test {
 protected:
  std::unique_ptr<OfficeProcess> StartOffice(const NodeOptions& options) {
    std::vector<v1::Role> roles = AllRolesOfAnOffice();
    if (options.region) {
      roles = {v1::ROLE_DATA_PROTECTION_OFFICER, v1::ROLE_ANALYST};
    }
    auto started = OfficeProcess::Start(folder_.path() + "/" + options.name,
                                        options, roles);
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return nullptr;
    return *std::move(started);
  }

  // Two offices that may refer to each other.
  void StartPair() {
    a_ = StartOffice(Named("Kyiv", "UKR"));
    b_ = StartOffice(Named("Minsk", "BLR"));
    ASSERT_TRUE(a_ != nullptr && b_ != nullptr);
    ASSERT_THAT(MakePeers(*a_, *b_), IsOk());
    ASSERT_THAT(Agree(*a_, *b_, ReferralTerms()), IsOk());
  }

  // Registers the person and records both consents.
  void ReceivePerson() {
    secrets_.Add(AnIdentity());
    auto number = Register(*a_, AnIdentity());
    ASSERT_THAT(number, IsOk());
    number_ = *number;
    secrets_.Add(number_);
    secrets_.Add(absl::StrReplaceAll(number_, {{"-", ""}}));
    v1::AddThirdPersonRequest other;
    other.set_request_id(NewRequestId());
    other.set_number(number_);
    other.set_kind("ALLEGED_PERPETRATOR");
    other.set_relation("EMPLOYER");
    other.add_roles("Exploiter");
    other.mutable_identity()->set_family_names(kOtherPerson);
    other.set_note(kOtherPerson);
    secrets_.Add(kOtherPerson);
    ASSERT_THAT(a_->caseworker().Call(
                    &v1::ThirdPersonService::Stub::AddThirdPerson, other),
                IsOk());
  }
  void TakeConsents() {
    auto given = GiveConsent(*a_, number_, "TRANSNATIONAL_REFERRAL", b_->id(),
                             {"CODED_PROFILE", "NEEDS"});
    ASSERT_THAT(given, IsOk());
    referral_consent_ = *given;
    ASSERT_THAT(GiveConsent(*a_, number_, "IDENTITY_DISCLOSURE", b_->id(),
                            {"NAMES", "DATES_OF_BIRTH"}),
                IsOk());
  }

  absl::StatusOr<v1::DiscloseIdentityResponse> Disclose(
      const std::vector<std::string>& categories) {
    v1::DiscloseIdentityRequest request;
    request.set_request_id(NewRequestId());
    request.set_referral_id(referral_);
    for (const std::string& category : categories) {
      request.add_categories(category);
    }
    return a_->caseworker().Call(&v1::ReferralService::Stub::DiscloseIdentity,
                                 request);
  }

  absl::Status Accept() {
    v1::AcceptReferralRequest request;
    request.set_request_id(NewRequestId());
    request.set_referral_id(referral_);
    return b_->focal_point()
        .Call(&v1::ReferralService::Stub::AcceptReferral, request)
        .status();
  }

  bool Becomes(const Someone& person, v1::ReferralState state) {
    return Eventually(kArrival, [&] {
      const auto referral = Show(person, referral_);
      return referral.ok() && referral->state() == state;
    });
  }

  // No log and no file of the node's data holds a secret in the clear.
  void ExpectNoSecretOnDisk(OfficeProcess& office) {
    EXPECT_THAT(FileText(office.node().log()), HasSubstr("serving"));
    EXPECT_THAT(secrets_.FoundIn(office.node().log()), SizeIs(0));
    size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             office.node().data_directory())) {
      if (!entry.is_regular_file()) continue;
      ++files;
      EXPECT_THAT(secrets_.FoundIn(entry.path().string()), SizeIs(0))
          << entry.path();
    }
    EXPECT_GT(files, 3u);
  }

  ScratchFolder folder_;
  std::unique_ptr<OfficeProcess> a_;
  std::unique_ptr<OfficeProcess> b_;
  Secrets secrets_;
  std::string number_;
  std::string referral_consent_;
  std::string referral_;
};

TEST_F(MainJobTest, ReferralGoesFromConsentToTheOpenedFile) {
  ASSERT_NO_FATAL_FAILURE(StartPair());
  ASSERT_NO_FATAL_FAILURE(ReceivePerson());
  EXPECT_EQ(ReasonOf(Refer(*a_, number_, *b_).status()),
            Reason::kConsentMissing);
  ASSERT_NO_FATAL_FAILURE(TakeConsents());

  const auto sent = Refer(*a_, number_, *b_);
  ASSERT_THAT(sent, IsOk());
  referral_ = *sent;
  ASSERT_TRUE(IsDelivered(a_->caseworker(), referral_, kArrival));

  // The preview names nobody.
  const auto preview = Show(b_->focal_point(), referral_);
  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->state(), v1::REFERRAL_STATE_RECEIVED);
  EXPECT_EQ(preview->direction(), v1::REFERRAL_DIRECTION_INCOMING);
  EXPECT_EQ(preview->peer_name(), "Kyiv");
  EXPECT_EQ(preview->case_number(), "");
  WriteFile(folder_.path() + "/preview", preview->SerializeAsString());
  EXPECT_THAT(secrets_.FoundIn(folder_.path() + "/preview"), SizeIs(0));
  secrets_.Add(preview->pseudonym());
  ASSERT_TRUE(Eventually(kArrival, [&] {
    const auto there = Show(a_->caseworker(), referral_);
    return there.ok() && HasReceipt(*there, "RETRIEVED", "REFERRAL_REQUEST");
  }));

  // Nothing is disclosed before acceptance.
  EXPECT_EQ(ReasonOf(Disclose({"NAMES"}).status()), Reason::kWrongState);
  ASSERT_THAT(Accept(), IsOk());
  ASSERT_TRUE(Becomes(a_->caseworker(), v1::REFERRAL_STATE_ACCEPTED));

  // What she did not consent to stays here.
  EXPECT_EQ(ReasonOf(Disclose({"NAMES", "DOCUMENTS"}).status()),
            Reason::kConsentNotForCategory);
  ASSERT_THAT(Disclose({"NAMES", "DATES_OF_BIRTH"}), IsOk());
  ASSERT_TRUE(Eventually(kArrival, [&] {
    const auto there = Show(b_->focal_point(), referral_);
    return there.ok() && there->disclosed();
  }));
  v1::OpenDisclosureRequest open;
  open.set_referral_id(referral_);
  const auto file =
      b_->focal_point().Call(&v1::ReferralService::Stub::OpenDisclosure, open);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->given_names(), AnIdentity().given_names());
  EXPECT_EQ(file->family_names_romanised(),
            AnIdentity().family_names_romanised());
  EXPECT_EQ(file->date_of_birth(), AnIdentity().born());
  EXPECT_EQ(file->documents_size(), 0);
  EXPECT_EQ(file->contacts_size(), 0);
  // Nobody else of the case is told, in the preview (above) or here.
  EXPECT_THAT(file->SerializeAsString(), Not(HasSubstr(kOtherPerson)));
  ASSERT_TRUE(Eventually(kArrival, [&] {
    const auto here = Show(a_->caseworker(), referral_);
    return here.ok() && HasReceipt(*here, "RETRIEVED", "DISCLOSURE");
  }));

  // Withdrawal reaches who received it, and nothing more leaves.
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_request_id(NewRequestId());
  withdraw.set_consent_id(referral_consent_);
  ASSERT_THAT(a_->caseworker().Call(&v1::ConsentService::Stub::WithdrawConsent,
                                    withdraw),
              IsOk());
  EXPECT_FALSE(Refer(*a_, number_, *b_).ok());
  EXPECT_TRUE(Becomes(b_->focal_point(), v1::REFERRAL_STATE_REVOKED));

  for (OfficeProcess* office : {a_.get(), b_.get()}) {
    for (const Someone* person :
         {&office->administrator(), &office->caseworker(),
          &office->focal_point()}) {
      secrets_.Add(person->token());
    }
  }
  EXPECT_EQ(a_->node().Terminate(kCleanEnd), 0);
  EXPECT_EQ(b_->node().Terminate(kCleanEnd), 0);
  ExpectNoSecretOnDisk(*a_);
  ExpectNoSecretOnDisk(*b_);
}

TEST_F(MainJobTest, RestartAfterSigtermKeepsEverything) {
  ASSERT_NO_FATAL_FAILURE(StartPair());
  ASSERT_NO_FATAL_FAILURE(ReceivePerson());
  ASSERT_NO_FATAL_FAILURE(TakeConsents());
  const auto sent = Refer(*a_, number_, *b_);
  ASSERT_THAT(sent, IsOk());
  ASSERT_TRUE(IsDelivered(a_->caseworker(), *sent, kArrival));
  const auto before = Show(a_->caseworker(), *sent);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(b_->node().Terminate(kCleanEnd), 0);

  // While the other is away, referrals wait.
  const auto waiting = Refer(*a_, number_, *b_);
  ASSERT_THAT(waiting, IsOk());
  EXPECT_EQ(a_->node().Terminate(kCleanEnd), 0);
  ASSERT_THAT(a_->node().Start(), IsOk());
  ASSERT_THAT(b_->node().Start(), IsOk());

  const auto after = Show(a_->caseworker(), *sent);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->SerializeAsString(), before->SerializeAsString());
  EXPECT_TRUE(IsDelivered(a_->caseworker(), *waiting, kArrival));
  const auto arrived = AllReferrals(b_->focal_point());
  ASSERT_THAT(arrived, IsOk());
  EXPECT_THAT(*arrived, SizeIs(2));
  v1::GetIdentityRequest who;
  who.set_number(number_);
  const auto identity =
      a_->caseworker().Call(&v1::CaseService::Stub::GetIdentity, who);
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->identity().family_names(), AnIdentity().family_names());
}

// Rows of one year, enough of one kind to be shown.
std::string Rows(int rows) {
  std::string csv =
      "yearOfRegistration,Datasource,gender,citizenship,isForcedLabour,"
      "ControlCategory,RecruiterCategory,ExploitType,Labor_Type,"
      "ageCategories\n";
  for (int i = 0; i < rows; ++i) {
    csv +=
        "2016,Case Management,Female,UA,0,Threats,Other,Sexual Exploitation,"
        "Unknown,Age 21-23\n";
  }
  return csv;
}

absl::StatusOr<v1::ImportCasesResponse> Import(const Someone& person,
                                               const std::string& csv) {
  const auto stub = v1::CaseFileService::NewStub(person.channel());
  grpc::ClientContext context;
  person.Prepare(context);
  const auto stream = stub->ImportCaseFile(&context);
  v1::ImportCaseFileRequest part;
  part.mutable_opening()->set_request_id(NewRequestId());
  part.mutable_opening()->set_mapping(FileText(
      AMPARO_SOURCE_DIR "/deploy/demo/ctdc_country_level.mapping.json"));
  stream->Write(part);
  part.set_chunk(csv);
  stream->Write(part);
  stream->WritesDone();
  v1::ImportCasesResponse report;
  v1::ImportCaseFileResponse said;
  while (stream->Read(&said)) {
    if (said.has_report()) report = said.report();
  }
  const absl::Status status = FromGrpc(stream->Finish());
  if (!status.ok()) return status;
  return report;
}

TEST_F(MainJobTest, RegionAnswersATrendFromTwoReleases) {
  constexpr int kRows = 2000;
  a_ = StartOffice(Named("Kyiv", "UKR"));
  b_ = StartOffice(Named("Minsk", "BLR"));
  NodeOptions options = Named("Registry", "");
  options.region = true;
  const auto region = StartOffice(options);
  ASSERT_TRUE(a_ != nullptr && b_ != nullptr && region != nullptr);
  for (OfficeProcess* office : {a_.get(), b_.get()}) {
    ASSERT_THAT(MakePeers(*region, *office), IsOk());
    ASSERT_THAT(Agree(*office, *region, StatisticsTerms()), IsOk());
    const auto imported = Import(office->caseworker(), Rows(kRows));
    ASSERT_THAT(imported, IsOk());
    ASSERT_EQ(imported->accepted(), kRows) << imported->DebugString();

    v1::PrepareTableRequest prepare;
    prepare.set_request_id(NewRequestId());
    prepare.set_table_id(kTable);
    prepare.add_cohorts("2016");
    prepare.set_counted_unit("source-row");
    const auto prepared =
        office->analyst().Call(&v1::TableService::Stub::PrepareTable, prepare);
    ASSERT_THAT(prepared, IsOk());
    v1::ReleaseTableRequest release;
    release.set_request_id(NewRequestId());
    release.set_preparation_id(prepared->preparation_id());
    EXPECT_EQ(ReasonOf(office->analyst()
                           .Call(&v1::TableService::Stub::ReleaseTable, release)
                           .status()),
              Reason::kNotAllowed);
    const auto released =
        office->officer().Call(&v1::TableService::Stub::ReleaseTable, release);
    ASSERT_THAT(released, IsOk());
    ASSERT_THAT(released->recipients(), SizeIs(1));
  }

  v1::ShowTrendRequest question;
  question.set_table_id(kTable);
  question.add_group_by("cohort");
  v1::ShowTrendResponse answer;
  ASSERT_TRUE(Eventually(kArrival, [&] {
    const auto response =
        region->analyst().Call(&v1::TrendService::Stub::ShowTrend, question);
    if (response.ok()) answer = *response;
    return answer.nodes_reporting() == 2;
  })) << answer.DebugString();
  ASSERT_THAT(answer.rows(), SizeIs(1));
  EXPECT_FALSE(answer.rows(0).withheld());
  EXPECT_GT(answer.rows(0).half_width(), 0);
  // Within ten half-widths of the truth: noise, not another number.
  EXPECT_NEAR(static_cast<double>(answer.rows(0).value()), 2.0 * kRows,
              10.0 * static_cast<double>(answer.rows(0).half_width()));
}

}  // namespace
}  // namespace amparo
