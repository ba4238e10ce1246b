// SPDX-License-Identifier: Apache-2.0
//
// How referrals travel: the payloads of REFERRAL_REQUEST, REFERRAL_ANSWER,
// DISCLOSURE and RECALL, and what happens here when one of them arrives.
#ifndef AMPARO_NODE_REFERRAL_REFERRAL_LETTERS_H_
#define AMPARO_NODE_REFERRAL_REFERRAL_LETTERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/audit/log.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/consent/ledger.h"
#include "node/delivery/delivery.h"
#include "node/referral/referral.h"
#include "node/referral/referral_records.h"
#include "node/storage/store.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::referral {

struct RequestPayload {
  ReferralId id;
  Pseudonym pseudonym;
  Request request;
};
std::string EncodeRequest(const RequestPayload& payload);
// kLetterMalformed, or the reason of CheckRequest.
absl::StatusOr<RequestPayload> DecodeRequest(absl::string_view bytes,
                                             const vocabulary::Lists& lists);

struct AnswerPayload {
  ReferralId id;
  bool accepted = false;
  std::string decline_reason;  // Empty when accepted.
};
std::string EncodeAnswer(const AnswerPayload& payload);
absl::StatusOr<AnswerPayload> DecodeAnswer(absl::string_view bytes,
                                           const vocabulary::Lists& lists);

struct DisclosurePayload {
  ReferralId id;
  cases::Identity identity;
};
std::string EncodeDisclosure(const DisclosurePayload& payload);
absl::StatusOr<DisclosurePayload> DecodeDisclosure(
    absl::string_view bytes, const vocabulary::Lists& lists);

struct RecallPayload {
  ReferralId id;
  std::vector<MessageId> messages;  // 1 to 16.
  std::string consent_commitment;   // 32 bytes.
  absl::Time withdrawn_at;
};
std::string EncodeRecall(const RecallPayload& payload);
absl::StatusOr<RecallPayload> DecodeRecall(absl::string_view bytes);

// The categories that the fields of `identity` belong to.
std::vector<DataCategory> CategoriesOf(const cases::Identity& identity);
// `identity` with the fields of these categories only.
cases::Identity Narrowed(const cases::Identity& identity,
                         absl::Span<const DataCategory> categories);

// The request of an incoming referral as delivery names it in receipts.
delivery::ReceivedLetter ReceivedAs(const Referral& referral);

// Handles all four types. Thread-safe; references must outlive it.
class ReferralLetters final : public delivery::LetterHandler,
                              public delivery::ReceiptListener {
 public:
  ReferralLetters(const storage::Store& store, const storage::Vault& vault,
                  const audit::Log& log, const vocabulary::Lists& lists,
                  const OfficeId& own_office)
      : store_(store),
        referrals_(vault),
        disclosures_(vault),
        consents_(vault, log),
        log_(log),
        lists_(lists),
        own_office_(own_office) {}

  // Refuses, besides malformed payloads: a consent statement of another
  // referral, purpose or recipient, or one that does not cover what came; an
  // answer or file from an office that was not asked, or in a state that does
  // not await it; a request whose recall came first.
  absl::Status Receive(const delivery::ReceivedLetter& letter,
                       storage::Batch& batch) override;

  // DELIVERED for a request that was given up makes it REQUESTED again. VOIDED
  // says that the letter is not there: a request is UNDELIVERED (it may have
  // been there before its receiver was restored), a file may be sent again.
  absl::Status OnReceipt(const delivery::LetterRef& letter,
                         delivery::ReceiptKind kind, absl::Time issued_at,
                         storage::Batch& batch) override;
  // A request that was given up makes its referral UNDELIVERED; one whose
  // consent was withdrawn, REVOKED. An answer leaves the reason for people,
  // until it is DELIVERED after all.
  absl::Status OnVoided(const delivery::LetterRef& letter, Reason reason,
                        storage::Batch& batch) override;
  // The referral names the letter that went instead; a file for which none
  // went may be sent again.
  absl::Status OnNeverTaken(const delivery::LetterRef& letter,
                            const std::optional<delivery::Posted>& anew,
                            storage::Batch& batch) override;

 private:
  absl::Status ReceiveRequest(const delivery::ReceivedLetter& letter,
                              storage::Batch& batch);
  absl::Status ReceiveAnswer(const delivery::ReceivedLetter& letter,
                             storage::Batch& batch);
  absl::Status ReceiveDisclosure(const delivery::ReceivedLetter& letter,
                                 storage::Batch& batch);
  absl::Status ReceiveRecall(const delivery::ReceivedLetter& letter,
                             storage::Batch& batch);
  // Moves the referral a letter of ours belongs to, when it is in `from`.
  absl::Status Move(const delivery::LetterRef& letter, State from, State to,
                    storage::Batch& batch);
  // A second answer, of an office that was restored since the first.
  absl::Status ChangeAnswer(const delivery::ReceivedLetter& letter,
                            const AnswerPayload& payload,
                            const storage::Row<Referral>& row,
                            storage::Batch& batch);
  // Keeps why the answer of this office was not taken; kUnspecified: it was.
  absl::Status NoteAnswer(const delivery::LetterRef& letter, Reason reason,
                          storage::Batch& batch);
  // The receiver said that the file of a referral of ours never arrived.
  absl::Status UnmarkDisclosure(const delivery::LetterRef& letter,
                                storage::Batch& batch);
  // The referral that an office other than `peer` must not learn about.
  absl::StatusOr<storage::Row<Referral>> Known(const ReferralId& id,
                                               const OfficeId& peer,
                                               Direction direction) const;

  const storage::Store& store_;
  ReferralTable referrals_;
  DisclosureTable disclosures_;
  consent::Ledger consents_;
  const audit::Log& log_;
  const vocabulary::Lists& lists_;
  const OfficeId own_office_;
};

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_REFERRAL_LETTERS_H_
