// SPDX-License-Identifier: Apache-2.0
//
// Rows that open and still do not belong where they are: in another one's
// place, under another one's key, in another order, or of another form.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/audit/audit_records.h"
#include "node/base/limits.h"
#include "node/cases/cases_records.h"
#include "node/consent/consent_records.h"
#include "node/delivery/delivery_records.h"
#include "node/peering/peering_records.h"
#include "tests/unit/node/app/fsck_damage.h"
#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {
namespace {

using storage::TableId;

template <class Codec>
void InAnothersPlace(Damage& damage) {
  damage.Copy<Codec>(*Codec::Key::FromBytes(std::string(16, 'x')));
}

template <class Codec>
void UnderAnothersKey(Damage& damage) {
  const auto profiles = damage.Rows(TableId::kProfiles);
  const auto key = damage.FirstKey<Codec>();
  const KeyId own = Must(
      storage::Vault::KeyOf(damage.Get(Codec::kTable, Codec::EncodeKey(key))));
  for (const auto& [unused, value] : profiles) {
    const KeyId other = Must(storage::Vault::KeyOf(value));
    if (other != own) return damage.Copy<Codec>(key, other);
  }
  MustBeOk(absl::NotFoundError("no other subject"), "a key");
}

std::vector<Planted> Misplaced() {
  return {
      {"CaseInAnothersPlace", 'a', InAnothersPlace<cases::CaseCodec>,
       TableId::kCases, "in another one's place"},
      {"ConsentInAnothersPlace", 'a', InAnothersPlace<consent::ConsentCodec>,
       TableId::kConsents, "in another one's place"},
      {"ConsentUnderAnothersKey", 'a', UnderAnothersKey<consent::ConsentCodec>,
       TableId::kConsents, "not under the key of its subject"},
      {"PeerInAnothersPlace", 'a', InAnothersPlace<peering::PeerCodec>,
       TableId::kPeers, "in another office's place"},
      {"InvitationInAnothersPlace", 'a',
       InAnothersPlace<peering::InvitationCodec>, TableId::kInvitations,
       "in another one's place"},
      {"LetterWaitsTwice", 'a',
       [](Damage& d) {
         delivery::OutboxKey later = d.FirstKey<delivery::OutboxCodec>();
         ++later.order;
         d.Copy<delivery::OutboxCodec>(later);
       },
       TableId::kOutbox, "wait in another order"},
  };
}

std::vector<Planted> Misshapen() {
  return {
      {"CaseChangedTooOften", 'a',
       [](Damage& d) {
         d.Edit<cases::CaseCodec>([](cases::Case& file) {
           file.version = limits::kCaseVersionMax + 1;
           return true;
         });
       },
       TableId::kCases, "changed more often"},
      {"CaseThatSaysNothing", 'a',
       [](Damage& d) {
         const auto [key, value] = d.Rows(TableId::kCases).front();
         d.Set(TableId::kCases, key,
               Must(d.office().node().vault().Seal(
                   Must(storage::Vault::KeyOf(value)), TableId::kCases, key,
                   cases::CaseCodec::kSchemaVersion, "\xff")));
       },
       TableId::kCases, "does not say what rows of this table say"},
      {"DataKeyWithoutAnId", 'a',
       [](Damage& d) { d.Set(TableId::kDataKeys, "short", "x"); },
       TableId::kDataKeys, "no id"},
      {"OwnBundleChanged", 'a',
       [](Damage& d) {
         d.Edit<peering::OwnOfficeCodec>([](peering::OwnOfficeRow& row) {
           row.signed_bundle.back() =
               static_cast<char>(row.signed_bundle.back() ^ 1);
           return true;
         });
       },
       TableId::kOwnOffice, "key bundle of this office"},
      {"SignedHeadThatIsNone", 'a',
       [](Damage& d) {
         d.Set(TableId::kLogHead, d.Rows(TableId::kLogHead).back().first, "x");
       },
       TableId::kLogHead, "is none, or not in its place"},
      {"HeadOfAnotherTree", 'a',
       [](Damage& d) {
         auto head = Must(
             audit::DecodeHead(d.Get(TableId::kLogHead, audit::HeadKey())));
         std::string hashes = head.frontier.Serialise();
         hashes.back() = static_cast<char>(hashes.back() ^ 1);
         head.frontier = Must(crypto::Frontier::Parse(hashes));
         d.Set(TableId::kLogHead, audit::HeadKey(), audit::EncodeHead(head));
       },
       TableId::kLogHead, "do not give the head of the log"},
  };
}

INSTANTIATE_TEST_SUITE_P(Misplaced, FsckDamageTest,
                         testing::ValuesIn(Misplaced()),
                         testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Misshapen, FsckDamageTest,
                         testing::ValuesIn(Misshapen()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace amparo::app
