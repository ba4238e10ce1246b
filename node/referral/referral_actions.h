// SPDX-License-Identifier: Apache-2.0
//
// What people do with referrals. Each verb asks for the permission first, then
// makes one transaction of the referral, its letter and its log leaf.
#ifndef AMPARO_NODE_REFERRAL_REFERRAL_ACTIONS_H_
#define AMPARO_NODE_REFERRAL_REFERRAL_ACTIONS_H_

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/cases/registry.h"
#include "node/clearance/clearance.h"
#include "node/consent/ledger.h"
#include "node/consent/withdrawal.h"
#include "node/delivery/outbox.h"
#include "node/peering/peers.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "node/referral/referral.h"
#include "node/referral/referral_records.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::referral {

// The rooms that referrals stand on. All must outlive the actions.
struct Rooms {
  storage::Store& store;
  const storage::Vault& vault;
  const audit::Log& log;
  const Clock& clock;
  crypto::RandomSource& random;
  const vocabulary::Lists& lists;
  const cases::Registry& cases;
  const consent::Ledger& consents;
  const peering::Peers& peers;
  const people::Requests& requests;
  const clearance::Gate& gate;
  delivery::Outbox& outbox;
};

// One rung of the evidence ladder, for people.
struct Rung {
  delivery::ReceiptKind kind;
  LetterType letter;
  absl::Time issued_at;
};

// A referral as its readers see it.
struct ReferralView {
  Referral referral;
  std::string peer_name;
  std::vector<Rung> evidence;  // Outgoing only; oldest first.
};

struct ProposeRequest {
  RequestId request_id;
  std::string case_number;
  std::string peer;  // 32 hexadecimal digits or the peer's exact name.
  // The preview is taken from the case.
  std::string referral_type;
  std::string urgency;
  std::vector<std::string> services;
  std::string risk_level;
  bool risk_to_life = false;
  // Although one of the same case, peer and type is open.
  bool again = false;
};

struct ReferralPage {
  std::vector<ReferralView> referrals;
  std::string next;  // Empty: no more.
};

// Thread-safe.
class ReferralActions final : public consent::WithdrawalEffect {
 public:
  explicit ReferralActions(const Rooms& rooms)
      : rooms_(rooms), referrals_(rooms.vault), disclosures_(rooms.vault) {}

  // Needs an active TRANSNATIONAL_REFERRAL consent of the person that names
  // the peer and covers CODED_PROFILE and NEEDS; refused with its reason
  // otherwise, and nothing is stored. kReferralOpen names the one of the same
  // case, peer and type that is REQUESTED or ACCEPTED, unless `again`; of two
  // that come at once one is made.
  absl::StatusOr<ReferralView> Propose(const people::Caller& caller,
                                       const ProposeRequest& request);

  // Newest first; those the caller may reach. `after` is `next` of the page
  // before.
  absl::StatusOr<ReferralPage> List(const people::Caller& caller,
                                    std::optional<Direction> direction,
                                    size_t limit,
                                    absl::string_view after) const;

  // The first look at an incoming referral posts the RETRIEVED receipt.
  absl::StatusOr<ReferralView> Show(const people::Caller& caller,
                                    const ReferralId& id);

  absl::StatusOr<ReferralView> Accept(const people::Caller& caller,
                                      const RequestId& request,
                                      const ReferralId& id);
  absl::StatusOr<ReferralView> Decline(const people::Caller& caller,
                                       const RequestId& request,
                                       const ReferralId& id,
                                       absl::string_view reason);

  // Sends the parts of the identity that `categories` name, under an active
  // IDENTITY_DISCLOSURE consent that covers each of them.
  absl::StatusOr<ReferralView> Disclose(
      const people::Caller& caller, const RequestId& request,
      const ReferralId& id, absl::Span<const DataCategory> categories);

  // Opens the identifying file; every look is logged, the first is receipted.
  absl::StatusOr<ReceivedFile> OpenDisclosure(const people::Caller& caller,
                                              const ReferralId& id);

  // Queued letters under the consent become VOID, offices that got any are
  // sent a recall, and the referrals that stand on it end.
  absl::Status OnWithdrawn(storage::Batch& batch,
                           const consent::Consent& withdrawn,
                           absl::Time at) override;

 private:
  struct Found {
    storage::Row<Referral> row;
    std::optional<cases::Case> file;  // Outgoing only.
  };
  // The open referral that asks the same, if there is one.
  absl::StatusOr<std::optional<ReferralId>> FindOpen(
      const Referral& wanted) const;
  absl::StatusOr<Found> Reach(const people::Caller& caller,
                              people::Permission permission,
                              const ReferralId& id) const;
  absl::Status MayReach(const people::Caller& caller,
                        people::Permission permission,
                        const Referral& referral) const;
  absl::StatusOr<ReferralView> ViewOf(Referral referral) const;
  absl::StatusOr<ReferralView> ViewOf(const ReferralId& id) const;
  absl::StatusOr<OfficeId> FindPeer(absl::string_view peer) const;
  // The answer is what was written, without a look at the store.
  absl::StatusOr<ReferralView> ProposeOnce(const people::Caller& caller,
                                           const ProposeRequest& request,
                                           const std::string& digest);
  absl::StatusOr<delivery::Posted> PostUnder(
      storage::Batch& batch, const Referral& referral,
      const consent::Consent& consent, LetterType type,
      absl::Span<const DataCategory> categories, std::string payload,
      const std::string& salt, LetterMark* mark);
  absl::StatusOr<ReferralView> Answer(const people::Caller& caller,
                                      const RequestId& request,
                                      const ReferralId& id, State to,
                                      const std::string& decline_reason);
  absl::Status AnswerOnce(const people::Caller& caller,
                          const RequestId& request, const ReferralId& id,
                          State to, const std::string& decline_reason,
                          const std::string& digest);
  absl::Status DiscloseOnce(const people::Caller& caller,
                            const RequestId& request, const ReferralId& id,
                            absl::Span<const DataCategory> categories,
                            const std::string& digest);
  absl::Status MarkOpened(const people::Caller& caller, const ReferralId& id);
  absl::Status StopDisclosure(storage::Batch& batch, const Referral& referral,
                              delivery::StoppedLetters* stopped);
  absl::Status PostRecalls(storage::Batch& batch,
                           const std::vector<delivery::LetterRef>& letters,
                           absl::Time at);
  absl::Status RecordTransition(storage::Batch& batch, const Referral& referral,
                                const PersonId& actor) const;

  const Rooms rooms_;
  // One of these is held while a case is asked for, by its number.
  std::array<absl::Mutex, 64> proposing_;
  ReferralTable referrals_;
  DisclosureTable disclosures_;
};

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_REFERRAL_ACTIONS_H_
