// SPDX-License-Identifier: Apache-2.0
//
// Half of what a seed costs would be cryptography that gives the same answer
// to the same bytes again: at each start of a node a thousand group keys are
// unwrapped, with each call the same few certificates are parsed, and bundles
// are verified whenever they are read. In these programs the linker puts a
// memory in front of four functions of crypto/ (`--wrap`, see CMakeLists.txt):
// UnwrapKey, VerifyDsse, P256PublicKey::FromCompressed, Certificate::FromPem.
// Each is a pure function of its arguments, and for arguments that are new the
// product's code runs. Any thread.
#ifndef AMPARO_TESTS_SIMULATION_REMEMBERED_CRYPTO_H_
#define AMPARO_TESTS_SIMULATION_REMEMBERED_CRYPTO_H_

namespace amparo::simulation {

// Drops the answers of a memory that has grown large; called between seeds, so
// that many seeds need no more memory than a few.
void TrimRememberedCrypto();

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_REMEMBERED_CRYPTO_H_
