// SPDX-License-Identifier: Apache-2.0
//
// The people of the office, as text.
#ifndef AMPARO_ADMIN_CLI_PERSON_TEXT_H_
#define AMPARO_ADMIN_CLI_PERSON_TEXT_H_

#include <string>

#include "amparo/office/v1/people.pb.h"

namespace amparo::cli {

// "caseworker, focal point".
std::string RolesText(const office::v1::Person& person);

// Name, roles, team and state, a line each.
std::string PersonText(const office::v1::Person& person);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_PERSON_TEXT_H_
