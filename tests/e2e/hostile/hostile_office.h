// SPDX-License-Identifier: Apache-2.0
//
// An office that is no program of ours: all its keys are in the hands of the
// test, which writes letters, receipts, bundles and certificates byte by byte,
// right or wrong in one chosen way. It becomes a peer of a real node over the
// wire, as any office does.
#ifndef AMPARO_TESTS_E2E_HOSTILE_HOSTILE_OFFICE_H_
#define AMPARO_TESTS_E2E_HOSTILE_HOSTILE_OFFICE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "amparo/peer/v1/agreement.pb.h"
#include "amparo/peer/v1/letter.pb.h"
#include "amparo/peer/v1/referral.pb.h"
#include "crypto/seal/x25519.h"
#include "crypto/sign/p256.h"
#include "node/consent/statement.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/agreement.h"
#include "node/peering/key_bundle.h"
#include "tests/support/office_process.h"
#include "tests/support/stolen_identity.h"

namespace amparo::hostile {

// Epochs of its signing key that its bundle lists beside 1, and that are over:
// the same key, so that nothing but the epoch is wrong with what it signs.
inline constexpr uint32_t kNoLongerSigns = 2;
inline constexpr uint32_t kNoLongerVerifies = 3;

// What is wrong with a letter. Called in this order; what is left empty is
// right. `payload` and `statement` are encoded and committed to as changed.
struct Twist {
  std::function<void(peer::v1::ReferralRequest&)> payload = nullptr;
  std::function<void(consent::Statement&)> statement = nullptr;
  // Before the inner signature.
  std::function<void(delivery::Plain&)> plain = nullptr;
  std::function<void(delivery::SignedPlain&)> sealed = nullptr;
  // The HPKE plaintext: length, what is sealed, padding.
  std::function<void(std::string&)> padded = nullptr;
  // The header outside, before sealing.
  std::function<void(delivery::LetterHeader&)> outer = nullptr;
  // The same after sealing.
  std::function<void(peer::v1::Header&)> header = nullptr;
  // Before and after the outer signature.
  std::function<void(delivery::WireLetter&)> unsigned_wire = nullptr;
  std::function<void(delivery::WireLetter&)> wire = nullptr;
};

// A letter of the node's, opened.
struct Opened {
  delivery::LetterHeader header;
  delivery::Plain plain;
  std::string plain_digest;
};

// What is wrong with a certificate; what is left empty is right.
struct CertificateTwist {
  absl::Duration from = -absl::Hours(1);
  absl::Duration until = absl::Hours(24 * 90);
  // Instead of the office's own.
  std::optional<std::vector<std::string>> uris = std::nullopt;
  // Instead of the office key and of the TLS key.
  const crypto::P256PrivateKey* issuer = nullptr;
  const crypto::P256PrivateKey* key = nullptr;
};

// Const methods are thread-safe; the others are for one thread, before.
class HostileOffice {
 public:
  explicit HostileOffice(const std::string& name, bool exercise = true);

  const OfficeId& id() const { return id_; }
  const std::string& name() const { return name_; }
  const crypto::P256PrivateKey& office_key() const { return office_key_; }
  const crypto::P256PrivateKey& signing_key() const { return signing_key_; }

  // Where the node is told to call; before Join.
  void set_address(const std::string& address) { address_ = address; }
  // The certificate of a new TLS key from now on.
  void RotateTlsKey();
  PeerCredentials Credentials(const CertificateTwist& twist = {}) const;

  // The current bundle as `change` makes it from now on.
  void ChangeBundle(std::function<void(peering::KeyBundle&)> change) {
    bundle_change_ = std::move(change);
  }
  peering::KeyBundle Bundle() const;
  // Signed by `signer` (the office key).
  peer::v1::SignedBody SignBundle(
      const peering::KeyBundle& bundle,
      const crypto::P256PrivateKey* signer = nullptr) const;
  // The bundle is of this version from now on.
  void set_version(uint64_t version) { version_ = version; }

  // Redeems an invitation of `node` over its peers' port and lets both sides
  // confirm it. A server that answers hellos is running by then.
  absl::Status Join(OfficeProcess& node);
  // Only the call; the node's answer.
  absl::StatusOr<peer::v1::SignedBody> Redeem(OfficeProcess& node,
                                              const std::string& code,
                                              std::string* own_nonce) const;
  // Proposes the terms of ReferralTerms() over the wire, which the node's
  // administrator signs; letters name it from then on.
  absl::Status Agree(OfficeProcess& node);
  // Until everything that the node has for this office was receipted.
  absl::Status AwaitLetters(OfficeProcess& node) const;
  peering::Agreement DrawUp(const OfficeId& acceptor) const;
  const peering::Agreement& agreement() const { return *agreement_; }

  const peering::KeyBundle& node_bundle() const { return *node_bundle_; }
  void set_node_bundle(peering::KeyBundle bundle) {
    node_bundle_ = std::move(bundle);
  }

  // A referral request to the node, first of a new thread and right in all,
  // as `twist` changes it.
  delivery::WireLetter Write(const Twist& twist = {}) const;
  std::string Letter(const Twist& twist = {}) const;
  // A letter of another type, without a person; in a thread of its own.
  std::string Letter(LetterType type, const std::string& payload,
                     const Twist& twist = {}) const;
  // Signs the outside of a letter again.
  void SignAgain(delivery::WireLetter& wire) const;

  // INVALID_ARGUMENT when a letter of the node's is not what it must be.
  absl::StatusOr<Opened> Open(absl::string_view letter) const;
  // A receipt for it, changed before it is signed by `signer` (the signing
  // key).
  peer::v1::SignedBody Receipt(
      const Opened& letter,
      const std::function<void(delivery::ReceiptBody&)>& change = nullptr,
      const crypto::P256PrivateKey* signer = nullptr) const;

 private:
  delivery::LetterHeader NewHeader(LetterType type) const;
  delivery::WireLetter Seal(const delivery::Plain& plain,
                            const Twist& twist) const;

  const std::string name_;
  const bool exercise_;
  const OfficeId id_;
  const crypto::P256PrivateKey office_key_;
  const crypto::P256PrivateKey signing_key_;
  crypto::P256PrivateKey tls_key_;
  const crypto::X25519PrivateKey sealing_key_;
  const std::string log_key_;
  const absl::Time born_;
  std::string address_;
  uint64_t version_ = 1;
  std::function<void(peering::KeyBundle&)> bundle_change_;
  std::optional<peering::KeyBundle> node_bundle_;
  std::optional<peering::Agreement> agreement_;
};

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_HOSTILE_OFFICE_H_
