// SPDX-License-Identifier: Apache-2.0
//
// What this room keeps in memory, read by several threads while another one
// changes it: every reader sees a state that was committed, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

constexpr int kReaders = 3;
constexpr int kChanges = 20;

// Runs `read` on several threads, again and again, while `change` runs.
template <class Read, class Change>
void WhileReading(const Read& read, const Change& change) {
  std::atomic<bool> done = false;
  std::atomic<int> started = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      ++started;
      do {
        read();
      } while (!done);
    });
  }
  while (started < kReaders) std::this_thread::yield();
  change();
  done = true;
  for (std::thread& reader : readers) reader.join();
}

class PeeringThreadsTest : public testing::Test {
 protected:
  ManualClock clock_;
  PeeringOffice here_{1, SettingsNamed("chisinau"), clock_};
  PeeringOffice there_{2, SettingsNamed("kyiv"), clock_};
};

TEST_F(PeeringThreadsTest, APeerIsReadAsItWasBeforeOrAfterAChange) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  const OfficeId id = there_.own->id();
  // Both fields say the same number, in every committed state.
  const auto number = [](int i) { return absl::Seconds(i); };
  const auto set = [&](int i) {
    storage::Batch batch;
    return here_.peers
        ->Update(batch, id,
                 [&](Peer& peer, storage::Batch&) {
                   peer.skew = number(i);
                   peer.last_hello_at = absl::UnixEpoch() + number(i + 1);
                   return absl::OkStatus();
                 })
        .status();
  };
  ASSERT_THAT(set(0), IsOk());
  WhileReading(
      [&] {
        const auto peer = here_.peers->Get(id);
        ASSERT_THAT(peer, IsOk());
        EXPECT_EQ(peer->last_hello_at - peer->skew,
                  absl::UnixEpoch() + absl::Seconds(1));
        EXPECT_EQ(here_.peers->List().size(), 1u);
        EXPECT_TRUE(here_.peers->PinFor(id).has_value());
      },
      [&] {
        for (int i = 1; i <= kChanges; ++i) ASSERT_THAT(set(i), IsOk());
      });
  EXPECT_EQ(here_.peers->Get(id)->skew, number(kChanges));
}

TEST_F(PeeringThreadsTest, TwoThatChangeOnePeerLoseNothing) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  const OfficeId id = there_.own->id();
  const auto add_each = [&] {
    for (int i = 0; i < kChanges; ++i) {
      storage::Batch batch;
      EXPECT_THAT(here_.peers->Update(batch, id,
                                      [](Peer& peer, storage::Batch&) {
                                        peer.skew += absl::Seconds(1);
                                        return absl::OkStatus();
                                      }),
                  IsOk());
    }
  };
  const absl::Duration before = here_.peers->Get(id)->skew;
  std::thread other(add_each);
  add_each();
  other.join();
  EXPECT_EQ(here_.peers->Get(id)->skew, before + absl::Seconds(2 * kChanges));
}

TEST_F(PeeringThreadsTest, KeysAreReadWholeWhileTheyRotate) {
  std::atomic<uint64_t> newest = 0;
  WhileReading(
      [&] {
        const uint64_t at_least = newest;
        const auto bundle =
            KeyBundle::Verify(here_.own->signed_bundle(),
                              here_.own->office_public_key(), clock_.Now());
        ASSERT_THAT(bundle, IsOk());
        EXPECT_GE(bundle->version, at_least);
        const TlsIdentity identity = here_.own->tls_identity();
        EXPECT_FALSE(identity.certificate_pem.empty());
        EXPECT_FALSE(identity.private_key_pem.Reveal().empty());
        const SealingKeyId sealing = bundle->sealing_keys.back().id;
        EXPECT_NE(here_.own->SealingKeyFor(sealing), nullptr);
      },
      [&] {
        for (int week = 0; week < 3; ++week) {
          clock_.Advance(limits::kSealingKeyPeriod);
          ASSERT_THAT(here_.own->RotateIfDue(*here_.log, clock_.Now()),
                      IsOkAndHolds(true));
          newest = here_.own->bundle().version;
        }
      });
}

}  // namespace
}  // namespace amparo::peering
