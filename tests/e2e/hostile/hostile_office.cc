// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/hostile_office.h"

#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "amparo/office/v1/peering.grpc.pb.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/random.h"
#include "crypto/certificate/certificate.h"
#include "crypto/seal/hpke.h"
#include "crypto/sign/dsse.h"
#include "crypto/sign/ed25519.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/invitations.h"
#include "node/peering/own_office.h"
#include "node/peering/signed_body.h"
#include "tests/e2e/hostile/peer_line.h"

namespace amparo::hostile {
namespace {

namespace office = ::amparo::office::v1;
namespace wire = ::amparo::peer::v1;

constexpr absl::Duration kLifetime = absl::Hours(24 * 60);
constexpr absl::Duration kLettersCome = absl::Seconds(60);

std::string RandomOf(size_t size) {
  return crypto::RandomBytes(crypto::SystemRandom(), size);
}

template <class IdType>
IdType NewId() {
  return *IdType::FromBytes(RandomOf(IdType::kSize));
}

absl::Time Now() { return SystemClock().Now(); }

// Whole milliseconds, as on the wire.
absl::Time Cut(absl::Time time) {
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

std::string SealInfo(const delivery::LetterHeader& header) {
  std::string info = "amparo.letter.v1";
  crypto::AppendPrefixed(&info, header.sender.bytes());
  crypto::AppendPrefixed(&info, header.receiver.bytes());
  crypto::AppendPrefixed(&info, header.sealing_key.bytes());
  return info;
}

std::string Padded(const delivery::SignedPlain& sealed) {
  wire::Sealed inside;
  inside.set_plain(sealed.plain);
  inside.set_signature(sealed.signature);
  std::string padded;
  crypto::AppendPrefixed(&padded, inside.SerializeAsString());
  for (const size_t size : delivery::kPaddedSizes) {
    if (padded.size() <= size) {
      padded.resize(size, '\0');
      break;
    }
  }
  return padded;
}

wire::ReferralRequest ARequest(const ThreadId& thread,
                               const Pseudonym& pseudonym) {
  wire::ReferralRequest request;
  request.set_referral_id(thread.bytes());
  request.set_pseudonym(pseudonym.bytes());
  request.set_referral_type("SERVICE_REFERRAL");
  request.set_urgency("URGENT_72H");
  request.add_services("SAFE_SHELTER");
  request.set_risk_level("MEDIUM");
  return request;
}

}  // namespace

HostileOffice::HostileOffice(const std::string& name, bool exercise)
    : name_(name),
      exercise_(exercise),
      id_(NewId<OfficeId>()),
      office_key_(crypto::P256PrivateKey::Generate()),
      signing_key_(crypto::P256PrivateKey::Generate()),
      tls_key_(crypto::P256PrivateKey::Generate()),
      sealing_key_(crypto::X25519PrivateKey::Generate(crypto::SystemRandom())),
      log_key_(crypto::Ed25519PrivateKey::Generate(crypto::SystemRandom())
                   .public_key()
                   .Bytes()),
      born_(Cut(Now() - absl::Minutes(5))) {}

void HostileOffice::RotateTlsKey() {
  tls_key_ = crypto::P256PrivateKey::Generate();
}

PeerCredentials HostileOffice::Credentials(
    const CertificateTwist& twist) const {
  const crypto::P256PrivateKey& key =
      twist.key == nullptr ? tls_key_ : *twist.key;
  const auto certificate = crypto::IssueCertificate(
      twist.issuer == nullptr ? office_key_ : *twist.issuer, key.public_key(),
      name_,
      twist.uris.value_or(std::vector<std::string>{peering::OfficeUri(id_)}),
      Now() + twist.from, Now() + twist.until, crypto::SystemRandom());
  if (!certificate.ok()) std::abort();
  const crypto::Secret pem = key.ToPem();
  return {*certificate, std::string(pem.Reveal().data(), pem.Reveal().size())};
}

peering::KeyBundle HostileOffice::Bundle() const {
  const peering::KeyValidity year{born_, born_ + absl::Hours(24 * 365),
                                  born_ + absl::Hours(24 * 730)};
  const auto log_key = crypto::Ed25519PublicKey::FromBytes(log_key_);
  if (!log_key.ok()) std::abort();
  peering::KeyBundle bundle{
      id_,
      office_key_.public_key(),
      name_,
      address_,
      "MDA",
      exercise_,
      peering::NodeRole::kOffice,
      1,
      version_,
      born_,
      peering::kProtocolMin,
      peering::kProtocolMax,
      {{1, signing_key_.public_key(), year},
       {kNoLongerSigns,
        signing_key_.public_key(),
        {born_ - absl::Hours(3), born_ - absl::Hours(2), year.verify_until}},
       {kNoLongerVerifies,
        signing_key_.public_key(),
        {born_ - absl::Hours(3), born_ - absl::Hours(2),
         born_ - absl::Hours(1)}}},
      {{1, *log_key, year}},
      {{peering::SealingKeyIdOf(sealing_key_.public_key()),
        sealing_key_.public_key(), born_, born_ + absl::Hours(24 * 14),
        born_ + absl::Hours(24 * 30)}}};
  if (bundle_change_) bundle_change_(bundle);
  return bundle;
}

wire::SignedBody HostileOffice::SignBundle(
    const peering::KeyBundle& bundle,
    const crypto::P256PrivateKey* signer) const {
  wire::SignedBody body;
  body.set_body(bundle.EncodeBody());
  wire::BodySignature& signature = *body.add_signatures();
  signature.set_office_id(bundle.office.bytes());
  signature.set_signature(
      *crypto::SignDsse(signer == nullptr ? office_key_ : *signer,
                        peering::kKeyBundleType, body.body()));
  return body;
}

absl::StatusOr<wire::SignedBody> HostileOffice::Redeem(
    OfficeProcess& node, const std::string& code,
    std::string* own_nonce) const {
  ASSIGN_OR_RETURN(const PeerCredentials once, IdentityOfInvited(code));
  wire::AcceptInvitationRequest request;
  *request.mutable_key_bundle() = SignBundle(Bundle());
  *own_nonce = RandomOf(32);
  request.set_nonce(*own_nonce);
  ASSIGN_OR_RETURN(const wire::AcceptInvitationResponse response,
                   Line(node.node().address(), once).AcceptInvitation(request));
  return response.key_bundle();
}

absl::Status HostileOffice::Join(OfficeProcess& node) {
  office::InvitePeerRequest invite;
  invite.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(const office::InvitePeerResponse invitation,
                   node.administrator().Call(
                       &office::PeeringAdminService::Stub::InvitePeer, invite));
  ASSIGN_OR_RETURN(const peering::InvitationCode code,
                   peering::InvitationCode::Decode(invitation.code()));
  std::string nonce;
  ASSIGN_OR_RETURN(const wire::SignedBody bundle,
                   Redeem(node, invitation.code(), &nonce));
  ASSIGN_OR_RETURN(node_bundle_,
                   peering::KeyBundle::Verify(bundle.SerializeAsString(),
                                              code.office_key(), Now()));
  office::GetPeerRequest get;
  get.set_office_id(id_.hex());
  ASSIGN_OR_RETURN(const office::GetPeerResponse seen,
                   node.administrator().Call(
                       &office::PeeringAdminService::Stub::GetPeer, get));
  office::ConfirmPeerRequest confirm;
  confirm.set_request_id(NewRequestId());
  confirm.set_office_id(id_.hex());
  confirm.set_safety_number(seen.peer().safety_number());
  RETURN_IF_ERROR(
      node.officer()
          .Call(&office::PeeringAdminService::Stub::ConfirmPeer, confirm)
          .status());
  return Line(node.node().address(), Credentials())
      .Hello(SignBundle(Bundle()))
      .status();
}

peering::Agreement HostileOffice::DrawUp(const OfficeId& acceptor) const {
  peering::AgreementTerms terms;
  terms.proposer_letter_types = {LetterType::kReferralRequest,
                                 LetterType::kReferralAnswer,
                                 LetterType::kDisclosure, LetterType::kReceipt};
  terms.acceptor_letter_types = terms.proposer_letter_types;
  terms.purposes = {Purpose::kTransnationalReferral,
                    Purpose::kIdentityDisclosure};
  terms.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds,
                      DataCategory::kNames};
  terms.retention_days = 365;
  terms.valid_from = Now() - absl::Hours(24);
  terms.valid_until = Now() + absl::Hours(24 * 365);
  terms.legal_reference = "MoU 2026/15";
  terms.impact_assessment_reference = "DPIA 2026/4";
  terms.impact_assessment_at = Now() - absl::Hours(24 * 30);
  const auto drawn = peering::Agreement::Create(NewId<AgreementId>(), id_,
                                                acceptor, terms, Now());
  if (!drawn.ok()) std::abort();
  return *drawn;
}

absl::Status HostileOffice::Agree(OfficeProcess& node) {
  const peering::Agreement drawn = DrawUp(node_bundle_->office);
  wire::AgreementProposed proposed;
  proposed.mutable_agreement()->set_body(drawn.body());
  wire::BodySignature& signature =
      *proposed.mutable_agreement()->add_signatures();
  signature.set_office_id(id_.bytes());
  signature.set_signature(
      *crypto::SignDsse(office_key_, peering::kAgreementType, drawn.body()));
  const Twist in_its_thread = {.plain = [&](delivery::Plain& plain) {
    plain.header.thread = *ThreadId::FromBytes(drawn.id().bytes());
  }};
  const auto outcome =
      Line(node.node().address(), Credentials())
          .Deliver(Letter(LetterType::kAgreementProposed,
                          proposed.SerializeAsString(), in_its_thread));
  if (!outcome.ok()) return outcome.status();
  if (!outcome->has_receipt()) {
    return absl::InternalError("the proposal: " + OutcomeName(outcome));
  }
  office::SignAgreementRequest sign;
  sign.set_request_id(NewRequestId());
  sign.set_agreement_id(drawn.id().hex());
  sign.set_hash(crypto::HexEncode(drawn.hash()));
  RETURN_IF_ERROR(
      node.administrator()
          .Call(&office::PeeringAdminService::Stub::SignAgreement, sign)
          .status());
  agreement_ = drawn;
  return AwaitLetters(node);
}

absl::Status HostileOffice::AwaitLetters(OfficeProcess& node) const {
  const auto nothing_waits = [&] {
    const auto status = node.administrator().Call(
        &office::StatusService::Stub::ShowStatus, office::ShowStatusRequest());
    if (!status.ok()) return false;
    for (const office::PeerStatus& peer : status->peers()) {
      if (peer.office_id() == id_.hex()) return peer.letters_waiting() == 0;
    }
    return false;
  };
  return Eventually(kLettersCome, nothing_waits)
             ? absl::OkStatus()
             : absl::DeadlineExceededError("a letter of the node still waits");
}

delivery::LetterHeader HostileOffice::NewHeader(LetterType type) const {
  delivery::LetterHeader header;
  header.message = NewId<MessageId>();
  header.thread = NewId<ThreadId>();
  header.prev_digest = std::string(32, '\0');
  header.sender = id_;
  header.receiver = node_bundle_->office;
  header.type = type;
  header.purpose = Purpose::kAdministration;
  header.created_at = Cut(Now());
  if (agreement_.has_value() && !IsPeeringLetter(type)) {
    header.agreement = agreement_->id();
    header.agreement_hash = agreement_->hash();
    header.expires_at = Cut(Now() + kLifetime);
  }
  return header;
}

delivery::WireLetter HostileOffice::Seal(const delivery::Plain& plain,
                                         const Twist& twist) const {
  delivery::SignedPlain sealed;
  sealed.plain = delivery::EncodePlain(plain);
  sealed.signature =
      *crypto::SignDsse(signing_key_, delivery::kPlainDsse, sealed.plain);
  if (twist.sealed) twist.sealed(sealed);
  std::string padded = Padded(sealed);
  if (twist.padded) twist.padded(padded);
  const peering::SealingKey key = *node_bundle_->SealingKeyToUse(Now());
  delivery::LetterHeader header = plain.header;
  header.sealing_key = key.id;
  if (twist.outer) twist.outer(header);
  delivery::WireLetter letter;
  letter.header = delivery::EncodeHeader(header);
  crypto::Sealed hpke = *crypto::SealBase(
      key.key, SealInfo(header), letter.header, padded, crypto::SystemRandom());
  letter.enc = std::move(hpke.enc);
  letter.ciphertext = std::move(hpke.ciphertext);
  if (twist.header) {
    wire::Header changed;
    if (!changed.ParseFromString(letter.header)) std::abort();
    twist.header(changed);
    letter.header = changed.SerializeAsString();
  }
  if (twist.unsigned_wire) twist.unsigned_wire(letter);
  SignAgain(letter);
  if (twist.wire) twist.wire(letter);
  return letter;
}

void HostileOffice::SignAgain(delivery::WireLetter& letter) const {
  letter.signature = *crypto::SignDsse(signing_key_, delivery::kLetterDsse,
                                       delivery::OuterBody(letter));
}

delivery::WireLetter HostileOffice::Write(const Twist& twist) const {
  delivery::Plain plain;
  plain.header = NewHeader(LetterType::kReferralRequest);
  plain.header.purpose = Purpose::kTransnationalReferral;
  plain.blinding = RandomOf(delivery::kBlindingSize);
  const Pseudonym pseudonym = NewId<Pseudonym>();
  wire::ReferralRequest request = ARequest(plain.header.thread, pseudonym);
  if (twist.payload) twist.payload(request);
  plain.payload = request.SerializeAsString();
  consent::Statement statement;
  statement.pseudonym = pseudonym;
  statement.recipient = plain.header.receiver;
  statement.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  statement.language = "ro";
  statement.text_version = "1";
  statement.valid_until = Cut(Now() + absl::Hours(24 * 90));
  if (twist.statement) twist.statement(statement);
  plain.consent_statement = statement.Encode();
  plain.consent_salt = RandomOf(consent::kCommitmentSaltSize);
  plain.header.consent_commitment =
      *consent::Commitment(plain.consent_salt, plain.consent_statement);
  if (twist.plain) twist.plain(plain);
  return Seal(plain, twist);
}

std::string HostileOffice::Letter(const Twist& twist) const {
  return delivery::EncodeLetter(Write(twist));
}

std::string HostileOffice::Letter(LetterType type, const std::string& payload,
                                  const Twist& twist) const {
  delivery::Plain plain;
  plain.header = NewHeader(type);
  plain.blinding = RandomOf(delivery::kBlindingSize);
  plain.payload = payload;
  if (twist.plain) twist.plain(plain);
  return delivery::EncodeLetter(Seal(plain, twist));
}

absl::StatusOr<Opened> HostileOffice::Open(absl::string_view letter) const {
  Opened opened;
  ASSIGN_OR_RETURN(const delivery::WireLetter parts,
                   delivery::ParseLetter(letter));
  ASSIGN_OR_RETURN(opened.header, delivery::DecodeHeader(parts.header));
  ASSIGN_OR_RETURN(const delivery::SignedPlain sealed,
                   delivery::OpenLetter(parts, opened.header, sealing_key_));
  ASSIGN_OR_RETURN(opened.plain, delivery::DecodePlain(sealed.plain));
  opened.plain_digest = crypto::Sha256(sealed.plain);
  return opened;
}

wire::SignedBody HostileOffice::Receipt(
    const Opened& letter,
    const std::function<void(delivery::ReceiptBody&)>& change,
    const crypto::P256PrivateKey* signer) const {
  delivery::ReceiptBody body;
  body.message = letter.header.message;
  body.plain_digest = letter.plain_digest;
  if (letter.header.type == LetterType::kVoid) {
    const auto notice = delivery::DecodeVoidNotice(letter.plain.payload);
    if (notice.ok()) body.plain_digest = notice->plain_digest;
    body.kind = delivery::ReceiptKind::kVoided;
  }
  body.sender = letter.header.sender;
  body.receiver = id_;
  body.issuer = id_;
  body.issued_at = Cut(Now());
  if (change) change(body);
  const std::string bytes = delivery::EncodeReceiptBody(body);
  wire::SignedBody receipt;
  receipt.ParseFromString(delivery::EncodeSignedReceipt(
      bytes, body.issuer, body.key_epoch,
      *crypto::SignDsse(signer == nullptr ? signing_key_ : *signer,
                        delivery::kReceiptDsse, bytes)));
  return receipt;
}

}  // namespace amparo::hostile
