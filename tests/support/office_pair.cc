// SPDX-License-Identifier: Apache-2.0
#include "tests/support/office_pair.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/app/restore.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/peering/admission.h"
#include "tests/support/disk_copy.h"

namespace amparo {
namespace {

constexpr char kTeam[] = "north";
constexpr crypto::PasswordCost kCheapPasswords = {crypto::kMinMemoryKib, 1};

// Whether `from` may call `method` of `to`, by what both nodes check when a
// connection is made and a call comes in, each by its own clock.
absl::Status CheckCall(TestOffice& from, TestOffice& to,
                       absl::string_view method) {
  ASSIGN_OR_RETURN(const peering::Peer called,
                   from.node().peers().Get(to.id()));
  RETURN_IF_ERROR(peering::Admission::CheckServer(
      to.node().own().tls_identity().certificate_pem, called.office_key,
      to.id(), from.clock().Now()));
  const absl::Time now = to.clock().Now();
  const peering::Admission& admission = to.node().admission();
  ASSIGN_OR_RETURN(const peering::PeerIdentity caller,
                   admission.CheckCertificate(
                       from.node().own().tls_identity().certificate_pem, now));
  return admission.MayCall(caller, method, now);
}

}  // namespace

void MustBeOk(const absl::Status& status, absl::string_view what) {
  if (status.ok()) return;
  std::fprintf(stderr, "the ground of a test failed: %s: %s\n",
               std::string(what).c_str(), status.ToString().c_str());
  std::abort();
}

// What a node of this process calls when it calls another one.
class TestOffice::Wire final : public delivery::PeerLink,
                               public peering::PeeringLink {
 public:
  explicit Wire(TestOffice& from) : from_(from) {}

  absl::StatusOr<std::vector<delivery::Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) override {
    TestOffice* to = from_.network_.FindById(peer);
    if (to == nullptr) return Error(Reason::kUnavailable);
    if (from_.network_.on_deliver) {
      return from_.network_.on_deliver(from_, *to, letters);
    }
    return from_.network_.Carry(from_, *to, letters);
  }

  absl::StatusOr<std::string> AcceptInvitation(
      const peering::InvitationCode& code, absl::string_view request) override {
    TestOffice* to = from_.network_.FindByAddress(code.address());
    if (to == nullptr || !to->up()) return Error(Reason::kUnavailable);
    RETURN_IF_ERROR(peering::Admission::CheckServer(
        to->node().own().tls_identity().certificate_pem, code.office_key(),
        std::nullopt, from_.clock_.Now()));
    const absl::Time now = to->clock_.Now();
    ASSIGN_OR_RETURN(const peering::TlsIdentity identity,
                     code.ClientIdentity(now, from_.random_));
    const peering::Admission& admission = to->node().admission();
    ASSIGN_OR_RETURN(const peering::PeerIdentity caller,
                     admission.CheckCertificate(identity.certificate_pem, now));
    RETURN_IF_ERROR(admission.MayCall(
        caller, "/amparo.peer.v1.PeeringService/AcceptInvitation", now));
    return to->node().handshake().OnAcceptInvitation(caller, request);
  }

  absl::StatusOr<std::string> Hello(const peering::Peer& peer,
                                    absl::string_view request) override {
    TestOffice* to = from_.network_.FindById(peer.id);
    if (to == nullptr || !to->up() ||
        (from_.network_.on_hello && !from_.network_.on_hello(from_, *to))) {
      return Error(Reason::kUnavailable);
    }
    RETURN_IF_ERROR(
        CheckCall(from_, *to, "/amparo.peer.v1.PeeringService/Hello"));
    absl::StatusOr<std::string> answer = to->node().handshake().OnHello(
        peering::PeerIdentity{from_.id(), std::nullopt}, request);
    if (!to->up() || (from_.network_.on_hello_answer &&
                      !from_.network_.on_hello_answer(from_, *to))) {
      return Error(Reason::kUnavailable);
    }
    return answer;
  }

 private:
  TestOffice& from_;
};

TestNetwork::Outcomes TestNetwork::Carry(
    TestOffice& from, TestOffice& to, absl::Span<const std::string> letters) {
  if (!to.up() || !from.up()) return Error(Reason::kUnavailable);
  RETURN_IF_ERROR(
      CheckCall(from, to, "/amparo.peer.v1.DeliveryService/Deliver"));
  std::vector<delivery::Outcome> outcomes =
      to.node().inbox().Accept(from.id(), letters);
  if (!to.up() && !last_words) return Error(Reason::kUnavailable);
  return outcomes;
}

TestOffice* TestNetwork::FindById(const OfficeId& id) const {
  for (TestOffice* office : offices_) {
    if (office->id() == id) return office;
  }
  return nullptr;
}

TestOffice* TestNetwork::FindByAddress(absl::string_view address) const {
  for (TestOffice* office : offices_) {
    if (absl::StrCat(office->name(), ".example:7443") == address) return office;
  }
  return nullptr;
}

crypto::Secret TestOffice::NodeKey() {
  return crypto::Secret::Copy(std::string(32, 'k'));
}

TestOffice::TestOffice(const OfficePlan& plan, ManualClock& clock,
                       TestNetwork& network)
    : plan_(plan),
      clock_(clock),
      network_(network),
      random_(plan.seed),
      wire_(std::make_unique<Wire>(*this)) {
  peering::OfficeSettings settings;
  settings.name = plan_.name;
  settings.country = plan_.country;
  settings.address = absl::StrCat(plan_.name, ".example:7443");
  settings.exercise = plan_.exercise;
  settings.role = plan_.role;
  crypto::Secret code = [&] {
    const auto store = Must(storage::OpenStore(directory(), &disk_));
    return Must(app::InitialiseNode({*store, clock_, random_}, NodeKey(),
                                    settings, "administrator"),
                "initialise");
  }();
  Reopen();
  id_ = node_->own().id();
  network_.Add(*this);
  people_.emplace("administrator", Enrol("administrator", code.Reveal()));
  using people::Role;
  Hire("second", {Role::kAdministrator}, "");
  Hire("caseworker", {Role::kCaseworker}, kTeam);
  Hire("colleague", {Role::kCaseworker}, kTeam);
  Hire("outsider", {Role::kCaseworker}, "south");
  Hire("focal point", {Role::kFocalPoint}, "");
  Hire("analyst", {Role::kAnalyst}, "");
  Hire("officer", {Role::kDataProtectionOfficer}, "");
}

TestOffice::TestOffice(const TestOffice& original, uint64_t seed,
                       ManualClock& clock, TestNetwork& network)
    : plan_(original.plan_),
      clock_(clock),
      network_(network),
      random_(seed),
      id_(original.id_),
      people_(original.people_),
      wire_(std::make_unique<Wire>(*this)) {
  CopyDisk(original.disk_, disk_, directory());
  network_.Add(*this);
}

TestOffice::~TestOffice() = default;

void TestOffice::Crash() {
  node_.reset();
  store_.reset();
}

void TestOffice::Reopen() { MustBeOk(TryReopen(), "reopen"); }

absl::Status TestOffice::TryReopen(
    std::optional<std::pair<uint64_t, CrashingStore::Moment>> death) {
  Crash();
  ASSIGN_OR_RETURN(
      auto opened_store,
      storage::OpenStore(directory(), front_ == nullptr ? &disk_ : front_));
  store_ = std::make_unique<CrashingStore>(std::move(opened_store));
  if (death.has_value()) store_->DieAt(death->first, death->second);
  auto opened = app::Node::Open(
      {*store_, clock_, random_}, NodeKey(),
      [this](const peering::OwnOffice&, const peering::Peers&) {
        return app::Links{*wire_, *wire_};
      },
      kCheapPasswords);
  if (!opened.ok()) {
    store_.reset();
    return opened.status();
  }
  node_ = *std::move(opened);
  // As amparod wires it: contact ends the back-off.
  node_->handshake().OnContact([this](const OfficeId& peer) {
    if (node_ != nullptr) node_->dispatcher().OnContact(peer);
  });
  return absl::OkStatus();
}

void TestOffice::RunRestore() {
  Crash();
  const auto store = Must(storage::OpenStore(directory(), &disk_),
                          "open the store of a backup");
  MustBeOk(app::RestoreNode({*store, clock_, random_}, NodeKey()).status(),
           "restore");
}

people::Caller TestOffice::Enrol(const std::string& who,
                                 absl::string_view code) {
  const people::SignedIn signed_in =
      Must(node_->people().Enrol(who, code,
                                 crypto::Secret::Copy("correct horse battery")),
           "enrol");
  return Must(node_->sessions().Find(signed_in.token.Reveal()), "session");
}

void TestOffice::Hire(const std::string& who, std::set<people::Role> roles,
                      const std::string& team) {
  const people::AddedPerson added =
      Must(node_->people().AddPerson(
               administrator(), {NewRequest(), who, std::move(roles), team}),
           "add a person");
  people_.emplace(who, Enrol(who, added.code.Reveal()));
}

const people::Caller& TestOffice::Who(const std::string& who) const {
  return people_.at(who);
}

RequestId TestOffice::NewRequest() {
  return *RequestId::FromBytes(crypto::RandomBytes(random_, RequestId::kSize));
}

cases::RegisterRequest TestOffice::Registration() {
  cases::RegisterRequest request;
  request.request = NewRequest();
  request.profile = {{"ageBroad", "30--38"},
                     {"citizenship", "UKR"},
                     {"gender", "Female"},
                     {"majorityStatus", "Adult"}};
  cases::Identity identity;
  identity.given_names = "Олена";
  identity.family_names = "Коваль";
  identity.given_names_romanised = "Olena";
  identity.family_names_romanised = "Koval";
  identity.born = {1990, 5, 17};
  identity.documents = {{"PASSPORT", "FA123456", "UKR"}};
  identity.contacts = {
      {"TELEPHONE", "+380441234567", "only messages, evenings"}};
  request.identity = identity;
  return request;
}

std::string TestOffice::RegisterCase() {
  return Must(node_->cases().Register(caseworker(), Registration()),
              "register a case")
      .number.text();
}

consent::GiveRequest TestOffice::Consenting(const std::string& case_number,
                                            const OfficeId& recipient,
                                            Purpose purpose,
                                            std::set<DataCategory> categories) {
  consent::GiveRequest request;
  request.request = NewRequest();
  request.case_number = case_number;
  request.purpose = purpose;
  request.recipients = {recipient};
  request.categories = std::move(categories);
  if (request.categories.empty()) {
    request.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
    if (purpose == Purpose::kIdentityDisclosure) {
      request.categories = {DataCategory::kNames, DataCategory::kDatesOfBirth,
                            DataCategory::kDocuments, DataCategory::kContacts};
    }
  }
  request.language = "uk";
  request.text_version = "2024-1.uk";
  request.valid_until = clock_.Now() + absl::Hours(24 * 365);
  request.answered_yes = {consent::AllQuestions().begin(),
                          consent::AllQuestions().end()};
  return request;
}

ConsentId TestOffice::GiveConsent(const std::string& case_number,
                                  const OfficeId& recipient, Purpose purpose,
                                  std::set<DataCategory> categories) {
  return Must(node_->consent().Give(caseworker(),
                                    Consenting(case_number, recipient, purpose,
                                               std::move(categories))),
              "give consent");
}

absl::Status TestOffice::Withdraw(const ConsentId& consent) {
  return node_->consent()
      .Withdraw(caseworker(), {NewRequest(), consent})
      .status();
}

referral::ProposeRequest TestOffice::Proposal(const std::string& case_number,
                                              const OfficeId& recipient) {
  referral::ProposeRequest request;
  request.request_id = NewRequest();
  request.case_number = case_number;
  request.peer = recipient.hex();
  request.referral_type = "SERVICE_REFERRAL";
  request.urgency = "URGENT_72H";
  request.services = {"SAFE_SHELTER", "LEGAL_ASSISTANCE"};
  request.risk_level = "MEDIUM";
  request.again = true;
  return request;
}

size_t TestOffice::Rows(storage::TableId table) const {
  size_t count = 0;
  MustBeOk(store_->Scan(table, {}, {},
                        [&](absl::string_view,
                            absl::string_view) -> absl::StatusOr<bool> {
                          ++count;
                          return true;
                        }),
           "count rows");
  return count;
}

std::vector<audit::LoggedEvent> TestOffice::Events() {
  constexpr size_t kPage = 500;
  std::vector<audit::LoggedEvent> events;
  audit::EventPage page;
  page.more = true;
  while (page.more) {
    page = Must(node_->log().ReadEvents(page.next, kPage), "read events");
    for (audit::LoggedEvent& event : page.events) {
      events.push_back(std::move(event));
    }
  }
  return events;
}

size_t TestOffice::CountEvents(audit::EventKind kind) {
  size_t count = 0;
  for (const audit::LoggedEvent& event : Events()) {
    if (event.kind == kind) ++count;
  }
  return count;
}

void Befriend(TestOffice& inviting, TestOffice& accepting) {
  peering::Invited invited =
      Must(inviting.node().peering().Invite(inviting.administrator(),
                                            {inviting.NewRequest()}),
           "invite");
  const peering::PeerView seen =
      Must(accepting.node().peering().Accept(
               accepting.administrator(),
               {accepting.NewRequest(), std::move(invited.code)}),
           "accept the invitation");
  for (TestOffice* office : {&inviting, &accepting}) {
    const OfficeId other = office == &inviting ? accepting.id() : inviting.id();
    Must(office->node().peering().Confirm(
             office->second_administrator(),
             {office->NewRequest(), other, seen.safety_number}),
         "confirm");
  }
}

peering::AgreementTerms FullTerms(absl::Time now) {
  peering::AgreementTerms terms;
  terms.proposer_letter_types = {
      LetterType::kReferralRequest, LetterType::kReferralAnswer,
      LetterType::kDisclosure, LetterType::kStatisticsRelease};
  terms.acceptor_letter_types = terms.proposer_letter_types;
  terms.purposes = {Purpose::kTransnationalReferral,
                    Purpose::kIdentityDisclosure, Purpose::kStatistics};
  terms.categories = {DataCategory::kCodedProfile,
                      DataCategory::kNeeds,
                      DataCategory::kNames,
                      DataCategory::kDatesOfBirth,
                      DataCategory::kDocuments,
                      DataCategory::kContacts,
                      DataCategory::kStatisticalCounts};
  terms.handling_codes = {HandlingCode::kNoOnward};
  terms.retention_days = 365;
  terms.statistics_policy = "standard";
  terms.valid_from = now;
  terms.valid_until = now + absl::Hours(24 * 365);
  terms.legal_reference = "Arrangement 12/2025";
  terms.impact_assessment_reference = "DPIA 7";
  terms.impact_assessment_at = now;
  return terms;
}

AgreementId Agree(TestOffice& proposer, TestOffice& acceptor,
                  const peering::AgreementTerms& terms) {
  TestOffice* const both[] = {&proposer, &acceptor};
  const peering::SignedAgreement proposed =
      Must(proposer.node().agreement_actions().Propose(
               proposer.administrator(),
               {proposer.NewRequest(), acceptor.id(), terms}),
           "propose an agreement");
  if (!RunUntilQuiet(both)) std::abort();
  Must(acceptor.node().agreement_actions().Sign(
           acceptor.administrator(),
           {acceptor.NewRequest(), proposed.agreement.id(),
            proposed.agreement.hash()}),
       "sign the agreement");
  if (!RunUntilQuiet(both)) std::abort();
  return proposed.agreement.id();
}

bool RunUntilQuiet(absl::Span<TestOffice* const> offices) {
  for (int round = 0; round < 1000; ++round) {
    bool quiet = true;
    for (TestOffice* office : offices) {
      if (!office->up()) continue;
      for (const peering::Peer& peer : office->node().peers().List()) {
        const auto step = office->node().dispatcher().Step(peer.id);
        if (!step.ok()) continue;
        quiet = quiet && !step->more && step->sent == 0;
      }
    }
    if (quiet) return true;
  }
  return false;
}

OfficePair::OfficePair(uint64_t seed)
    : a({"Kyiv", "UKR", 2 * seed, peering::NodeRole::kOffice}, clock, network),
      b({"Minsk", "BLR", 2 * seed + 1, peering::NodeRole::kOffice}, clock,
        network) {
  Befriend(a, b);
  agreement = Agree(a, b, FullTerms(clock.Now()));
}

OfficePair::Person OfficePair::NewPerson() {
  Person person;
  person.case_number = a.RegisterCase();
  person.referral = a.GiveConsent(person.case_number, b.id(),
                                  Purpose::kTransnationalReferral);
  person.disclosure =
      a.GiveConsent(person.case_number, b.id(), Purpose::kIdentityDisclosure);
  return person;
}

ReferralId OfficePair::Propose(const Person& person) {
  return Must(a.node().referrals().Propose(
                  a.caseworker(), a.Proposal(person.case_number, b.id())),
              "propose")
      .referral.id;
}

ReferralId OfficePair::ProposeAndAccept(const Person& person) {
  const ReferralId id = Propose(person);
  if (!Quiet()) std::abort();
  Must(b.node().referrals().Accept(b.focal_point(), b.NewRequest(), id),
       "accept");
  if (!Quiet()) std::abort();
  return id;
}

}  // namespace amparo
