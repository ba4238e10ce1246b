// SPDX-License-Identifier: Apache-2.0
#include "node/peering/soundness.h"

#include <string>
#include <utility>

#include "crypto/sign/dsse.h"
#include "node/base/status_macros.h"
#include "node/peering/agreement.h"
#include "node/peering/own_keys.h"
#include "node/peering/peering_records.h"
#include "node/peering/signed_body.h"

namespace amparo::peering {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Row;
using storage::RowSet;
using storage::TableId;

absl::Status CheckOwnKeys(Inspection& inspection, const OwnOfficeRow& own,
                          const KeyBundle& bundle, absl::Time now) {
  ASSIGN_OR_RETURN(const storage::Opened opened,
                   storage::OpenAll<OwnKeyCodec>(
                       inspection, Erasure::kNever,
                       [&](const OwnKeyName& name, const Row<OwnKeyRow>& row) {
                         if (name.kind == OwnKeyKind::kSealing)
                           inspection.OwnKey(row.key);
                         return absl::OkStatus();
                       }));
  if (!opened.complete()) return absl::OkStatus();
  absl::StatusOr<OwnKeys> keys =
      ReadOwnKeys(inspection.reader(), inspection.vault());
  OwnState state{own, bundle, OwnKeys(), {}, {}};
  if (keys.ok()) state.keys = *std::move(keys);
  if (!keys.ok() || !CheckAndComplete(state, now).ok()) {
    inspection.Add(TableId::kOwnKeys, Gravity::kRecord,
                   "the private keys are not those of this office's bundle "
                   "and certificate");
  }
  return absl::OkStatus();
}

absl::Status CheckOwnOffice(Inspection& inspection, absl::Time now,
                            KnownOffices& known) {
  std::optional<OwnOfficeRow> own;
  ASSIGN_OR_RETURN(
      const storage::Opened opened,
      storage::OpenAll<OwnOfficeCodec>(
          inspection, Erasure::kNever,
          [&](const OwnOfficeCodec::Key&, const Row<OwnOfficeRow>& row) {
            own = row.value;
            return absl::OkStatus();
          }));
  if (opened.sound == 0) {
    inspection.Add(TableId::kOwnOffice, Gravity::kRecord,
                   "it is not there who this office is");
    return absl::OkStatus();
  }
  known.own = own->id;
  // What it names as its own office key is held against the private key.
  absl::StatusOr<KeyBundle> bundle =
      KeyBundle::VerifyOfNewcomer(own->signed_bundle, absl::InfiniteFuture());
  if (!bundle.ok() || bundle->office != own->id ||
      bundle->incarnation != own->incarnation) {
    inspection.Add(TableId::kOwnOffice, Gravity::kEvidence,
                   "the key bundle of this office does not verify");
    return absl::OkStatus();
  }
  known.own_bundle = *std::move(bundle);
  return CheckOwnKeys(inspection, *own, *known.own_bundle, now);
}

absl::Status CheckPeers(Inspection& inspection, KnownOffices& known) {
  return storage::OpenAll<PeerCodec>(
             inspection, Erasure::kNever,
             [&](const OfficeId& id, const Row<Peer>& row) {
               const Peer& peer = row.value;
               if (peer.id != id || id == known.own) {
                 inspection.Add(TableId::kPeers, Gravity::kRecord,
                                "a peer stands in another office's place");
                 return absl::OkStatus();
               }
               if (peer.state != PeerState::kAwaitingConfirmation &&
                   !peer.confirmed_by_us) {
                 inspection.Add(TableId::kPeers, Gravity::kRecord,
                                "a peer is in use that no second person "
                                "confirmed");
               }
               known.peers.emplace(id, peer);
               return absl::OkStatus();
             })
      .status();
}

// Whether `signature` is one of the office key of `signer`.
bool SignedBy(const KnownOffices& known, const OfficeId& signer,
              const Agreement& agreement, absl::string_view signature) {
  const KeyBundle* const bundle = known.BundleOf(signer);
  return bundle != nullptr &&
         crypto::VerifyDsse(bundle->office_key, kAgreementType,
                            agreement.body(), signature)
             .ok();
}

absl::Status CheckAgreements(Inspection& inspection,
                             const KnownOffices& known) {
  RowSet expected;
  uint64_t unread = 0;
  ASSIGN_OR_RETURN(
      const storage::Opened opened,
      storage::OpenAll<AgreementCodec>(
          inspection, Erasure::kNever,
          [&](const AgreementId& id, const Row<AgreementRow>& row) {
            const auto agreement = Agreement::Parse(row.value.body);
            if (!agreement.ok() || agreement->id() != id ||
                !agreement->IsParty(known.own)) {
              ++unread;
              inspection.Add(TableId::kAgreements, Gravity::kRecord,
                             "an agreement is none of this office's, or in "
                             "another one's place");
              return absl::OkStatus();
            }
            const std::string& accepted = row.value.acceptor_signature;
            if (!SignedBy(known, agreement->proposer(), *agreement,
                          row.value.proposer_signature) ||
                (!accepted.empty() && !SignedBy(known, agreement->acceptor(),
                                                *agreement, accepted))) {
              inspection.Add(TableId::kAgreements, Gravity::kEvidence,
                             "an agreement is not signed by the office it "
                             "names");
            }
            expected.Add({AgreementByPeerKey(agreement->Other(known.own), id)});
            return absl::OkStatus();
          }));
  RowSet found;
  RETURN_IF_ERROR(inspection.Scan(
      TableId::kAgreementsByPeer, {},
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        found.Add({key});
        return true;
      }));
  if (unread == 0 && opened.complete()) {
    inspection.Compare(expected, found, TableId::kAgreementsByPeer,
                       Gravity::kDerived,
                       "the index does not say what the agreements say");
  }
  return absl::OkStatus();
}

template <class Codec>
absl::Status CheckInvitations(Inspection& inspection) {
  return storage::OpenAll<Codec>(
             inspection, Erasure::kNever,
             [&](const InvitationId& id,
                 const Row<typename Codec::Record>& row) {
               if (row.value.id != id) {
                 inspection.Add(TableId::kInvitations, Gravity::kRecord,
                                "an invitation stands in another one's place");
               }
               return absl::OkStatus();
             },
             std::string(1, Codec::kPrefix))
      .status();
}

}  // namespace

const KeyBundle* KnownOffices::BundleOf(const OfficeId& office) const {
  if (office == own) return own_bundle.has_value() ? &*own_bundle : nullptr;
  const auto peer = peers.find(office);
  return peer == peers.end() ? nullptr : &peer->second.bundle;
}

absl::StatusOr<KnownOffices> CheckPeering(Inspection& inspection,
                                          absl::Time now) {
  KnownOffices known;
  RETURN_IF_ERROR(CheckOwnOffice(inspection, now, known));
  RETURN_IF_ERROR(CheckPeers(inspection, known));
  RETURN_IF_ERROR(CheckInvitations<InvitationCodec>(inspection));
  RETURN_IF_ERROR(CheckInvitations<RedemptionCodec>(inspection));
  RETURN_IF_ERROR(
      storage::CheckPrefixes(inspection, TableId::kInvitations,
                             {std::string(1, InvitationCodec::kPrefix),
                              std::string(1, RedemptionCodec::kPrefix)}));
  // Without these every signature would be reported.
  if (known.own_bundle.has_value()) {
    RETURN_IF_ERROR(CheckAgreements(inspection, known));
  }
  return known;
}

}  // namespace amparo::peering
