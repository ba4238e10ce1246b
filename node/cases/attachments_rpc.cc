// SPDX-License-Identifier: Apache-2.0
#include "node/cases/attachments_rpc.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_wire.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

absl::StatusOr<AttachRequest> ReadOpening(const v1::AttachFileRequest& first) {
  if (!first.has_opening()) {
    return FieldError("opening", "must be the first message of an upload");
  }
  const v1::AttachFileOpening& opening = first.opening();
  AttachRequest request;
  ASSIGN_OR_RETURN(request.request, people::ReadId<RequestId>(
                                        "request_id", opening.request_id()));
  request.number = opening.number();
  ASSIGN_OR_RETURN(request.wording, ReadWording(opening.wording()));
  request.photo = opening.photo();
  return request;
}

absl::StatusOr<EntryId> Receive(
    Upload& upload, grpc::ServerContext& context,
    grpc::ServerReader<v1::AttachFileRequest>& reader) {
  reader.SendInitialMetadata();  // The opening holds: the bytes may come.
  v1::AttachFileRequest message;
  while (reader.Read(&message)) {
    if (!message.has_chunk() ||
        message.chunk().size() > limits::kAttachmentPieceBytes) {
      return FieldError("chunk", "must be up to 1 MiB of the file");
    }
    RETURN_IF_ERROR(upload.Feed(message.chunk()));
  }
  if (context.IsCancelled()) {
    return Error(Reason::kUnavailable,
                 "the upload was broken off; nothing was attached");
  }
  return upload.Finish();
}

// Sends until the end or until nobody listens any more.
absl::Status Send(Download& download,
                  grpc::ServerWriter<v1::FetchFileResponse>& writer) {
  Wording wording;
  wording.content = download.file();
  v1::CaseEntryWording written;
  Write(wording, &written);
  v1::FetchFileResponse part;
  part.mutable_attachment()->Swap(written.mutable_attachment());
  while (writer.Write(part)) {
    ASSIGN_OR_RETURN(std::optional<std::string> bytes, download.Next());
    if (!bytes.has_value()) break;
    part.set_chunk(*std::move(bytes));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::Status AttachmentsRpc::AttachFile(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::AttachFileRequest>* reader,
    v1::AttachFileResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.AttachmentService/AttachFile",
      [&](const Caller& caller) -> absl::Status {
        v1::AttachFileRequest first;
        reader->Read(&first);
        ASSIGN_OR_RETURN(AttachRequest request, ReadOpening(first));
        ASSIGN_OR_RETURN(const std::unique_ptr<Upload> upload,
                         attachments_.Begin(caller, std::move(request),
                                            [=] { context->TryCancel(); }));
        ASSIGN_OR_RETURN(const EntryId id, Receive(*upload, *context, *reader));
        response->set_entry_id(id.hex());
        return absl::OkStatus();
      });
}

grpc::Status AttachmentsRpc::FetchFile(
    grpc::ServerContext* context, const v1::FetchFileRequest* request,
    grpc::ServerWriter<v1::FetchFileResponse>* writer) {
  return gate_.Answer(
      *context, "/amparo.office.v1.AttachmentService/FetchFile",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const EntryId id,
            people::ReadId<EntryId>("entry_id", request->entry_id()));
        ASSIGN_OR_RETURN(const std::unique_ptr<Download> download,
                         attachments_.Open(caller, request->number(), id,
                                           [=] { context->TryCancel(); }));
        return Send(*download, *writer);
      });
}

}  // namespace amparo::cases
