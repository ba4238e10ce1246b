// SPDX-License-Identifier: Apache-2.0
//
// How agreements travel: the payloads of AGREEMENT_PROPOSED and
// AGREEMENT_SIGNED, and what happens when one arrives. The thread of both has
// the agreement's id.
#ifndef AMPARO_NODE_PEERING_PEERING_LETTERS_H_
#define AMPARO_NODE_PEERING_PEERING_LETTERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/audit/log.h"
#include "node/base/ids.h"
#include "node/delivery/delivery.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/storage/store.h"

namespace amparo::peering {

// The agreement with its proposer's signature.
std::string EncodeProposed(const SignedAgreement& value);

// The acceptor's signature over an agreement the proposer has.
std::string EncodeSigned(const Agreement& agreement, const OfficeId& acceptor,
                         absl::string_view signature);

// Takes both types in; register it for each. Thread-safe; all references must
// outlive it.
//
// AGREEMENT_PROPOSED must come from the proposer, be signed by its office key
// and name us as acceptor; it waits for a person here. AGREEMENT_SIGNED must
// come from the acceptor of an agreement that we proposed, name its hash and
// be signed by the acceptor's office key: from then on it is in force between
// its dates. Refusals: kLetterMalformed, kLetterWrongSender, kFieldInvalid,
// kValueUnknown, kSignatureInvalid, kAgreementMissing, kAgreementHashMismatch,
// kAlreadyExists, kWrongState.
class AgreementLetters final : public delivery::LetterHandler {
 public:
  AgreementLetters(Agreements& agreements, const OwnOffice& own,
                   const audit::Log& log)
      : agreements_(agreements), own_(own), log_(log) {}

  absl::Status Receive(const delivery::ReceivedLetter& letter,
                       storage::Batch& batch) override;

 private:
  absl::Status ReceiveProposed(const delivery::ReceivedLetter& letter,
                               storage::Batch& batch);
  absl::Status ReceiveSigned(const delivery::ReceivedLetter& letter,
                             storage::Batch& batch);
  absl::Status RecordLeaf(const delivery::ReceivedLetter& letter,
                          audit::EventKind kind, const AgreementId& id,
                          storage::Batch& batch);

  Agreements& agreements_;
  const OwnOffice& own_;
  const audit::Log& log_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_LETTERS_H_
