// SPDX-License-Identifier: Apache-2.0
//
// The two macros that pass a failure on. The same names exist in
// node/base/status_macros.h; crypto/ never includes node/, so it has its own.
// Include from .cc files only, so that no file ever sees two definitions.

#ifndef AMPARO_CRYPTO_BASE_STATUS_MACROS_H_
#define AMPARO_CRYPTO_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// RETURN_IF_ERROR(expression of type absl::Status);
#ifndef RETURN_IF_ERROR
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (::absl::Status amparo_status = (expression); !amparo_status.ok()) { \
      return amparo_status;                                                 \
    }                                                                       \
  } while (false)
#endif

// ASSIGN_OR_RETURN(type name, expression of type absl::StatusOr<T>);
#ifndef ASSIGN_OR_RETURN
#define AMPARO_CRYPTO_CONCAT_INNER(a, b) a##b
#define AMPARO_CRYPTO_CONCAT(a, b) AMPARO_CRYPTO_CONCAT_INNER(a, b)
#define AMPARO_CRYPTO_ASSIGN(result, left, expression) \
  auto result = (expression);                          \
  if (!result.ok()) return result.status();            \
  left = *std::move(result)
#define ASSIGN_OR_RETURN(left, expression)                                   \
  AMPARO_CRYPTO_ASSIGN(AMPARO_CRYPTO_CONCAT(amparo_result_, __LINE__), left, \
                       expression)
#endif

#endif  // AMPARO_CRYPTO_BASE_STATUS_MACROS_H_
