// SPDX-License-Identifier: Apache-2.0
//
// What people do with cases: register, list, show, open an identity.
// Each verb asks for its permission first, then validates, then changes
// everything, log leaf included, in one transaction. A case outside the
// caller's scope (own, team) answers exactly as one that is not there.
#ifndef AMPARO_NODE_CASES_CASES_ACTIONS_H_
#define AMPARO_NODE_CASES_CASES_ACTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/cases.h"
#include "node/cases/columns.h"
#include "node/cases/entries.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/registry.h"
#include "node/cases/search.h"
#include "node/consent/withdrawal.h"
#include "node/delivery/call_allowance.h"
#include "node/people/caller.h"
#include "node/people/requests.h"

namespace amparo::cases {

struct RegisterRequest {
  RequestId request;
  std::vector<Profile::Pair> profile;
  // Absent when nobody may know who the person is.
  std::optional<Identity> identity;
};

struct ListRequest {
  int page_size = 0;            // To limits::kPageSizeMax; 0: the default.
  std::string page_token = {};  // From the page before, or empty.
  CaseFilter filter = {};
};

struct CaseList {
  std::vector<Case> cases;  // Newest first.
  std::string next;         // Empty: no more.
  int64_t total = 0;        // That the caller may see.
};

// Answers of one search; who finds more should ask for more.
inline constexpr size_t kSearchAnswersMax = 50;
// Searches that a person may do at once, and how soon one more: enough for
// work, and slow for somebody who tries out names.
inline constexpr int kSearchBurst = 30;
inline constexpr absl::Duration kSearchEvery = absl::Seconds(10);

struct ShownCase {
  Case file;
  Profile profile;
  // The risk assessment that stands: whoever sees the case sees the risk.
  std::optional<Entry> risk;
};

// Thread-safe. Also tells the consent room which subject a case number means.
class CasesActions final : public consent::SubjectDirectory {
 public:
  // All must outlive it.
  CasesActions(const ImportServices& services, const people::Requests& requests)
      : services_(services), requests_(requests), desk_(services, requests) {}

  // What the other verbs on cases (entries, life, merging, third persons)
  // are made from. Lives as long as this.
  const CaseDesk& desk() const { return desk_; }

  // CASE_WRITE. The caller becomes the owner. yearOfRegistration is filled in
  // with the present year when it is not given; a later year is refused. The
  // same request id answers with the same case.
  absl::StatusOr<Case> Register(const people::Caller& caller,
                                const RegisterRequest& request);

  // CASE_READ. Of the cases in the caller's scope those that pass the filter.
  // kUnavailable while many cases are still being read after a start.
  absl::StatusOr<CaseList> List(const people::Caller& caller,
                                ListRequest request) const;

  // CASE_SEARCH. Cases in the caller's scope of persons of whom the query is
  // true. The leaf CASE_SEARCHED, which does not hold the query, is on disk
  // before this answers. kLimitExceeded after too many searches.
  absl::StatusOr<CaseList> Search(const people::Caller& caller,
                                  const PersonQuery& query);

  // CASE_READ. `number` in any form CaseNumber::Parse takes.
  absl::StatusOr<ShownCase> Show(const people::Caller& caller,
                                 absl::string_view number) const;

  // IDENTITY_READ. The leaf CASE_VIEWED is on disk before this answers.
  // nullopt when only a profile was recorded.
  absl::StatusOr<std::optional<Identity>> ShowIdentity(
      const people::Caller& caller, absl::string_view number);

  // consent::SubjectDirectory.
  absl::StatusOr<consent::SubjectFacts> Find(
      const people::Caller& caller, people::Permission needed,
      absl::string_view case_number) const override;
  absl::StatusOr<consent::SubjectFacts> FindSubject(
      const people::Caller& caller, people::Permission needed,
      const SubjectId& subject) const override;
  absl::Status BeginWork(storage::Batch& batch,
                         const SubjectId& subject) const override;

 private:
  // The cases of a page as they are now.
  absl::StatusOr<CaseList> Open(Columns::Page page) const;
  // The case, if the caller may reach it with `needed`; else kNotAllowed.
  absl::StatusOr<Case> Reach(const people::Caller& caller,
                             people::Permission needed,
                             absl::string_view number) const;
  absl::StatusOr<consent::SubjectFacts> FactsOf(const Case& file) const;
  absl::StatusOr<NewCase> Prepare(const people::Caller& caller,
                                  const RegisterRequest& request) const;

  const ImportServices services_;
  const people::Requests& requests_;
  const CaseDesk desk_;
  delivery::CallAllowance searches_{kSearchBurst, kSearchEvery};
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_ACTIONS_H_
