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

#ifndef RETURN_IF_ERROR
#define RETURN_IF_ERROR(expression)                  \
  do {                                               \
    absl::Status amparo_status_ = (expression);      \
    if (!amparo_status_.ok()) return amparo_status_; \
  } while (false)
#endif

#ifndef ASSIGN_OR_RETURN
#define AMPARO_CONCAT_INNER_(a, b) a##b
#define AMPARO_CONCAT_(a, b) AMPARO_CONCAT_INNER_(a, b)
#define ASSIGN_OR_RETURN(lhs, expression)                             \
  AMPARO_ASSIGN_OR_RETURN_(AMPARO_CONCAT_(amparo_or_, __LINE__), lhs, \
                           expression)
#define AMPARO_ASSIGN_OR_RETURN_(result, lhs, expression) \
  auto result = (expression);                             \
  if (!result.ok()) return result.status();               \
  lhs = *std::move(result)
#endif

#endif  // AMPARO_NODE_BASE_STATUS_MACROS_H_
