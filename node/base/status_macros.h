// SPDX-License-Identifier: Apache-2.0
//
// RETURN_IF_ERROR(expression): returns the status from the enclosing function
// when it is not OK. ASSIGN_OR_RETURN(lhs, expression): assigns the value of a
// StatusOr, or returns its status. Same meaning as in the crypto folder, where
// they are defined.
#ifndef AMPARO_NODE_BASE_STATUS_MACROS_H_
#define AMPARO_NODE_BASE_STATUS_MACROS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#ifndef AMPARO_CONCAT_
#define AMPARO_CONCAT_INNER_(a, b) a##b
#define AMPARO_CONCAT_(a, b) AMPARO_CONCAT_INNER_(a, b)
#endif

#ifndef RETURN_IF_ERROR
// Named after its line, so that an expression may hold a lambda that uses the
// macro too.
#define RETURN_IF_ERROR(expression) \
  AMPARO_RETURN_IF_ERROR_(AMPARO_CONCAT_(amparo_status_, __LINE__), expression)
#define AMPARO_RETURN_IF_ERROR_(status, expression) \
  do {                                              \
    absl::Status status = (expression);             \
    if (!status.ok()) return status;                \
  } while (false)
#endif

#ifndef ASSIGN_OR_RETURN
#define ASSIGN_OR_RETURN(lhs, expression)                             \
  AMPARO_ASSIGN_OR_RETURN_(AMPARO_CONCAT_(amparo_or_, __LINE__), lhs, \
                           expression)
#define AMPARO_ASSIGN_OR_RETURN_(result, lhs, expression) \
  auto result = (expression);                             \
  if (!result.ok()) return result.status();               \
  lhs = *std::move(result)
#endif

#endif  // AMPARO_NODE_BASE_STATUS_MACROS_H_
