// SPDX-License-Identifier: Apache-2.0
//
// One-time invitations to become a peer. The code is shown once and never
// stored here: this node keeps the public half of its one-time key only.
#ifndef AMPARO_NODE_PEERING_INVITATIONS_H_
#define AMPARO_NODE_PEERING_INVITATIONS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/sign/p256.h"
#include "node/base/ids.h"
#include "node/peering/own_office.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {

// First 16 bytes of SHA-256 of the one-time public key (33 bytes).
InvitationId InvitationIdOf(const crypto::P256PublicKey& one_time_key);

// What stands in a code: "amparo-invite-1:" and, in base64url without padding,
//   u8 version 1 | u32be n, address | office public key 33 | one-time private
//   scalar 32 | u8 exercise | first 4 bytes of SHA-256 of all before
// The checksum finds typing errors; it proves nothing. Move-only: it holds a
// private key.
class InvitationCode {
 public:
  // kFieldInvalid for an empty or malformed address.
  static absl::StatusOr<InvitationCode> Create(
      absl::string_view address, const crypto::P256PublicKey& office_key,
      crypto::P256PrivateKey one_time_key, bool exercise);
  // Ignores white space around it. kInvitationInvalid says what is wrong with
  // it, never what it holds.
  static absl::StatusOr<InvitationCode> Decode(absl::string_view text);
  crypto::Secret Encode() const;

  InvitationCode(InvitationCode&&) = default;
  InvitationCode& operator=(InvitationCode&&) = default;

  const std::string& address() const { return address_; }
  // The server that answers must be certified by this key.
  const crypto::P256PublicKey& office_key() const { return office_key_; }
  bool exercise() const { return exercise_; }
  InvitationId id() const;

  // What to connect with: the one-time key and a certificate it issued to
  // itself, valid from limits::kClockSkewMax before `now` for a day.
  absl::StatusOr<TlsIdentity> ClientIdentity(
      absl::Time now, crypto::RandomSource& random) const;

 private:
  InvitationCode(std::string address, crypto::P256PublicKey office_key,
                 crypto::P256PrivateKey one_time_key, bool exercise);
  InvitationCode(const InvitationCode&) = delete;

  std::string address_;
  crypto::P256PublicKey office_key_;
  crypto::P256PrivateKey one_time_key_;
  bool exercise_;
};

// One that this office gave out.
struct Invitation {
  InvitationId id;
  crypto::P256PublicKey one_time_key;
  std::string nonce;  // Ours for the safety number.
  PersonId invited_by;
  absl::Time expires_at;
  // Once used: who used it, SHA-256 of the request and the answer's bytes, so
  // that the same request gets the same answer.
  OfficeId used_by;
  std::string request_digest;
  std::string answer;

  bool used() const { return !used_by.empty(); }
};

// One that this office is redeeming: kept before the call goes out, so that
// after a crash the same code sends the same request.
struct Redemption {
  InvitationId id;
  std::string nonce;
  std::string request;  // Serialised AcceptInvitationRequest.
};

// Thread-safe; reads the store each time. `vault` must outlive it.
class Invitations {
 public:
  explicit Invitations(const storage::Vault& vault) : vault_(vault) {}

  // kInvitationInvalid when there is none.
  absl::StatusOr<Invitation> Get(const storage::Reader& reader,
                                 const InvitationId& id) const;
  // The one with this one-time key: kInvitationInvalid, kInvitationExpired.
  absl::StatusOr<Invitation> FindLive(const storage::Reader& reader,
                                      const crypto::P256PublicKey& key,
                                      absl::Time now) const;
  absl::Status Insert(storage::Batch& batch, const Invitation& value) const;
  // The commit fails with kVersionConflict when it was used meanwhile.
  absl::Status MarkUsed(const storage::Reader& reader, storage::Batch& batch,
                        const InvitationId& id, const OfficeId& used_by,
                        absl::string_view request_digest,
                        absl::string_view answer) const;
  // Adds deletion of those that expired before `now`; how many.
  absl::StatusOr<size_t> DropExpired(const storage::Reader& reader,
                                     storage::Batch& batch,
                                     absl::Time now) const;

  absl::StatusOr<std::optional<Redemption>> FindRedemption(
      const storage::Reader& reader, const InvitationId& id) const;
  absl::Status InsertRedemption(storage::Batch& batch,
                                const Redemption& value) const;
  void DeleteRedemption(storage::Batch& batch, const InvitationId& id) const;

 private:
  const storage::Vault& vault_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_INVITATIONS_H_
