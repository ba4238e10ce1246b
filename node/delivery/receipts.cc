// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/receipts.h"

#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::delivery {

absl::string_view Name(ReceiptKind kind) {
  switch (kind) {
    case ReceiptKind::kSubmitted:
      return "SUBMITTED";
    case ReceiptKind::kDelivered:
      return "DELIVERED";
    case ReceiptKind::kRetrieved:
      return "RETRIEVED";
    case ReceiptKind::kAnswered:
      return "ANSWERED";
    case ReceiptKind::kVoided:
      return "VOIDED";
    case ReceiptKind::kNonDelivery:
      return "NON_DELIVERY";
  }
  return "UNKNOWN";
}

std::optional<ReceiptKind> ReceiptKindFromNumber(int number) {
  if (number < static_cast<int>(ReceiptKind::kSubmitted) ||
      number > static_cast<int>(ReceiptKind::kNonDelivery)) {
    return std::nullopt;
  }
  return static_cast<ReceiptKind>(number);
}

namespace {

bool SignedInTime(const ReceiptBody& body, const peering::SigningKey& key,
                  absl::Time now) {
  return body.issued_at <= key.validity.sign_until &&
         now <= key.validity.verify_until;
}

}  // namespace

bool StillHolds(const ReceiptBody& body, const peering::KeyBundle& own,
                absl::Time now) {
  const absl::StatusOr<peering::SigningKey> key =
      own.SigningKeyOf(body.key_epoch);
  return key.ok() && SignedInTime(body, *key, now);
}

absl::Status CheckReceipt(const SignedReceipt& receipt, const LetterRef& letter,
                          const OfficeId& own, const peering::KeyBundle& bundle,
                          absl::Time now) {
  const ReceiptBody& body = receipt.body;
  if (body.message != letter.message ||
      body.plain_digest != letter.plain_digest || body.sender != own ||
      body.receiver != letter.recipient || body.issuer != letter.recipient ||
      bundle.office != letter.recipient) {
    return Error(Reason::kReceiptInvalid);
  }
  ASSIGN_OR_RETURN(const peering::SigningKey key,
                   bundle.SigningKeyOf(body.key_epoch));
  if (!SignedInTime(body, key, now) ||
      body.issued_at > now + limits::kClockSkewMax) {
    return Error(Reason::kReceiptInvalid);
  }
  if (!crypto::VerifyDsse(key.key, kReceiptDsse, receipt.body_bytes,
                          receipt.signature)
           .ok()) {
    return Error(Reason::kReceiptInvalid);
  }
  return absl::OkStatus();
}

absl::StatusOr<SignedReceipt> CheckOwnReceipt(absl::string_view signed_body,
                                              absl::string_view former_bundle,
                                              const OfficeId& sender,
                                              const MessageId& message,
                                              const peering::OwnOffice& own) {
  const auto invalid = [] { return Error(Reason::kReceiptInvalid); };
  ASSIGN_OR_RETURN(SignedReceipt receipt, ParseSignedReceipt(signed_body));
  const ReceiptBody& body = receipt.body;
  if (body.message != message || body.sender != sender ||
      body.receiver != own.id() || body.issuer != own.id()) {
    return invalid();
  }
  absl::StatusOr<peering::SigningKey> key =
      own.bundle().SigningKeyOf(body.key_epoch);
  if (!key.ok()) {
    const absl::StatusOr<peering::KeyBundle> former =
        peering::KeyBundle::Verify(former_bundle, own.office_public_key(),
                                   absl::InfiniteFuture());
    if (!former.ok() || former->office != own.id()) return invalid();
    key = former->SigningKeyOf(body.key_epoch);
  }
  if (!key.ok() || !crypto::VerifyDsse(key->key, kReceiptDsse,
                                       receipt.body_bytes, receipt.signature)
                        .ok()) {
    return invalid();
  }
  return receipt;
}

}  // namespace amparo::delivery
