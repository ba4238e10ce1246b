// SPDX-License-Identifier: Apache-2.0
//
// The values behind the frozen bytes of version 1. Never change one: a file
// under v1/ was made of it and nodes in the field hold such bytes.
#ifndef AMPARO_TESTS_GOLDEN_FIXTURES_H_
#define AMPARO_TESTS_GOLDEN_FIXTURES_H_

#include <string>
#include <vector>

#include "crypto/seal/x25519.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/p256.h"
#include "node/consent/statement.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/agreement.h"
#include "node/peering/key_bundle.h"

namespace amparo::golden {

// The moment everything here was made at: 2025-01-01 00:00:00.123 UTC.
absl::Time Moment();

// Keys of the office that wrote everything, and of its reader.
crypto::P256PrivateKey OfficeKey();
crypto::P256PrivateKey SigningKey();
crypto::Ed25519PrivateKey LogKey();
crypto::X25519PrivateKey SealingKey();

// As inside a plain, and as on the wire, where it names the sealing key.
delivery::LetterHeader Header();
delivery::LetterHeader WireHeader();
delivery::Plain PlainOfLetter();
delivery::ReceiptBody Receipt();
peering::KeyBundle Bundle();
peering::Agreement SomeAgreement();
consent::Statement SomeStatement();
std::string StatementSalt();

// What has one right encoding: made anew in each run and compared byte for
// byte. Names are file names under v1/ without their ending.
struct Frozen {
  std::string name;
  std::string bytes;
};
std::vector<Frozen> AllFrozen();

// What is random in the making (ECDSA signatures) or follows from files that
// grow (the release: its catalogue): made once, read for ever.
std::vector<Frozen> MakeSigned();

// The bytes of v1/<name>.hex; fails the test when there is no such file.
std::string ReadFile(const std::string& name);

}  // namespace amparo::golden

#endif  // AMPARO_TESTS_GOLDEN_FIXTURES_H_
