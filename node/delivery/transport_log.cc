// SPDX-License-Identifier: Apache-2.0
#include <grpc/support/log.h>

#include <cstring>

#include "node/base/log.h"
#include "node/delivery/transport.h"

namespace amparo::delivery {
namespace {

// A peer that is dialled by its IP address: our certificates name offices,
// not hosts, so this says nothing.
constexpr char kNoServerName[] = "No match found for server name";

void Sink(gpr_log_func_args* entry) {
  if (entry->severity != GPR_LOG_SEVERITY_ERROR) return;
  if (std::strncmp(entry->message, kNoServerName, sizeof(kNoServerName) - 1) ==
      0) {
    return;
  }
  // Both are literals of gRPC's own source.
  Log("grpc_fault", {LogField::Word("file", entry->file),
                     LogField::Number("line", entry->line)});
}

}  // namespace

void QuietGrpcLog() { gpr_set_log_function(Sink); }

}  // namespace amparo::delivery
