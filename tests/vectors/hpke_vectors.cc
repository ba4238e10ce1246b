// SPDX-License-Identifier: Apache-2.0
//
// RFC 9180 appendix A, as transcribed ({"vectors": [...]}, numbers as text) and
// as the working group publishes it (a list of groups, numbers as numbers);
// and RFC 9497, whose suites we do not build.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crypto/seal/hpke.h"
#include "tests/vectors/runner.h"

namespace amparo::crypto {
namespace {

constexpr uint64_t kSequenceMax = 1024;

// Gives out the published ephemeral key where a fresh one would be made.
class PublishedRandom final : public RandomSource {
 public:
  explicit PublishedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(char* out, size_t n) override {
    std::memset(out, 0, n);
    std::memcpy(out, bytes_.data(), std::min(n, bytes_.size()));
  }

 private:
  std::string bytes_;
};

uint64_t Number(const Json& object, const char* field) {
  const Json& value = object.at(field);
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(value.get<std::string>(), &number)) {
    throw std::runtime_error(absl::StrCat(field, ": not a number"));
  }
  return number;
}

const Json& Groups(const Json& file) {
  return file.is_array() ? file : file.at("vectors");
}

const Json& SetupOf(const Json& group) {
  return group.contains("setup") ? group.at("setup") : group;
}

bool IsOurs(const Json& setup) {
  return Number(setup, "mode") == 0 && Number(setup, "kem_id") == 0x20 &&
         Number(setup, "kdf_id") == 1 && Number(setup, "aead_id") == 3;
}

bool KnowsHpke(const Json& file) {
  const bool list = file.is_array() && !file.empty();
  const bool object = file.is_object() && file.contains("vectors") &&
                      file.at("vectors").is_array() &&
                      !file.at("vectors").empty();
  if (!list && !object) return false;
  const Json& first = Groups(file).front();
  return first.is_object() && SetupOf(first).is_object() &&
         SetupOf(first).contains("kem_id");
}

// Both ends walk through every sequence number up to the published ones.
void RunEncryptions(const Json& group, HpkeContext& sender,
                    HpkeContext& recipient, const std::string& where,
                    Tally& tally) {
  uint64_t at = 0;
  uint64_t implicit = 0;
  for (const Json& one : group.at("encryptions")) {
    const uint64_t sequence = one.contains("sequence number")
                                  ? Number(one, "sequence number")
                                  : implicit;
    implicit = sequence + 1;
    if (sequence < at || sequence > kSequenceMax) {
      tally.Fail(absl::StrCat(where, ": sequence numbers out of order"));
      return;
    }
    for (; at < sequence; ++at) {
      const absl::StatusOr<std::string> skipped = sender.Seal("", "");
      if (!skipped.ok() || !recipient.Open("", *skipped).ok()) {
        tally.Fail(absl::StrCat(where, ": the ends differ at ", at));
      }
    }
    const std::string associated = HexField(one, "aad");
    const std::string plaintext =
        HexField(one, one.contains("pt") ? "pt" : "plaintext");
    const std::string ciphertext =
        HexField(one, one.contains("ct") ? "ct" : "ciphertext");
    const absl::StatusOr<std::string> sealed =
        sender.Seal(associated, plaintext);
    const absl::StatusOr<std::string> opened =
        recipient.Open(associated, ciphertext);
    ++at;
    tally.Valid(sealed.ok() && *sealed == ciphertext && opened.ok() &&
                    *opened == plaintext,
                absl::StrCat(where, " sequence ", sequence));
  }
}

// Also the one-shot functions, which are what letters use, and their refusal
// of the same message with one bit turned.
void RunFirstMessage(const Json& group, const X25519PrivateKey& recipient,
                     const std::string& where, Tally& tally) {
  const Json& setup = SetupOf(group);
  const Json& first = group.at("encryptions").front();
  const std::string info = HexField(setup, "info");
  const std::string associated = HexField(first, "aad");
  const std::string plaintext =
      HexField(first, first.contains("pt") ? "pt" : "plaintext");
  PublishedRandom random(HexField(setup, "skEm"));
  absl::StatusOr<Sealed> sealed =
      SealBase(recipient.public_key(), info, associated, plaintext, random);
  if (!sealed.ok()) {
    tally.Valid(false, absl::StrCat(where, " one shot"));
    return;
  }
  const std::string expected =
      HexField(first, first.contains("ct") ? "ct" : "ciphertext");
  tally.Valid(
      sealed->enc == HexField(setup, "enc") && sealed->ciphertext == expected,
      absl::StrCat(where, " one shot"));
  sealed->ciphertext.back() ^= 1;
  tally.Invalid(
      !OpenBase(recipient, sealed->enc, info, associated, sealed->ciphertext)
           .ok(),
      absl::StrCat(where, " one bit turned"));
}

void RunGroup(const Json& group, const std::string& where, Tally& tally) {
  const Json& setup = SetupOf(group);
  const absl::StatusOr<X25519PrivateKey> key =
      X25519PrivateKey::FromBytes(HexField(setup, "skRm"));
  if (!key.ok() || key->public_key().Bytes() != HexField(setup, "pkRm")) {
    tally.Fail(absl::StrCat(where, ": the recipient's keys do not match"));
    return;
  }
  PublishedRandom random(HexField(setup, "skEm"));
  const std::string info = HexField(setup, "info");
  absl::StatusOr<HpkeContext::Sender> sender =
      HpkeContext::ForSender(key->public_key(), info, random);
  absl::StatusOr<HpkeContext> recipient =
      HpkeContext::ForRecipient(*key, HexField(setup, "enc"), info);
  if (!sender.ok() || !recipient.ok() ||
      sender->enc != HexField(setup, "enc")) {
    tally.Fail(absl::StrCat(where, ": no context"));
    return;
  }
  RunEncryptions(group, sender->context, *recipient, where, tally);
  for (const Json& one : group.at("exports")) {
    const absl::StatusOr<Secret> out =
        recipient->Export(HexField(one, "exporter_context"), Number(one, "L"));
    tally.Valid(out.ok() && out->Reveal() == HexField(one, "exported_value"),
                absl::StrCat(where, " export"));
  }
  if (!group.at("encryptions").empty()) {
    RunFirstMessage(group, *key, where, tally);
  }
}

void RunHpke(const Json& file, Tally& tally) {
  size_t number = 0;
  for (const Json& group : Groups(file)) {
    const std::string where = absl::StrCat("group ", number++);
    if (IsOurs(SetupOf(group))) {
      RunGroup(group, where, tally);
    } else {
      tally.NotOurs(group.at("encryptions").size() +
                    group.at("exports").size());
    }
  }
}

bool KnowsOprf(const Json& file) {
  return file.is_array() && !file.empty() && file.front().is_object() &&
         file.front().contains("groupDST") && file.front().contains("vectors");
}

void CountOprf(const Json& file, Tally& tally) {
  for (const Json& group : file) tally.NotOurs(group.at("vectors").size());
}

}  // namespace

std::vector<Suite> HpkeSuites() {
  return {{KnowsHpke, RunHpke}, {KnowsOprf, CountOprf}};
}

}  // namespace amparo::crypto
