// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/case_life_verbs.h"
#include "admin/cli/failure.h"
#include "admin/cli/new_file.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/attachments.grpc.pb.h"
#include "amparo/office/v1/case_entries.grpc.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::AttachmentService;
using office::v1::CaseAttachment;
using office::v1::CaseEntry;
using office::v1::CaseEntryService;

constexpr size_t kChunkBytes = 512 * 1024;
constexpr uint64_t kFileBytesMax = 25 * 1024 * 1024;
constexpr char kPhoto[] = "PHOTO";
constexpr char kOtherType[] = "application/octet-stream";

struct AttachmentOptions {
  std::string number;
  std::string file;
  std::string kind;
  std::string title;
  std::string type;
  std::string date;
  std::string source;
  bool photo = false;
  std::string entry;
  std::string out;
  Paging paging;
};

// What a file is, by how its name ends.
std::string TypeOf(absl::string_view path) {
  static constexpr std::pair<absl::string_view, absl::string_view> kTypes[] = {
      {"pdf", "application/pdf"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"png", "image/png"},
      {"tif", "image/tiff"},
      {"tiff", "image/tiff"},
      {"webp", "image/webp"},
      {"txt", "text/plain"},
      {"csv", "text/csv"},
      {"mp3", "audio/mpeg"},
      {"m4a", "audio/mp4"},
      {"ogg", "audio/ogg"},
      {"mp4", "video/mp4"},
      {"webm", "video/webm"},
      {"odt", "application/vnd.oasis.opendocument.text"},
      {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
      {"docx",
       "application/"
       "vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"xlsx",
       "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {"zip", "application/zip"},
  };
  const size_t dot = path.rfind('.');
  if (dot == absl::string_view::npos) return kOtherType;
  const std::string end = absl::AsciiStrToLower(path.substr(dot + 1));
  for (const auto& [name, type] : kTypes) {
    if (name == end) return std::string(type);
  }
  return kOtherType;
}

// A file that is read twice: once for its digest, once to be sent.
class SentFile {
 public:
  static absl::StatusOr<SentFile> Open(const std::string& path) {
    SentFile file(std::fopen(path.c_str(), "rbe"));
    struct stat found;
    if (file.file_ == nullptr ||
        ::fstat(::fileno(file.file_.get()), &found) != 0 ||
        !S_ISREG(found.st_mode)) {
      return UsageError("file", "is not there, not readable or no file");
    }
    file.size_ = static_cast<uint64_t>(found.st_size);
    if (file.size_ == 0 || file.size_ > kFileBytesMax) {
      return UsageError("file", "must have 1 byte to 25 MiB");
    }
    return file;
  }

  uint64_t size() const { return size_; }

  absl::StatusOr<std::string> Digest() {
    crypto::Sha256Stream digest;
    while (true) {
      ASSIGN_OR_RETURN(const std::string bytes, Next());
      if (bytes.empty()) break;
      digest.Update(bytes);
    }
    std::rewind(file_.get());
    return digest.Finish();
  }

  // Empty at the end.
  absl::StatusOr<std::string> Next() {
    std::string bytes(kChunkBytes, '\0');
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file_.get()));
    if (std::ferror(file_.get()) != 0) {
      return UsageError("file", "cannot be read");
    }
    return bytes;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit SentFile(std::FILE* file) : file_(file) {}

  std::unique_ptr<std::FILE, Close> file_;
  uint64_t size_ = 0;
};

absl::StatusOr<office::v1::AttachFileRequest> FirstPart(
    const AttachmentOptions& options, SentFile& file) {
  office::v1::AttachFileRequest first;
  office::v1::AttachFileOpening& opening = *first.mutable_opening();
  opening.set_request_id(NewRequestId());
  opening.set_number(options.number);
  opening.set_photo(options.photo);
  office::v1::CaseEntryWording& wording = *opening.mutable_wording();
  wording.set_happened(options.date);
  wording.set_source(options.source);
  CaseAttachment& attachment = *wording.mutable_attachment();
  attachment.set_kind(absl::AsciiStrToUpper(options.kind));
  attachment.set_title(options.title.empty() ? attachment.kind()
                                             : options.title);
  attachment.set_media_type(options.type.empty() ? TypeOf(options.file)
                                                 : options.type);
  attachment.set_size(file.size());
  ASSIGN_OR_RETURN(const std::string digest, file.Digest());
  attachment.set_digest(crypto::HexEncode(digest));
  return first;
}

absl::StatusOr<std::string> Upload(Desk& desk, SentFile& file,
                                   const office::v1::AttachFileRequest& first) {
  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  AttachmentService::Stub stub(node->channel());
  grpc::ClientContext context;
  RETURN_IF_ERROR(node->Prepare(first, &context));
  office::v1::AttachFileResponse answer;
  const auto writer = stub.AttachFile(&context, &answer);
  office::v1::AttachFileRequest part;
  // When the node stops listening, the status of the call says why.
  for (bool listening = writer->Write(first); listening;
       listening = writer->Write(part)) {
    absl::StatusOr<std::string> bytes = file.Next();
    if (!bytes.ok()) {
      context.TryCancel();
      writer->Finish();
      return bytes.status();
    }
    if (bytes->empty()) break;
    part.set_chunk(*std::move(bytes));
  }
  writer->WritesDone();
  RETURN_IF_ERROR(FromGrpc(writer->Finish()));
  return answer.entry_id();
}

absl::Status Attach(Desk& desk, AttachmentOptions& options) {
  if (options.photo) {
    if (options.kind.empty()) options.kind = kPhoto;
    if (absl::AsciiStrToUpper(options.kind) != kPhoto) {
      return UsageError("--photo", "is for files of --kind photo only");
    }
  } else if (options.kind.empty()) {
    return UsageError("--kind", "must be given");
  }
  ASSIGN_OR_RETURN(SentFile file, SentFile::Open(options.file));
  ASSIGN_OR_RETURN(const office::v1::AttachFileRequest first,
                   FirstPart(options, file));
  office::v1::AttachFileResponse answer;
  ASSIGN_OR_RETURN(*answer.mutable_entry_id(), Upload(desk, file, first));
  return desk.Print(answer, absl::StrCat("Entry ", answer.entry_id(), "\n"));
}

absl::Status ListFiles(Desk& desk, const AttachmentOptions& options) {
  office::v1::ListEntriesRequest request;
  request.set_number(options.number);
  request.set_kind("ATTACHMENT");
  ASSIGN_OR_RETURN(
      const auto answer,
      Gather(desk, &CaseEntryService::Stub::ListEntries, request,
             options.paging, [](office::v1::ListEntriesResponse* page) {
               return page->mutable_entries();
             }));
  Columns columns(
      {"Entry", "Kind", "Title", "Type", "Bytes", "Attached", "By", "State"},
      {4});
  for (const CaseEntry& entry : answer.entries()) {
    const CaseAttachment& file = entry.wording().attachment();
    columns.Add({entry.entry_id(), file.kind(), file.title(), file.media_type(),
                 Grouped(static_cast<int64_t>(file.size())),
                 desk.Time(entry.recorded_at_ms()), entry.recorded_by(),
                 entry.retracted_at_ms() == 0 ? "" : "RETRACTED"});
  }
  return desk.Print(answer, columns.Text("No attachments.") +
                                MoreText(answer.next_page_token()));
}

// Takes the whole file and makes sure that it is the one that was attached.
absl::StatusOr<CaseAttachment> Download(
    grpc::ClientReader<office::v1::FetchFileResponse>& reader, NewFile& out) {
  office::v1::FetchFileResponse part;
  CaseAttachment known;
  crypto::Sha256Stream digest;
  uint64_t size = 0;
  while (reader.Read(&part)) {
    if (part.has_attachment()) known = part.attachment();
    size += part.chunk().size();
    digest.Update(part.chunk());
    RETURN_IF_ERROR(out.Append(part.chunk()));
  }
  RETURN_IF_ERROR(FromGrpc(reader.Finish()));
  if (size == 0 || size != known.size() ||
      crypto::HexEncode(digest.Finish()) != known.digest()) {
    return Refusal("RECORD_DAMAGED",
                   "what came is not the file that was attached");
  }
  return known;
}

absl::Status Fetch(Desk& desk, const AttachmentOptions& options) {
  office::v1::FetchFileRequest request;
  request.set_number(options.number);
  request.set_entry_id(options.entry);
  ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> out,
                   NewFile::Make(options.out, "--out"));
  ASSIGN_OR_RETURN(Connection* const node, desk.Node());
  AttachmentService::Stub stub(node->channel());
  grpc::ClientContext context;
  RETURN_IF_ERROR(node->Prepare(request, &context));
  const auto reader = stub.FetchFile(&context, request);
  const absl::StatusOr<CaseAttachment> known = Download(*reader, *out);
  if (!known.ok()) {
    context.TryCancel();
    return known.status();
  }
  RETURN_IF_ERROR(out->Keep());
  return desk.Print(
      *known,
      absl::StrCat(Printable(known->title()), ", ", known->media_type(), ", ",
                   Grouped(static_cast<int64_t>(known->size())), " bytes\n"));
}

using Options = std::shared_ptr<AttachmentOptions>;

void AddNumber(CLI::App* verb, const Options& options) {
  verb->add_option("number", options->number, "Number of the case")->required();
}

}  // namespace

void AddAttachmentVerbs(Verbs& verbs, CLI::App* noun) {
  const auto attaching = std::make_shared<AttachmentOptions>();
  CLI::App* const attach = verbs.Add(
      noun, "attach", "Attaches a file to a case; its name stays here",
      "amparo case attach 7K3P-92QX-A report.pdf --kind medical \\\n"
      "    --title \"Report of the clinic\" --date 2025-02-12\n"
      "amparo case attach 7K3P-92QX-A portrait.jpg --photo",
      [attaching](Desk& desk) { return Attach(desk, *attaching); });
  AddNumber(attach, attaching);
  attach->add_option("file", attaching->file, "The file, up to 25 MiB")
      ->required();
  attach->add_option("--kind", attaching->kind,
                     "A code of the list attachment-kind");
  attach->add_flag("--photo", attaching->photo,
                   "A photo of the person, which the identity then names");
  attach->add_option("--title", attaching->title,
                     "What it is, never a name: who sees the case sees it (the "
                     "kind)");
  attach->add_option("--type", attaching->type,
                     "A code of the list media-type (by how the name ends)");
  attach->add_option("--date", attaching->date,
                     "Of the document: YYYY, YYYY-MM or YYYY-MM-DD");
  attach->add_option("--source", attaching->source,
                     "Who gave it: a role (\"clinic\"), never a name");
  const auto listing = std::make_shared<AttachmentOptions>();
  CLI::App* const list =
      verbs.Add(noun, "attachments", "Shows which files a case has",
                "amparo case attachments 7K3P-92QX-A",
                [listing](Desk& desk) { return ListFiles(desk, *listing); });
  AddNumber(list, listing);
  AddPaging(list, &listing->paging);
  const auto fetching = std::make_shared<AttachmentOptions>();
  CLI::App* const fetch = verbs.Add(
      noun, "fetch", "Writes a file of a case to disk; every look is logged",
      "amparo case fetch 7K3P-92QX-A ENTRY --out report.pdf",
      [fetching](Desk& desk) { return Fetch(desk, *fetching); });
  AddNumber(fetch, fetching);
  fetch->add_option("entry", fetching->entry, "Id of the entry")->required();
  fetch
      ->add_option("--out", fetching->out,
                   "A new file, which only you may read")
      ->required();
}

}  // namespace amparo::cli
