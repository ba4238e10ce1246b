// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/dispatcher.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/consent/leases.h"
#include "node/delivery/contact.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/second_offers.h"
#include "node/delivery/waiting_letters.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/table.h"

namespace amparo::delivery {
namespace {

using storage::Row;
using storage::Table;

// Steps between two looks at the whole queue of a peer.
constexpr uint64_t kFullScanEvery = 64;
// A letter that waits for something of ours (a lease, a suspended peer).
constexpr absl::Duration kLookAgain = absl::Milliseconds(100);
constexpr absl::Duration kLookAgainAtPeer = absl::Seconds(5);

size_t WireBytes(const OutboxRow& row) {
  // A former receipt and bundle, where they go with it.
  const size_t proof =
      row.offered_again ? limits::kReceiptBytesMax + limits::kKeyBundleBytesMax
                        : 0;
  for (const size_t size : kPaddedSizes) {
    if (row.plain_bytes + 96 <= size) return size + 1024 + proof;
  }
  return limits::kLetterBytesMax;
}

// What the gate is asked at the moment of sending. A letter that its receiver
// had in time and lost is not late; everything else is asked again.
clearance::ClearanceFacts FactsToCheck(const OutboxRow& row) {
  clearance::ClearanceFacts facts = row.clearance;
  if (row.offered_again) facts.expires_at = absl::InfiniteFuture();
  return facts;
}

// The peer has another letter of ours where this one belongs.
bool IsPlaceTaken(Reason reason) {
  return reason == Reason::kSequenceReused ||
         reason == Reason::kPreviousDigestMismatch;
}

// Whether the state of the peer lets the letter leave.
bool MayLeaveFor(const peering::Peer& peer, const OutboxRow& row) {
  return peering::CheckMayExchange(peer, IsProtectiveLetter(row.clearance.type))
      .ok();
}

}  // namespace

class Dispatcher::Impl {
 public:
  Impl(Outbox& outbox, const peering::Peers& peers, consent::Leases& leases,
       PeerLink& link, Refresh refresh)
      : outbox_(outbox),
        peers_(peers),
        leases_(leases),
        link_(link),
        refresh_(std::move(refresh)),
        waiting_(outbox),
        rows_(outbox.vault_) {}

  absl::StatusOr<StepResult> Step(const OfficeId& peer);
  absl::Status Sweep(const OfficeId& peer);
  void OnContact(const OfficeId& peer) { WorkOf(peer).contact.OnContact(); }

 private:
  // What is remembered of a peer. `step` orders the steps; contact may change
  // while one is on the wire.
  struct Work {
    Work(Outbox& outbox, const OfficeId& peer)
        : contact(outbox.store_, outbox.vault_, outbox.random_, peer) {}
    absl::Mutex step;
    // First row of each lane that there was last time.
    std::map<Lane, std::string> hints ABSL_GUARDED_BY(step);
    uint64_t steps ABSL_GUARDED_BY(step) = 0;
    // It has answered a hello of ours since the start.
    bool greeted ABSL_GUARDED_BY(step) = false;
    Contact contact;
  };
  // A letter in the hand: its row and what goes on the wire.
  struct Load {
    OutboxRow row;
    std::string stored;
    std::string wire;
    std::unique_ptr<consent::Lease> lease;
  };

  Work& WorkOf(const OfficeId& peer);
  void HoldThread(Work& work, const OutboxRow& row, absl::Duration wait,
                  absl::Time now, StepResult& result);

  // Asks the peer for newer keys; whether it answered.
  bool Ask(const OfficeId& peer, Work& work);
  absl::Status Collect(const peering::Peer& peer, Work& work, absl::Time now,
                       std::vector<Load>& loads, StepResult& result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(work.step);
  absl::Status Ready(const peering::Peer& peer, Work& work, absl::Time now,
                     std::vector<Load>& loads, StepResult& result);
  absl::Status TakeRefusal(Work& work, absl::Time now, const Load& load,
                           Reason reason, bool said_by_peer,
                           StepResult& result);
  absl::StatusOr<bool> OfferAgain(const peering::Peer& peer, Work& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(work.step);
  absl::Status TakeOutcomes(const peering::Peer& peer, Work& work,
                            absl::Time now, const std::vector<Load>& loads,
                            const std::vector<Outcome>& outcomes,
                            bool& wants_keys, StepResult& result);

  Outbox& outbox_;
  const peering::Peers& peers_;
  consent::Leases& leases_;
  PeerLink& link_;
  const Refresh refresh_;
  WaitingLetters waiting_;
  const Table<OutboxCodec> rows_;
  absl::Mutex works_mutex_;
  std::map<OfficeId, std::unique_ptr<Work>> works_
      ABSL_GUARDED_BY(works_mutex_);
};

Dispatcher::Impl::Work& Dispatcher::Impl::WorkOf(const OfficeId& peer) {
  absl::MutexLock lock(&works_mutex_);
  std::unique_ptr<Work>& work = works_[peer];
  if (work == nullptr) work = std::make_unique<Work>(outbox_, peer);
  return *work;
}

void Dispatcher::Impl::HoldThread(Work& work, const OutboxRow& row,
                                  absl::Duration wait, absl::Time now,
                                  StepResult& result) {
  result.next = std::min(result.next, work.contact.HoldThread(row, wait, now));
}

bool Dispatcher::Impl::Ask(const OfficeId& peer, Work& work) {
  return refresh_ && work.contact.Ask([&] { return refresh_(peer); });
}

// Takes due letters in order, the first of each thread that is not held and
// what follows it in the thread, up to one batch. What the state of the peer
// keeps back is passed over and not held thread by thread: threads that are
// held are few, and these may be many.
absl::Status Dispatcher::Impl::Collect(const peering::Peer& peer, Work& work,
                                       absl::Time now, std::vector<Load>& loads,
                                       StepResult& result) {
  const std::map<ThreadId, Contact::Hold> held = work.contact.Held();
  bool after_restore = false;
  // Each lane from a hint of its own: what is posted to the protective lane
  // is found however many ordinary letters wait.
  for (int pass = 0; pass < 2; ++pass) {
    const bool whole = pass == 1 || work.steps % kFullScanEvery == 0;
    size_t bytes = 0;
    bool kept_back = false;
    std::set<ThreadId> behind;
    std::map<ThreadId, uint32_t> incarnations;
    for (const Lane lane : {Lane::kProtective, Lane::kOrdinary}) {
      if (result.more) break;
      std::string& hint = work.hints[lane];
      std::string first_row;
      RETURN_IF_ERROR(rows_.Scan(
          outbox_.store_, peer.id.bytes() + static_cast<char>(lane),
          whole ? std::string() : hint,
          [&](const OutboxKey& key,
              const Row<OutboxRow>& row) -> absl::StatusOr<bool> {
            if (first_row.empty()) first_row = OutboxCodec::EncodeKey(key);
            const auto hold = held.find(row.value.thread);
            // A wall clock that was set back must not hold a thread for ever.
            if (hold != held.end() && hold->second.until > now &&
                hold->second.until <= now + limits::kBackoffMax) {
              result.next = std::min(result.next, hold->second.until);
              return true;
            }
            // Letters from before a restore keep their place before those
            // after it, which count from 1 again.
            const auto [first, fresh] =
                incarnations.emplace(row.value.thread, row.value.incarnation);
            if (!fresh && first->second != row.value.incarnation) {
              after_restore = true;
              return true;
            }
            if (behind.count(row.value.thread) > 0 ||
                !MayLeaveFor(peer, row.value)) {
              behind.insert(row.value.thread);
              kept_back = true;
              return true;
            }
            const size_t size = WireBytes(row.value);
            if (loads.size() == limits::kBatchLettersMax ||
                bytes + size > limits::kBatchBytesMax) {
              result.more = true;
              return false;
            }
            bytes += size;
            Load load;
            load.row = row.value;
            load.row.key = key;
            load.stored = row.stored;
            loads.push_back(std::move(load));
            return true;
          }));
      hint = first_row;
    }
    if (kept_back) result.next = std::min(result.next, now + kLookAgainAtPeer);
    if (!loads.empty() || whole || kept_back) break;
  }
  ++work.steps;
  result.more |= after_restore;
  return absl::OkStatus();
}

// Keeps in `loads` what may leave now, sealed; the rest of a thread stays
// behind a letter that may not.
absl::Status Dispatcher::Impl::Ready(const peering::Peer& peer, Work& work,
                                     absl::Time now, std::vector<Load>& loads,
                                     StepResult& result) {
  std::vector<Load> ready;
  std::set<ThreadId> behind;
  for (Load& load : loads) {
    const ThreadId& thread = load.row.thread;
    if (behind.count(thread) > 0) continue;
    const clearance::ClearanceFacts& facts = load.row.clearance;
    if (facts.consent.has_value()) {
      // First the share, then the check: a withdrawal that comes between
      // waits for this batch.
      load.lease = leases_.Share(*facts.consent);
      if (load.lease == nullptr) {
        behind.insert(thread);
        HoldThread(work, load.row, kLookAgain, now, result);
        continue;
      }
      // The letter may have been stopped between the scan and the share.
      ASSIGN_OR_RETURN(const auto row, waiting_.Reread(load.row.key));
      if (!row.has_value() || row->stored != load.stored) {
        behind.insert(thread);
        result.more = true;
        continue;
      }
    }
    absl::Status status = outbox_.gate_.Recheck(FactsToCheck(load.row), now);
    if (status.ok()) {
      absl::StatusOr<std::string> wire = waiting_.Seal(peer, now, load.row);
      status = wire.status();
      if (status.ok()) {
        load.wire = *std::move(wire);
        ready.push_back(std::move(load));
        continue;
      }
      if (ReasonOf(status) == Reason::kSealingKeyUnknown) return status;
    }
    if (IsOurFault(status)) return status;
    behind.insert(thread);
    // A signing key of ours that has gone does not come back by asking the
    // peer; whether the letter is worth writing again is not decided here.
    if (HoldsBack(ReasonOf(status)) || load.row.is_void() ||
        ReasonOf(status) == Reason::kKeyEpochUnknown) {
      HoldThread(work, load.row, kLookAgainAtPeer, now, result);
      continue;
    }
    RETURN_IF_ERROR(waiting_.Replace(load.row, load.stored, ReasonOf(status)));
    ++result.voided;
    result.more = true;
  }
  loads = std::move(ready);
  return absl::OkStatus();
}

// A receipt that is not right is no refusal: `said_by_peer` is false then, and
// the letter is offered again whatever the reason.
absl::Status Dispatcher::Impl::TakeRefusal(Work& work, absl::Time now,
                                           const Load& load, Reason reason,
                                           bool said_by_peer,
                                           StepResult& result) {
  ++result.refused;
  outbox_.counts_.RefusedOut(reason);
  Log("letter_not_taken",
      {LogField::Peer(load.row.key.receiver), LogField::Why(reason)});
  // Of a life before a restore it is known, and does no harm.
  if (said_by_peer && IsPlaceTaken(reason) &&
      load.row.incarnation == outbox_.own_.incarnation()) {
    outbox_.counts_.PlaceTaken(load.row.key.receiver);
  }
  if (!load.row.is_void() && said_by_peer && !MayPass(reason)) {
    RETURN_IF_ERROR(waiting_.Replace(load.row, load.stored, reason));
    ++result.voided;
    result.more = true;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const OutboxRow counted,
                   waiting_.CountRefusal(load.row, load.stored, now));
  // The thread of an incarnation before a restore goes nowhere any more: its
  // places need no filling, and what an old copy wrote there gets another.
  if (counted.is_void() && said_by_peer && !MayPass(reason) &&
      counted.incarnation < outbox_.own_.incarnation()) {
    const absl::Status posted = waiting_.PostAnew(counted.key, now);
    if (HoldsBack(ReasonOf(posted))) {
      HoldThread(work, counted, kLookAgainAtPeer, now, result);
      return absl::OkStatus();
    }
    work.contact.Release(counted.thread);
    result.more = true;
    return posted;
  }
  if (!WaitingLetters::IsSpent(counted, now)) {
    HoldThread(work, counted, absl::ZeroDuration(), now, result);
    return absl::OkStatus();
  }
  result.more = true;
  if (counted.is_void()) return waiting_.GiveUp(counted.key, now);
  ASSIGN_OR_RETURN(const auto row, waiting_.Reread(counted.key));
  if (!row.has_value()) return absl::OkStatus();
  ++result.voided;
  return waiting_.Replace(row->value, row->stored, reason);
}

absl::Status Dispatcher::Impl::TakeOutcomes(
    const peering::Peer& peer, Work& work, absl::Time now,
    const std::vector<Load>& loads, const std::vector<Outcome>& outcomes,
    bool& wants_keys, StepResult& result) {
  std::vector<WaitingLetters::Answer> answers;
  std::vector<Reason> refusals(loads.size());
  std::vector<size_t> answered;
  for (size_t i = 0; i < loads.size(); ++i) {
    refusals[i] = outcomes[i].refusal;
    if (outcomes[i].receipt.empty()) continue;
    answers.push_back({&loads[i].row, loads[i].stored, outcomes[i].receipt});
    answered.push_back(i);
  }
  const std::vector<absl::Status> taken = waiting_.TakeReceipts(peer, answers);
  std::set<size_t> done;
  for (size_t k = 0; k < taken.size(); ++k) {
    const size_t i = answered[k];
    refusals[i] = ReasonOf(taken[k]);
    if (taken[k].ok()) {
      done.insert(i);
      ++result.delivered;
      if (!loads[i].row.is_void()) outbox_.counts_.Delivered(peer.id);
      work.contact.Release(loads[i].row.thread);
    } else if (refusals[i] != Reason::kReceiptInvalid &&
               refusals[i] != Reason::kKeyEpochUnknown) {
      return taken[k];
    }
  }
  for (size_t i = 0; i < loads.size(); ++i) {
    if (done.count(i) > 0) continue;
    wants_keys |= WantsNewKeys(refusals[i]);
    RETURN_IF_ERROR(TakeRefusal(work, now, loads[i], refusals[i],
                                outcomes[i].receipt.empty(), result));
  }
  return absl::OkStatus();
}

// Whether a page of what a restored peer may have lost was put back: nothing
// else is sent to it before all of it waits, in order.
absl::StatusOr<bool> Dispatcher::Impl::OfferAgain(const peering::Peer& peer,
                                                  Work& work) {
  ASSIGN_OR_RETURN(const PeerCursor cursor, work.contact.Cursor());
  if (!NeedsSecondOffers(peer, cursor)) return false;
  const absl::StatusOr<PeerCursor> after = waiting_.OfferPage(peer, cursor);
  if (ReasonOf(after.status()) == Reason::kVersionConflict) return true;
  RETURN_IF_ERROR(after.status());
  work.hints.clear();
  work.contact.Take(*after);
  return true;
}

absl::StatusOr<StepResult> Dispatcher::Impl::Step(const OfficeId& peer_id) {
  Work& work = WorkOf(peer_id);
  absl::MutexLock lock(&work.step);
  const absl::Time now = outbox_.clock_.Now();
  StepResult result;
  ASSIGN_OR_RETURN(const PeerCursor cursor, work.contact.Cursor());
  if (cursor.next_attempt > now &&
      cursor.next_attempt <= now + limits::kBackoffMax) {
    result.next = cursor.next_attempt;
    return result;
  }
  absl::StatusOr<peering::Peer> peer = peers_.Get(peer_id);
  if (!peer.ok()) return result;
  ASSIGN_OR_RETURN(result.more, OfferAgain(*peer, work));
  if (result.more) return result;
  std::vector<Load> loads;
  RETURN_IF_ERROR(Collect(*peer, work, now, loads, result));
  // An office that was restored says so before it sends anything: the peer may
  // know that it is not the last life of it.
  if (!loads.empty() && !work.greeted && outbox_.own_.incarnation() > 1) {
    work.greeted = Ask(peer_id, work);
    if (!work.greeted) {
      result = StepResult();
      ASSIGN_OR_RETURN(result.next, work.contact.Failed(now));
      return result;
    }
    ASSIGN_OR_RETURN(peer, peers_.Get(peer_id));
  }
  absl::Status ready = Ready(*peer, work, now, loads, result);
  if (ReasonOf(ready) == Reason::kSealingKeyUnknown) {
    // All sealing keys we know are too old: ask, and seal in the next step.
    result = StepResult();
    if (Ask(peer_id, work)) {
      ASSIGN_OR_RETURN(peer, peers_.Get(peer_id));
      if (peer->bundle.SealingKeyToUse(now).ok()) {
        result.more = true;
        return result;
      }
    }
    ASSIGN_OR_RETURN(result.next, work.contact.Failed(now));
    return result;
  }
  RETURN_IF_ERROR(ready);
  if (loads.empty()) return result;

  std::vector<std::string> letters;
  for (const Load& load : loads) {
    outbox_.MarkAttempted(load.row.key.message);
    letters.push_back(load.wire);
  }
  result.sent = letters.size();
  absl::StatusOr<std::vector<Outcome>> outcomes =
      link_.Deliver(peer_id, letters);
  if (outcomes.ok() && outcomes->size() != letters.size()) {
    outcomes = Error(Reason::kReceiptInvalid);
  }
  if (!outcomes.ok()) {
    Log("letters_not_delivered",
        {LogField::Peer(peer_id), LogField::Why(ReasonOf(outcomes.status()))});
    result.more = false;
    ASSIGN_OR_RETURN(result.next, work.contact.Failed(now));
    return result;
  }
  bool wants_keys = false;
  RETURN_IF_ERROR(
      TakeOutcomes(*peer, work, now, loads, *outcomes, wants_keys, result));
  if (cursor.failures > 0) RETURN_IF_ERROR(work.contact.Reached());
  // The letters wait out their back-off all the same.
  if (wants_keys) Ask(peer_id, work);
  return result;
}

absl::Status Dispatcher::Impl::Sweep(const OfficeId& peer) {
  Work& work = WorkOf(peer);
  absl::MutexLock lock(&work.step);
  return waiting_.Sweep(peer, outbox_.clock_.Now());
}

Dispatcher::Dispatcher(Outbox& outbox, const peering::Peers& peers,
                       consent::Leases& leases, PeerLink& link, Refresh refresh)
    : impl_(std::make_unique<Impl>(outbox, peers, leases, link,
                                   std::move(refresh))) {}
Dispatcher::~Dispatcher() = default;

absl::StatusOr<StepResult> Dispatcher::Step(const OfficeId& peer) {
  return impl_->Step(peer);
}

absl::Status Dispatcher::Sweep(const OfficeId& peer) {
  return impl_->Sweep(peer);
}

void Dispatcher::OnContact(const OfficeId& peer) { impl_->OnContact(peer); }

}  // namespace amparo::delivery
