// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/letter_faults.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
using delivery::LetterHeader;
using delivery::Plain;

std::string TwistedHeader(Federation& all, const Twist& twist) {
  return all.hostile().Letter(twist);
}

OfficeId OtherPeer(Federation& all) {
  return *OfficeId::FromHex(all.honest().id());
}

}  // namespace

const std::vector<Fault>& HeaderFaults() {
  static const auto* const faults = new std::vector<Fault>{
      {"SenderIsAnotherPeer", Reason::kLetterWrongSender,
       [](Federation& all) {
         const OfficeId other = OtherPeer(all);
         return TwistedHeader(
             all, {.plain = [=](Plain& p) { p.header.sender = other; }});
       }},
      {"SenderIsNobody", Reason::kLetterWrongSender,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.sender =
                                    *OfficeId::FromHex(std::string(32, '7'));
                              }});
       }},
      {"SenderIsTheReceiver", Reason::kLetterWrongSender,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.sender = p.header.receiver;
                              }});
       }},
      {"ReceiverIsAnotherOffice", Reason::kLetterWrongReceiver,
       [](Federation& all) {
         const OfficeId other = OtherPeer(all);
         return TwistedHeader(
             all, {.plain = [=](Plain& p) { p.header.receiver = other; }});
       }},
      {"Expired", Reason::kLetterExpired,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.expires_at =
                                    p.header.created_at - absl::Seconds(1);
                              }});
       }},
      {"NeverExpires", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.expires_at = absl::InfiniteFuture();
                              }});
       }},
      {"FromTheFuture", Reason::kLetterFromFuture,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.created_at += absl::Minutes(6);
                              }});
       }},
      {"TimeBeyondTheCalendar", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedHeader(all, {.header = [](wire::Header& h) {
                                h.set_expires_at_ms(0x7fffffffffffffff);
                              }});
       }},
      {"UnknownKeyEpoch", Reason::kKeyEpochUnknown,
       [](Federation& all) {
         return TwistedHeader(
             all, {.plain = [](Plain& p) { p.header.sender_key_epoch = 9; }});
       }},
      {"KeyEpochThatNoLongerSigns", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.sender_key_epoch = kNoLongerSigns;
                              }});
       }},
      {"KeyEpochThatNoLongerVerifies", Reason::kSignatureInvalid,
       [](Federation& all) {
         // Written while the key could sign.
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.sender_key_epoch = kNoLongerVerifies;
                                p.header.created_at -= absl::Minutes(150);
                              }});
       }},
      {"UnknownSealingKey", Reason::kSealingKeyUnknown,
       [](Federation& all) {
         return TwistedHeader(
             all, {.outer = [](LetterHeader& h) {
               h.sealing_key = *SealingKeyId::FromHex(std::string(32, '9'));
             }});
       }},
      {"UnknownProtocol", Reason::kProtocolUnsupported,
       [](Federation& all) {
         return TwistedHeader(
             all, {.header = [](wire::Header& h) { h.set_protocol(2); }});
       }},
      {"UnknownType", Reason::kTypeUnknown,
       [](Federation& all) {
         return TwistedHeader(
             all, {.header = [](wire::Header& h) { h.set_type(999); }});
       }},
      {"UnknownPurpose", Reason::kValueUnknown,
       [](Federation& all) {
         return TwistedHeader(
             all, {.header = [](wire::Header& h) { h.set_purpose(999); }});
       }},
      {"UnknownHandlingCode", Reason::kValueUnknown,
       [](Federation& all) {
         return TwistedHeader(all, {.header = [](wire::Header& h) {
                                h.add_handling_codes(999);
                              }});
       }},
      {"UnknownHeaderField", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedHeader(
             all, {.header = [](wire::Header& h) {
               h.GetReflection()->MutableUnknownFields(&h)->AddVarint(900, 1);
             }});
       }},
      {"TypeThatNobodyHandles", Reason::kTypeUnknown,
       [](Federation& all) {
         return all.hostile().Letter(LetterType::kCheckpoint, "");
       }},
      {"HeadersDifferInThePurpose", Reason::kHeaderMismatch,
       [](Federation& all) {
         return TwistedHeader(all, {.outer = [](LetterHeader& h) {
                                h.purpose = Purpose::kIdentityDisclosure;
                              }});
       }},
      {"HeadersDifferInTheExpiry", Reason::kHeaderMismatch,
       [](Federation& all) {
         return TwistedHeader(all, {.outer = [](LetterHeader& h) {
                                h.expires_at += absl::Hours(1);
                              }});
       }},
      {"HeadersDifferInTheMessageId", Reason::kHeaderMismatch,
       [](Federation& all) {
         return TwistedHeader(all, {.outer = [](LetterHeader& h) {
                                h.message =
                                    *MessageId::FromHex(std::string(32, '7'));
                              }});
       }},
      {"UnknownIncarnation", Reason::kIncarnationUnknown,
       [](Federation& all) {
         return TwistedHeader(
             all, {.plain = [](Plain& p) { p.header.incarnation = 7; }});
       }},
      {"GapInTheSequence", Reason::kSequenceGap,
       [](Federation& all) {
         return TwistedHeader(all,
                              {.plain = [](Plain& p) { p.header.seq = 2; }});
       }},
      {"FirstOfAThreadThatNamesOneBefore", Reason::kPreviousDigestMismatch,
       [](Federation& all) {
         return TwistedHeader(all, {.plain = [](Plain& p) {
                                p.header.prev_digest = std::string(32, 'x');
                              }});
       }},
  };
  return *faults;
}

}  // namespace amparo::hostile
