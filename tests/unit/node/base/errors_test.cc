// SPDX-License-Identifier: Apache-2.0
#include "node/base/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "node/base/status_macros.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using ::testing::HasSubstr;

struct Frozen {
  int number;
  const char* name;
  absl::StatusCode code;
};

// They are on disk and on the wire: a line may be added, none may change.
const std::vector<Frozen>& FrozenReasons() {
  static const auto* const frozen = new std::vector<Frozen>{
      {0, "UNSPECIFIED", absl::StatusCode::kInternal},
      {1, "NOT_SIGNED_IN", absl::StatusCode::kUnauthenticated},
      {2, "SESSION_EXPIRED", absl::StatusCode::kUnauthenticated},
      {3, "SIGN_IN_REFUSED", absl::StatusCode::kUnauthenticated},
      {4, "NOT_ALLOWED", absl::StatusCode::kPermissionDenied},
      {5, "SECOND_PERSON_REQUIRED", absl::StatusCode::kPermissionDenied},
      {6, "SIGN_IN_THROTTLED", absl::StatusCode::kResourceExhausted},
      {10, "FIELD_INVALID", absl::StatusCode::kInvalidArgument},
      {11, "REQUEST_ID_REUSED", absl::StatusCode::kInvalidArgument},
      {12, "WRONG_STATE", absl::StatusCode::kFailedPrecondition},
      {13, "VERSION_CONFLICT", absl::StatusCode::kAborted},
      {14, "LIMIT_EXCEEDED", absl::StatusCode::kResourceExhausted},
      {15, "ALREADY_EXISTS", absl::StatusCode::kAlreadyExists},
      {16, "DEADLINE_PASSED", absl::StatusCode::kFailedPrecondition},
      {20, "CONSENT_MISSING", absl::StatusCode::kFailedPrecondition},
      {21, "CONSENT_WITHDRAWN", absl::StatusCode::kFailedPrecondition},
      {22, "CONSENT_EXPIRED", absl::StatusCode::kFailedPrecondition},
      {23, "CONSENT_NOT_FOR_RECIPIENT", absl::StatusCode::kFailedPrecondition},
      {24, "CONSENT_NOT_FOR_PURPOSE", absl::StatusCode::kFailedPrecondition},
      {25, "CONSENT_INCOMPLETE", absl::StatusCode::kFailedPrecondition},
      {26, "CONSENT_OF_ANOTHER_REFERRAL",
       absl::StatusCode::kFailedPrecondition},
      {27, "CONSENT_COMMITMENT_MISMATCH", absl::StatusCode::kInvalidArgument},
      {28, "GUARDIAN_REQUIRED", absl::StatusCode::kFailedPrecondition},
      {29, "CONSENT_NOT_FOR_CATEGORY", absl::StatusCode::kFailedPrecondition},
      {40, "PEER_UNKNOWN", absl::StatusCode::kUnauthenticated},
      {41, "PEER_NOT_CONFIRMED", absl::StatusCode::kPermissionDenied},
      {42, "PEER_SUSPENDED", absl::StatusCode::kPermissionDenied},
      {43, "INVITATION_INVALID", absl::StatusCode::kFailedPrecondition},
      {44, "INVITATION_EXPIRED", absl::StatusCode::kFailedPrecondition},
      {45, "SAFETY_NUMBER_MISMATCH", absl::StatusCode::kFailedPrecondition},
      {46, "AGREEMENT_MISSING", absl::StatusCode::kFailedPrecondition},
      {47, "AGREEMENT_EXPIRED", absl::StatusCode::kFailedPrecondition},
      {48, "AGREEMENT_HASH_MISMATCH", absl::StatusCode::kFailedPrecondition},
      {49, "TYPE_NOT_IN_AGREEMENT", absl::StatusCode::kPermissionDenied},
      {50, "PURPOSE_NOT_IN_AGREEMENT", absl::StatusCode::kPermissionDenied},
      {51, "CATEGORY_NOT_IN_AGREEMENT", absl::StatusCode::kPermissionDenied},
      {52, "EXERCISE_MISMATCH", absl::StatusCode::kFailedPrecondition},
      {53, "CERTIFICATE_EXPIRED", absl::StatusCode::kUnauthenticated},
      {54, "CERTIFICATE_NOT_YET_VALID", absl::StatusCode::kUnauthenticated},
      {55, "CERTIFICATE_NOT_PINNED", absl::StatusCode::kUnauthenticated},
      {56, "CERTIFICATE_WRONG_OFFICE", absl::StatusCode::kUnauthenticated},
      {57, "KEY_BUNDLE_INVALID", absl::StatusCode::kInvalidArgument},
      {70, "LETTER_TOO_LARGE", absl::StatusCode::kInvalidArgument},
      {71, "LETTER_MALFORMED", absl::StatusCode::kInvalidArgument},
      {72, "LETTER_WRONG_SENDER", absl::StatusCode::kInvalidArgument},
      {73, "LETTER_WRONG_RECEIVER", absl::StatusCode::kInvalidArgument},
      {74, "LETTER_EXPIRED", absl::StatusCode::kFailedPrecondition},
      {75, "LETTER_FROM_FUTURE", absl::StatusCode::kFailedPrecondition},
      {76, "SIGNATURE_INVALID", absl::StatusCode::kInvalidArgument},
      {77, "SEALING_KEY_UNKNOWN", absl::StatusCode::kFailedPrecondition},
      {78, "KEY_EPOCH_UNKNOWN", absl::StatusCode::kFailedPrecondition},
      {79, "HEADER_MISMATCH", absl::StatusCode::kInvalidArgument},
      {80, "PADDING_INVALID", absl::StatusCode::kInvalidArgument},
      {81, "SEQUENCE_GAP", absl::StatusCode::kAborted},
      {82, "SEQUENCE_REUSED", absl::StatusCode::kInvalidArgument},
      {83, "PREVIOUS_DIGEST_MISMATCH", absl::StatusCode::kInvalidArgument},
      {84, "TYPE_UNKNOWN", absl::StatusCode::kInvalidArgument},
      {85, "PROTOCOL_UNSUPPORTED", absl::StatusCode::kFailedPrecondition},
      {86, "LETTER_UNDECRYPTABLE", absl::StatusCode::kInvalidArgument},
      {87, "RECEIPT_INVALID", absl::StatusCode::kInvalidArgument},
      {88, "VALUE_UNKNOWN", absl::StatusCode::kInvalidArgument},
      {89, "REPLACED_BY_VOID", absl::StatusCode::kFailedPrecondition},
      {90, "INCARNATION_UNKNOWN", absl::StatusCode::kFailedPrecondition},
      {91, "INCARNATION_OVER", absl::StatusCode::kFailedPrecondition},
      {92, "REFERRAL_ID_REUSED", absl::StatusCode::kAlreadyExists},
      {93, "REFERRAL_OPEN", absl::StatusCode::kAlreadyExists},
      {100, "BUDGET_EXHAUSTED", absl::StatusCode::kResourceExhausted},
      {101, "ALREADY_RELEASED", absl::StatusCode::kFailedPrecondition},
      {102, "TABLE_UNKNOWN", absl::StatusCode::kInvalidArgument},
      {110, "COLUMN_UNKNOWN", absl::StatusCode::kInvalidArgument},
      {111, "COLUMN_MISSING", absl::StatusCode::kInvalidArgument},
      {112, "COLUMN_DUPLICATE", absl::StatusCode::kInvalidArgument},
      {113, "ROW_MALFORMED", absl::StatusCode::kInvalidArgument},
      {114, "CODE_UNKNOWN", absl::StatusCode::kInvalidArgument},
      {115, "MAPPING_INVALID", absl::StatusCode::kInvalidArgument},
      {116, "ENCODING_INVALID", absl::StatusCode::kInvalidArgument},
      {130, "STORAGE_FAILED", absl::StatusCode::kUnavailable},
      {131, "RECORD_DAMAGED", absl::StatusCode::kDataLoss},
      {132, "DIRECTORY_IN_USE", absl::StatusCode::kFailedPrecondition},
      {133, "FILE_MODE_TOO_OPEN", absl::StatusCode::kFailedPrecondition},
      {134, "PASSPHRASE_WRONG", absl::StatusCode::kInvalidArgument},
      {135, "CONFIG_INVALID", absl::StatusCode::kInvalidArgument},
      {136, "UNAVAILABLE", absl::StatusCode::kUnavailable},
      {137, "INTERNAL", absl::StatusCode::kInternal},
      {138, "DIRECTORY_NOT_EMPTY", absl::StatusCode::kFailedPrecondition},
      {139, "NOT_INITIALISED", absl::StatusCode::kFailedPrecondition},
      {140, "NODE_LOCKED", absl::StatusCode::kFailedPrecondition},
      {141, "RESTORE_NEEDED", absl::StatusCode::kFailedPrecondition},
      {142, "DISK_NEARLY_FULL", absl::StatusCode::kUnavailable},
  };
  return *frozen;
}

TEST(ReasonTest, NumbersNamesAndCodesAreFrozen) {
  ASSERT_EQ(AllReasons().size(), FrozenReasons().size());
  for (const Frozen& frozen : FrozenReasons()) {
    const auto reason = ReasonFromNumber(frozen.number);
    ASSERT_TRUE(reason.has_value()) << frozen.number;
    EXPECT_EQ(static_cast<int>(*reason), frozen.number);
    EXPECT_EQ(ReasonName(*reason), frozen.name);
    EXPECT_EQ(ReasonCode(*reason), frozen.code) << frozen.name;
  }
}

TEST(ReasonTest, NumbersNamesAndTextsAreDistinct) {
  std::set<int> numbers;
  std::set<std::string> names;
  std::set<std::string> texts;
  for (const Reason reason : AllReasons()) {
    EXPECT_TRUE(numbers.insert(static_cast<int>(reason)).second)
        << ReasonName(reason);
    EXPECT_TRUE(names.insert(std::string(ReasonName(reason))).second)
        << ReasonName(reason);
    EXPECT_TRUE(texts.insert(std::string(ReasonText(reason))).second)
        << ReasonName(reason);
  }
}

TEST(ReasonTest, NamesReadBackAndUnknownOnesDoNot) {
  for (const Reason reason : AllReasons()) {
    EXPECT_EQ(ReasonFromName(ReasonName(reason)), reason);
    EXPECT_EQ(ReasonFromNumber(static_cast<int>(reason)), reason);
  }
  for (const char* name : {"", "consent_missing", "CONSENT_MISSING ", "X"}) {
    EXPECT_EQ(ReasonFromName(name), std::nullopt) << name;
  }
  for (const int number : {-1, 9, 149, 1000000}) {
    EXPECT_EQ(ReasonFromNumber(number), std::nullopt) << number;
  }
}

TEST(ErrorTest, CarriesReasonCodeAndText) {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kUnspecified) continue;
    const absl::Status plain = Error(reason);
    EXPECT_EQ(ReasonOf(plain), reason);
    EXPECT_EQ(plain.code(), ReasonCode(reason));
    EXPECT_NE(plain.code(), absl::StatusCode::kOk) << ReasonName(reason);
    EXPECT_EQ(plain.message(), ReasonText(reason));
    EXPECT_EQ(Error(reason, "what to do").message(), "what to do");
  }
}

TEST(ErrorTest, AStatusWithoutAReasonIsOurs) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), Reason::kUnspecified);
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), Reason::kInternal);
}

TEST(ErrorTest, AFieldErrorNamesItsField) {
  const absl::Status status = FieldError("page_size", "must be 1 to 500");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                               "page_size must be 1 to 500"));
  EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(status), "page_size");
  EXPECT_EQ(FieldOf(Error(Reason::kFieldInvalid)), "");
  EXPECT_EQ(FieldOf(absl::OkStatus()), "");
}

TEST(ErrorTest, TheStateIsKeptBesideTheReason) {
  const absl::Status status = WithState(Error(Reason::kWrongState), "ACCEPTED");
  EXPECT_EQ(StateOf(status), "ACCEPTED");
  EXPECT_EQ(ReasonOf(status), Reason::kWrongState);
  EXPECT_EQ(StateOf(Error(Reason::kWrongState)), "");
}

absl::StatusOr<int> Doubled(absl::StatusOr<int> number) {
  ASSIGN_OR_RETURN(const int value, std::move(number));
  RETURN_IF_ERROR(value < 0 ? FieldError("number", "must not be negative")
                            : absl::OkStatus());
  return 2 * value;
}

TEST(StatusMacrosTest, PassOnFailuresAndValues) {
  EXPECT_THAT(Doubled(4), IsOkAndHolds(8));
  EXPECT_THAT(Doubled(-1), StatusIs(absl::StatusCode::kInvalidArgument,
                                    HasSubstr("number")));
  EXPECT_EQ(ReasonOf(Doubled(Error(Reason::kUnavailable)).status()),
            Reason::kUnavailable);
}

// The names that stand first in a row of a page of the manual.
std::multiset<std::string> NamesInRows(const std::string& page) {
  std::multiset<std::string> names;
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, '`');
    if (parts.size() > 2 && parts[0] == "| ") names.insert(parts[1]);
  }
  return names;
}

TEST(ReasonTest, TheManualExplainsEachReasonOnce) {
  std::ifstream file(std::string(AMPARO_SOURCE_DIR) +
                     "/deploy/manual/errors.md");
  std::stringstream page;
  page << file.rdbuf();
  std::multiset<std::string> expected;
  for (const Reason reason : AllReasons()) {
    expected.insert(std::string(ReasonName(reason)));
  }
  EXPECT_EQ(NamesInRows(page.str()), expected);
}

TEST(ReasonTest, CanaryAReasonThatTheManualLacksIsSeen) {
  EXPECT_EQ(NamesInRows("| Reason | Cause |\n| `NOT_ALLOWED` | a | `b` |\n"),
            (std::multiset<std::string>{"NOT_ALLOWED"}));
  EXPECT_TRUE(NamesInRows("`NOT_ALLOWED` in a sentence\n").empty());
}

}  // namespace
}  // namespace amparo
