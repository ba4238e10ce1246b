// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/node/delivery/two_offices.h"

#include <gtest/gtest.h>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/consent/consent.h"
#include "node/consent/consent_records.h"
#include "node/consent/statement.h"
#include "node/delivery/waiting_letters.h"
#include "node/storage/table.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

constexpr storage::TableId kHandled = storage::TableId::kReferrals;

template <class IdType>
IdType NewId(crypto::RandomSource& random) {
  return *IdType::FromBytes(crypto::RandomBytes(random, 16));
}

template <class T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status().ToString();
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

absl::Status KeepingHandler::Receive(const ReceivedLetter& letter,
                                     storage::Batch& batch) {
  batch.Put(kHandled, letter.message.bytes(), letter.payload);
  if (!answer.ok()) return answer;
  if (!poison.empty() && letter.payload == poison) {
    return FieldError("payload", "is not understood");
  }
  received.push_back(letter);
  return absl::OkStatus();
}

absl::Status KeepingListener::OnReceipt(const LetterRef& letter,
                                        ReceiptKind kind, absl::Time,
                                        storage::Batch&) {
  receipts.emplace_back(letter.message, kind);
  return absl::OkStatus();
}

absl::Status KeepingListener::OnVoided(const LetterRef& letter, Reason reason,
                                       storage::Batch&) {
  voids.emplace_back(letter.message, reason);
  return absl::OkStatus();
}

absl::Status KeepingListener::OnNeverTaken(const LetterRef& letter,
                                           const std::optional<Posted>& anew,
                                           storage::Batch&) {
  never_taken.emplace_back(letter.message,
                           anew.has_value() ? anew->message : MessageId());
  return absl::OkStatus();
}

Office::Office(const std::string& office_name, uint64_t seed,
               ManualClock& shared)
    : name(office_name),
      directory("/" + office_name),
      clock(shared),
      random(seed) {
  auto opened = Must(storage::OpenStore(directory, &disk));
  auto first = Must(storage::Vault::Open(
      *opened, crypto::Secret::Copy(std::string(32, 'k')), random));
  peering::OfficeSettings settings;
  settings.name = name;
  settings.country = "UKR";
  settings.exercise = true;
  EXPECT_THAT(peering::OwnOffice::Initialise(*opened, *first, random,
                                             clock.Now(), settings),
              IsOk());
  first.reset();
  opened.reset();
  Start();
}

void Office::Start() {
  store = std::make_unique<CrashingStore>(
      Must(storage::OpenStore(directory, &disk)));
  vault = Must(storage::Vault::Open(
      *store, crypto::Secret::Copy(std::string(32, 'k')), random));
  own = Must(peering::OwnOffice::Load(*store, *vault, random, clock));
  id = own->id();
  log = Must(audit::Log::Open(*store, *vault, clock, random, id,
                              own->incarnation(), own->LogKey()));
  peers = Must(peering::Peers::Load(*store, *vault));
  agreements = Must(peering::Agreements::Load(*store, *vault, *own, *peers));
  ledger = std::make_unique<consent::Ledger>(*vault, *log);
  leases = std::make_unique<consent::Leases>();
  gate = std::make_unique<clearance::Gate>(*store, *own, *peers, *agreements,
                                           *ledger, clock);
  outbox = Must(Outbox::Open(*store, *vault, *log, *own, *gate, clock, random));
  outbox->AddListener(&listener);
  inbox = std::make_unique<Inbox>(*store, *vault, *log, *own, *peers,
                                  *agreements, *outbox, clock);
  for (LetterType type :
       {LetterType::kReferralRequest, LetterType::kReferralAnswer,
        LetterType::kDisclosure, LetterType::kRecall,
        LetterType::kStatisticsRelease, LetterType::kAgreementProposed}) {
    inbox->Register(type, handler);
  }
  dispatcher = std::make_unique<Dispatcher>(
      *outbox, *peers, *leases, *this, [this](const OfficeId&) {
        ++refreshes;
        return refresh ? refresh() : absl::UnavailableError("no refresh");
      });
}

void Office::Stop() {
  dispatcher.reset();
  inbox.reset();
  outbox.reset();
  gate.reset();
  leases.reset();
  ledger.reset();
  agreements.reset();
  peers.reset();
  log.reset();
  own.reset();
  vault.reset();
  store.reset();
}

void Office::Restart() {
  Stop();
  Start();
}

Office::Backup Office::TakeBackup() const {
  Backup rows;
  for (const storage::TableId table : storage::AllTables()) {
    EXPECT_THAT(
        store->Scan(
            table, {}, {},
            [&](absl::string_view key,
                absl::string_view value) -> absl::StatusOr<bool> {
              rows.push_back({table, std::string(key), std::string(value)});
              return true;
            }),
        IsOk());
  }
  return rows;
}

void Office::PutBack(const Backup& backup, bool restore) {
  Stop();
  directory += "-again";
  {
    auto opened = Must(storage::OpenStore(directory, &disk));
    storage::Batch batch;
    for (const BackedUpRow& row : backup) {
      batch.Put(row.table, row.key, row.value);
    }
    EXPECT_THAT(opened->Commit(batch), IsOk());
  }
  if (restore) {
    auto opened = Must(storage::OpenStore(directory, &disk));
    auto keys = Must(storage::Vault::Open(
        *opened, crypto::Secret::Copy(std::string(32, 'k')), random));
    const WaitingOverview waiting = Must(OverviewOfWaiting(*opened, *keys));
    Must(peering::OwnOffice::RaiseIncarnation(*opened, *keys, random, clock,
                                              waiting.last_written_at));
  }
  Start();
}

absl::StatusOr<std::vector<Outcome>> Office::Deliver(
    const OfficeId& peer, absl::Span<const std::string> letters) {
  if (cut || neighbour == nullptr || neighbour->id != peer) {
    return Error(Reason::kUnavailable);
  }
  std::vector<std::string> batch(letters.begin(), letters.end());
  if (on_the_wire) on_the_wire(batch);
  last_batch = batch;
  std::vector<Outcome> outcomes = neighbour->inbox->Accept(id, batch);
  if (lose_answers || neighbour->store->dead()) {
    return Error(Reason::kUnavailable);
  }
  return outcomes;
}

ConsentId Office::GiveConsent(const OfficeId& recipient, Purpose purpose) {
  consent::ConsentFields fields;
  fields.id = NewId<ConsentId>(random);
  fields.subject = NewId<SubjectId>(random);
  fields.purpose = purpose;
  fields.recipients = {recipient};
  fields.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  if (purpose == Purpose::kIdentityDisclosure) {
    fields.categories = {DataCategory::kNames, DataCategory::kDatesOfBirth};
  }
  fields.language = "uk";
  fields.text_version = "1";
  fields.collector = NewId<PersonId>(random);
  fields.given_at = clock.Now();
  fields.valid_until = clock.Now() + absl::Hours(24 * 200);
  for (consent::Question question : consent::AllQuestions()) {
    fields.answered_yes.insert(question);
  }
  const consent::Consent consent =
      Must(consent::Consent::Create(std::move(fields)));
  storage::Batch batch;
  const KeyId key = Must(vault->NewKey(batch));
  EXPECT_THAT(ledger->InsertImported(batch, consent, key,
                                     consent.fields().collector, clock.Now()),
              IsOk());
  EXPECT_THAT(store->Commit(batch), IsOk());
  return consent.id();
}

void Office::Withdraw(const ConsentId& consent) {
  const storage::Table<consent::ConsentCodec> table(*vault);
  const auto row = Must(table.Get(*store, consent));
  const consent::Consent after =
      Must(row->value.Withdrawn(clock.Now(), NewId<PersonId>(random)));
  storage::Batch batch;
  EXPECT_THAT(table.Replace(batch, consent, *row, after), IsOk());
  EXPECT_THAT(store->Commit(batch), IsOk());
}

TwoOffices::TwoOffices() : a("a", 1, clock), b("b", 2, clock) {
  a.neighbour = &b;
  b.neighbour = &a;
  MakePeers(a, b);
  MakePeers(b, a);
  Agree();
}

void TwoOffices::MakePeers(Office& office, const Office& other) {
  peering::Peer peer{
      .id = other.id,
      .office_key = other.own->office_public_key(),
      .state = peering::PeerState::kActive,
      .own_nonce = std::string(32, 'n'),
      .peer_nonce = std::string(32, 'n'),
      .confirmed_by_us = true,
      .confirmed_by_peer = true,
      .first_person = NewId<PersonId>(random),
      .second_person = NewId<PersonId>(random),
      .bundle = other.own->bundle(),
      .signed_bundle = other.own->signed_bundle(),
      .skew = absl::ZeroDuration(),
      .added_at = clock.Now(),
  };
  storage::Batch batch;
  EXPECT_THAT(office.peers->Add(batch, peer), IsOk());
}

void TwoOffices::Agree() {
  peering::AgreementTerms terms;
  terms.proposer_letter_types = {
      LetterType::kReferralRequest, LetterType::kReferralAnswer,
      LetterType::kDisclosure, LetterType::kStatisticsRelease};
  terms.acceptor_letter_types = {LetterType::kReferralAnswer};
  terms.purposes = {Purpose::kTransnationalReferral,
                    Purpose::kIdentityDisclosure, Purpose::kStatistics};
  terms.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds,
                      DataCategory::kNames, DataCategory::kDatesOfBirth,
                      DataCategory::kStatisticalCounts};
  terms.handling_codes = {HandlingCode::kNoOnward};
  terms.retention_days = 30;
  terms.statistics_policy = "standard";
  terms.valid_from = clock.Now() - absl::Hours(1);
  terms.valid_until = clock.Now() + absl::Hours(24 * 365);
  terms.legal_reference = "MoU 1";
  terms.impact_assessment_reference = "DPIA 1";
  terms.impact_assessment_at = clock.Now() - absl::Hours(24);
  agreement =
      Must(peering::Agreement::Create(NewId<AgreementId>(random), a.id, b.id,
                                      terms, clock.Now() - absl::Hours(1)));
  const peering::SignedAgreement value{
      .agreement = *agreement,
      .proposer_signature =
          Must(a.own->SignAsOffice(peering::kAgreementType, agreement->body())),
      .acceptor_signature =
          Must(b.own->SignAsOffice(peering::kAgreementType, agreement->body())),
      .drawn_up_by = PersonId(),
      .signed_by = PersonId(),
  };
  for (Office* office : {&a, &b}) {
    storage::Batch batch;
    EXPECT_THAT(office->agreements->Insert(batch, value), IsOk());
    EXPECT_THAT(office->store->Commit(batch), IsOk());
  }
}

absl::Status TwoOffices::Greet() {
  for (Office* office : {&a, &b}) {
    Office& other = *office->neighbour;
    // As the handshake does: first whether we are outdated ourselves.
    RETURN_IF_ERROR(office->own->CheckHeldBundle(
        Must(other.peers->Get(office->id)).signed_bundle));
    RETURN_IF_ERROR(
        office->peers
            ->TakeBundle(other.id, other.own->signed_bundle(), clock.Now())
            .status());
    office->dispatcher->OnContact(other.id);
  }
  return absl::OkStatus();
}

ThreadId TwoOffices::NewThread() { return NewId<ThreadId>(random); }

absl::StatusOr<clearance::Clearance> TwoOffices::Clear(Office& from, Wish& wish,
                                                       Draft* draft) {
  const OfficeId to = from.neighbour->id;
  clearance::ClearanceRequest request;
  request.recipient = to;
  request.type = wish.type;
  request.purpose = wish.purpose;
  request.payload_digest = crypto::Sha256(wish.payload);
  request.expires_at = from.clock.Now() + wish.expires_in;
  request.categories = {DataCategory::kNeeds};
  if (wish.type == LetterType::kReferralAnswer) {
    request.thread_commitment = std::string(32, 'c');
  } else if (wish.type == LetterType::kStatisticsRelease) {
    request.categories = {DataCategory::kStatisticalCounts};
  } else {
    if (wish.type == LetterType::kDisclosure) {
      request.categories = {DataCategory::kNames};
    }
    if (!wish.consent.has_value()) {
      wish.consent = from.GiveConsent(to, wish.purpose);
    }
    request.consent = wish.consent;
    ASSIGN_OR_RETURN(const consent::Consent consent,
                     from.ledger->Get(*from.store, *wish.consent));
    ASSIGN_OR_RETURN(
        const consent::Statement statement,
        consent::Statement::For(consent, NewId<Pseudonym>(random), to));
    request.consent_statement = statement.Encode();
    request.consent_salt = crypto::RandomBytes(random, 32);
  }
  if (draft != nullptr) {
    draft->consent_statement = request.consent_statement;
    draft->consent_salt = request.consent_salt;
  }
  return from.gate->Clear(request);
}

absl::StatusOr<Draft> TwoOffices::MakeDraft(Office& from, Wish wish) {
  ASSIGN_OR_RETURN(clearance::Clearance placeholder,
                   from.gate->ClearPeering(from.neighbour->id,
                                           LetterType::kAgreementProposed,
                                           std::string(32, 'p')));
  Draft draft{std::move(placeholder), ThreadId(), {}, {}, {}};
  ASSIGN_OR_RETURN(draft.clearance, Clear(from, wish, &draft));
  draft.thread = wish.thread.empty() ? NewThread() : wish.thread;
  draft.payload = wish.payload;
  draft.deliver_by = wish.deliver_by;
  return draft;
}

absl::StatusOr<Posted> TwoOffices::Post(Office& from, Wish wish) {
  ASSIGN_OR_RETURN(Draft draft, MakeDraft(from, std::move(wish)));
  storage::Batch batch;
  ASSIGN_OR_RETURN(const Posted posted,
                   from.outbox->Post(batch, std::move(draft)));
  RETURN_IF_ERROR(from.store->Commit(batch).status());
  return posted;
}

absl::StatusOr<Posted> TwoOffices::PostAnswer(Office& from,
                                              const std::string& payload,
                                              const ThreadId& thread) {
  Wish wish;
  wish.type = LetterType::kReferralAnswer;
  wish.payload = payload;
  wish.thread = thread;
  return Post(from, wish);
}

StepResult TwoOffices::SendAll(Office& office) {
  StepResult last;
  for (int i = 0; i < 1000; ++i) {
    const absl::StatusOr<StepResult> step =
        office.dispatcher->Step(office.neighbour->id);
    EXPECT_THAT(step, IsOk());
    if (!step.ok()) return last;
    last = *step;
    if (!last.more) return last;
  }
  ADD_FAILURE() << "steps do not end";
  return last;
}

std::string TwoOffices::Sealed(Office& from) {
  std::string caught;
  const bool was_cut = from.cut;
  from.cut = false;
  from.on_the_wire = [&](std::vector<std::string>& batch) {
    if (!batch.empty()) caught = batch.back();
    batch.clear();
  };
  EXPECT_THAT(from.dispatcher->Step(from.neighbour->id), IsOk());
  from.on_the_wire = nullptr;
  from.cut = was_cut;
  from.dispatcher->OnContact(from.neighbour->id);
  return caught;
}

size_t TwoOffices::Rows(Office& office, storage::TableId table) const {
  size_t count = 0;
  EXPECT_THAT(
      office.store->Scan(
          table, {}, {},
          [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
            ++count;
            return true;
          }),
      IsOk());
  return count;
}

size_t TwoOffices::Waiting(Office& office) const {
  return Rows(office, storage::TableId::kOutbox);
}

size_t TwoOffices::Taken(Office& office) const {
  return Rows(office, kHandled);
}

std::vector<ReceiptKind> TwoOffices::Receipts(Office& office,
                                              const MessageId& message) {
  std::vector<ReceiptKind> kinds;
  const auto status = Must(office.outbox->StatusOf(*office.store, message));
  for (const StoredReceipt& receipt : status->receipts) {
    kinds.push_back(receipt.kind);
  }
  return kinds;
}

void TwoOffices::SetPeerState(Office& office, peering::PeerState state) {
  storage::Batch batch;
  EXPECT_THAT(office.peers->Update(
                  batch, office.neighbour->id,
                  [&](peering::Peer& peer, storage::Batch&) {
                    peer.state = state;
                    peer.confirmed_by_us =
                        state != peering::PeerState::kAwaitingConfirmation;
                    return absl::OkStatus();
                  }),
              IsOk());
}

}  // namespace amparo::delivery
