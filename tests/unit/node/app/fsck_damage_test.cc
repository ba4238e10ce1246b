// SPDX-License-Identifier: Apache-2.0
//
// Rows that are gone, changed or at odds with others, and that fsck names each
// of them with its table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/audit/audit_records.h"
#include "node/cases/cases_records.h"
#include "node/consent/consent_records.h"
#include "node/delivery/delivery_records.h"
#include "node/peering/peering_records.h"
#include "node/people/people_records.h"
#include "node/referral/referral_records.h"
#include "node/region/region_records.h"
#include "node/statistics/statistics_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/app/fsck_damage.h"
#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {
namespace {

using storage::TableId;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

std::function<void(Damage&)> First(TableId table) {
  return [table](Damage& damage) { damage.DeleteFirst(table); };
}

// The first row of a table gets another value.
std::function<void(Damage&)> Value(TableId table, std::string value) {
  return [table, value](Damage& damage) {
    damage.Set(table, damage.Rows(table).front().first, value);
  };
}

// The first two rows of a table change places.
void SwapFirstTwo(Damage& damage, TableId table) {
  const auto rows = damage.Rows(table);
  damage.Set(table, rows.at(0).first, rows.at(1).second);
  damage.Set(table, rows.at(1).first, rows.at(0).second);
}

std::vector<Planted> Storage() {
  return {
      {"ValueChanged", 'a',
       [](Damage& d) { d.FlipLastByteOfFirst(TableId::kCases); },
       TableId::kCases, "does not open"},
      {"ValuesSwapped", 'a',
       [](Damage& d) { SwapFirstTwo(d, TableId::kIdentities); },
       TableId::kIdentities, "belongs elsewhere"},
      {"RowKeyTooLong", 'a',
       [](Damage& d) {
         const auto row = d.Rows(TableId::kCases).front();
         d.Set(TableId::kCases, row.first + "x", row.second);
       },
       TableId::kCases, "has a key that"},
      {"SubjectKeyDeleted", 'a',
       [](Damage& d) {
         const auto row = d.Rows(TableId::kProfiles).front();
         d.Set(TableId::kDataKeys,
               Must(storage::Vault::KeyOf(row.second)).bytes(), std::nullopt);
       },
       TableId::kProfiles, "a data key that is not there"},
      {"DataKeyChanged", 'a',
       [](Damage& d) {
         const auto row = d.Rows(TableId::kProfiles).front();
         const std::string key =
             Must(storage::Vault::KeyOf(row.second)).bytes();
         std::string wrapped = d.Get(TableId::kDataKeys, key);
         wrapped.back() = static_cast<char>(wrapped.back() ^ 1);
         d.Set(TableId::kDataKeys, key, wrapped);
       },
       TableId::kDataKeys, "does not unwrap"},
      {"DataKeyOfNobody", 'a',
       [](Damage& d) {
         const auto row = d.Rows(TableId::kDataKeys).front();
         d.Set(TableId::kDataKeys, std::string(16, 'x'), row.second);
       },
       TableId::kDataKeys, "no row owns"},
      {"GroupKeyDeleted", 'a', First(TableId::kGroupKeys), TableId::kGroupKeys,
       "nothing can be read"},
  };
}

std::vector<Planted> Log() {
  const auto drop_leaf = [](Damage& d) {
    d.Set(TableId::kLeaves, audit::LeafKey(3), std::nullopt);
  };
  return {
      {"LeafDropped", 'a', drop_leaf, TableId::kLeaves, "are missing"},
      {"LastLeafDropped", 'a',
       [](Damage& d) { d.DeleteLast(TableId::kLeaves); }, TableId::kLeaves,
       "missing at the end"},
      {"LeavesSwapped", 'a',
       [](Damage& d) { SwapFirstTwo(d, TableId::kLeaves); }, TableId::kLogHead,
       "do not give the root"},
      {"LeafOfUnknownForm", 'a',
       [](Damage& d) { d.Set(TableId::kLeaves, audit::LeafKey(3), "leaf"); },
       TableId::kLeaves, "unknown form"},
      {"EventDropped", 'a', First(TableId::kEvents), TableId::kEvents,
       "the event of a leaf"},
      {"EventWithoutLeaf", 'a',
       [](Damage& d) {
         d.Set(TableId::kEvents, std::string(16, 'x'),
               d.Rows(TableId::kEvents).front().second);
       },
       TableId::kEvents, "no leaf commits to"},
      {"EventRewritten", 'a',
       [](Damage& d) {
         d.Edit<audit::EventCodec>([](audit::SaltedEvent& event) {
           event.salt = std::string(32, 's');
           return true;
         });
       },
       TableId::kEvents, "not the one its leaf"},
      {"TreeNodeChanged", 'a',
       [](Damage& d) { d.FlipLastByteOfFirst(TableId::kTreeNodes); },
       TableId::kTreeNodes, "stored tree"},
      {"TreeNodeDropped", 'a', First(TableId::kTreeNodes), TableId::kTreeNodes,
       "stored tree"},
      {"SignedHeadForged", 'a',
       [](Damage& d) {
         const auto row = d.Rows(TableId::kLogHead).back();
         auto head = Must(audit::DecodeCheckpoint(row.second));
         head.note[head.note.size() - 9] ^= 1;
         d.Set(TableId::kLogHead, row.first, audit::EncodeCheckpoint(head));
       },
       TableId::kLogHead, "not signed by a log key"},
      {"SignedHeadDropped", 'a',
       [](Damage& d) { d.DeleteLast(TableId::kLogHead); }, TableId::kLogHead,
       "not at its last signed one"},
      {"HeadUnreadable", 'a',
       [](Damage& d) { d.Set(TableId::kLogHead, audit::HeadKey(), "head"); },
       TableId::kLogHead, "cannot be read"},
  };
}

std::vector<Planted> Rooms() {
  return {
      {"PersonNameDropped", 'a', First(TableId::kPersonNames),
       TableId::kPersonNames, "index of names"},
      {"PersonDropped", 'a', First(TableId::kPersons), TableId::kPersonNames,
       "index of names"},
      {"PersonWithoutPassword", 'a',
       [](Damage& d) {
         d.Edit<people::PersonCodec>([](people::Person& person) {
           person.password_hash.clear();
           return person.state == people::PersonState::kActive;
         });
       },
       TableId::kPersons, "do not fit"},
      {"SessionOfNobody", 'a',
       [](Damage& d) {
         d.Edit<people::SessionCodec>([](people::Session& session) {
           session.person = Must(PersonId::FromBytes(std::string(16, 'x')));
           return true;
         });
       },
       TableId::kSessions, "not there"},
      {"CaseDropped", 'a', First(TableId::kCases), TableId::kProfiles,
       "do not belong"},
      {"ProfileDropped", 'a', First(TableId::kProfiles), TableId::kProfiles,
       "do not belong"},
      {"IdentityDropped", 'a', First(TableId::kIdentities),
       TableId::kIdentities, "do not belong"},
      {"CaseNumberDropped", 'a', First(TableId::kCaseNumbers),
       TableId::kCaseNumbers, "index of numbers"},
      {"CaseNumberElsewhere", 'a',
       Value(TableId::kCaseNumbers, std::string(16, 'x')),
       TableId::kCaseNumbers, "index of numbers"},
      {"CaseNumberOfAnotherForm", 'a', Value(TableId::kCaseNumbers, "short"),
       TableId::kCaseNumbers, "another form"},
      {"SpellingChanged", 'a', Value(TableId::kBlindWords, "none"),
       TableId::kBlindWords, "index of words"},
      {"WordOfANameDropped", 'a', First(TableId::kBlindWords),
       TableId::kBlindWords, "index of words"},
      {"CaseOfASourceUnindexed", 'a',
       [](Damage& d) {
         d.Edit<cases::CaseCodec>([](cases::Case& file) {
           file.source = "elsewhere";
           return true;
         });
       },
       TableId::kCaseSources, "imported rows"},
      {"ConsentIndexDropped", 'a', First(TableId::kConsentsBySubject),
       TableId::kConsentsBySubject, "index by subject"},
      {"ConsentDropped", 'a', First(TableId::kConsents),
       TableId::kConsentsBySubject, "index by subject"},
      {"WithdrawalUndone", 'a',
       [](Damage& d) {
         d.Edit<consent::ConsentCodec>([](consent::Consent& consent) {
           if (!consent.withdrawn_at().has_value()) return false;
           consent = Must(consent::Consent::Create(consent.fields()));
           return true;
         });
       },
       TableId::kLeaves, "CONSENT_WITHDRAWN"},
  };
}

std::vector<Planted> Peers() {
  return {
      {"OwnOfficeDropped", 'a', First(TableId::kOwnOffice), TableId::kOwnOffice,
       "who this office is"},
      {"OwnKeyDropped", 'a', First(TableId::kOwnKeys), TableId::kOwnKeys,
       "private keys"},
      {"PeerUnconfirmed", 'a',
       [](Damage& d) {
         d.Edit<peering::PeerCodec>([](peering::Peer& peer) {
           peer.confirmed_by_us = false;
           return true;
         });
       },
       TableId::kPeers, "no second person"},
      {"AgreementUnsigned", 'a',
       [](Damage& d) {
         d.Edit<peering::AgreementCodec>([](peering::AgreementRow& row) {
           row.acceptor_signature = row.proposer_signature;
           return true;
         });
       },
       TableId::kAgreements, "not signed by the office"},
      {"AgreementBodyChanged", 'a',
       [](Damage& d) {
         d.Edit<peering::AgreementCodec>([](peering::AgreementRow& row) {
           row.body = "agreement";
           return true;
         });
       },
       TableId::kAgreements, "none of this office's"},
      {"AgreementIndexDropped", 'a', First(TableId::kAgreementsByPeer),
       TableId::kAgreementsByPeer, "the agreements say"},
  };
}

std::vector<Planted> Letters() {
  return {
      {"LetterDropped", 'a', First(TableId::kLetters), TableId::kLetters,
       "a letter is not there"},
      {"LetterSignatureChanged", 'a',
       [](Damage& d) {
         d.Edit<delivery::LetterCodec>([](delivery::LetterRow& row) {
           row.signature.back() = static_cast<char>(row.signature.back() ^ 1);
           return true;
         });
       },
       TableId::kLetters, "cleared, signed and digested"},
      {"SentSequenceBumped", 'a',
       [](Damage& d) {
         d.Edit<delivery::ThreadOutCodec>([](delivery::ThreadState& state) {
           ++state.next_seq;
           return true;
         });
       },
       TableId::kThreadsOut, "elsewhere than their letters"},
      {"SentDigestChanged", 'a',
       [](Damage& d) {
         d.Edit<delivery::ThreadOutCodec>([](delivery::ThreadState& state) {
           state.last_digest = std::string(32, 'x');
           return true;
         });
       },
       TableId::kThreadsOut, "by their digests"},
      {"SentThreadDropped", 'a', First(TableId::kThreadsOut),
       TableId::kThreadsOut, "elsewhere than their letters"},
      {"ReceivedDigestChanged", 'b',
       [](Damage& d) {
         d.Edit<delivery::ThreadInCodec>([](delivery::ThreadState& state) {
           state.last_digest = std::string(32, 'x');
           return true;
         });
       },
       TableId::kThreadsIn, "by their digests"},
      {"ReceivedSequenceBumped", 'b',
       [](Damage& d) {
         d.Edit<delivery::ThreadInCodec>([](delivery::ThreadState& state) {
           state.next_seq += 5;
           return true;
         });
       },
       TableId::kThreadsIn, "elsewhere than their letters"},
      {"WaitingLetterForgotten", 'a', First(TableId::kOutbox), TableId::kOutbox,
       "what has no receipt yet"},
      {"WaitingLetterElsewhere", 'a',
       [](Damage& d) {
         d.Edit<delivery::OutboxCodec>([](delivery::OutboxRow& row) {
           row.seq += 7;
           return true;
         });
       },
       TableId::kOutbox, "what its letter says"},
      {"SubmittedDropped", 'a', First(TableId::kReceipts), TableId::kReceipts,
       "no SUBMITTED receipt"},
      {"ReceiptOfAnotherLetter", 'a',
       [](Damage& d) {
         std::string other;
         d.Edit<delivery::ReceiptCodec>([&](delivery::StoredReceipt& receipt) {
           if (receipt.kind != delivery::ReceiptKind::kDelivered) return false;
           other.swap(receipt.signed_body);
           return !receipt.signed_body.empty();
         });
       },
       TableId::kReceipts, "for another letter"},
      {"ReceiptSignedByNobody", 'a',
       [](Damage& d) {
         d.Edit<delivery::ReceiptCodec>([](delivery::StoredReceipt& receipt) {
           receipt.signed_body.back() =
               static_cast<char>(receipt.signed_body.back() ^ 1);
           return receipt.kind == delivery::ReceiptKind::kDelivered;
         });
       },
       TableId::kReceipts, "not signed by"},
      {"AnswerDropped", 'b', First(TableId::kInbox), TableId::kInbox,
       "never answered"},
      {"AnswerChanged", 'b',
       [](Damage& d) {
         d.Edit<delivery::SeenCodec>([](std::string& receipt) {
           receipt.back() = static_cast<char>(receipt.back() ^ 1);
           return true;
         });
       },
       TableId::kInbox, "for another letter"},
      {"PeerLetterDropped", 'b', First(TableId::kPeerLetters), TableId::kInbox,
       "and is not there"},
      {"PeerLetterChanged", 'b',
       [](Damage& d) {
         d.Edit<delivery::PeerLetterCodec>([](delivery::PeerLetterRow& row) {
           row.signature.back() = static_cast<char>(row.signature.back() ^ 1);
           return true;
         });
       },
       TableId::kPeerLetters, "what the peer signed"},
      {"LettersByConsentDropped", 'a', First(TableId::kLettersByConsent),
       TableId::kLettersByConsent, "index by consent"},
      {"CursorOfNoPeer", 'a',
       [](Damage& d) {
         const delivery::PeerCursor cursor;
         const OfficeId nobody =
             Must(OfficeId::FromBytes(std::string(16, 'x')));
         const storage::Vault& vault = d.office().node().vault();
         d.Set(TableId::kPeerCursors, nobody.bytes(),
               Must(vault.Seal(vault.TableKey(TableId::kPeerCursors),
                               TableId::kPeerCursors, nobody.bytes(),
                               delivery::PeerCursorCodec::kSchemaVersion,
                               delivery::PeerCursorCodec::Encode(cursor))));
       },
       TableId::kPeerCursors, "no peer"},
  };
}

std::vector<Planted> Outcomes() {
  return {
      {"ReferralStateChanged", 'a',
       [](Damage& d) {
         d.Edit<referral::ReferralCodec>([](referral::Referral& referral) {
           referral.state = referral::State::kDeclined;
           return true;
         });
       },
       TableId::kReferrals, "another state than the log"},
      {"ReferralDirectionChanged", 'b',
       [](Damage& d) {
         d.Edit<referral::ReferralCodec>([](referral::Referral& referral) {
           referral.state = referral::State::kUndelivered;
           return true;
         });
       },
       TableId::kReferrals, "its direction does not have"},
      {"ReferralDropped", 'a', First(TableId::kReferrals), TableId::kReferrals,
       "that the log tells of"},
      {"ReferralTimeDropped", 'a', First(TableId::kReferralsByTime),
       TableId::kReferralsByTime, "index by time"},
      {"ReferralConsentDropped", 'a', First(TableId::kReferralsByConsent),
       TableId::kReferralsByConsent, "lacks a referral"},
      {"ReferralConsentOfNone", 'a',
       [](Damage& d) {
         d.Set(TableId::kReferralsByConsent, std::string(32, 'x'), "");
       },
       TableId::kReferralsByConsent, "leads to a referral"},
      {"FileDropped", 'b', First(TableId::kDisclosures), TableId::kDisclosures,
       "that referrals name"},
      {"RecallOfNothing", 'b',
       [](Damage& d) { d.Set(TableId::kRecalls, "recall", ""); },
       TableId::kRecalls, "names no letter"},
      {"ReleaseSignatureChanged", 'a',
       [](Damage& d) {
         d.Edit<statistics::ReleaseCodec>([](statistics::StoredRelease& row) {
           row.signature.back() = static_cast<char>(row.signature.back() ^ 1);
           return true;
         });
       },
       TableId::kReleases, "not signed by this office"},
      {"ReleaseDropped", 'a', First(TableId::kReleases), TableId::kLedger,
       "exactly the releases"},
      {"PreparationForgot", 'a', First(TableId::kPreparations),
       TableId::kPreparations, "do not belong"},
      {"LedgerEntryDropped", 'a',
       [](Damage& d) { d.DeleteLast(TableId::kLedger); }, TableId::kLedger,
       "exactly the releases"},
      {"LedgerOverdrawn", 'a',
       [](Damage& d) {
         d.Edit<statistics::LedgerCodec>([](statistics::LedgerEntry& entry) {
           entry.cap = statistics::Rho();
           return true;
         });
       },
       TableId::kLedger, "more than its cap"},
      {"LedgerSumChanged", 'a',
       [](Damage& d) {
         d.Edit<statistics::LedgerCodec>([](statistics::LedgerEntry& entry) {
           entry.spent_after = entry.spent_after + entry.rho;
           return true;
         });
       },
       TableId::kLedger, "the sum of the cohort"},
      {"LedgerIndexDropped", 'a', First(TableId::kLedgerByCohort),
       TableId::kLedger, "the index says otherwise"},
      {"RegionReleaseDropped", 'r', First(TableId::kRegionReleases),
       TableId::kRegionReleasesByTable, "index by table"},
      {"RegionPlaceDropped", 'r', First(TableId::kRegionReleasesByTable),
       TableId::kRegionReleasesByTable, "index by table"},
      {"RegionReleaseChanged", 'r',
       [](Damage& d) {
         d.Edit<region::ReceivedReleaseCodec>(
             [](region::ReceivedRelease& release) {
               release.signed_body.back() =
                   static_cast<char>(release.signed_body.back() ^ 1);
               return true;
             });
       },
       TableId::kRegionReleases, "not signed by the office"},
  };
}

TEST_P(FsckDamageTest, IsNamed) {
  const Planted& planted = GetParam();
  TestOffice& office = Office(planted.office);
  Damage damage(office);
  planted.plant(damage);
  const FsckReport report = Checked(office, World().pair.clock.Now());
  EXPECT_THAT(report.findings,
              Contains(::testing::AllOf(
                  Field(&storage::Finding::table, planted.table),
                  Field(&storage::Finding::what, HasSubstr(planted.what)))))
      << Describe(report);
}

const ::testing::PrintToStringParamName NameOf;

INSTANTIATE_TEST_SUITE_P(Storage, FsckDamageTest,
                         ::testing::ValuesIn(Storage()), NameOf);
INSTANTIATE_TEST_SUITE_P(Log, FsckDamageTest, ::testing::ValuesIn(Log()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Rooms, FsckDamageTest, ::testing::ValuesIn(Rooms()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Peers, FsckDamageTest, ::testing::ValuesIn(Peers()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Letters, FsckDamageTest,
                         ::testing::ValuesIn(Letters()), NameOf);
INSTANTIATE_TEST_SUITE_P(Outcomes, FsckDamageTest,
                         ::testing::ValuesIn(Outcomes()), NameOf);

}  // namespace
}  // namespace amparo::app
