// SPDX-License-Identifier: Apache-2.0
//
// How the facts of a clearance are kept (record.v1.ClearanceFacts), inside the
// rows of the outbox. Reading facts back gives no clearance.
#ifndef AMPARO_NODE_CLEARANCE_CLEARANCE_RECORDS_H_
#define AMPARO_NODE_CLEARANCE_CLEARANCE_RECORDS_H_

#include "absl/status/statusor.h"
#include "node/clearance/clearance.h"

namespace amparo::record::v1 {
class ClearanceFacts;
}  // namespace amparo::record::v1

namespace amparo::clearance {

void WriteFacts(const ClearanceFacts& facts,
                record::v1::ClearanceFacts& record);
// kRecordDamaged when a field is out of its range or a number is unknown.
absl::StatusOr<ClearanceFacts> ReadFacts(
    const record::v1::ClearanceFacts& record);

}  // namespace amparo::clearance

#endif  // AMPARO_NODE_CLEARANCE_CLEARANCE_RECORDS_H_
