// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/measures.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/bench_pair.h"
#include "tests/bench/limits.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

struct Pair {
  std::unique_ptr<BenchPair> made = MakeBenchPair();
  std::unique_ptr<BenchNode> a =
      OrDie(BenchNode::Open(made->processes[0]->node()));
  std::unique_ptr<BenchNode> b =
      OrDie(BenchNode::Open(made->processes[1]->node()));
  const OfficeId b_id = made->b_id;
};

void Propose(Pair& pair, const people::Caller& caller) {
  bench::Propose(*pair.made, *pair.a, caller);
}
void Deliver(Pair& pair, size_t letters) {
  bench::Deliver(*pair.made, *pair.a, letters);
}

void Forget(Pair& pair) {
  pair.a->store().TakeWrites();
  pair.b->store().TakeWrites();
  pair.a->link().TakeCalls();
}

size_t MeanLetter(const std::vector<SentCall>& calls) {
  size_t letters = 0;
  size_t bytes = 0;
  for (const SentCall& call : calls) {
    letters += call.letter_bytes.size();
    for (const size_t size : call.letter_bytes) bytes += size;
  }
  return letters == 0 ? 0 : bytes / letters;
}

std::vector<Figure> Throughput(Pair& pair, const people::Caller& caller,
                               int referrals) {
  for (int i = 0; i < referrals; ++i) Propose(pair, caller);
  Forget(pair);
  const absl::Time begin = SystemClock().Now();
  Deliver(pair, static_cast<size_t>(referrals));
  const absl::Duration took = SystemClock().Now() - begin;

  const std::vector<SentCall> calls = pair.a->link().TakeCalls();
  BareCalls bare;
  const absl::Duration on_the_wire = bare.Take(calls);
  const absl::Duration on_disk = Sum(TakeWrites(pair.made->folder.path() + "/a",
                                                pair.a->store().TakeWrites())) +
                                 Sum(TakeWrites(pair.made->folder.path() + "/b",
                                                pair.b->store().TakeWrites()));
  const absl::Duration in_cryptography =
      LetterCryptography(static_cast<size_t>(referrals), MeanLetter(calls));
  const absl::Duration limit = on_the_wire + on_disk + in_cryptography;
  const auto each = [referrals](const char* what, absl::Duration all) {
    return Figure{
        what, absl::ToDoubleMicroseconds(all) / referrals, "us", 0, "", ""};
  };
  return {{"evidenced referrals, two nodes",
           referrals / absl::ToDoubleSeconds(took), "/s",
           referrals / absl::ToDoubleSeconds(limit),
           "the same mTLS calls, synced batches, cryptography, in turn",
           ">= 0.6 and 500/s"},
          each("  of the limit: calls, a letter", on_the_wire),
          each("  of the limit: synced batches", on_disk),
          each("  of the limit: cryptography", in_cryptography)};
}

// The limit is taken after each referral, its parts in the order in which a
// referral takes them: by itself, each in a loop, a part finds the processor
// awake and its caches warm, as no single referral does.
std::vector<Figure> Latency(Pair& pair, const people::Caller& caller,
                            int times) {
  const std::string folder = pair.made->folder.path();
  BareCalls bare;
  BareStore sender(folder + "/sender");
  BareStore receiver(folder + "/receiver");
  std::vector<absl::Duration> took;
  std::vector<absl::Duration> proposed;
  std::vector<absl::Duration> limit;
  size_t written = 0;
  std::vector<DiskWrite> writes;
  std::vector<SentCall> calls;
  for (int i = 0; i < times; ++i) {
    Forget(pair);
    const absl::Time begin = SystemClock().Now();
    Propose(pair, caller);
    proposed.push_back(SystemClock().Now() - begin);
    Deliver(pair, 1);
    took.push_back(SystemClock().Now() - begin);
    // The sender's outbox row, the call, the receiver's letter.
    const auto sent = pair.a->store().TakeWrites();
    const auto call = pair.a->link().TakeCalls();
    const auto received = pair.b->store().TakeWrites();
    written += sent.size() + received.size();
    if (sent.empty() || call.empty() || received.empty()) continue;
    const absl::Duration begun = sender.Take(sent.front());
    const absl::Duration on_the_wire = bare.Take({call.front()});
    limit.push_back(begun + on_the_wire + receiver.Take(received.front()));
    writes.insert(writes.end(), {sent.front(), received.front()});
    calls.push_back(call.front());
  }
  std::vector<absl::Duration> call_times;
  for (const SentCall& call : calls) call_times.push_back(bare.Take({call}));
  const absl::Duration warm =
      Median(call_times) + 2 * Median(TakeWrites(folder + "/one", writes));
  return {{"one referral to DELIVERED, median",
           absl::ToDoubleMilliseconds(Median(took)), "ms",
           absl::ToDoubleMilliseconds(Median(limit)),
           "one mTLS call and two synced writes, in turn with it", "< 4"},
          {"  of the limit: each in a loop of its own",
           absl::ToDoubleMilliseconds(warm), "ms", 0, "", ""},
          {"  of it until it is proposed and in the outbox",
           absl::ToDoubleMilliseconds(Median(proposed)), "ms", 0, "", ""},
          {"  synced writes of both nodes",
           static_cast<double>(written) / times, "", 0, "", ""}};
}

}  // namespace

std::vector<Figure> MeasureExchange(const Sizes& sizes) {
  Pair pair;
  const people::Caller caller =
      OrDie(pair.a->node().sessions().Find(pair.made->token));
  // The first letter makes the connection.
  Propose(pair, caller);
  Deliver(pair, 1);
  std::vector<Figure> figures = Throughput(pair, caller, sizes.referrals);
  const auto latency = Latency(pair, caller, sizes.latencies);
  figures.insert(figures.end(), latency.begin(), latency.end());
  return figures;
}

}  // namespace amparo::bench
