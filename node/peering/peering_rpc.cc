// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_rpc.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::peering {
namespace {

namespace v1 = ::amparo::office::v1;
using google::protobuf::RepeatedPtrField;
using people::Caller;
using people::ReadId;

constexpr int kWordsMax = 64;

template <class Word>
absl::Status ReadWords(absl::string_view field,
                       const RepeatedPtrField<std::string>& names,
                       std::optional<Word> (*from_name)(absl::string_view),
                       std::set<Word>& words) {
  if (names.size() > kWordsMax) {
    return FieldError(field, "must hold at most 64 words");
  }
  for (const std::string& name : names) {
    const std::optional<Word> word = from_name(name);
    if (!word.has_value()) {
      return FieldError(field, "must hold only words of its list");
    }
    words.insert(*word);
  }
  return absl::OkStatus();
}

template <class Word, class Add>
void WriteWords(const std::set<Word>& words, const Add& add) {
  for (const Word word : words) add(std::string(amparo::Name(word)));
}

absl::StatusOr<absl::Time> ReadTime(absl::string_view field, int64_t millis) {
  constexpr int64_t kYear10000 = 253402300800000;
  if (millis < 0 || millis >= kYear10000) {
    return FieldError(field, "must be Unix milliseconds of this calendar");
  }
  return FromUnixMillis(millis);
}

absl::StatusOr<int> ReadPageSize(int32_t size) {
  if (size == 0) return limits::kPageSizeDefault;
  if (size < 0 || size > limits::kPageSizeMax) {
    return FieldError("page_size", "must be 1 to 500, or 0");
  }
  return size;
}

// A page of `all` behind the entry whose id `token` names. `id_of` gives the
// hexadecimal id of an entry.
template <class Entry, class IdOf, class Write>
absl::StatusOr<std::string> WritePage(const std::vector<Entry>& all,
                                      const std::string& token, int size,
                                      const IdOf& id_of, const Write& write) {
  auto next = all.begin();
  if (!token.empty()) {
    next = std::find_if(all.begin(), all.end(), [&](const Entry& entry) {
      return id_of(entry) == token;
    });
    if (next == all.end()) {
      return FieldError("page_token", "must come from the page before");
    }
    ++next;
  }
  std::string last;
  for (int i = 0; i < size && next != all.end(); ++i, ++next) {
    write(*next);
    last = id_of(*next);
  }
  return next == all.end() ? std::string() : last;
}

absl::StatusOr<PeeringActions::ChangeRequest> ReadChange(
    const std::string& request_id, const std::string& office_id) {
  PeeringActions::ChangeRequest change;
  ASSIGN_OR_RETURN(change.request, ReadId<RequestId>("request_id", request_id));
  ASSIGN_OR_RETURN(change.peer, ReadId<OfficeId>("office_id", office_id));
  return change;
}

v1::PeerState StateOnWire(PeerState state) {
  switch (state) {
    case PeerState::kAwaitingConfirmation:
      return v1::PEER_STATE_AWAITING_CONFIRMATION;
    case PeerState::kActive:
      return v1::PEER_STATE_ACTIVE;
    case PeerState::kSuspended:
      return v1::PEER_STATE_SUSPENDED;
  }
  return v1::PEER_STATE_UNSPECIFIED;
}

std::string HexOrEmpty(const PersonId& person) {
  return person.empty() ? std::string() : person.hex();
}

}  // namespace

absl::StatusOr<AgreementTerms> ReadTerms(const v1::AgreementTerms& message) {
  AgreementTerms terms;
  RETURN_IF_ERROR(ReadWords("proposer_letter_types",
                            message.proposer_letter_types(), LetterTypeFromName,
                            terms.proposer_letter_types));
  RETURN_IF_ERROR(ReadWords("acceptor_letter_types",
                            message.acceptor_letter_types(), LetterTypeFromName,
                            terms.acceptor_letter_types));
  RETURN_IF_ERROR(ReadWords("purposes", message.purposes(), PurposeFromName,
                            terms.purposes));
  RETURN_IF_ERROR(ReadWords("categories", message.categories(),
                            DataCategoryFromName, terms.categories));
  RETURN_IF_ERROR(ReadWords("handling_codes", message.handling_codes(),
                            HandlingCodeFromName, terms.handling_codes));
  terms.retention_days = message.retention_days();
  terms.statistics_policy = message.statistics_policy();
  ASSIGN_OR_RETURN(terms.valid_from,
                   ReadTime("valid_from_ms", message.valid_from_ms()));
  ASSIGN_OR_RETURN(terms.valid_until,
                   ReadTime("valid_until_ms", message.valid_until_ms()));
  terms.legal_reference = message.legal_reference();
  terms.impact_assessment_reference = message.impact_assessment_reference();
  ASSIGN_OR_RETURN(
      terms.impact_assessment_at,
      ReadTime("impact_assessment_at_ms", message.impact_assessment_at_ms()));
  return terms;
}

void WriteTerms(const AgreementTerms& terms, v1::AgreementTerms* message) {
  WriteWords(terms.proposer_letter_types, [&](std::string word) {
    message->add_proposer_letter_types(std::move(word));
  });
  WriteWords(terms.acceptor_letter_types, [&](std::string word) {
    message->add_acceptor_letter_types(std::move(word));
  });
  WriteWords(terms.purposes,
             [&](std::string word) { message->add_purposes(std::move(word)); });
  WriteWords(terms.categories, [&](std::string word) {
    message->add_categories(std::move(word));
  });
  WriteWords(terms.handling_codes, [&](std::string word) {
    message->add_handling_codes(std::move(word));
  });
  message->set_retention_days(terms.retention_days);
  message->set_statistics_policy(terms.statistics_policy);
  message->set_valid_from_ms(amparo::ToUnixMillis(terms.valid_from));
  message->set_valid_until_ms(amparo::ToUnixMillis(terms.valid_until));
  message->set_legal_reference(terms.legal_reference);
  message->set_impact_assessment_reference(terms.impact_assessment_reference);
  message->set_impact_assessment_at_ms(
      amparo::ToUnixMillis(terms.impact_assessment_at));
}

void WritePeer(const PeerView& view, v1::Peer* message) {
  const Peer& peer = view.peer;
  message->set_office_id(peer.id.hex());
  message->set_name(peer.name());
  message->set_country(peer.country());
  message->set_address(peer.address());
  message->set_role(peer.bundle.role == NodeRole::kRegion
                        ? v1::PEER_ROLE_REGION
                        : v1::PEER_ROLE_OFFICE);
  message->set_state(StateOnWire(peer.state));
  message->set_safety_number(view.safety_number);
  message->set_confirmed_by_us(peer.confirmed_by_us);
  message->set_confirmed_by_peer(peer.confirmed_by_peer);
  message->set_first_person_id(HexOrEmpty(peer.first_person));
  message->set_second_person_id(HexOrEmpty(peer.second_person));
  message->set_clock_skew_ms(absl::ToInt64Milliseconds(peer.skew));
  if (peer.last_hello_at != absl::InfinitePast()) {
    message->set_last_hello_at_ms(amparo::ToUnixMillis(peer.last_hello_at));
  }
  message->set_added_at_ms(amparo::ToUnixMillis(peer.added_at));
  message->set_key_bundle_version(peer.bundle.version);
}

void WriteAgreement(const SignedAgreement& value, absl::Time now,
                    v1::Agreement* message) {
  const Agreement& agreement = value.agreement;
  message->set_agreement_id(agreement.id().hex());
  message->set_hash(crypto::HexEncode(agreement.hash()));
  message->set_proposer_id(agreement.proposer().hex());
  message->set_acceptor_id(agreement.acceptor().hex());
  WriteTerms(agreement.terms(), message->mutable_terms());
  message->set_state(value.fully_signed() ? v1::AGREEMENT_STATE_SIGNED
                                          : v1::AGREEMENT_STATE_PROPOSED);
  message->set_created_at_ms(amparo::ToUnixMillis(agreement.created_at()));
  message->set_in_force(value.fully_signed() &&
                        CheckInForce(agreement, now).ok());
}

grpc::Status PeeringRpc::InvitePeer(grpc::ServerContext* context,
                                    const v1::InvitePeerRequest* request,
                                    v1::InvitePeerResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/InvitePeer",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const Invited invited, peers_.Invite(caller, {id}));
        response->set_invitation_id(invited.id.hex());
        response->set_code(std::string(invited.code.Reveal()));
        response->set_expires_at_ms(amparo::ToUnixMillis(invited.expires_at));
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::RedeemInvitation(
    grpc::ServerContext* context, const v1::RedeemInvitationRequest* request,
    v1::RedeemInvitationResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/RedeemInvitation",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const PeerView view,
            peers_.Accept(caller, {id, crypto::Secret::Copy(request->code())}));
        WritePeer(view, response->mutable_peer());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::ConfirmPeer(grpc::ServerContext* context,
                                     const v1::ConfirmPeerRequest* request,
                                     v1::ConfirmPeerResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/ConfirmPeer",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto change, ReadChange(request->request_id(),
                                                       request->office_id()));
        ASSIGN_OR_RETURN(const PeerView view,
                         peers_.Confirm(caller, {change.request, change.peer,
                                                 request->safety_number()}));
        WritePeer(view, response->mutable_peer());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::SuspendPeer(grpc::ServerContext* context,
                                     const v1::SuspendPeerRequest* request,
                                     v1::SuspendPeerResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/SuspendPeer",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto change, ReadChange(request->request_id(),
                                                       request->office_id()));
        ASSIGN_OR_RETURN(const PeerView view, peers_.Suspend(caller, change));
        WritePeer(view, response->mutable_peer());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::ResumePeer(grpc::ServerContext* context,
                                    const v1::ResumePeerRequest* request,
                                    v1::ResumePeerResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/ResumePeer",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto change, ReadChange(request->request_id(),
                                                       request->office_id()));
        ASSIGN_OR_RETURN(const PeerView view, peers_.Resume(caller, change));
        WritePeer(view, response->mutable_peer());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::GetPeer(grpc::ServerContext* context,
                                 const v1::GetPeerRequest* request,
                                 v1::GetPeerResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/GetPeer",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto id,
                         ReadId<OfficeId>("office_id", request->office_id()));
        ASSIGN_OR_RETURN(const PeerView view, peers_.Show(caller, id));
        WritePeer(view, response->mutable_peer());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::ListPeers(grpc::ServerContext* context,
                                   const v1::ListPeersRequest* request,
                                   v1::ListPeersResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/ListPeers",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const int size, ReadPageSize(request->page_size()));
        ASSIGN_OR_RETURN(const auto all, peers_.List(caller));
        ASSIGN_OR_RETURN(
            *response->mutable_next_page_token(),
            WritePage(
                all, request->page_token(), size,
                [](const PeerView& view) { return view.peer.id.hex(); },
                [&](const PeerView& view) {
                  WritePeer(view, response->add_peers());
                }));
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::ProposeAgreement(
    grpc::ServerContext* context, const v1::ProposeAgreementRequest* request,
    v1::ProposeAgreementResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/ProposeAgreement",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto change, ReadChange(request->request_id(),
                                                       request->office_id()));
        ASSIGN_OR_RETURN(const auto terms, ReadTerms(request->terms()));
        ASSIGN_OR_RETURN(
            const SignedAgreement value,
            agreements_.Propose(caller, {change.request, change.peer, terms}));
        WriteAgreement(value, clock_.Now(), response->mutable_agreement());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::SignAgreement(grpc::ServerContext* context,
                                       const v1::SignAgreementRequest* request,
                                       v1::SignAgreementResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/SignAgreement",
      [&](const Caller& caller) -> absl::Status {
        AgreementActions::SignRequest sign;
        ASSIGN_OR_RETURN(
            sign.request,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            sign.agreement,
            ReadId<AgreementId>("agreement_id", request->agreement_id()));
        const auto hash = crypto::HexDecode(request->hash());
        if (!hash.ok()) return FieldError("hash", "must be hexadecimal");
        sign.hash = *hash;
        ASSIGN_OR_RETURN(const auto value, agreements_.Sign(caller, sign));
        WriteAgreement(value, clock_.Now(), response->mutable_agreement());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::GetAgreement(grpc::ServerContext* context,
                                      const v1::GetAgreementRequest* request,
                                      v1::GetAgreementResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/GetAgreement",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto id,
            ReadId<AgreementId>("agreement_id", request->agreement_id()));
        ASSIGN_OR_RETURN(const auto value, agreements_.Show(caller, id));
        WriteAgreement(value, clock_.Now(), response->mutable_agreement());
        return absl::OkStatus();
      });
}

grpc::Status PeeringRpc::ListAgreements(
    grpc::ServerContext* context, const v1::ListAgreementsRequest* request,
    v1::ListAgreementsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeeringAdminService/ListAgreements",
      [&](const Caller& caller) -> absl::Status {
        std::optional<OfficeId> peer;
        if (!request->office_id().empty()) {
          ASSIGN_OR_RETURN(peer,
                           ReadId<OfficeId>("office_id", request->office_id()));
        }
        ASSIGN_OR_RETURN(const int size, ReadPageSize(request->page_size()));
        ASSIGN_OR_RETURN(const auto all, agreements_.List(caller, peer));
        ASSIGN_OR_RETURN(*response->mutable_next_page_token(),
                         WritePage(
                             all, request->page_token(), size,
                             [](const SignedAgreement& value) {
                               return value.agreement.id().hex();
                             },
                             [&](const SignedAgreement& value) {
                               WriteAgreement(value, clock_.Now(),
                                              response->add_agreements());
                             }));
        return absl::OkStatus();
      });
}

}  // namespace amparo::peering
