// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries_actions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/entries_records.h"

namespace amparo::cases {
namespace {

using people::Permission;

// The bytes of what was asked for, for a repeated request.
std::string BodyOf(absl::string_view number, const EntryId& entry,
                   uint32_t version, const Wording* wording,
                   absl::string_view reason) {
  std::string body;
  crypto::AppendPrefixed(&body, number);
  crypto::AppendPrefixed(&body, entry.bytes());
  crypto::AppendU32(&body, version);
  if (wording != nullptr) {
    Entry said;
    said.wording = *wording;
    crypto::AppendPrefixed(&body, EntryCodec::Encode(said));
  }
  crypto::AppendPrefixed(&body, reason);
  return body;
}

}  // namespace

absl::StatusOr<EntryId> EntriesActions::Add(
    const people::Caller& caller, const AddEntryRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  const std::string digest = people::BodyDigest(
      "AddEntry", BodyOf(request.number, EntryId(), 0, &request.wording, ""));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request, digest,
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseWrite, request.number));
            Entry entry;
            entry.wording = request.wording;
            if (std::holds_alternative<Attachment>(entry.wording.content)) {
              return FieldError("wording",
                                "must not be a file: one is attached with its "
                                "bytes");
            }
            RETURN_IF_ERROR(CheckWording(vocabulary::Lists::BuiltIn(),
                                         desk_.Latest(), entry.wording));
            ASSIGN_OR_RETURN(entry.id, desk_.FreshId<EntryId>());
            entry.recorded_at = desk_.services().clock.Now();
            entry.recorded_by = caller.person();
            RETURN_IF_ERROR(book_.Add(batch, desk_.store(), file, entry));
            RETURN_IF_ERROR(
                desk_.Record(batch, audit::EventKind::kCaseEntry, caller, file,
                             {{"entry", entry.id.hex()}, {"type", "ADDED"}}));
            return entry.id.bytes();
          }));
  return EntryId::FromBytes(answer);
}

absl::StatusOr<uint32_t> EntriesActions::Amend(
    const people::Caller& caller, const AmendEntryRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  const std::string digest = people::BodyDigest(
      "AmendEntry",
      BodyOf(request.number, request.entry, request.expected_version,
             &request.wording, request.reason));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request, digest,
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseWrite, request.number));
            Wording wording = request.wording;
            RETURN_IF_ERROR(CheckReason(request.reason));
            RETURN_IF_ERROR(CheckWording(vocabulary::Lists::BuiltIn(),
                                         desk_.Latest(), wording));
            ASSIGN_OR_RETURN(
                const Entry entry,
                book_.Amend(batch, desk_.store(), file, request.entry,
                            request.expected_version, std::move(wording),
                            request.reason,
                            {caller.person(), desk_.services().clock.Now()}));
            RETURN_IF_ERROR(
                desk_.Record(batch, audit::EventKind::kCaseEntry, caller, file,
                             {{"entry", entry.id.hex()},
                              {"type", "AMENDED"},
                              {"version", absl::StrCat(entry.version())}}));
            std::string version;
            crypto::AppendU32(&version, entry.version());
            return version;
          }));
  return crypto::ByteReader(answer).ReadU32();
}

absl::Status EntriesActions::Retract(const people::Caller& caller,
                                     const RetractEntryRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  const std::string digest = people::BodyDigest(
      "RetractEntry",
      BodyOf(request.number, request.entry, 0, nullptr, request.reason));
  return desk_
      .Once(caller, request.request, digest,
            [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
              ASSIGN_OR_RETURN(
                  const storage::Row<Case> file,
                  desk_.Reach(caller, Permission::kCaseWrite, request.number));
              RETURN_IF_ERROR(CheckReason(request.reason));
              RETURN_IF_ERROR(
                  book_
                      .Retract(batch, desk_.store(), file, request.entry,
                               request.reason,
                               {caller.person(), desk_.services().clock.Now()})
                      .status());
              RETURN_IF_ERROR(desk_.Record(
                  batch, audit::EventKind::kCaseEntry, caller, file,
                  {{"entry", request.entry.hex()}, {"type", "RETRACTED"}}));
              return std::string();
            })
      .status();
}

absl::StatusOr<EntryPage> EntriesActions::List(
    const people::Caller& caller, absl::string_view number,
    absl::string_view kind, int page_size, absl::string_view page_token) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseRead, number));
  if (page_size < 0 || page_size > limits::kPageSizeMax) {
    return FieldError("page_size",
                      absl::StrCat("must be 0 to ", limits::kPageSizeMax));
  }
  if (!kind.empty() && !IsEntryKind(kind)) {
    return FieldError("kind", "must be a kind of entry, such as NOTE");
  }
  const size_t limit = static_cast<size_t>(
      page_size == 0 ? limits::kPageSizeDefault : page_size);
  ASSIGN_OR_RETURN(std::vector<Entry> all,
                   book_.Read(desk_.store(), file.value.id));
  auto from = all.begin();
  if (!page_token.empty()) {
    from = std::find_if(all.begin(), all.end(), [&](const Entry& entry) {
      return entry.id.hex() == page_token;
    });
    if (from == all.end()) {
      return FieldError("page_token", "must come from the page before");
    }
  }
  EntryPage page;
  for (; from != all.end(); ++from) {
    if (!kind.empty() && KindName(from->wording.content) != kind) continue;
    if (page.entries.size() == limit) {
      page.next = from->id.hex();
      break;
    }
    page.entries.push_back(std::move(*from));
  }
  return page;
}

}  // namespace amparo::cases
