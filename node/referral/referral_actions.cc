// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_actions.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/consent/statement.h"
#include "node/referral/referral_letters.h"

namespace amparo::referral {
namespace {

using people::Caller;
using people::Permission;

// A conflict means that somebody else changed a row between our read and our
// commit; reading again settles it unless the row is fought over.
constexpr int kAttemptsMax = 5;

template <class Try>
auto Retried(Try attempt) -> decltype(attempt()) {
  auto result = attempt();
  for (int i = 1; i < kAttemptsMax; ++i) {
    const absl::Status status = [&] {
      if constexpr (std::is_same_v<decltype(result), absl::Status>) {
        return result;
      } else {
        return result.status();
      }
    }();
    if (ReasonOf(status) != Reason::kVersionConflict) return result;
    result = attempt();
  }
  return result;
}

std::string Digest(absl::string_view verb,
                   std::initializer_list<absl::string_view> fields) {
  std::string bytes;
  for (const absl::string_view field : fields) {
    crypto::AppendPrefixed(&bytes, field);
  }
  return people::BodyDigest(verb, bytes);
}

// Without `again`: it changes whether, not what.
std::string DigestOf(const ProposeRequest& request) {
  std::string services;
  for (const std::string& service : request.services) {
    crypto::AppendPrefixed(&services, service);
  }
  return Digest("ProposeReferral",
                {request.case_number, request.peer, request.referral_type,
                 request.urgency, services, request.risk_level,
                 request.risk_to_life ? "1" : "0"});
}

template <class IdType>
absl::StatusOr<IdType> NewId(crypto::RandomSource& random) {
  return IdType::FromBytes(crypto::RandomBytes(random, IdType::kSize));
}

// A letter that nobody receipted by a quarter of the time to answer is late
// enough for a person to look after it.
constexpr int kDeliverByFraction = 4;

}  // namespace

absl::Status ReferralActions::RecordTransition(storage::Batch& batch,
                                               const Referral& referral,
                                               const PersonId& actor) const {
  return rooms_.log.Record(batch,
                           {audit::EventKind::kReferralTransition,
                            absl::InfinitePast(),
                            actor,
                            {{"referral", referral.id.hex()},
                             {"office", referral.peer.hex()},
                             {"state", std::string(Name(referral.state))}}});
}

absl::StatusOr<OfficeId> ReferralActions::FindPeer(
    absl::string_view peer) const {
  // Offices choose their own names, so an id comes before any name and a name
  // that two offices have names none.
  const absl::StatusOr<OfficeId> id = OfficeId::FromHex(peer);
  if (id.ok() && rooms_.peers.Get(*id).ok()) return *id;
  std::optional<OfficeId> named;
  bool ambiguous = false;
  for (const peering::Peer& known : rooms_.peers.List()) {
    if (known.name() != peer) continue;
    ambiguous = named.has_value();
    named = known.id;
  }
  if (named.has_value() && !ambiguous) return *named;
  if (ambiguous) {
    return FieldError("peer", "is the name of several peers: give the id");
  }
  return Error(Reason::kPeerUnknown,
               "there is no peer of that name or id: `amparo peer list` shows "
               "all peers");
}

absl::StatusOr<ReferralView> ReferralActions::Propose(
    const Caller& caller, const ProposeRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kReferralPropose));
  const std::string digest = DigestOf(request);
  const auto propose = [&] { return ProposeOnce(caller, request, digest); };
  if (request.again) return Retried(propose);
  ASSIGN_OR_RETURN(const cases::CaseNumber number,
                   cases::CaseNumber::Parse(request.case_number));
  // From the look for an open one to the commit: two proposals have no row in
  // common by which the store could tell that they contradict each other.
  absl::MutexLock lock(
      &proposing_[std::hash<std::string>()(number.text()) % proposing_.size()]);
  return Retried(propose);
}

absl::StatusOr<ReferralView> ReferralActions::ProposeOnce(
    const Caller& caller, const ProposeRequest& request,
    const std::string& digest) {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      rooms_.requests.Find(caller.person(), request.request_id, digest));
  if (kept.has_value()) {
    ASSIGN_OR_RETURN(const ReferralId id, ReferralId::FromBytes(*kept));
    return ViewOf(id);
  }

  ASSIGN_OR_RETURN(const cases::CaseNumber number,
                   cases::CaseNumber::Parse(request.case_number));
  ASSIGN_OR_RETURN(const std::optional<cases::Case> file,
                   rooms_.cases.FindByNumber(rooms_.store, number));
  if (!file.has_value()) return Error(Reason::kNotAllowed);
  RETURN_IF_ERROR(
      caller.MayReach(Permission::kReferralPropose, file->owner, file->team));
  Referral referral;
  ASSIGN_OR_RETURN(referral.peer, FindPeer(request.peer));
  ASSIGN_OR_RETURN(const cases::Profile profile,
                   rooms_.cases.ProfileOf(rooms_.store, file->subject));
  referral.request = {request.referral_type, request.urgency,
                      request.services,      PreviewOf(profile),
                      request.risk_level,    request.risk_to_life};
  RETURN_IF_ERROR(CheckRequest(rooms_.lists, referral.request));

  const absl::Time now = rooms_.clock.Now();
  const DataCategory categories[] = {DataCategory::kCodedProfile,
                                     DataCategory::kNeeds};
  ASSIGN_OR_RETURN(const consent::Consent consent,
                   rooms_.consents.FindActive(rooms_.store, file->subject,
                                              Purpose::kTransnationalReferral,
                                              referral.peer, categories, now));
  referral.subject = file->subject;
  if (!request.again) {
    ASSIGN_OR_RETURN(const auto open, FindOpen(referral));
    if (open.has_value()) {
      return Error(Reason::kReferralOpen,
                   absl::StrCat("referral ", open->hex(),
                                " of this case asks that office for the same "
                                "and is open"));
    }
  }
  ASSIGN_OR_RETURN(referral.id, NewId<ReferralId>(rooms_.random));
  ASSIGN_OR_RETURN(referral.pseudonym, NewId<Pseudonym>(rooms_.random));
  referral.case_id = file->id;
  referral.case_number = number.text();
  referral.created_at = now;
  referral.respond_by = now + AnswerWithin(referral.request.urgency);
  referral.person = caller.person();
  referral.consent = consent.id();
  referral.consent_salt =
      crypto::RandomBytes(rooms_.random, consent::kCommitmentSaltSize);

  storage::Batch batch;
  RETURN_IF_ERROR(rooms_.cases.BeginWork(batch, rooms_.store, file->id));
  ASSIGN_OR_RETURN(
      const delivery::Posted posted,
      PostUnder(
          batch, referral, consent, LetterType::kReferralRequest, categories,
          EncodeRequest({referral.id, referral.pseudonym, referral.request}),
          referral.consent_salt, &referral.request_letter));
  ASSIGN_OR_RETURN(const KeyId key,
                   rooms_.cases.KeyOf(rooms_.store, file->subject));
  RETURN_IF_ERROR(referrals_.Insert(batch, referral.id, referral, key));
  IndexByConsent(batch, consent.id(), referral.id);
  IndexByTime(batch, referral);
  RETURN_IF_ERROR(RecordTransition(batch, referral, caller.person()));
  RETURN_IF_ERROR(rooms_.requests.Remember(
      batch, caller.person(), request.request_id, digest, referral.id.bytes()));
  RETURN_IF_ERROR(rooms_.store.Commit(batch).status());
  ReferralView view;
  const auto peer = rooms_.peers.Get(referral.peer);
  if (peer.ok()) view.peer_name = peer->name();
  view.evidence = {{delivery::ReceiptKind::kSubmitted,
                    LetterType::kReferralRequest, posted.submitted_at}};
  view.referral = std::move(referral);
  return view;
}

absl::StatusOr<delivery::Posted> ReferralActions::PostUnder(
    storage::Batch& batch, const Referral& referral,
    const consent::Consent& consent, LetterType type,
    absl::Span<const DataCategory> categories, std::string payload,
    const std::string& salt, LetterMark* mark) {
  ASSIGN_OR_RETURN(
      const consent::Statement statement,
      consent::Statement::For(consent, referral.pseudonym, referral.peer));
  clearance::ClearanceRequest asked;
  asked.recipient = referral.peer;
  asked.type = type;
  asked.purpose = consent.purpose();
  asked.payload_digest = crypto::Sha256(payload);
  asked.consent = consent.id();
  asked.consent_statement = statement.Encode();
  asked.consent_salt = salt;
  asked.categories.assign(categories.begin(), categories.end());
  asked.handling_codes = {HandlingCode::kNoOnward,
                          HandlingCode::kNotForProceedings};
  const absl::Time now = rooms_.clock.Now();
  const absl::Duration window = AnswerWithin(referral.request.urgency);
  asked.expires_at = now + window;
  ASSIGN_OR_RETURN(clearance::Clearance cleared, rooms_.gate.Clear(asked));
  *mark = {MessageId(), "", cleared.facts().agreement,
           cleared.facts().agreement_hash, cleared.facts().consent_commitment};

  ASSIGN_OR_RETURN(const ThreadId thread,
                   ThreadId::FromBytes(referral.id.bytes()));
  ASSIGN_OR_RETURN(const KeyId key,
                   rooms_.cases.KeyOf(rooms_.store, referral.subject));
  delivery::Draft draft{std::move(cleared),
                        thread,
                        std::move(payload),
                        asked.consent_statement,
                        salt,
                        /*deliver_by=*/now + window / kDeliverByFraction,
                        /*respond_by=*/absl::InfiniteFuture(),
                        key};
  if (type == LetterType::kReferralRequest) {
    draft.respond_by = referral.respond_by;
  }
  ASSIGN_OR_RETURN(const delivery::Posted posted,
                   rooms_.outbox.Post(batch, std::move(draft)));
  mark->message = posted.message;
  mark->plain_digest = posted.plain_digest;
  return posted;
}

absl::StatusOr<ReferralView> ReferralActions::Disclose(
    const Caller& caller, const RequestId& request, const ReferralId& id,
    absl::Span<const DataCategory> categories) {
  RETURN_IF_ERROR(caller.May(Permission::kReferralPropose));
  std::string names;
  for (const DataCategory category : categories) {
    crypto::AppendPrefixed(&names, Name(category));
  }
  const std::string digest = Digest("DiscloseIdentity", {id.bytes(), names});
  RETURN_IF_ERROR(Retried(
      [&] { return DiscloseOnce(caller, request, id, categories, digest); }));
  return ViewOf(id);
}

absl::Status ReferralActions::DiscloseOnce(
    const Caller& caller, const RequestId& request, const ReferralId& id,
    absl::Span<const DataCategory> categories, const std::string& digest) {
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   rooms_.requests.Find(caller.person(), request, digest));
  if (kept.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Found found,
                   Reach(caller, Permission::kReferralPropose, id));
  Referral referral = found.row.value;
  RETURN_IF_ERROR(CheckDisclosure(referral));
  ASSIGN_OR_RETURN(const cases::IdentityAccess access,
                   cases::IdentityAccess::Granted(
                       caller.MayReach(Permission::kIdentityRead,
                                       found.file->owner, found.file->team),
                       caller.person()));
  ASSIGN_OR_RETURN(
      const std::optional<cases::Identity> identity,
      rooms_.cases.IdentityOf(access, rooms_.store, referral.subject));
  if (!identity.has_value()) {
    return FieldError("referral_id", "names a case without an identity");
  }
  const cases::Identity narrowed = Narrowed(*identity, categories);
  const std::vector<DataCategory> sent = CategoriesOf(narrowed);
  if (sent.empty() || sent.size() != categories.size()) {
    return FieldError("categories",
                      "must each name a part of the identity that is recorded");
  }
  ASSIGN_OR_RETURN(
      const consent::Consent consent,
      rooms_.consents.FindActive(rooms_.store, referral.subject,
                                 Purpose::kIdentityDisclosure, referral.peer,
                                 sent, rooms_.clock.Now()));
  referral.disclosure_consent = consent.id();
  referral.disclosure_salt =
      crypto::RandomBytes(rooms_.random, consent::kCommitmentSaltSize);
  storage::Batch batch;
  RETURN_IF_ERROR(PostUnder(batch, referral, consent, LetterType::kDisclosure,
                            sent, EncodeDisclosure({referral.id, narrowed}),
                            referral.disclosure_salt,
                            &referral.disclosure_letter)
                      .status());
  RETURN_IF_ERROR(referrals_.Replace(batch, id, found.row, referral));
  IndexByConsent(batch, consent.id(), referral.id);
  RETURN_IF_ERROR(rooms_.log.Record(
      batch, {audit::EventKind::kDisclosureSent,
              absl::InfinitePast(),
              caller.person(),
              {{"referral", id.hex()},
               {"recipient", referral.peer.hex()},
               {"letter", referral.disclosure_letter.message.hex()}}}));
  RETURN_IF_ERROR(rooms_.requests.Remember(batch, caller.person(), request,
                                           digest, id.bytes()));
  return rooms_.store.Commit(batch).status();
}

absl::StatusOr<ReferralView> ReferralActions::Accept(const Caller& caller,
                                                     const RequestId& request,
                                                     const ReferralId& id) {
  return Answer(caller, request, id, State::kAccepted, "");
}

absl::StatusOr<ReferralView> ReferralActions::Decline(
    const Caller& caller, const RequestId& request, const ReferralId& id,
    absl::string_view reason) {
  RETURN_IF_ERROR(caller.May(Permission::kReferralAnswer));
  ASSIGN_OR_RETURN(const absl::string_view code,
                   rooms_.lists.CheckCode("decline-reason", reason, "reason"));
  return Answer(caller, request, id, State::kDeclined, std::string(code));
}

absl::StatusOr<ReferralView> ReferralActions::Answer(
    const Caller& caller, const RequestId& request, const ReferralId& id,
    State to, const std::string& decline_reason) {
  RETURN_IF_ERROR(caller.May(Permission::kReferralAnswer));
  const std::string digest =
      Digest("AnswerReferral", {id.bytes(), Name(to), decline_reason});
  RETURN_IF_ERROR(Retried([&] {
    return AnswerOnce(caller, request, id, to, decline_reason, digest);
  }));
  return ViewOf(id);
}

absl::Status ReferralActions::AnswerOnce(const Caller& caller,
                                         const RequestId& request,
                                         const ReferralId& id, State to,
                                         const std::string& decline_reason,
                                         const std::string& digest) {
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   rooms_.requests.Find(caller.person(), request, digest));
  if (kept.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Found found,
                   Reach(caller, Permission::kReferralAnswer, id));
  Referral referral = found.row.value;
  if (referral.direction != Direction::kIncoming) {
    return WithState(
        Error(Reason::kWrongState, "only the office that was asked can answer"),
        Name(referral.state));
  }
  RETURN_IF_ERROR(CheckTransition(referral, to));
  referral.state = to;
  referral.decline_reason = decline_reason;
  referral.person = caller.person();

  const std::string payload =
      EncodeAnswer({id, to == State::kAccepted, decline_reason});
  clearance::ClearanceRequest asked;
  asked.recipient = referral.peer;
  asked.type = LetterType::kReferralAnswer;
  asked.purpose = Purpose::kTransnationalReferral;
  asked.payload_digest = crypto::Sha256(payload);
  asked.thread_commitment = referral.request_letter.consent_commitment;
  asked.categories = {DataCategory::kNeeds};
  const absl::Time now = rooms_.clock.Now();
  asked.expires_at = now + AnswerWithin("");
  ASSIGN_OR_RETURN(clearance::Clearance cleared, rooms_.gate.Clear(asked));
  ASSIGN_OR_RETURN(const ThreadId thread, ThreadId::FromBytes(id.bytes()));
  delivery::Draft draft{std::move(cleared),
                        thread,
                        payload,
                        /*consent_statement=*/"",
                        /*consent_salt=*/"",
                        now + AnswerWithin("") / kDeliverByFraction,
                        /*respond_by=*/absl::InfiniteFuture(),
                        found.row.key};
  storage::Batch batch;
  RETURN_IF_ERROR(rooms_.outbox.Post(batch, std::move(draft)).status());
  RETURN_IF_ERROR(rooms_.outbox
                      .PostReceipt(batch, ReceivedAs(referral),
                                   delivery::ReceiptKind::kAnswered)
                      .status());
  RETURN_IF_ERROR(referrals_.Replace(batch, id, found.row, referral));
  RETURN_IF_ERROR(RecordTransition(batch, referral, caller.person()));
  RETURN_IF_ERROR(rooms_.requests.Remember(batch, caller.person(), request,
                                           digest, id.bytes()));
  return rooms_.store.Commit(batch).status();
}

absl::Status ReferralActions::OnWithdrawn(storage::Batch& batch,
                                          const consent::Consent& withdrawn,
                                          absl::Time at) {
  ASSIGN_OR_RETURN(delivery::StoppedLetters stopped,
                   rooms_.outbox.StopUnderConsent(batch, withdrawn.id()));
  ASSIGN_OR_RETURN(const std::vector<ReferralId> ids,
                   ReferralsByConsent(rooms_.store, withdrawn.id()));
  for (const ReferralId& id : ids) {
    ASSIGN_OR_RETURN(auto row, referrals_.Get(rooms_.store, id));
    if (!row.has_value()) continue;
    Referral referral = row->value;
    referral.id = id;
    if (referral.consent == withdrawn.id()) {
      if (!CheckTransition(referral, State::kRevoked).ok()) {
        // An answer that changes it in this moment looks again.
        RETURN_IF_ERROR(referrals_.Replace(batch, id, *row, referral));
        continue;
      }
      referral.state = State::kRevoked;
      RETURN_IF_ERROR(StopDisclosure(batch, referral, &stopped));
    } else if (referral.disclosure_consent == withdrawn.id() &&
               referral.disclosed()) {
      referral.disclosure_recalled = true;
    } else {
      continue;  // Under this consent went a file that never arrived.
    }
    RETURN_IF_ERROR(referrals_.Replace(batch, id, *row, referral));
    RETURN_IF_ERROR(
        RecordTransition(batch, referral, withdrawn.withdrawn_by()));
  }
  return PostRecalls(batch, stopped.possibly_sent, at);
}

// A referral that ended takes its file with it, though that went under a
// consent of its own.
absl::Status ReferralActions::StopDisclosure(
    storage::Batch& batch, const Referral& referral,
    delivery::StoppedLetters* stopped) {
  if (referral.disclosure_letter.message.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ThreadId thread,
                   ThreadId::FromBytes(referral.id.bytes()));
  ASSIGN_OR_RETURN(const delivery::StoppedLetters file,
                   rooms_.outbox.StopUnderConsent(
                       batch, referral.disclosure_consent, thread));
  stopped->possibly_sent.insert(stopped->possibly_sent.end(),
                                file.possibly_sent.begin(),
                                file.possibly_sent.end());
  return absl::OkStatus();
}

absl::Status ReferralActions::PostRecalls(
    storage::Batch& batch, const std::vector<delivery::LetterRef>& letters,
    absl::Time at) {
  std::map<ThreadId, std::vector<delivery::LetterRef>> by_referral;
  for (const delivery::LetterRef& letter : letters) {
    by_referral[letter.thread].push_back(letter);
  }
  for (const auto& [thread, refs] : by_referral) {
    RecallPayload recall;
    ASSIGN_OR_RETURN(recall.id, ReferralId::FromBytes(thread.bytes()));
    for (const delivery::LetterRef& ref : refs) {
      recall.messages.push_back(ref.message);
    }
    const delivery::LetterRef& first = refs.front();
    recall.consent_commitment = first.consent_commitment;
    recall.withdrawn_at = at;
    const std::string payload = EncodeRecall(recall);
    ASSIGN_OR_RETURN(
        clearance::Clearance cleared,
        rooms_.gate.ClearProtective(
            {first.recipient, LetterType::kRecall, crypto::Sha256(payload),
             first.agreement, first.agreement_hash, first.consent_commitment}));
    // A thread of its own, so that it overtakes what waits.
    ASSIGN_OR_RETURN(const ThreadId own, NewId<ThreadId>(rooms_.random));
    delivery::Draft draft{std::move(cleared),
                          own,
                          payload,
                          /*consent_statement=*/"",
                          /*consent_salt=*/"",
                          at + AnswerWithin("EMERGENCY_24H"),
                          /*respond_by=*/absl::InfiniteFuture(),
                          /*data_key=*/std::nullopt};
    RETURN_IF_ERROR(rooms_.outbox.Post(batch, std::move(draft)).status());
    RETURN_IF_ERROR(
        rooms_.log.Record(batch, {audit::EventKind::kRecall,
                                  absl::InfinitePast(),
                                  PersonId(),
                                  {{"referral", recall.id.hex()},
                                   {"recipient", first.recipient.hex()}}}));
  }
  return absl::OkStatus();
}

}  // namespace amparo::referral
