// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `amparo case` beyond registering and finding: its life, its
// entries, its files, its third persons. What may be personal is read from a
// file of mode 0600 or asked for at the terminal, never taken from the command
// line.
#ifndef AMPARO_ADMIN_CLI_CASE_LIFE_VERBS_H_
#define AMPARO_ADMIN_CLI_CASE_LIFE_VERBS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/cli/desk.h"
#include "amparo/office/v1/case_entries.pb.h"

namespace amparo::cli {

// amend, assign, follow-up, close, reopen, merge, unmerge, history.
void AddCaseLifeVerbs(Verbs& verbs, CLI::App* noun);
// add event|decision|risk|support|service|note, entries, amend-entry, retract.
void AddCaseEntryVerbs(Verbs& verbs, CLI::App* noun);
// attach, attachments, fetch.
void AddAttachmentVerbs(Verbs& verbs, CLI::App* noun);
// third add|list|show|remove.
void AddThirdPersonVerbs(Verbs& verbs, CLI::App* noun);
// hold; in retention_verbs.cc.
void AddCaseHoldVerb(Verbs& verbs, CLI::App* noun);

// The whole of a file of mode 0600, without the line feed at its end, or one
// line asked for at the terminal when no file is named.
absl::StatusOr<std::string> PrivateText(Desk& desk, const std::string& file,
                                        absl::string_view option,
                                        absl::string_view question);

// One entry, as people read it.
std::string EntryText(const Desk& desk, const office::v1::CaseEntry& entry);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CASE_LIFE_VERBS_H_
