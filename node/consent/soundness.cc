// SPDX-License-Identifier: Apache-2.0
#include "node/consent/soundness.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/status_macros.h"
#include "node/consent/consent.h"
#include "node/consent/consent_records.h"

namespace amparo::consent {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;
using storage::Vault;

// Whether subjects are there and consents are under their keys, for many
// together. Looks at the rows of profiles without opening them.
class SubjectCheck {
 public:
  explicit SubjectCheck(Inspection& inspection) : inspection_(inspection) {}

  absl::Status Take(const SubjectId& subject, const KeyId& key) {
    subjects_.push_back(subject.bytes());
    keys_.push_back(key);
    return subjects_.size() < storage::kOpenedTogether ? absl::OkStatus()
                                                       : Finish();
  }

  absl::Status Finish() {
    const auto rows =
        inspection_.reader().GetAll(TableId::kProfiles, subjects_);
    for (size_t i = 0; i < rows.size(); ++i) {
      RETURN_IF_ERROR(rows[i].status());
      if (!rows[i]->has_value()) {
        inspection_.Add(TableId::kConsents, Gravity::kRecord,
                        "a consent is of a subject who is not there");
        continue;
      }
      const auto key = Vault::KeyOf(**rows[i]);
      if (!key.ok() || *key != keys_[i]) {
        inspection_.Add(TableId::kConsents, Gravity::kRecord,
                        "a consent is not under the key of its subject");
      }
    }
    subjects_.clear();
    keys_.clear();
    return absl::OkStatus();
  }

 private:
  Inspection& inspection_;
  std::vector<std::string> subjects_;
  std::vector<KeyId> keys_;
};

void ExpectEvents(const Consent& consent, audit::ExpectedEvents& events) {
  const std::string id = consent.id().hex();
  const absl::string_view purpose = amparo::Name(consent.purpose());
  events.Add(audit::EventKind::kConsentGiven, {id, purpose});
  if (consent.state() == State::kWithdrawn) {
    events.Add(audit::EventKind::kConsentWithdrawn, {id, purpose});
  }
}

}  // namespace

absl::Status CheckConsents(Inspection& inspection,
                           audit::ExpectedEvents& events) {
  RowSet expected;
  SubjectCheck subjects(inspection);
  ASSIGN_OR_RETURN(
      const Opened opened,
      storage::OpenAll<ConsentCodec>(
          inspection, Erasure::kNever,
          [&](const ConsentId& id, const Row<Consent>& row) -> absl::Status {
            const Consent& consent = row.value;
            if (consent.id() != id) {
              inspection.Add(TableId::kConsents, Gravity::kRecord,
                             "a consent stands in another one's place");
              return absl::OkStatus();
            }
            expected.Add({consent.subject().bytes() + id.bytes()});
            ExpectEvents(consent, events);
            return subjects.Take(consent.subject(), row.key);
          }));
  RETURN_IF_ERROR(subjects.Finish());
  RowSet found;
  RETURN_IF_ERROR(inspection.Scan(
      TableId::kConsentsBySubject, {},
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        found.Add({key});
        return true;
      }));
  if (!opened.complete()) {
    events.Leave(audit::EventKind::kConsentGiven);
    events.Leave(audit::EventKind::kConsentWithdrawn);
  } else {
    inspection.Compare(expected, found, TableId::kConsentsBySubject,
                       Gravity::kDerived,
                       "the index by subject does not say what the consents "
                       "say");
  }
  return absl::OkStatus();
}

}  // namespace amparo::consent
