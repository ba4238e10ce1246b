// SPDX-License-Identifier: Apache-2.0
//
// Where letters arrive. Each passes these checks in this order, cheap before
// dear; the first that fails refuses it and nothing is stored:
//
//   1. size, and that it parses as a letter at all
//   2. the header's sender is the authenticated peer
//   3. already seen: the stored receipt is answered, byte for byte
//   4. protocol, receiver, known type, both exercise or both live, an
//      incarnation its bundle announced
//   5. the peer is active, or suspended and the letter is protective
//   6. the agreement allows the type, or it is protective, or peering
//   7. expiry and clock skew; room on the disk (kDiskNearlyFull: the sender
//      hears kUnavailable, keeps the letter, and tries again)
//   8. outer signature, by a key that may have made it: under an incarnation
//      that a restore of the sender ended, only what was signed before
//   9. opening: sealing key, authenticity, padding
//  10. inner signature, headers equal
//  11. consent statement against its commitment
//  12. its place in the thread
//  13. the handler of its type
//
// then record, leaf, receipt and thread state are committed together.
//
// A letter may come with a receipt that this office gave for it before it was
// restored from a backup (peer.v1.Letter.former_receipt). Its times, agreement
// and consent are then judged as of that receipt, and the same receipt is kept
// as the answer; kReceiptInvalid when it is not ours or not for this letter.
#ifndef AMPARO_NODE_DELIVERY_INBOX_H_
#define AMPARO_NODE_DELIVERY_INBOX_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/delivery/delivery.h"
#include "node/delivery/outbox.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {
class Agreements;
class OwnOffice;
class Peers;
}  // namespace amparo::peering

namespace amparo::delivery {

// Thread-safe once all handlers are registered. All references must outlive
// it.
class Inbox {
 public:
  Inbox(storage::Store& store, storage::Vault& vault, const audit::Log& log,
        const peering::OwnOffice& own, const peering::Peers& peers,
        const peering::Agreements& agreements, Outbox& outbox,
        const Clock& clock);
  ~Inbox();

  // One handler a type, before the node serves. A letter of a type without a
  // handler is refused (kTypeUnknown). VOID and RECEIPT are delivery's own.
  void Register(LetterType type, LetterHandler& handler);

  // `sender` is who the transport authenticated, never what a letter says.
  // One outcome per letter, in order. Letters of one thread are taken in the
  // order given; a bad one does not hurt the others. When this returns, every
  // receipt in it is durable.
  std::vector<Outcome> Accept(const OfficeId& sender,
                              absl::Span<const std::string> letters);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_INBOX_H_
