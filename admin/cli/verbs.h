// SPDX-License-Identifier: Apache-2.0
//
// One function per noun: adds its verbs, with their options, help and
// examples. Each verb is one or two calls of the office API and prints what
// came back.
#ifndef AMPARO_ADMIN_CLI_VERBS_H_
#define AMPARO_ADMIN_CLI_VERBS_H_

#include "admin/cli/desk.h"

namespace amparo::cli {

void AddSignInVerbs(Verbs& verbs);                    // login, logout, whoami
void AddPersonVerbs(Verbs& verbs);                    // person ...
void AddPeerVerbs(Verbs& verbs);                      // peer ...
void AddAgreementVerbs(Verbs& verbs);                 // agreement ...
void AddCaseVerbs(Verbs& verbs);                      // case ...
void AddCaseFileVerbs(Verbs& verbs, CLI::App* noun);  // case import, export
void AddConsentVerbs(Verbs& verbs);                   // consent ...
void AddCountVerbs(Verbs& verbs);                     // count ...
void AddReferralVerbs(Verbs& verbs);                  // referral ...
void AddTableVerbs(Verbs& verbs);                     // table ...
void AddTrendVerb(Verbs& verbs);                      // trend
void AddVocabularyVerbs(Verbs& verbs);                // vocabulary ...
void AddStatusVerb(Verbs& verbs);                     // status
void AddDoctorVerb(Verbs& verbs);                     // doctor
// completion; `program` is what is completed and must outlive `verbs`.
void AddCompletionVerb(Verbs& verbs, const CLI::App& program);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_VERBS_H_
