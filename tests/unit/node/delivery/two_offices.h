// SPDX-License-Identifier: Apache-2.0
//
// Two whole offices in one process, on memory disks, with one clock that the
// test moves and a wire that the test can cut, change and replay.
#ifndef AMPARO_TESTS_UNIT_NODE_DELIVERY_TWO_OFFICES_H_
#define AMPARO_TESTS_UNIT_NODE_DELIVERY_TWO_OFFICES_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "node/audit/log.h"
#include "node/clearance/clearance.h"
#include "node/consent/leases.h"
#include "node/consent/ledger.h"
#include "node/delivery/delivery.h"
#include "node/delivery/dispatcher.h"
#include "node/delivery/inbox.h"
#include "node/delivery/outbox.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/crashing_store.h"
#include "tests/support/manual_clock.h"

namespace amparo::delivery {

// Keeps what it was given and writes one row per letter, so that a letter
// taken twice shows.
class KeepingHandler final : public LetterHandler {
 public:
  absl::Status Receive(const ReceivedLetter& letter,
                       storage::Batch& batch) override;
  std::vector<ReceivedLetter> received;
  absl::Status answer;
  // One whose payload is this is refused with kFieldInvalid.
  std::string poison;
};

class KeepingListener final : public ReceiptListener {
 public:
  absl::Status OnReceipt(const LetterRef& letter, ReceiptKind kind,
                         absl::Time issued_at, storage::Batch& batch) override;
  absl::Status OnVoided(const LetterRef& letter, Reason reason,
                        storage::Batch& batch) override;
  absl::Status OnNeverTaken(const LetterRef& letter,
                            const std::optional<Posted>& anew,
                            storage::Batch& batch) override;
  std::vector<std::pair<MessageId, ReceiptKind>> receipts;
  std::vector<std::pair<MessageId, Reason>> voids;
  // Letters that were never taken, and those posted instead; empty ids: none.
  std::vector<std::pair<MessageId, MessageId>> never_taken;
};

struct Office final : PeerLink {
  Office(const std::string& office_name, uint64_t seed, ManualClock& shared);

  // Opens everything on the disk as a starting process does, and drops it all
  // as one that is killed.
  void Start();
  void Stop();
  // Ends the process without a word, and starts it again.
  void Restart();

  // Every row as it is now, and the office as it was then: started on a disk
  // that holds these rows only. With `restore` as amparod restore leaves it,
  // otherwise as somebody does who copies files.
  struct BackedUpRow {
    storage::TableId table;
    std::string key;
    std::string value;
  };
  using Backup = std::vector<BackedUpRow>;
  Backup TakeBackup() const;
  void PutBack(const Backup& backup, bool restore = true);

  // PeerLink: to `neighbour`'s inbox, unless the wire is cut.
  absl::StatusOr<std::vector<Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) override;

  // A consent of a new subject for letters to `recipient`.
  ConsentId GiveConsent(const OfficeId& recipient, Purpose purpose);
  void Withdraw(const ConsentId& consent);

  std::string name;
  std::string directory;
  ManualClock& clock;
  crypto::DeterministicRandom random;
  storage::MemoryDisk disk;
  OfficeId id;
  std::unique_ptr<CrashingStore> store;
  std::unique_ptr<storage::Vault> vault;
  std::unique_ptr<peering::OwnOffice> own;
  std::unique_ptr<audit::Log> log;
  std::unique_ptr<peering::Peers> peers;
  std::unique_ptr<peering::Agreements> agreements;
  std::unique_ptr<consent::Ledger> ledger;
  std::unique_ptr<consent::Leases> leases;
  std::unique_ptr<clearance::Gate> gate;
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<Inbox> inbox;
  std::unique_ptr<Dispatcher> dispatcher;
  KeepingHandler handler;
  KeepingListener listener;

  Office* neighbour = nullptr;
  bool cut = false;           // Nothing gets through.
  bool lose_answers = false;  // Letters arrive, receipts do not.
  // Called with each batch before it is delivered.
  std::function<void(std::vector<std::string>&)> on_the_wire;
  std::vector<std::string> last_batch;
  int refreshes = 0;
  std::function<absl::Status()> refresh;
};

class TwoOffices {
 public:
  // Peers that confirmed each other, with an agreement in force for a year.
  TwoOffices();

  struct Wish {
    LetterType type = LetterType::kReferralRequest;
    Purpose purpose = Purpose::kTransnationalReferral;
    std::string payload = "a request";
    std::optional<ConsentId> consent;  // By default a new one.
    ThreadId thread;                   // By default a new one.
    absl::Duration expires_in = absl::Hours(72);
    absl::Time deliver_by = absl::InfiniteFuture();
  };
  absl::StatusOr<clearance::Clearance> Clear(Office& from, Wish& wish,
                                             Draft* draft);
  // A draft that was cleared, and the post into a batch of its own.
  absl::StatusOr<Draft> MakeDraft(Office& from, Wish wish);
  absl::StatusOr<Posted> Post(Office& from, Wish wish);
  // For types that need no consent.
  absl::StatusOr<Posted> PostAnswer(Office& from, const std::string& payload,
                                    const ThreadId& thread);

  // Steps until nothing is due; the last result.
  StepResult SendAll(Office& office);
  // One letter sealed as it would leave now, without sending it.
  std::string Sealed(Office& from);

  // Both take each other's key bundles, as a hello does.
  absl::Status Greet();

  size_t Waiting(Office& office) const;
  size_t Taken(Office& office) const;  // Rows written by its handler.
  size_t Rows(Office& office, storage::TableId table) const;
  std::vector<ReceiptKind> Receipts(Office& office, const MessageId& message);
  ThreadId NewThread();
  void SetPeerState(Office& office, peering::PeerState state);

  ManualClock clock;
  Office a;
  Office b;
  crypto::DeterministicRandom random{99};
  std::optional<peering::Agreement> agreement;

 private:
  void MakePeers(Office& office, const Office& other);
  void Agree();
};

}  // namespace amparo::delivery

#endif  // AMPARO_TESTS_UNIT_NODE_DELIVERY_TWO_OFFICES_H_
