// SPDX-License-Identifier: Apache-2.0
#include "node/storage/tables.h"

#include <vector>

namespace amparo::storage {
namespace {

struct Row {
  TableId table;
  // Frozen with the number: sealed values are bound to it.
  absl::string_view name;
};

constexpr Row kRows[] = {
    {TableId::kFormat, "format"},
    {TableId::kGroupKeys, "group_keys"},
    {TableId::kDataKeys, "data_keys"},
    {TableId::kOwnOffice, "own_office"},
    {TableId::kOwnKeys, "own_keys"},
    {TableId::kLeaves, "leaves"},
    {TableId::kEvents, "events"},
    {TableId::kTreeNodes, "tree_nodes"},
    {TableId::kLogHead, "log_head"},
    {TableId::kPersons, "persons"},
    {TableId::kPersonNames, "person_names"},
    {TableId::kSessions, "sessions"},
    {TableId::kRequests, "requests"},
    {TableId::kConsents, "consents"},
    {TableId::kConsentsBySubject, "consents_by_subject"},
    {TableId::kCases, "cases"},
    {TableId::kProfiles, "profiles"},
    {TableId::kIdentities, "identities"},
    {TableId::kCaseNumbers, "case_numbers"},
    {TableId::kCaseSources, "case_sources"},
    {TableId::kCasesByPerson, "cases_by_person"},
    {TableId::kCaseEntries, "case_entries"},
    {TableId::kCaseHistory, "case_history"},
    {TableId::kIdentityHistory, "identity_history"},
    {TableId::kThirdPersons, "third_persons"},
    {TableId::kPeers, "peers"},
    {TableId::kInvitations, "invitations"},
    {TableId::kAgreements, "agreements"},
    {TableId::kAgreementsByPeer, "agreements_by_peer"},
    {TableId::kOutbox, "outbox"},
    {TableId::kThreadsOut, "threads_out"},
    {TableId::kThreadsIn, "threads_in"},
    {TableId::kInbox, "inbox"},
    {TableId::kReceipts, "receipts"},
    {TableId::kLetters, "letters"},
    {TableId::kPeerCursors, "peer_cursors"},
    {TableId::kPeerLetters, "peer_letters"},
    {TableId::kLettersByConsent, "letters_by_consent"},
    {TableId::kReferrals, "referrals"},
    {TableId::kReferralsByCase, "referrals_by_case"},
    {TableId::kDisclosures, "disclosures"},
    {TableId::kReferralsByConsent, "referrals_by_consent"},
    {TableId::kReferralsByTime, "referrals_by_time"},
    {TableId::kRecalls, "recalls"},
    {TableId::kTableSpecs, "table_specs"},
    {TableId::kPreparations, "preparations"},
    {TableId::kReleases, "releases"},
    {TableId::kLedger, "ledger"},
    {TableId::kLedgerByCohort, "ledger_by_cohort"},
    {TableId::kRegionReleases, "region_releases"},
    {TableId::kRegionReleasesByTable, "region_releases_by_table"},
    {TableId::kBlindWords, "blind_words"},
    {TableId::kAttachmentPieces, "attachment_pieces"},
    {TableId::kCountingRecords, "counting_records"},
    {TableId::kRetentionRules, "retention_rules"},
    {TableId::kCaseRetention, "case_retention"},
    {TableId::kErasedCases, "erased_cases"},
};

}  // namespace

absl::string_view TableName(TableId table) {
  for (const Row& row : kRows) {
    if (row.table == table) return row.name;
  }
  return "unknown";
}

absl::Span<const TableId> AllTables() {
  static const auto* const all = [] {
    auto* tables = new std::vector<TableId>();
    for (const Row& row : kRows) tables->push_back(row.table);
    return tables;
  }();
  return *all;
}

}  // namespace amparo::storage
