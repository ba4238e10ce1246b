// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/letter_faults.h"

#include "crypto/sign/dsse.h"
#include "node/base/limits.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
using delivery::LetterHeader;
using delivery::SignedPlain;
using delivery::WireLetter;

std::string TwistedForm(Federation& all, const Twist& twist) {
  return all.hostile().Letter(twist);
}

// The letter cut after `part` of its four parts, in the middle of the next.
std::string CutInside(Federation& all, int part) {
  const WireLetter letter = all.hostile().Write();
  size_t at = letter.header.size() / 2;
  if (part > 0) at += letter.header.size();
  if (part > 1) at += letter.enc.size();
  if (part > 2) at += letter.ciphertext.size();
  return delivery::EncodeLetter(letter).substr(0, at);
}

}  // namespace

const std::vector<Fault>& FormFaults() {
  static const auto* const faults = new std::vector<Fault>{
      {"Oversized", Reason::kLetterTooLarge,
       [](Federation& all) {
         return TwistedForm(all, {.unsigned_wire = [](WireLetter& w) {
                              w.ciphertext.resize(limits::kLetterBytesMax, 'x');
                            }});
       }},
      {"Empty", Reason::kLetterMalformed,
       [](Federation&) { return std::string(); }},
      {"TruncatedInTheHeader", Reason::kLetterMalformed,
       [](Federation& all) { return CutInside(all, 0); }},
      {"TruncatedInTheEncapsulatedKey", Reason::kLetterMalformed,
       [](Federation& all) { return CutInside(all, 1); }},
      {"TruncatedInTheCiphertext", Reason::kLetterMalformed,
       [](Federation& all) { return CutInside(all, 2); }},
      {"TruncatedByOneByte", Reason::kLetterMalformed,
       [](Federation& all) {
         std::string letter = all.hostile().Letter();
         letter.pop_back();
         return letter;
       }},
      {"SomethingAfterTheLetter", Reason::kLetterMalformed,
       [](Federation& all) { return all.hostile().Letter() + "\x7a\x01x"; }},
      {"NoSignature", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedForm(
             all, {.wire = [](WireLetter& w) { w.signature.clear(); }});
       }},
      {"BitFlippedInTheHeader", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedForm(all, {.wire = [](WireLetter& w) {
                              // In the thread id, which may be any 16 bytes.
                              LetterHeader header =
                                  *delivery::DecodeHeader(w.header);
                              std::string thread = header.thread.bytes();
                              thread[5] ^= 1;
                              header.thread = *ThreadId::FromBytes(thread);
                              w.header = delivery::EncodeHeader(header);
                            }});
       }},
      {"BitFlippedInTheEncapsulatedKey", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedForm(all,
                            {.wire = [](WireLetter& w) { w.enc[7] ^= 16; }});
       }},
      {"BitFlippedInTheCiphertext", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedForm(
             all, {.wire = [](WireLetter& w) { w.ciphertext[700] ^= 2; }});
       }},
      {"BitFlippedInTheSignature", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedForm(
             all, {.wire = [](WireLetter& w) { w.signature.back() ^= 1; }});
       }},
      {"EncapsulatedKeyFlippedAndSignedAgain", Reason::kLetterUndecryptable,
       [](Federation& all) {
         return TwistedForm(
             all, {.unsigned_wire = [](WireLetter& w) { w.enc[7] ^= 16; }});
       }},
      {"EncapsulatedKeyOfSmallOrder", Reason::kLetterUndecryptable,
       [](Federation& all) {
         return TwistedForm(all, {.unsigned_wire = [](WireLetter& w) {
                              w.enc = std::string(32, '\0');
                            }});
       }},
      {"CiphertextFlippedAndSignedAgain", Reason::kLetterUndecryptable,
       [](Federation& all) {
         return TwistedForm(all, {.unsigned_wire = [](WireLetter& w) {
                              w.ciphertext[700] ^= 2;
                            }});
       }},
      {"HeaderChangedAfterSealing", Reason::kLetterUndecryptable,
       [](Federation& all) {
         return TwistedForm(
             all, {.header = [](wire::Header& h) { h.set_respond_by_ms(5); }});
       }},
      {"InnerSignatureOfAnotherKey", Reason::kSignatureInvalid,
       [](Federation& all) {
         return TwistedForm(all, {.sealed = [](SignedPlain& s) {
                              s.signature = *crypto::SignDsse(
                                  crypto::P256PrivateKey::Generate(),
                                  delivery::kPlainDsse, s.plain);
                            }});
       }},
      {"InnerSignatureOfAnotherKind", Reason::kSignatureInvalid,
       [](Federation& all) {
         const auto* const key = &all.hostile().signing_key();
         return TwistedForm(all, {.sealed = [key](SignedPlain& s) {
                              s.signature = *crypto::SignDsse(
                                  *key, delivery::kLetterDsse, s.plain);
                            }});
       }},
      {"PlainThatIsNone", Reason::kLetterMalformed,
       [](Federation& all) {
         const auto* const key = &all.hostile().signing_key();
         return TwistedForm(all, {.sealed = [key](SignedPlain& s) {
                              s.plain = "no plain";
                              s.signature = *crypto::SignDsse(
                                  *key, delivery::kPlainDsse, s.plain);
                            }});
       }},
      {"PaddingThatIsNotZero", Reason::kPaddingInvalid,
       [](Federation& all) {
         return TwistedForm(
             all, {.padded = [](std::string& p) { p.back() = '\1'; }});
       }},
      {"PaddedToALengthBetween", Reason::kPaddingInvalid,
       [](Federation& all) {
         return TwistedForm(
             all, {.padded = [](std::string& p) { p.resize(2048, '\0'); }});
       }},
      {"PaddedToMoreThanItNeeds", Reason::kPaddingInvalid,
       [](Federation& all) {
         return TwistedForm(
             all, {.padded = [](std::string& p) { p.resize(4096, '\0'); }});
       }},
      {"LengthBeyondThePadding", Reason::kPaddingInvalid,
       [](Federation& all) {
         return TwistedForm(all, {.padded = [](std::string& p) {
                              p.replace(0, 4, "\xff\xff\xff\xff");
                            }});
       }},
      {"SealedNothing", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedForm(all, {.padded = [](std::string& p) {
                              p.replace(0, 4, "\0\0\0\1", 4);
                              p.replace(4, std::string::npos, p.size() - 4,
                                        '\0');
                            }});
       }},
  };
  return *faults;
}

}  // namespace amparo::hostile
