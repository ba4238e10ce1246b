// SPDX-License-Identifier: Apache-2.0
//
// The consent ledger: all consents this office holds, each sealed under its
// subject's data key. Reading and the questions others ask of it; what people
// do with consents is in consent_actions.h.
#ifndef AMPARO_NODE_CONSENT_LEDGER_H_
#define AMPARO_NODE_CONSENT_LEDGER_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/audit/log.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/consent/consent.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::consent {

// Consents one subject may have, withdrawn and expired ones counted.
inline constexpr size_t kConsentsPerSubjectMax = 500;

// Thread-safe; references must outlive it. Reads take the reader they read
// from: the store for the present, a snapshot for one moment.
class Ledger {
 public:
  Ledger(const storage::Vault& vault, const audit::Log& log)
      : vault_(vault), log_(log) {}

  // kNotAllowed when there is none of that id: not there and not yours look
  // the same.
  absl::StatusOr<Consent> Get(const storage::Reader& reader,
                              const ConsentId& id) const;

  // In ascending order of id; empty when there are none.
  absl::StatusOr<std::vector<Consent>> ListBySubject(
      const storage::Reader& reader, const SubjectId& subject) const;

  // Every consent of the office, for counting. `row` returns false to stop.
  absl::Status Scan(
      const storage::Reader& reader,
      const std::function<absl::StatusOr<bool>(const Consent&)>& row) const;

  // See consent::CheckCovers.
  absl::Status CheckCovers(const Consent& consent, Purpose purpose,
                           const OfficeId& recipient,
                           absl::Span<const DataCategory> categories,
                           absl::Time now) const;

  // The consent of `subject` that covers all this, the one valid longest when
  // several do. kConsentMissing when the subject gave none for the purpose and
  // none for another; kConsentNotForPurpose when only for another; otherwise
  // the reason of the one that came nearest. kConsentNotForCategory when an
  // active consent for this purpose and recipient excludes a category.
  absl::StatusOr<Consent> FindActive(const storage::Reader& reader,
                                     const SubjectId& subject, Purpose purpose,
                                     const OfficeId& recipient,
                                     absl::Span<const DataCategory> categories,
                                     absl::Time now) const;

  // Adds a new consent, its index row and its leaf (CONSENT_GIVEN) to
  // `batch`, sealed under `key`, the subject's data key. Used by Give. Build
  // it with Consent::Create, so that a minor's row needs guardian, assent and
  // reference there too. `actor` stands in the leaf.
  absl::Status InsertImported(storage::Batch& batch, const Consent& consent,
                              const KeyId& key, const PersonId& actor,
                              absl::Time now) const;

  // Adds the removal of every consent of the subject to `batch`: for an
  // erasure, which deletes the key they are under as well.
  absl::Status Erase(storage::Batch& batch, const storage::Reader& reader,
                     const SubjectId& subject) const;

  // InsertImported without a leaf: for an import, whose CASE_REGISTERED names
  // consent and purpose and so is the leaf of both.
  absl::Status InsertWithCase(storage::Batch& batch, const Consent& consent,
                              const KeyId& key) const;

 private:
  const storage::Vault& vault_;
  const audit::Log& log_;
};

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_LEDGER_H_
