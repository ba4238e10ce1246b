// SPDX-License-Identifier: Apache-2.0
#include "node/audit/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/base/digest.h"
#include "crypto/merkle/merkle.h"
#include "node/audit/leaf.h"
#include "node/audit/signed_note.h"
#include "node/base/errors.h"
#include "tests/support/crashing_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/status_matchers.h"

namespace amparo::audit {
namespace {

using storage::Batch;
using storage::TableId;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class LogTest : public testing::Test {
 protected:
  LogTest()
      : key_(*crypto::Ed25519PrivateKey::FromSeed(std::string(32, 's'))),
        office_(*OfficeId::FromBytes(std::string(16, '\xa1'))),
        actor_(*PersonId::FromBytes(std::string(16, '\xb2'))) {
    Reopen();
  }

  // As after a crash: nothing but the disk is left.
  void Reopen() {
    log_.reset();
    vault_.reset();
    store_.reset();
    store_ =
        std::make_unique<CrashingStore>(*storage::OpenStore("/db", &disk_));
    vault_ =
        *storage::Vault::Open(*store_, crypto::Secret::Zeroed(32), random_);
    auto log = Log::Open(*store_, *vault_, clock_, random_, office_, 1, key_);
    ASSERT_THAT(log, IsOk());
    log_ = *std::move(log);
  }

  Event AnEvent(EventKind kind = EventKind::kConsentGiven) {
    return Event{kind,
                 absl::InfinitePast(),
                 actor_,
                 {{"consent", "00ff"}, {"purpose", "STATISTICS"}}};
  }

  void RecordEvents(int count, std::optional<KeyId> key = std::nullopt) {
    for (int i = 0; i < count; ++i) {
      Batch batch;
      ASSERT_THAT(log_->Record(batch, AnEvent(), key), IsOk());
      ASSERT_THAT(store_->Commit(batch), IsOk());
    }
  }

  SignedCheckpoint Checkpoint() {
    auto checkpoint = log_->Checkpoint();
    EXPECT_THAT(checkpoint, IsOk());
    return checkpoint.value_or(SignedCheckpoint());
  }

  std::string StoredLeaf(uint64_t index) {
    return store_->Get(TableId::kLeaves, LeafKey(index))->value_or("");
  }

  void Overwrite(TableId table, absl::string_view key,
                 std::optional<std::string> value) {
    Batch batch;
    value ? batch.Put(table, key, *value) : batch.Delete(table, key);
    ASSERT_THAT(store_->Commit(batch), IsOk());
  }

  storage::MemoryDisk disk_;
  ManualClock clock_;
  crypto::DeterministicRandom random_{7};
  crypto::Ed25519PrivateKey key_;
  OfficeId office_;
  PersonId actor_;
  std::unique_ptr<CrashingStore> store_;
  std::unique_ptr<storage::Vault> vault_;
  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, ARotatedKeySignsTheNextCheckpoint) {
  auto present = key_;
  log_ = *Log::Open(*store_, *vault_, clock_, random_, office_, 1,
                    LogKey([&present] { return present; }));
  const auto signed_by_the_present_key = [&] {
    RecordEvents(1);
    const SignedCheckpoint made = Checkpoint();
    const std::string text =
        CheckpointText(log_->origin(), made.size, made.root);
    return made.note == SignNote(text, log_->origin(), present);
  };
  EXPECT_TRUE(signed_by_the_present_key());
  present = *crypto::Ed25519PrivateKey::FromSeed(std::string(32, 't'));
  EXPECT_TRUE(signed_by_the_present_key());
}

TEST_F(LogTest, AnEventIsThereOnlyAfterItsCommit) {
  Batch batch;
  ASSERT_THAT(log_->Record(batch, AnEvent()), IsOk());
  EXPECT_THAT(log_->Size(), IsOkAndHolds(0u));
  ASSERT_THAT(store_->Commit(batch), IsOk());
  EXPECT_THAT(log_->Size(), IsOkAndHolds(1u));
}

TEST_F(LogTest, ReadsBackWhatWasRecorded) {
  RecordEvents(1);
  Event by_node{EventKind::kKeyChange, absl::FromUnixMillis(5), {}, {}};
  Batch batch;
  ASSERT_THAT(log_->Record(batch, by_node), IsOk());
  ASSERT_THAT(store_->Commit(batch), IsOk());
  Reopen();
  const auto page = log_->ReadEvents(0, 10);
  ASSERT_THAT(page, IsOk());
  ASSERT_THAT(page->events, SizeIs(2));
  EXPECT_FALSE(page->more);
  const LoggedEvent& first = page->events[0];
  EXPECT_EQ(first.index, 0u);
  EXPECT_EQ(first.kind, EventKind::kConsentGiven);
  ASSERT_TRUE(first.event.has_value());
  EXPECT_EQ(first.event->at, clock_.Now());
  EXPECT_EQ(first.event->actor, actor_);
  EXPECT_THAT(first.event->about, ElementsAre(Pair("consent", "00ff"),
                                              Pair("purpose", "STATISTICS")));
  const LoggedEvent& second = page->events[1];
  EXPECT_EQ(second.event->at, absl::FromUnixMillis(5));
  EXPECT_TRUE(second.event->actor.empty());
}

TEST_F(LogTest, SizeCountsEveryLeafAtAnySize) {
  for (uint64_t size = 1; size <= 40; ++size) {
    RecordEvents(1);
    EXPECT_THAT(log_->Size(), IsOkAndHolds(size));
    if (size % 7 == 0) Reopen();
    EXPECT_THAT(log_->Size(), IsOkAndHolds(size));
  }
}

TEST_F(LogTest, AnEventNeverHoldsAnythingButListedNamesAndCodedWords) {
  const struct {
    const char* what;
    EventKind kind;
    std::string name;
    std::string value;
    bool passes;
  } kCases[] = {
      {"id", EventKind::kRecall, "referral", std::string(32, 'a'), true},
      {"word", EventKind::kRecall, "reason", "CONSENT_MISSING", true},
      {"at its limit", EventKind::kRecall, "digest", std::string(128, 'a'),
       true},
      {"unlisted name", EventKind::kRecall, "name", "x", false},
      {"empty name", EventKind::kRecall, "", "x", false},
      {"empty value", EventKind::kRecall, "case", "", false},
      {"too long", EventKind::kRecall, "case", std::string(129, 'a'), false},
      {"free text", EventKind::kRecall, "reason", "she said no", false},
      {"line break", EventKind::kRecall, "reason", "A\nB", false},
      {"a name in another script", EventKind::kRecall, "person",
       "\xd0\x9c\xd0\xb0", false},
      {"an address", EventKind::kRecall, "person", "a@b", false},
      {"padding", EventKind::kPadding, "case", "00", false},
      {"unknown kind", static_cast<EventKind>(9999), "case", "00", false},
  };
  for (const auto& c : kCases) {
    Batch batch;
    const absl::Status status = log_->Record(
        batch, Event{c.kind, clock_.Now(), actor_, {{c.name, c.value}}});
    EXPECT_EQ(status.ok(), c.passes) << c.what << ": " << status;
    if (c.passes) continue;
    EXPECT_EQ(ReasonOf(status), Reason::kInternal) << c.what;
    EXPECT_TRUE(batch.empty()) << c.what;
    if (c.value.size() > 3) {
      EXPECT_EQ(status.message().find(c.value), std::string::npos) << c.what;
    }
  }
}

TEST_F(LogTest, EqualEventsHaveUnlikeLeaves) {
  RecordEvents(2);
  EXPECT_NE(StoredLeaf(0).substr(0, kLeafSize),
            StoredLeaf(1).substr(0, kLeafSize));
}

TEST_F(LogTest, CheckpointsArePaddedTo256Leaves) {
  const struct {
    int add;
    uint64_t size;
  } kSteps[] = {{0, 0}, {1, 256}, {0, 256}, {256, 512}, {257, 1024}};
  for (const auto& step : kSteps) {
    RecordEvents(step.add);
    EXPECT_EQ(Checkpoint().size, step.size);
    EXPECT_THAT(log_->Size(), IsOkAndHolds(step.size));
  }
}

TEST_F(LogTest, WithoutNewLeavesTheSameCheckpointIsReturned) {
  EXPECT_FALSE(log_->LastCheckpoint()->has_value());
  RecordEvents(3);
  const SignedCheckpoint first = Checkpoint();
  Reopen();
  EXPECT_EQ(Checkpoint().note, first.note);
  EXPECT_EQ((*log_->LastCheckpoint())->note, first.note);
}

// Read as another implementation of the format would.
TEST_F(LogTest, ACheckpointIsASignedNoteOfTheFormat) {
  RecordEvents(3);
  const SignedCheckpoint checkpoint = Checkpoint();
  const std::vector<std::string> lines = absl::StrSplit(checkpoint.note, '\n');
  ASSERT_EQ(lines.size(), 6u);
  const std::string origin = "amparo/a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1/1";
  EXPECT_EQ(lines[0], origin);
  EXPECT_EQ(log_->origin(), origin);
  EXPECT_EQ(lines[1], "256");
  EXPECT_THAT(crypto::Base64Decode(lines[2]), IsOkAndHolds(checkpoint.root));
  EXPECT_EQ(lines[3], "");
  EXPECT_EQ(lines[5], "") << "the note ends with a line break";
  const std::string prefix = "\xe2\x80\x94 " + origin + " ";
  ASSERT_EQ(lines[4].substr(0, prefix.size()), prefix);
  const auto signature = crypto::Base64Decode(lines[4].substr(prefix.size()));
  ASSERT_THAT(signature, IsOk());
  ASSERT_EQ(signature->size(), 4u + 64);
  const std::string key_id =
      crypto::Sha256(origin + "\n\x01" + key_.public_key().Bytes())
          .substr(0, 4);
  EXPECT_EQ(signature->substr(0, 4), key_id);
  const std::string text =
      absl::StrCat(lines[0], "\n", lines[1], "\n", lines[2], "\n");
  EXPECT_THAT(key_.public_key().Verify(text, signature->substr(4)), IsOk());
  EXPECT_THAT(key_.public_key().Verify(text + "\n", signature->substr(4)),
              testing::Not(IsOk()));
}

TEST_F(LogTest, EveryLeafProvesItsPlaceInEveryCheckpoint) {
  RecordEvents(5);
  const SignedCheckpoint first = Checkpoint();
  RecordEvents(300);
  const SignedCheckpoint second = Checkpoint();
  for (const SignedCheckpoint& checkpoint : {first, second}) {
    for (uint64_t index = 0; index < checkpoint.size; ++index) {
      const auto proof = log_->InclusionProof(index, checkpoint.size);
      ASSERT_THAT(proof, IsOk()) << index;
      const auto leaf = log_->Leaf(index);
      ASSERT_THAT(leaf, IsOk());
      ASSERT_EQ((*leaf)->size(), kLeafSize);
      ASSERT_THAT(crypto::VerifyInclusion(index, checkpoint.size,
                                          crypto::LeafHash(**leaf), *proof,
                                          checkpoint.root),
                  IsOk())
          << index;
    }
  }
  const auto consistent = log_->ConsistencyProof(first.size, second.size);
  ASSERT_THAT(consistent, IsOk());
  EXPECT_THAT(crypto::VerifyConsistency(first.size, second.size, *consistent,
                                        first.root, second.root),
              IsOk());
}

TEST_F(LogTest, ProofsBeyondTheCheckpointAreRefused) {
  RecordEvents(1);
  Checkpoint();
  RecordEvents(1);
  EXPECT_EQ(FieldOf(log_->InclusionProof(0, 257).status()), "size");
  EXPECT_EQ(FieldOf(log_->InclusionProof(256, 256).status()), "index");
  EXPECT_EQ(FieldOf(log_->ConsistencyProof(1, 257).status()), "size");
  EXPECT_EQ(FieldOf(log_->ConsistencyProof(9, 8).status()), "old_size");
  EXPECT_EQ(FieldOf(log_->ConsistencyProof(0, 8).status()), "old_size");
  EXPECT_THAT(log_->Leaf(257), IsOkAndHolds(std::nullopt));
}

TEST_F(LogTest, AMuteLeafStillVerifies) {
  Batch keys;
  const auto subject_key = vault_->NewKey(keys);
  ASSERT_THAT(subject_key, IsOk());
  ASSERT_THAT(store_->Commit(keys), IsOk());
  RecordEvents(1);
  RecordEvents(1, *subject_key);
  RecordEvents(1);
  const SignedCheckpoint checkpoint = Checkpoint();
  // One by its row, one by the key of its subject.
  Batch erasure;
  erasure.Delete(TableId::kEvents, StoredLeaf(0).substr(kLeafSize));
  vault_->DeleteKey(erasure, *subject_key);
  ASSERT_THAT(store_->Commit(erasure), IsOk());

  EXPECT_THAT(log_->Verify(), IsOk());
  const auto page = log_->ReadEvents(0, 10);
  ASSERT_THAT(page, IsOk());
  ASSERT_THAT(page->events, SizeIs(3));
  EXPECT_FALSE(page->events[0].event.has_value());
  EXPECT_FALSE(page->events[1].event.has_value());
  EXPECT_EQ(page->events[1].kind, EventKind::kConsentGiven);
  EXPECT_TRUE(page->events[2].event.has_value());
  for (uint64_t index = 0; index < 3; ++index) {
    EXPECT_THAT(crypto::VerifyInclusion(
                    index, 256, crypto::LeafHash(**log_->Leaf(index)),
                    *log_->InclusionProof(index, 256), checkpoint.root),
                IsOk());
  }
}

TEST_F(LogTest, PagesCoverEveryEventOnceAndNoPadding) {
  RecordEvents(3);
  Checkpoint();
  RecordEvents(4);
  Checkpoint();
  std::vector<uint64_t> indexes;
  uint64_t from = 0;
  bool more = true;
  int pages = 0;
  while (more) {
    const auto page = log_->ReadEvents(from, 2);
    ASSERT_THAT(page, IsOk());
    for (const LoggedEvent& event : page->events) {
      indexes.push_back(event.index);
    }
    from = page->next;
    more = page->more;
    ASSERT_LT(++pages, 10);
  }
  EXPECT_THAT(indexes, ElementsAre(0, 1, 2, 256, 257, 258, 259));
  EXPECT_EQ(from, 512u);
  EXPECT_EQ(FieldOf(log_->ReadEvents(0, 0).status()), "limit");
  EXPECT_EQ(FieldOf(log_->ReadEvents(0, 501).status()), "limit");
}

// Kills the process at every commit of a checkpoint in turn.
TEST_F(LogTest, ACrashAnywhereInACheckpointIsRecoveredByTheNext) {
  RecordEvents(3);
  const SignedCheckpoint before = Checkpoint();
  uint64_t size = before.size;
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    // Padding, tree, signed head.
    for (uint64_t nth = 1; nth <= 3; ++nth) {
      RecordEvents(5);
      store_->DieAt(nth, moment);
      EXPECT_EQ(ReasonOf(log_->Checkpoint().status()), Reason::kUnavailable);
      Reopen();
      EXPECT_THAT(log_->Verify(), IsOk());
      const SignedCheckpoint after = Checkpoint();
      size += 256;
      EXPECT_EQ(after.size, size) << "crash " << nth;
      EXPECT_THAT(log_->Verify(), IsOk());
      EXPECT_THAT(crypto::VerifyConsistency(
                      before.size, after.size,
                      *log_->ConsistencyProof(before.size, after.size),
                      before.root, after.root),
                  IsOk());
    }
  }
}

TEST_F(LogTest, ALongLogIsIntegratedInSeveralCommits) {
  Batch batch;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_THAT(log_->Record(batch, AnEvent()), IsOk());
  }
  ASSERT_THAT(store_->Commit(batch), IsOk());
  // Padding, 2,048 and 2,048 leaves, then dead.
  store_->DieAt(3, CrashingStore::Moment::kAfter);
  EXPECT_EQ(ReasonOf(log_->Checkpoint().status()), Reason::kUnavailable);
  Reopen();
  EXPECT_THAT(log_->Verify(), IsOk());
  EXPECT_EQ(Checkpoint().size, 5120u);
  EXPECT_THAT(log_->Verify(), IsOk());
}

TEST_F(LogTest, VerifyFindsEveryChange) {
  RecordEvents(6);
  const SignedCheckpoint checkpoint = Checkpoint();
  RecordEvents(2);
  ASSERT_THAT(log_->Verify(), IsOk());
  SignedCheckpoint forged = checkpoint;
  forged.root[0] = static_cast<char>(forged.root[0] ^ 1);
  std::string leaf = StoredLeaf(2);
  leaf[20] = static_cast<char>(leaf[20] ^ 1);
  std::string kind = StoredLeaf(2);
  kind[2] = static_cast<char>(EventKind::kErasure);
  std::string unintegrated = StoredLeaf(257);
  unintegrated[20] = static_cast<char>(unintegrated[20] ^ 1);
  const struct {
    const char* what;
    TableId table;
    std::string key;
    std::optional<std::string> value;
  } kCases[] = {
      {"leaf changed", TableId::kLeaves, LeafKey(2), leaf},
      {"kind changed", TableId::kLeaves, LeafKey(2), kind},
      {"leaf without checkpoint changed", TableId::kLeaves, LeafKey(257),
       unintegrated},
      {"leaves exchanged", TableId::kLeaves, LeafKey(2), StoredLeaf(3)},
      {"leaf gone", TableId::kLeaves, LeafKey(2), std::nullopt},
      {"leaf cut", TableId::kLeaves, LeafKey(2), leaf.substr(1)},
      {"padding changed", TableId::kLeaves, LeafKey(200), leaf},
      {"node changed", TableId::kTreeNodes, TreeNodeKey(1, 1),
       std::string(32, 'x')},
      {"node gone", TableId::kTreeNodes, TreeNodeKey(8, 0), std::nullopt},
      {"checkpoint changed", TableId::kLogHead, CheckpointKey(256),
       EncodeCheckpoint(forged)},
      {"checkpoint moved", TableId::kLogHead, CheckpointKey(0),
       EncodeCheckpoint(checkpoint)},
      {"checkpoint gone", TableId::kLogHead, CheckpointKey(256), std::nullopt},
      {"head of another tree", TableId::kLogHead, HeadKey(),
       EncodeHead(Head())},
      {"event of another leaf", TableId::kEvents,
       StoredLeaf(2).substr(kLeafSize),
       store_->Get(TableId::kEvents, StoredLeaf(3).substr(kLeafSize))
           ->value_or("")},
  };
  for (const auto& c : kCases) {
    const std::optional<std::string> good = *store_->Get(c.table, c.key);
    Overwrite(c.table, c.key, c.value);
    const absl::Status found = log_->Verify();
    EXPECT_EQ(ReasonOf(found), Reason::kRecordDamaged)
        << c.what << ": " << found;
    Overwrite(c.table, c.key, good);
    ASSERT_THAT(log_->Verify(), IsOk()) << c.what;
  }
}

TEST_F(LogTest, ALogThatLostItsEndIsFound) {
  RecordEvents(3);
  Checkpoint();
  Overwrite(TableId::kLeaves, LeafKey(255), std::nullopt);
  EXPECT_EQ(ReasonOf(log_->Verify()), Reason::kRecordDamaged);
}

TEST_F(LogTest, AnUnreadableHeadIsRefusedAtOpening) {
  Overwrite(TableId::kLogHead, HeadKey(), "\xff");
  EXPECT_EQ(
      ReasonOf(Log::Open(*store_, *vault_, clock_, random_, office_, 1, key_)
                   .status()),
      Reason::kRecordDamaged);
}

TEST_F(LogTest, EventsRecordedDuringCheckpointsAreAllCovered) {
  constexpr int kThreads = 4;
  constexpr int kEach = 60;
  std::vector<std::thread> writers;
  std::atomic<int> done = 0;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&] {
      RecordEvents(kEach);
      ++done;
    });
  }
  RecordEvents(1);
  SignedCheckpoint last = Checkpoint();
  while (done < kThreads) {
    const SignedCheckpoint next = Checkpoint();
    ASSERT_EQ(next.size % 256, 0u);
    ASSERT_THAT(
        crypto::VerifyConsistency(last.size, next.size,
                                  *log_->ConsistencyProof(last.size, next.size),
                                  last.root, next.root),
        IsOk());
    last = next;
  }
  for (std::thread& writer : writers) writer.join();
  const SignedCheckpoint final_one = Checkpoint();
  EXPECT_THAT(log_->Verify(), IsOk());
  size_t events = 0;
  uint64_t from = 0;
  for (bool more = true; more;) {
    const auto page = log_->ReadEvents(from, 100);
    ASSERT_THAT(page, IsOk());
    events += page->events.size();
    from = page->next;
    more = page->more;
    for (const LoggedEvent& event : page->events) {
      EXPECT_LT(event.index, final_one.size);
    }
  }
  EXPECT_EQ(events, size_t{kThreads * kEach + 1});
}

}  // namespace
}  // namespace amparo::audit
