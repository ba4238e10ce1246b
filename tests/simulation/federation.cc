// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/federation.h"

namespace amparo::simulation {
namespace {

// Its own, so that no seed of a run draws the same ids.
constexpr uint64_t kFederationSeed = 0xfed0'0000'0000'0000ULL;

// Registered at each office before a seed begins.
constexpr int kPeople = 3;

// Agreements of different lengths: some end while a seed runs.
absl::Duration AgreementLength(size_t a, size_t b) {
  switch ((a * kPlaces + b) % 4) {
    case 0:
      return absl::Hours(24 * 3);
    case 1:
      return absl::Hours(24 * 12);
    default:
      return absl::Hours(24 * 365);
  }
}

}  // namespace

absl::StatusOr<ConsentId> GiveConsentTo(TestOffice& office,
                                        const RequestId& request_id,
                                        const std::string& case_number,
                                        const std::set<OfficeId>& recipients,
                                        Purpose purpose,
                                        absl::Time valid_until) {
  consent::GiveRequest request;
  request.request = request_id;
  request.case_number = case_number;
  request.purpose = purpose;
  request.recipients = recipients;
  switch (purpose) {
    case Purpose::kStatistics:
      request.categories = {DataCategory::kStatisticalCounts};
      break;
    case Purpose::kIdentityDisclosure:
      request.categories = {DataCategory::kNames, DataCategory::kDatesOfBirth,
                            DataCategory::kDocuments, DataCategory::kContacts};
      break;
    default:
      request.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  }
  request.language = "uk";
  request.text_version = "2024-1.uk";
  request.valid_until = valid_until;
  request.answered_yes = {consent::AllQuestions().begin(),
                          consent::AllQuestions().end()};
  return office.node().consent().Give(office.caseworker(), request);
}

const Federation& Federation::Shared() {
  // Never destroyed: nothing orders the end of a program.
  static const Federation* const federation = new Federation();
  return *federation;
}

Federation::Federation() {
  const char* const names[kPlaces] = {"Kyiv",   "Minsk",  "Chisinau", "Tbilisi",
                                      "Warsaw", "Geneva", "Vienna"};
  const char* const countries[kPlaces] = {"UKR", "BLR", "MDA", "GEO",
                                          "POL", "CHE", "AUT"};
  for (size_t place = 0; place < kPlaces; ++place) {
    OfficePlan plan;
    plan.name = names[place];
    plan.country = countries[place];
    plan.seed = kFederationSeed + place;
    plan.exercise = place != kStranger;
    if (place == kRegion) plan.role = peering::NodeRole::kRegion;
    places_.push_back(std::make_unique<TestOffice>(plan, clock_, network_));
  }
  for (size_t b = 0; b < kStranger; ++b) {
    for (size_t a = 0; a < b; ++a) {
      Befriend(*places_[a], *places_[b]);
      peering::AgreementTerms terms = FullTerms(clock_.Now());
      terms.valid_until = clock_.Now() + AgreementLength(a, b);
      Agree(*places_[a], *places_[b], terms);
    }
  }
  for (size_t place = 0; place < kOffices; ++place) {
    TestOffice& office = *places_[place];
    std::set<OfficeId> others;
    for (size_t other = 0; other < kOffices; ++other) {
      if (other != place) others.insert(places_[other]->id());
    }
    const absl::Time until = clock_.Now() + absl::Hours(24 * 365);
    for (int person = 0; person < kPeople; ++person) {
      const std::string number = office.RegisterCase();
      desks_[place].cases.push_back(number);
      for (const Purpose purpose :
           {Purpose::kTransnationalReferral, Purpose::kIdentityDisclosure}) {
        desks_[place].consents.push_back(
            Must(GiveConsentTo(office, office.NewRequest(), number, others,
                               purpose, until),
                 "give a consent"));
      }
    }
  }
  for (const auto& office : places_) office->Crash();
}

}  // namespace amparo::simulation
