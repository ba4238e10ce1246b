// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the node in one place, each with its unit in its name. They
// are enforced before work is done.
#ifndef AMPARO_NODE_BASE_LIMITS_H_
#define AMPARO_NODE_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace amparo::limits {

// Wire.
inline constexpr size_t kLetterBytesMax = 264 * 1024;
inline constexpr size_t kBatchLettersMax = 100;
inline constexpr size_t kBatchBytesMax = 1024 * 1024;
inline constexpr size_t kRpcMessageBytesMax = 2 * 1024 * 1024;
inline constexpr size_t kReceiptBytesMax = 4 * 1024;
inline constexpr size_t kKeyBundleBytesMax = 16 * 1024;
inline constexpr size_t kAgreementBytesMax = 64 * 1024;
inline constexpr int kPeerServerThreadsMax = 32;
inline constexpr int kOfficeServerThreadsMax = 16;
// Of all connections of peers together: their buffers beyond it make gRPC
// drop new connections.
inline constexpr size_t kPeerServerMemoryBytesMax = 256 * 1024 * 1024;
inline constexpr int kStreamsPerConnectionMax = 64;
// Hellos and redeemed invitations that one peer may send at once, and how
// soon it may send one more.
inline constexpr int kHelloBurst = 20;
inline constexpr absl::Duration kHelloEvery = absl::Seconds(1);

// Time.
inline constexpr absl::Duration kClockSkewMax = absl::Minutes(5);
inline constexpr absl::Duration kInvitationLifetime = absl::Hours(72);
inline constexpr absl::Duration kTlsKeyLifetime = absl::Hours(24 * 90);
inline constexpr absl::Duration kSigningKeyLifetime = absl::Hours(24 * 365);
inline constexpr absl::Duration kSealingKeyPeriod = absl::Hours(24 * 7);
inline constexpr absl::Duration kSealingKeyLifetime = absl::Hours(24 * 30);
inline constexpr absl::Duration kSessionLifetime = absl::Hours(12);
inline constexpr absl::Duration kSignInCodeLifetime = absl::Hours(72);
inline constexpr absl::Duration kRequestIdMemory = absl::Hours(24 * 7);
inline constexpr absl::Duration kBackoffMin = absl::Seconds(1);
inline constexpr absl::Duration kBackoffMax = absl::Hours(6);
// A letter that never expires is given up when its peer refused it so often
// in so long.
inline constexpr uint32_t kRefusalsMax = 40;
inline constexpr absl::Duration kRefusalPatience = absl::Hours(24 * 30);
inline constexpr absl::Duration kDeliverCallTimeout = absl::Seconds(30);
inline constexpr absl::Duration kHandshakeTimeout = absl::Seconds(5);
inline constexpr absl::Duration kConnectionAgeMax = absl::Minutes(30);
// How long calls under way may take to end when the node stops.
inline constexpr absl::Duration kDrainGrace = absl::Seconds(5);
// A delivery thread that has not come round for so long is stuck: a batch
// and a question for keys have at most two calls.
inline constexpr absl::Duration kDeliveryStuckAfter = absl::Minutes(5);

// People.
inline constexpr size_t kPersonNameBytesMax = 64;
inline constexpr size_t kPasswordBytesMin = 10;
inline constexpr size_t kPasswordBytesMax = 1024;
inline constexpr int kSignInFailuresMax = 10;

// Content.
inline constexpr size_t kFreeTextBytesMax = 4096;
inline constexpr size_t kShortTextBytesMax = 256;
inline constexpr int kPageSizeDefault = 50;
inline constexpr int kPageSizeMax = 500;
inline constexpr size_t kProfileEntriesMax = 256;
inline constexpr size_t kRecipientsMax = 32;
inline constexpr size_t kEntriesPerCaseMax = 2000;
inline constexpr size_t kEntryCorrectionsMax = 64;
inline constexpr uint32_t kCaseVersionMax = 10000;
inline constexpr size_t kMergedCasesMax = 16;
inline constexpr size_t kThirdPersonsPerCaseMax = 100;
inline constexpr size_t kAttachmentBytesMax = 25 * 1024 * 1024;
// What is sealed together, and sent together at the most.
inline constexpr size_t kAttachmentPieceBytes = 1024 * 1024;
// Files on their way to or from the node at once: each may be in memory whole.
inline constexpr int kAttachmentStreamsMax = 4;
// Of one person, so that nobody takes all.
inline constexpr int kAttachmentStreamsOfOneMax = 2;
// One of which nothing moved for so long gives its place to who asks for it.
inline constexpr absl::Duration kAttachmentIdleMax = absl::Seconds(60);
// Of all files of a case.
inline constexpr size_t kAttachmentBytesPerCaseMax = 20 * kAttachmentBytesMax;
// What a file leaves of a disk, and an import must find when it begins, so that
// registering, consents and letters go on; a store needs some of it to open.
inline constexpr uint64_t kDiskReserveBytes = 512 * 1024 * 1024;
// Of that, what arriving letters leave to the office's own work: those under an
// agreement, and those that protect somebody or say how a letter fared.
inline constexpr uint64_t kDiskLetterReserveBytes = kDiskReserveBytes / 2;
inline constexpr uint64_t kDiskProtectiveReserveBytes = kDiskReserveBytes / 4;
// Fewer persons than this are not told apart by what was recorded of them.
inline constexpr int64_t kCountShownMin = 11;

// Import.
inline constexpr size_t kImportLineBytesMax = 1024 * 1024;
inline constexpr size_t kImportChunkBytesMax = 1024 * 1024;
inline constexpr size_t kImportColumnsMax = 512;
inline constexpr size_t kImportRowsPerCommit = 500;
inline constexpr size_t kImportRejectionsReported = 1000;
inline constexpr size_t kMappingBytesMax = 256 * 1024;
// Mappings that are sent with one, and how many of them one may stand on.
inline constexpr size_t kMappingBasesMax = 8;
inline constexpr size_t kMappingDepthMax = 4;
inline constexpr size_t kConfigBytesMax = 64 * 1024;

}  // namespace amparo::limits

#endif  // AMPARO_NODE_BASE_LIMITS_H_
