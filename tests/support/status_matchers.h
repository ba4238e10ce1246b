// SPDX-License-Identifier: Apache-2.0
//
// Matchers for absl::Status and absl::StatusOr<T>, so that a test says what
// it expects and a failure prints the whole status.
//
//   EXPECT_THAT(ledger.Withdraw(id), IsOk());
//   EXPECT_THAT(Consent::Create(fields), IsOkAndHolds(Field(...)));
//   EXPECT_THAT(Parse(""), StatusIs(absl::StatusCode::kInvalidArgument));
//   EXPECT_THAT(Parse(""), StatusIs(absl::StatusCode::kInvalidArgument,
//                                   HasSubstr("expiry")));
//
// All of them match a Status, a StatusOr, and a reference to either. They
// keep no state beyond their inner matchers and may be used from any thread.

#ifndef AMPARO_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define AMPARO_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace amparo {
namespace status_matchers_internal {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

// Matches any type StatusOf accepts when its status is OK.
class IsOkMatcher {
 public:
  template <typename StatusType>
  bool MatchAndExplain(const StatusType& actual,
                       testing::MatchResultListener* listener) const {
    const absl::Status& status = StatusOf(actual);
    if (!status.ok()) *listener << "whose status is " << status.ToString();
    return status.ok();
  }
  void DescribeTo(std::ostream* os) const { *os << "is OK"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "is not OK"; }
};

// Matches by code and by a matcher on the message.
class StatusIsMatcher {
 public:
  StatusIsMatcher(testing::Matcher<absl::StatusCode> code,
                  testing::Matcher<const std::string&> message)
      : code_(std::move(code)), message_(std::move(message)) {}

  template <typename StatusType>
  bool MatchAndExplain(const StatusType& actual,
                       testing::MatchResultListener* listener) const {
    const absl::Status& status = StatusOf(actual);
    *listener << "whose status is " << status.ToString();
    return code_.Matches(status.code()) &&
           message_.Matches(std::string(status.message()));
  }
  void DescribeTo(std::ostream* os) const {
    *os << "has a status code that ";
    code_.DescribeTo(os);
    *os << " and a message that ";
    message_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "has a status code or a message other than: ";
    DescribeTo(os);
  }

 private:
  testing::Matcher<absl::StatusCode> code_;
  testing::Matcher<const std::string&> message_;
};

// The matcher of IsOkAndHolds, fixed to one StatusOr type.
template <typename StatusOrType>
class IsOkAndHoldsImpl : public testing::MatcherInterface<StatusOrType> {
 public:
  using Value = typename std::remove_cv_t<
      std::remove_reference_t<StatusOrType>>::value_type;

  template <typename Inner>
  explicit IsOkAndHoldsImpl(const Inner& inner)
      : inner_(testing::SafeMatcherCast<const Value&>(inner)) {}

  bool MatchAndExplain(StatusOrType actual,
                       testing::MatchResultListener* listener) const override {
    if (!actual.ok()) {
      *listener << "whose status is " << actual.status().ToString();
      return false;
    }
    return inner_.MatchAndExplain(*actual, listener);
  }
  void DescribeTo(std::ostream* os) const override {
    *os << "is OK and holds a value that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const override {
    *os << "is not OK or holds a value that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  testing::Matcher<const Value&> inner_;
};

// Waits for the StatusOr type to be known, then makes the matcher for it.
template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}

  template <typename StatusOrType>
  operator testing::Matcher<StatusOrType>() const {  // NOLINT: gmock's way
    return testing::Matcher<StatusOrType>(
        new IsOkAndHoldsImpl<const StatusOrType&>(inner_));
  }

 private:
  Inner inner_;
};

}  // namespace status_matchers_internal

// Matches an OK Status or StatusOr.
inline testing::PolymorphicMatcher<status_matchers_internal::IsOkMatcher>
IsOk() {
  return testing::MakePolymorphicMatcher(
      status_matchers_internal::IsOkMatcher());
}

// Matches an OK StatusOr whose value matches `inner`, a value or a matcher.
template <typename Inner>
status_matchers_internal::IsOkAndHoldsMatcher<std::decay_t<Inner>> IsOkAndHolds(
    Inner&& inner) {
  return status_matchers_internal::IsOkAndHoldsMatcher<std::decay_t<Inner>>(
      std::forward<Inner>(inner));
}

// Matches a Status or StatusOr by code, and by message when one is given.
// `code` is a value or a matcher, `message` a string or a matcher.
template <typename Code, typename Message>
testing::PolymorphicMatcher<status_matchers_internal::StatusIsMatcher> StatusIs(
    Code code, Message message) {
  return testing::MakePolymorphicMatcher(
      status_matchers_internal::StatusIsMatcher(
          testing::MatcherCast<absl::StatusCode>(code),
          testing::MatcherCast<const std::string&>(message)));
}

template <typename Code>
testing::PolymorphicMatcher<status_matchers_internal::StatusIsMatcher> StatusIs(
    Code code) {
  return StatusIs(std::move(code), testing::_);
}

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_STATUS_MATCHERS_H_
