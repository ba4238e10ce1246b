// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/holdings.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/digest.h"
#include "node/consent/consent_records.h"
#include "node/referral/referral_records.h"
#include "node/storage/table.h"

namespace amparo::simulation {
namespace {

// Calls `row` for each row of a table.
template <class Codec, class Function>
void ForEach(TestOffice& office, Function row) {
  const storage::Table<Codec> table(office.node().vault());
  MustBeOk(table.Scan(office.store(), "", "",
                      [&](const typename Codec::Key& key,
                          const auto& found) -> absl::StatusOr<bool> {
                        row(key, found.value);
                        return true;
                      }),
           "scan a table");
}

Holdings::Arrived Read(const delivery::PeerLetterKey& key,
                       const delivery::PeerLetterRow& row) {
  const delivery::Plain plain = Must(delivery::DecodePlain(row.plain));
  Holdings::Arrived arrived;
  arrived.sender = key.sender;
  arrived.is_void = key.is_void;
  arrived.header = plain.header;
  arrived.received_at = row.received_at;
  arrived.plain_digest = crypto::Sha256(row.plain);
  arrived.thread_digest =
      key.is_void ? Must(delivery::DecodeVoidNotice(plain.payload)).plain_digest
                  : arrived.plain_digest;
  return arrived;
}

void ReadLetters(TestOffice& office, Holdings& held) {
  ForEach<delivery::LetterCodec>(office, [&](const delivery::LetterKey& key,
                                             const delivery::LetterRow& row) {
    (key.is_void ? held.voids : held.letters)[key.message] = row;
  });
  ForEach<delivery::ReceiptCodec>(
      office,
      [&](const delivery::ReceiptKey& key, const delivery::StoredReceipt& row) {
        held.receipts[key.message][key.kind] = row;
      });
  ForEach<delivery::PeerLetterCodec>(
      office, [&](const delivery::PeerLetterKey& key,
                  const delivery::PeerLetterRow& row) {
        held.arrived[key.message].push_back(Read(key, row));
      });
  MustBeOk(
      office.store().Scan(storage::TableId::kRecalls, "", "",
                          [&](absl::string_view key,
                              absl::string_view) -> absl::StatusOr<bool> {
                            held.recalled.emplace(
                                Must(OfficeId::FromBytes(key.substr(0, 16))),
                                Must(MessageId::FromBytes(key.substr(16))));
                            return true;
                          }),
      "scan recalls");
  ForEach<delivery::OutboxCodec>(office, [&](const delivery::OutboxKey& key,
                                             const delivery::OutboxRow& row) {
    held.waiting.push_back(absl::StrCat(row.is_void() ? "the VOID of " : "",
                                        Name(row.type), " ",
                                        key.message.hex()));
  });
}

void ReadReleases(TestOffice& office, Holdings& held) {
  ForEach<statistics::ReleaseCodec>(
      office,
      [&](const ReleaseId& id, const statistics::StoredRelease& release) {
        held.releases[id] = release;
      });
  ForEach<statistics::LedgerCodec>(
      office, [&](uint64_t, const statistics::LedgerEntry& entry) {
        held.ledger.push_back(entry);
      });
  ForEach<region::ReceivedReleaseCodec>(
      office, [&](const std::pair<OfficeId, ReleaseId>& key,
                  const region::ReceivedRelease& row) {
        held.received_releases[key] = row.signed_body;
      });
}

}  // namespace

Holdings Read(TestOffice& office) {
  Holdings held;
  ReadLetters(office, held);
  ReadReleases(office, held);
  ForEach<referral::ReferralCodec>(
      office, [&](const ReferralId& id, const referral::Referral& referral) {
        held.referrals[id] = referral;
      });
  ForEach<referral::DisclosureCodec>(
      office,
      [&](const ReferralId& id, const auto&) { held.files.insert(id); });
  ForEach<consent::ConsentCodec>(
      office, [&](const ConsentId& id, const consent::Consent& consent) {
        held.consents.insert(id);
        if (consent.withdrawn_at().has_value()) held.withdrawn.insert(id);
      });
  held.cases = office.Rows(storage::TableId::kCases);
  held.events = office.Events();
  return held;
}

}  // namespace amparo::simulation
