// SPDX-License-Identifier: Apache-2.0
//
// What a peer whose keys are right may put inside: the input is sealed to the
// receiver as it stands, so that everything behind the encryption is reached.
// First byte: padded size (of five), and whether the zeros are added here.
// Held: what opens is the one right form of what it holds, sealing it again
// gives the same plaintext; refusals are documented ones.
#include <iterator>

#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/seal/hpke.h"
#include "node/delivery/letter_codec.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

struct Office {
  Office()
      : key(*crypto::X25519PrivateKey::FromBytes(std::string(32, '\x44'))) {
    header.message = *MessageId::FromBytes(std::string(16, 'm'));
    header.thread = *ThreadId::FromBytes(std::string(16, 't'));
    header.prev_digest = std::string(32, 'd');
    header.sender = *OfficeId::FromBytes(std::string(16, 'o'));
    header.receiver = *OfficeId::FromBytes(std::string(16, 'q'));
    header.sealing_key = *SealingKeyId::FromBytes(std::string(16, 'k'));
    header.created_at = absl::FromUnixSeconds(1735689600);
    // As letter_codec.h documents it.
    info = "amparo.letter.v1";
    crypto::AppendPrefixed(&info, header.sender.bytes());
    crypto::AppendPrefixed(&info, header.receiver.bytes());
    crypto::AppendPrefixed(&info, header.sealing_key.bytes());
  }
  crypto::X25519PrivateKey key;
  delivery::LetterHeader header;
  std::string info;
};

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  static const auto* const office = new Office();
  fuzz::Parts parts(input, size);
  const uint8_t how = parts.Byte();
  std::string padded(parts.Rest());
  // The three small sizes; large ones only cost time.
  if (how % 4 != 3) padded.resize(delivery::kPaddedSizes[how % 4], '\0');

  crypto::DeterministicRandom random(1);
  delivery::WireLetter letter;
  letter.header = delivery::EncodeHeader(office->header);
  auto sealed = crypto::SealBase(office->key.public_key(), office->info,
                                 letter.header, padded, random);
  HOLD(sealed.ok());
  letter.enc = std::move(sealed->enc);
  letter.ciphertext = std::move(sealed->ciphertext);
  const auto opened = delivery::OpenLetter(letter, office->header, office->key);
  if (!opened.ok()) {
    fuzz::HoldRefusal(opened.status(),
                      {Reason::kPaddingInvalid, Reason::kLetterMalformed});
    return 0;
  }
  const auto again = delivery::SealLetter(office->header, *opened,
                                          office->key.public_key(), random);
  HOLD(again.ok());
  const auto plaintext = crypto::OpenBase(office->key, again->enc, office->info,
                                          again->header, again->ciphertext);
  HOLD(plaintext.ok() && *plaintext == padded);
  return 0;
}
