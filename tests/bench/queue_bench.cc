// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/base/random.h"
#include "node/base/clock.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/bench_pair.h"
#include "tests/bench/limits.h"
#include "tests/bench/measures.h"

namespace amparo::bench {
namespace {

// Letters of one commit.
constexpr int kPosted = 200;

// Processor time of a process, in ticks.
std::string Ticks(pid_t pid) {
  const std::string line = FileText(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> fields =
      absl::StrSplit(line.substr(line.rfind(')') + 1), ' ');
  // utime and stime, the 14th and 15th of proc(5); the third comes first here.
  return fields.size() < 14 ? "" : absl::StrCat(fields[12], " ", fields[13]);
}

// Starts the node and waits until it has nothing to do for a second.
double MemoryOfANodeAtRest(NodeProcess& node) {
  OrDie(node.Start());
  std::string before;
  absl::Time since;
  const bool rests = Eventually(kProcessEnds, [&] {
    const absl::Time now = SystemClock().Now();
    std::string ticks = Ticks(node.pid());
    if (ticks != before) {
      before = std::move(ticks);
      since = now;
    }
    return now - since > absl::Seconds(1);
  });
  const double megabytes = ResidentMegabytes(node.pid());
  if (!rests || node.Terminate(kProcessEnds) != 0) {
    OrDie(absl::InternalError("a node does not come to rest"));
  }
  return megabytes;
}

std::string Bytes(size_t size) {
  return crypto::RandomBytes(crypto::SystemRandom(), size);
}

// Puts signed receipts into the outbox, which is the cheapest way to letters
// of which each is in a thread of its own.
void Post(BenchNode& node, const OfficeId& peer, int letters) {
  for (int done = 0; done < letters; done += kPosted) {
    storage::Batch batch;
    for (int i = 0; i < kPosted && done + i < letters; ++i) {
      delivery::ReceivedLetter letter;
      letter.message = OrDie(MessageId::FromBytes(Bytes(MessageId::kSize)));
      letter.sender = peer;
      letter.plain_digest = Bytes(32);
      OrDie(node.node()
                .outbox()
                .PostReceipt(batch, letter, delivery::ReceiptKind::kRetrieved)
                .status());
    }
    OrDie(node.store().Commit(batch).status());
  }
  node.store().TakeWrites();
}

}  // namespace

std::vector<Figure> MeasureQueue(const Sizes& sizes) {
  const std::unique_ptr<BenchPair> pair = MakeBenchPair();
  NodeProcess& a = pair->processes[0]->node();
  const double empty = MemoryOfANodeAtRest(a);
  double posting = 0;
  absl::Duration took;
  {
    const auto node = OrDie(BenchNode::Open(a));
    ::malloc_trim(0);
    const double before = ResidentMegabytes(::getpid());
    const absl::Time begin = SystemClock().Now();
    Post(*node, pair->b_id, sizes.queued);
    took = SystemClock().Now() - begin;
    posting = ResidentMegabytes(::getpid()) - before;
  }
  const double full = MemoryOfANodeAtRest(a);
  return {{absl::StrCat("memory for ", sizes.queued, " waiting letters"),
           full - empty, "MB", 0,
           "amparod started with them and without, the peer absent", "< 20 MB"},
          {"  growth of a node while they are posted", posting, "MB", 0,
           "most of it the store's write buffer", ""},
          {"  posting one, 200 a commit",
           absl::ToDoubleMicroseconds(took) / sizes.queued, "us", 0, "", ""}};
}

}  // namespace amparo::bench
