// SPDX-License-Identifier: Apache-2.0
//
// The tables of a node and the numbers they have on disk.
#ifndef AMPARO_NODE_STORAGE_TABLES_H_
#define AMPARO_NODE_STORAGE_TABLES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo::storage {

// Frozen: a number is the first two bytes (big endian) of every row key and,
// with the name, part of what authenticates a sealed value. Never reuse one.
enum class TableId : uint16_t {
  // Storage itself.
  kFormat = 1,     // Version of the bytes on disk; plain.
  kGroupKeys = 2,  // Group keys wrapped by the node key; plain.
  kDataKeys = 3,   // Data keys wrapped by a group key; plain.
  // The node.
  kOwnOffice = 10,
  kOwnKeys = 11,
  // The log.
  kLeaves = 20,     // By index; plain, holds commitments only.
  kEvents = 21,     // What a leaf commits to, with its salt.
  kTreeNodes = 22,  // Perfect subtrees of the Merkle tree; plain.
  kLogHead = 23,    // Integrated size and last checkpoint; plain.
  // People.
  kPersons = 30,
  kPersonNames = 31,  // Blind index of sign-in names.
  kSessions = 32,
  kRequests = 33,  // Answers kept for repeated request ids.
  // Consent.
  kConsents = 40,
  kConsentsBySubject = 41,
  // Cases.
  kCases = 50,
  kProfiles = 51,
  kIdentities = 52,
  kCaseNumbers = 53,    // Blind index.
  kCaseSources = 54,    // Blind index of imported rows.
  kCasesByPerson = 55,  // Reserved; nothing writes it any more.
  kCaseEntries = 56,
  kCaseHistory = 57,
  kIdentityHistory = 58,
  kThirdPersons = 59,
  // Peering.
  kPeers = 60,
  kInvitations = 61,
  kAgreements = 62,
  kAgreementsByPeer = 63,
  // Delivery.
  kOutbox = 70,
  kThreadsOut = 71,
  kThreadsIn = 72,
  kInbox = 73,
  kReceipts = 74,
  kLetters = 75,
  kPeerCursors = 76,
  kPeerLetters = 77,
  kLettersByConsent = 78,
  // Referral.
  kReferrals = 80,
  kReferralsByCase = 81,  // Reserved; nothing writes it yet.
  kDisclosures = 82,
  kReferralsByConsent = 83,
  kReferralsByTime = 84,
  kRecalls = 85,  // Sender and message id; no values.
  // Statistics.
  kTableSpecs = 90,
  kPreparations = 91,
  kReleases = 92,
  kLedger = 93,
  kLedgerByCohort = 94,
  // Region.
  kRegionReleases = 100,
  kRegionReleasesByTable = 101,
  // Linkage.
  kBlindWords = 110,  // Blind index of names, documents, telephones.
  // Cases, continued.
  kAttachmentPieces = 120,  // The bytes of attached files.
  kCountingRecords = 121,   // Persons who are only counted.
  // Retention of cases.
  kRetentionRules = 130,
  kCaseRetention = 131,
  kErasedCases = 132,
};

// Stable name of a table, for messages and for authenticated data.
absl::string_view TableName(TableId table);
absl::Span<const TableId> AllTables();

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_TABLES_H_
