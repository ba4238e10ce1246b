// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/letter_codec.h"

#include <tuple>
#include <utility>

#include "amparo/peer/v1/letter.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/seal/hpke.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::delivery {
namespace {

namespace wire = ::amparo::peer::v1;

constexpr char kInfoLabel[] = "amparo.letter.v1";
// Signature, field tags and lengths of a Sealed beside its plain.
constexpr size_t kSealedOverhead = 96;

absl::Status Malformed() { return Error(Reason::kLetterMalformed); }

int64_t ToMillisOrZero(absl::Time time) {
  return time == absl::InfiniteFuture() ? 0 : amparo::ToUnixMillis(time);
}

absl::StatusOr<absl::Time> FromMillisOrZero(int64_t millis) {
  // The year 9999: beyond it is nobody's deadline.
  if (millis < 0 || millis > 253402300799999) return Malformed();
  return millis == 0 ? absl::InfiniteFuture() : amparo::FromUnixMillis(millis);
}

template <class Message>
std::string Serialize(const Message& message) {
  std::string bytes;
  message.SerializeToString(&bytes);
  return bytes;
}

// Parses bytes that have one encoding only.
template <class Message>
bool ParseExact(absl::string_view bytes, Message& message) {
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return false;
  }
  message.DiscardUnknownFields();  // So that they show as a difference.
  return absl::string_view(Serialize(message)) == bytes;
}

template <class Message>
bool Parse(absl::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// An id field: 16 bytes, or empty where that is allowed.
template <class IdType>
absl::StatusOr<IdType> ReadId(const std::string& bytes, bool may_be_empty) {
  if (bytes.empty() && may_be_empty) return IdType();
  absl::StatusOr<IdType> id = IdType::FromBytes(bytes);
  if (!id.ok() || id->empty()) return Malformed();
  return *id;
}

template <class IdType>
std::string WriteId(const IdType& id) {
  return id.empty() ? std::string() : id.bytes();
}

wire::Header ToWire(const LetterHeader& header) {
  wire::Header out;
  out.set_protocol(header.protocol);
  out.set_message_id(header.message.bytes());
  out.set_incarnation(header.incarnation);
  out.set_thread_id(header.thread.bytes());
  out.set_seq(header.seq);
  out.set_prev_digest(header.prev_digest);
  out.set_sender(header.sender.bytes());
  out.set_receiver(header.receiver.bytes());
  out.set_sender_key_epoch(header.sender_key_epoch);
  out.set_sealing_key_id(WriteId(header.sealing_key));
  out.set_roster_version(header.roster_version);
  out.set_type(static_cast<uint32_t>(header.type));
  out.set_purpose(static_cast<uint32_t>(header.purpose));
  for (HandlingCode code : header.handling_codes) {
    out.add_handling_codes(static_cast<uint32_t>(code));
  }
  out.set_agreement_id(WriteId(header.agreement));
  out.set_agreement_hash(header.agreement_hash);
  out.set_consent_commitment(header.consent_commitment);
  out.set_created_at_ms(amparo::ToUnixMillis(header.created_at));
  out.set_expires_at_ms(ToMillisOrZero(header.expires_at));
  out.set_deliver_by_ms(ToMillisOrZero(header.deliver_by));
  out.set_respond_by_ms(ToMillisOrZero(header.respond_by));
  return out;
}

bool IsDigestOrEmpty(const std::string& bytes) {
  return bytes.empty() || bytes.size() == kDigestSize;
}

absl::Status ReadTerms(const wire::Header& in, LetterHeader& header) {
  const std::optional<LetterType> type =
      LetterTypeFromNumber(static_cast<int>(in.type()));
  if (!type.has_value()) return Error(Reason::kTypeUnknown);
  header.type = *type;
  const std::optional<Purpose> purpose =
      PurposeFromNumber(static_cast<int>(in.purpose()));
  if (!purpose.has_value()) return Error(Reason::kValueUnknown);
  header.purpose = *purpose;
  for (uint32_t number : in.handling_codes()) {
    const std::optional<HandlingCode> code =
        HandlingCodeFromNumber(static_cast<int>(number));
    if (!code.has_value()) return Error(Reason::kValueUnknown);
    // A set: ascending and once each, so that it has one encoding.
    if (!header.handling_codes.empty() &&
        *header.handling_codes.rbegin() >= *code) {
      return Malformed();
    }
    header.handling_codes.insert(*code);
  }
  return absl::OkStatus();
}

absl::Status ReadTimes(const wire::Header& in, LetterHeader& header) {
  if (in.created_at_ms() <= 0) return Malformed();
  ASSIGN_OR_RETURN(header.created_at, FromMillisOrZero(in.created_at_ms()));
  ASSIGN_OR_RETURN(header.expires_at, FromMillisOrZero(in.expires_at_ms()));
  ASSIGN_OR_RETURN(header.deliver_by, FromMillisOrZero(in.deliver_by_ms()));
  ASSIGN_OR_RETURN(header.respond_by, FromMillisOrZero(in.respond_by_ms()));
  return absl::OkStatus();
}

absl::StatusOr<LetterHeader> FromWire(const wire::Header& in) {
  if (in.protocol() != kProtocolVersion) {
    return Error(Reason::kProtocolUnsupported);
  }
  LetterHeader header;
  header.protocol = in.protocol();
  header.incarnation = in.incarnation();
  header.seq = in.seq();
  header.prev_digest = in.prev_digest();
  header.sender_key_epoch = in.sender_key_epoch();
  header.roster_version = in.roster_version();
  header.agreement_hash = in.agreement_hash();
  header.consent_commitment = in.consent_commitment();
  ASSIGN_OR_RETURN(header.message, ReadId<MessageId>(in.message_id(), false));
  ASSIGN_OR_RETURN(header.thread, ReadId<ThreadId>(in.thread_id(), false));
  ASSIGN_OR_RETURN(header.sender, ReadId<OfficeId>(in.sender(), false));
  ASSIGN_OR_RETURN(header.receiver, ReadId<OfficeId>(in.receiver(), false));
  ASSIGN_OR_RETURN(header.sealing_key,
                   ReadId<SealingKeyId>(in.sealing_key_id(), true));
  ASSIGN_OR_RETURN(header.agreement,
                   ReadId<AgreementId>(in.agreement_id(), true));
  if (header.prev_digest.size() != kDigestSize || header.seq == 0 ||
      header.incarnation == 0 || header.sender_key_epoch == 0 ||
      !IsDigestOrEmpty(header.agreement_hash) ||
      !IsDigestOrEmpty(header.consent_commitment) ||
      header.agreement.empty() != header.agreement_hash.empty()) {
    return Malformed();
  }
  RETURN_IF_ERROR(ReadTerms(in, header));
  RETURN_IF_ERROR(ReadTimes(in, header));
  return header;
}

std::string Info(const LetterHeader& header) {
  std::string info = kInfoLabel;
  crypto::AppendPrefixed(&info, header.sender.bytes());
  crypto::AppendPrefixed(&info, header.receiver.bytes());
  crypto::AppendPrefixed(&info, header.sealing_key.bytes());
  return info;
}

}  // namespace

std::string EncodeHeader(const LetterHeader& header) {
  return Serialize(ToWire(header));
}

absl::StatusOr<LetterHeader> DecodeHeader(absl::string_view bytes) {
  wire::Header in;
  if (!Parse(bytes, in)) return Malformed();
  // Versions first: a later one may well have fields that this does not know.
  if (in.protocol() != kProtocolVersion) {
    return Error(Reason::kProtocolUnsupported);
  }
  if (!ParseExact(bytes, in)) return Malformed();
  ASSIGN_OR_RETURN(LetterHeader header, FromWire(in));
  if (header.sealing_key.empty()) return Malformed();
  return header;
}

absl::StatusOr<LetterName> DecodeName(absl::string_view header_bytes) {
  wire::Header in;
  if (!Parse(header_bytes, in)) return Malformed();
  LetterName name;
  ASSIGN_OR_RETURN(name.sender, ReadId<OfficeId>(in.sender(), false));
  ASSIGN_OR_RETURN(name.message, ReadId<MessageId>(in.message_id(), false));
  return name;
}

bool SameButSealingKey(const LetterHeader& a, const LetterHeader& b) {
  LetterHeader left = a;
  LetterHeader right = b;
  left.sealing_key = SealingKeyId();
  right.sealing_key = SealingKeyId();
  return EncodeHeader(left) == EncodeHeader(right);
}

std::string EncodePlain(const Plain& plain) {
  wire::Plain out;
  *out.mutable_header() = ToWire(plain.header);
  out.mutable_header()->clear_sealing_key_id();
  out.set_blinding(plain.blinding);
  out.set_payload(plain.payload);
  out.set_consent_statement(plain.consent_statement);
  out.set_consent_salt(plain.consent_salt);
  return Serialize(out);
}

absl::StatusOr<Plain> DecodePlain(absl::string_view bytes) {
  wire::Plain in;
  if (!ParseExact(bytes, in) || !in.has_header()) return Malformed();
  Plain plain;
  ASSIGN_OR_RETURN(plain.header, FromWire(in.header()));
  if (!plain.header.sealing_key.empty() ||
      in.blinding().size() != kBlindingSize) {
    return Malformed();
  }
  plain.blinding = in.blinding();
  plain.payload = in.payload();
  plain.consent_statement = in.consent_statement();
  plain.consent_salt = in.consent_salt();
  return plain;
}

std::string EncodeLetter(const WireLetter& letter) {
  wire::Letter out;
  out.set_header(letter.header);
  out.set_enc(letter.enc);
  out.set_ciphertext(letter.ciphertext);
  out.set_signature(letter.signature);
  out.set_former_receipt(letter.former_receipt);
  out.set_former_bundle(letter.former_bundle);
  return Serialize(out);
}

absl::StatusOr<WireLetter> ParseLetter(absl::string_view bytes) {
  if (bytes.size() > limits::kLetterBytesMax) {
    return Error(Reason::kLetterTooLarge);
  }
  wire::Letter in;
  if (!ParseExact(bytes, in) || in.header().empty() || in.enc().empty() ||
      in.ciphertext().empty() || in.signature().empty()) {
    return Malformed();
  }
  WireLetter letter;
  letter.header = std::move(*in.mutable_header());
  letter.enc = std::move(*in.mutable_enc());
  letter.ciphertext = std::move(*in.mutable_ciphertext());
  letter.signature = std::move(*in.mutable_signature());
  letter.former_receipt = std::move(*in.mutable_former_receipt());
  letter.former_bundle = std::move(*in.mutable_former_bundle());
  return letter;
}

std::string OuterBody(const WireLetter& letter) {
  std::string body;
  body.reserve(letter.header.size() + letter.enc.size() +
               letter.ciphertext.size() + 12);
  crypto::AppendPrefixed(&body, letter.header);
  crypto::AppendPrefixed(&body, letter.enc);
  crypto::AppendPrefixed(&body, letter.ciphertext);
  return body;
}

bool FitsLetter(size_t plain_bytes) {
  return plain_bytes <= std::end(kPaddedSizes)[-1] - kSealedOverhead;
}

absl::StatusOr<WireLetter> SealLetter(const LetterHeader& header,
                                      const SignedPlain& sealed,
                                      const crypto::X25519PublicKey& recipient,
                                      crypto::RandomSource& random) {
  wire::Sealed inside;
  inside.set_plain(sealed.plain);
  inside.set_signature(sealed.signature);
  std::string padded;
  crypto::AppendPrefixed(&padded, Serialize(inside));
  size_t size = 0;
  for (const size_t candidate : kPaddedSizes) {
    if (padded.size() <= candidate) {
      size = candidate;
      break;
    }
  }
  if (size == 0) return Error(Reason::kLetterTooLarge);
  padded.resize(size, '\0');

  WireLetter letter;
  letter.header = EncodeHeader(header);
  ASSIGN_OR_RETURN(
      crypto::Sealed hpke,
      crypto::SealBase(recipient, Info(header), letter.header, padded, random));
  letter.enc = std::move(hpke.enc);
  letter.ciphertext = std::move(hpke.ciphertext);
  return letter;
}

absl::StatusOr<SignedPlain> OpenLetter(const WireLetter& letter,
                                       const LetterHeader& header,
                                       const crypto::X25519PrivateKey& key) {
  bool known_size = false;
  for (const size_t size : kPaddedSizes) {
    known_size |= letter.ciphertext.size() == size + crypto::kAeadTagSize;
  }
  if (!known_size) return Error(Reason::kPaddingInvalid);
  const absl::StatusOr<std::string> padded = crypto::OpenBase(
      key, letter.enc, Info(header), letter.header, letter.ciphertext);
  if (!padded.ok()) return Error(Reason::kLetterUndecryptable);

  crypto::ByteReader reader(*padded);
  absl::StatusOr<std::string> inside = reader.ReadPrefixed();
  if (!inside.ok()) return Error(Reason::kPaddingInvalid);
  const size_t used = padded->size() - reader.remaining();
  if (padded->find_first_not_of('\0', used) != std::string::npos) {
    return Error(Reason::kPaddingInvalid);
  }
  // Of several sizes only the smallest that fits is right.
  for (const size_t size : kPaddedSizes) {
    if (used <= size && size < padded->size()) {
      return Error(Reason::kPaddingInvalid);
    }
  }
  wire::Sealed sealed;
  if (!ParseExact(*inside, sealed)) return Malformed();
  return SignedPlain{std::move(*sealed.mutable_plain()),
                     std::move(*sealed.mutable_signature())};
}

std::string EncodeReceiptBody(const ReceiptBody& body) {
  wire::Receipt out;
  out.set_protocol(kProtocolVersion);
  out.set_kind(static_cast<wire::ReceiptKind>(body.kind));
  out.set_message_id(body.message.bytes());
  out.set_plain_digest(body.plain_digest);
  out.set_sender(body.sender.bytes());
  out.set_receiver(body.receiver.bytes());
  out.set_issuer(body.issuer.bytes());
  out.set_key_epoch(body.key_epoch);
  out.set_issued_at_ms(amparo::ToUnixMillis(body.issued_at));
  return Serialize(out);
}

std::string EncodeSignedReceipt(absl::string_view body, const OfficeId& issuer,
                                uint32_t key_epoch,
                                absl::string_view signature) {
  wire::SignedBody out;
  out.set_body(std::string(body));
  wire::BodySignature& added = *out.add_signatures();
  added.set_office_id(issuer.bytes());
  added.set_key_epoch(key_epoch);
  added.set_signature(std::string(signature));
  return Serialize(out);
}

absl::StatusOr<SignedReceipt> ParseSignedReceipt(absl::string_view bytes) {
  const absl::Status invalid = Error(Reason::kReceiptInvalid);
  if (bytes.size() > limits::kReceiptBytesMax) return invalid;
  wire::SignedBody outer;
  wire::Receipt in;
  if (!Parse(bytes, outer) || outer.signatures_size() != 1 ||
      !ParseExact(outer.body(), in)) {
    return invalid;
  }
  const std::optional<ReceiptKind> kind =
      ReceiptKindFromNumber(static_cast<int>(in.kind()));
  const auto message = ReadId<MessageId>(in.message_id(), false);
  const auto sender = ReadId<OfficeId>(in.sender(), false);
  const auto receiver = ReadId<OfficeId>(in.receiver(), false);
  const auto issuer = ReadId<OfficeId>(in.issuer(), false);
  const auto issued_at = FromMillisOrZero(in.issued_at_ms());
  if (in.protocol() != kProtocolVersion || !kind.has_value() || !message.ok() ||
      !sender.ok() || !receiver.ok() || !issuer.ok() || !issued_at.ok() ||
      in.issued_at_ms() == 0 || in.plain_digest().size() != kDigestSize ||
      in.key_epoch() == 0) {
    return invalid;
  }
  const wire::BodySignature& signature = outer.signatures(0);
  if (signature.office_id() != in.issuer() ||
      signature.key_epoch() != in.key_epoch()) {
    return invalid;
  }
  SignedReceipt receipt;
  receipt.body =
      ReceiptBody{*kind,     *message, in.plain_digest(), *sender,
                  *receiver, *issuer,  in.key_epoch(),    *issued_at};
  receipt.body_bytes = outer.body();
  receipt.signature = signature.signature();
  return receipt;
}

std::string EncodeVoidNotice(const VoidNotice& notice) {
  wire::VoidNotice out;
  out.set_message_id(notice.message.bytes());
  out.set_seq(notice.seq);
  out.set_prev_digest(notice.prev_digest);
  out.set_plain_digest(notice.plain_digest);
  out.set_thread_id(notice.thread.bytes());
  out.set_reason(static_cast<uint32_t>(notice.reason));
  out.set_incarnation(notice.incarnation);
  return Serialize(out);
}

absl::StatusOr<VoidNotice> DecodeVoidNotice(absl::string_view bytes) {
  wire::VoidNotice in;
  if (!ParseExact(bytes, in) || in.plain_digest().size() != kDigestSize) {
    return Malformed();
  }
  VoidNotice notice;
  ASSIGN_OR_RETURN(notice.message, ReadId<MessageId>(in.message_id(), false));
  ASSIGN_OR_RETURN(notice.thread, ReadId<ThreadId>(in.thread_id(), false));
  notice.seq = in.seq();
  notice.prev_digest = in.prev_digest();
  notice.plain_digest = in.plain_digest();
  notice.reason = ReasonFromNumber(static_cast<int>(in.reason()))
                      .value_or(Reason::kUnspecified);
  notice.incarnation = in.incarnation();
  return notice;
}

std::string EncodeReceiptLetter(absl::string_view signed_receipt) {
  wire::ReceiptLetter out;
  Parse(signed_receipt, *out.mutable_receipt());
  return Serialize(out);
}

absl::StatusOr<std::string> DecodeReceiptLetter(absl::string_view payload) {
  wire::ReceiptLetter in;
  if (!ParseExact(payload, in) || !in.has_receipt()) return Malformed();
  return Serialize(in.receipt());
}

}  // namespace amparo::delivery
