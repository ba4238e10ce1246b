// SPDX-License-Identifier: Apache-2.0
//
// What a region does with a letter STATISTICS_RELEASE: it believes nothing
// that it can check.
#ifndef AMPARO_NODE_REGION_REGION_LETTERS_H_
#define AMPARO_NODE_REGION_REGION_LETTERS_H_

#include "absl/status/status.h"
#include "node/delivery/delivery.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/peering/signed_body.h"
#include "node/region/region_records.h"
#include "node/statistics/release.h"
#include "node/statistics/table_spec.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::region {

// Thread-safe. All references must outlive it.
class ReleaseReceiver final : public delivery::LetterHandler {
 public:
  ReleaseReceiver(const storage::Reader& reader, const storage::Vault& vault,
                  const peering::OwnOffice& own, const peering::Peers& peers,
                  const statistics::Catalogue& catalogue);

  // Refuses, in this order: kWrongState when this node is no region;
  // kLetterMalformed for bytes that are no signed release; kPeerUnknown;
  // kKeyEpochUnknown, kSignatureInvalid when it is not signed, once, by a
  // current signing key of the office that sent the letter; kLetterWrongSender
  // when it is another office's; kTableUnknown; kFieldInvalid when it is not
  // what its table allows; kLetterFromFuture, kLetterMalformed when it was
  // made in the future or before a cohort was over; kAlreadyReleased when the
  // office released the table for a cohort with other bytes. The same bytes
  // again change nothing and are OK.
  absl::Status Receive(const delivery::ReceivedLetter& letter,
                       storage::Batch& batch) override;

 private:
  absl::Status CheckSignature(const delivery::ReceivedLetter& letter,
                              const peering::SignedBody& signed_body) const;
  absl::Status CheckRelease(const delivery::ReceivedLetter& letter,
                            const statistics::Release& release) const;

  const storage::Reader& reader_;
  const peering::OwnOffice& own_;
  const peering::Peers& peers_;
  const statistics::Catalogue& catalogue_;
  const storage::Table<ReceivedReleaseCodec> releases_;
  const storage::Table<ReleasePlaceCodec> places_;
};

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_REGION_LETTERS_H_
