// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/case_life_verbs.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/case_entries.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseEntry;
using office::v1::CaseEntryService;
using office::v1::CaseEntryWording;

struct EntryOptions {
  std::string number;
  std::string entry;
  std::string kind;
  CaseEntryWording wording;
  std::string text_file;
  std::string actions_file;
  std::string reason_file;
  std::string amends;
  uint32_t expected_version = 0;
  Paging paging;
};
using Options = std::shared_ptr<EntryOptions>;
// Fills in what has to be read or asked.
using Fill = std::function<absl::Status(Desk&, EntryOptions&)>;

// Adds the entry, or amends the one that --amends names.
absl::Status Record(Desk& desk, EntryOptions& options, const Fill& fill) {
  RETURN_IF_ERROR(fill(desk, options));
  if (options.amends.empty()) {
    office::v1::AddEntryRequest request;
    request.set_request_id(NewRequestId());
    request.set_number(options.number);
    *request.mutable_wording() = options.wording;
    ASSIGN_OR_RETURN(const office::v1::AddEntryResponse answer,
                     desk.Call(&CaseEntryService::Stub::AddEntry, request));
    return desk.Print(answer, absl::StrCat("Entry ", answer.entry_id(), "\n"));
  }
  office::v1::AmendEntryRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_entry_id(options.amends);
  request.set_expected_version(options.expected_version);
  *request.mutable_wording() = options.wording;
  ASSIGN_OR_RETURN(*request.mutable_reason(),
                   PrivateText(desk, options.reason_file, "--reason-file",
                               "Why is it corrected"));
  ASSIGN_OR_RETURN(const office::v1::AmendEntryResponse answer,
                   desk.Call(&CaseEntryService::Stub::AmendEntry, request));
  return desk.Print(answer,
                    absl::StrCat("Amended; version ", answer.version(), ".\n"));
}

absl::Status Retract(Desk& desk, const EntryOptions& options) {
  office::v1::RetractEntryRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_entry_id(options.entry);
  ASSIGN_OR_RETURN(*request.mutable_reason(),
                   PrivateText(desk, options.reason_file, "--reason-file",
                               "Why does it not hold"));
  ASSIGN_OR_RETURN(const office::v1::RetractEntryResponse answer,
                   desk.Call(&CaseEntryService::Stub::RetractEntry, request));
  return desk.Print(answer, "Retracted; it stays visible as such.\n");
}

absl::Status List(Desk& desk, const EntryOptions& options) {
  office::v1::ListEntriesRequest request;
  request.set_number(options.number);
  request.set_kind(absl::AsciiStrToUpper(options.kind));
  ASSIGN_OR_RETURN(
      const auto answer,
      Gather(desk, &CaseEntryService::Stub::ListEntries, request,
             options.paging, [](office::v1::ListEntriesResponse* page) {
               return page->mutable_entries();
             }));
  std::string text;
  for (const CaseEntry& entry : answer.entries()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", EntryText(desk, entry));
  }
  if (text.empty()) text = "No entries.\n";
  return desk.Print(answer, text + MoreText(answer.next_page_token()));
}

CLI::App* AddKind(Verbs& verbs, CLI::App* add, const std::string& name,
                  const std::string& what, const std::string& example,
                  const Options& options, Fill fill) {
  CLI::App* const verb = verbs.Add(
      add, name, what, example, [options, fill = std::move(fill)](Desk& desk) {
        return Record(desk, *options, fill);
      });
  verb->add_option("number", options->number, "Number of the case")->required();
  // A decision and an assessment stand by when they were made.
  const bool dated = name == "decision" || name == "risk";
  verb->add_option_function<std::string>(
          "--date",
          [options](const std::string& text) {
            options->wording.set_happened(text);
          },
          "When it happened: YYYY, YYYY-MM or YYYY-MM-DD")
      ->required(dated);
  verb->add_option_function<std::string>(
      "--source",
      [options](const std::string& text) { options->wording.set_source(text); },
      "Who said so: a role (\"police\", \"the person\"), never a name");
  CLI::Option* const amends = verb->add_option(
      "--amends", options->amends,
      "Corrects this entry instead of adding one; all that it says is given "
      "again");
  verb->add_option("--version", options->expected_version,
                   "With --amends: the version that was read")
      ->needs(amends);
  verb->add_option("--reason-file", options->reason_file,
                   "With --amends: why, from this file of mode 0600; asked for "
                   "without it")
      ->needs(amends);
  return verb;
}

// An option that sets a field of the wording.
CLI::Option* AddField(CLI::App* verb, const Options& options,
                      const std::string& name, const std::string& what,
                      void (*set)(CaseEntryWording&, const std::string&)) {
  return verb->add_option_function<std::string>(
      name,
      [options, set](const std::string& text) { set(options->wording, text); },
      what);
}

void AddTextFile(CLI::App* verb, const Options& options) {
  verb->add_option("--text-file", options->text_file,
                   "The text, from this file of mode 0600; asked for without "
                   "it");
}

absl::Status Nothing(Desk&, EntryOptions&) { return absl::OkStatus(); }

void AddRoute(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* const verb =
      AddKind(verbs, add, "event", "A station of the route",
              "amparo case add event 7K3P-92QX-A --type Transit \\\n"
              "    --country POL --subdivision PL-14 --date 2024-05",
              options, Nothing);
  AddField(verb, options, "--type", "Recruitment, Transit or Exploitation",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_event()->set_type(text);
           })
      ->required();
  AddField(verb, options, "--country", "ISO 3166-1",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_event()->set_country(text);
           })
      ->required();
  AddField(verb, options, "--subdivision", "ISO 3166-2 of that country",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_event()->set_subdivision(text);
           });
  AddField(verb, options, "--city", "Name of the place",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_event()->set_city(text);
           });
}

void AddDecision(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* const verb = AddKind(
      verbs, add, "decision",
      "A decision on the trafficking status; the latest is what the case says",
      "amparo case add decision 7K3P-92QX-A --date 2025-02-11 \\\n"
      "    --status ActualVictimOfTrafficking --by Police",
      options, Nothing);
  AddField(verb, options, "--status", "A code of the list trafficking-status",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_decision()->set_status(text);
           })
      ->required();
  AddField(verb, options, "--by", "A code of the list deciding-organisation",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_decision()->set_decided_by(text);
           })
      ->required();
}

void AddRisk(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* const verb = AddKind(
      verbs, add, "risk", "A risk assessment; the latest stands",
      "amparo case add risk 7K3P-92QX-A --date 2025-02-11 --level HIGH \\\n"
      "    --risk-to-life --text-file risk.txt --next-due 2025-03-11",
      options, [](Desk& desk, EntryOptions& filled) -> absl::Status {
        auto& risk = *filled.wording.mutable_risk();
        if (filled.text_file.empty() && !risk.risk_to_life()) {
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(*risk.mutable_statement(),
                         PrivateText(desk, filled.text_file, "--text-file",
                                     "What is the risk"));
        return absl::OkStatus();
      });
  AddField(verb, options, "--level", "LOW, MEDIUM, HIGH, EXTREME or -99",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_risk()->set_level(text);
           })
      ->required();
  AddField(verb, options, "--next-due", "Date of the next one",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_risk()->set_next_due(text);
           });
  verb->add_flag_callback(
      "--risk-to-life",
      [options] { options->wording.mutable_risk()->set_risk_to_life(true); },
      "A life is at risk: everybody who sees the case sees this");
  AddTextFile(verb, options);
}

void AddSupport(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* const verb = AddKind(
      verbs, add, "support", "An item of the support plan",
      "amparo case add support 7K3P-92QX-A --type Health --status PLANNED \\\n"
      "    --text-file objective.txt --planned-end 2025-06",
      options, [](Desk& desk, EntryOptions& filled) -> absl::Status {
        auto& support = *filled.wording.mutable_support();
        ASSIGN_OR_RETURN(*support.mutable_objective(),
                         PrivateText(desk, filled.text_file, "--text-file",
                                     "What is to be reached"));
        if (filled.actions_file.empty()) return absl::OkStatus();
        ASSIGN_OR_RETURN(
            *support.mutable_actions(),
            PrivateText(desk, filled.actions_file, "--actions-file", ""));
        return absl::OkStatus();
      });
  AddField(verb, options, "--type", "A code of the list support-type",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_support()->set_type(text);
           })
      ->required();
  AddField(verb, options, "--status",
           "PLANNED, IN_PROGRESS, COMPLETED or STOPPED",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_support()->set_status(text);
           })
      ->required();
  AddField(verb, options, "--planned-end", "Date",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_support()->set_planned_end(text);
           });
  AddField(verb, options, "--actual-end", "Date",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_support()->set_actual_end(text);
           });
  AddTextFile(verb, options);
  verb->add_option("--actions-file", options->actions_file,
                   "What is done for it, from this file of mode 0600");
}

void AddService(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  CLI::App* const verb =
      AddKind(verbs, add, "service", "A service that was given",
              "amparo case add service 7K3P-92QX-A --service MEDICAL \\\n"
              "    --provider \"City clinic\" --date 2025-02-12",
              options, Nothing);
  AddField(verb, options, "--service", "A code of the list service-type",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_service()->set_service(text);
           })
      ->required();
  AddField(verb, options, "--provider", "The organisation that gave it",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_service()->set_provider(text);
           });
  AddField(verb, options, "--until", "Its last day",
           [](CaseEntryWording& wording, const std::string& text) {
             wording.mutable_service()->set_until(text);
           });
}

void AddNote(Verbs& verbs, CLI::App* add) {
  auto options = std::make_shared<EntryOptions>();
  AddTextFile(
      AddKind(verbs, add, "note", "A note; also of a closed case",
              "amparo case add note 7K3P-92QX-A --text-file note.txt", options,
              [](Desk& desk, EntryOptions& filled) -> absl::Status {
                ASSIGN_OR_RETURN(
                    *filled.wording.mutable_note()->mutable_text(),
                    PrivateText(desk, filled.text_file, "--text-file", "Note"));
                return absl::OkStatus();
              }),
      options);
}

// What an entry says, without who and when.
std::string WordingText(const CaseEntryWording& wording) {
  Labelled lines;
  lines.AddIf("Happened", wording.happened());
  lines.AddIf("Source", wording.source());
  switch (wording.content_case()) {
    case CaseEntryWording::kEvent:
      lines.Add("Event", wording.event().type());
      lines.Add("Country", wording.event().country());
      lines.AddIf("Subdivision", wording.event().subdivision());
      lines.AddIf("Place", wording.event().city());
      break;
    case CaseEntryWording::kDecision:
      lines.Add("Status", wording.decision().status());
      lines.Add("Decided by", wording.decision().decided_by());
      break;
    case CaseEntryWording::kRisk:
      lines.Add("Level", wording.risk().level());
      lines.AddIf("Risk to life", wording.risk().risk_to_life() ? "YES" : "");
      lines.AddIf("Statement", wording.risk().statement());
      lines.AddIf("Next due", wording.risk().next_due());
      break;
    case CaseEntryWording::kSupport:
      lines.Add("Support", wording.support().type());
      lines.Add("Status", wording.support().status());
      lines.Add("Objective", wording.support().objective());
      lines.AddIf("Actions", wording.support().actions());
      lines.AddIf("Planned end", wording.support().planned_end());
      lines.AddIf("Actual end", wording.support().actual_end());
      break;
    case CaseEntryWording::kService:
      lines.Add("Service", wording.service().service());
      lines.AddIf("Provider", wording.service().provider());
      lines.AddIf("Until", wording.service().until());
      break;
    case CaseEntryWording::kNote:
      lines.Add("Note", wording.note().text());
      break;
    case CaseEntryWording::kAttachment:
      lines.Add("File", wording.attachment().title());
      lines.Add("Kind", wording.attachment().kind());
      lines.Add("Type", wording.attachment().media_type());
      lines.Add("Bytes",
                Grouped(static_cast<int64_t>(wording.attachment().size())));
      break;
    case CaseEntryWording::CONTENT_NOT_SET:
      break;
  }
  return lines.Text();
}

}  // namespace

std::string EntryText(const Desk& desk, const CaseEntry& entry) {
  std::string text = absl::StrCat(entry.kind(), " ", entry.entry_id(),
                                  ", version ", entry.version(), "\n  written ",
                                  desk.Time(entry.recorded_at_ms()), " by ",
                                  Printable(entry.recorded_by()), "\n",
                                  Indented(WordingText(entry.wording())));
  for (const office::v1::CaseEntryCorrection& was : entry.corrections()) {
    absl::StrAppend(&text, "  corrected ", desk.Time(was.at_ms()), " by ",
                    Printable(was.by()), ", ", Printable(was.reason()),
                    "; before it said:\n",
                    Indented(Indented(WordingText(was.before()))));
  }
  if (entry.retracted_at_ms() != 0) {
    absl::StrAppend(&text, "  RETRACTED ", desk.Time(entry.retracted_at_ms()),
                    " by ", Printable(entry.retracted_by()), ": ",
                    Printable(entry.retracted_reason()), "\n");
  }
  return text;
}

void AddCaseEntryVerbs(Verbs& verbs, CLI::App* noun) {
  CLI::App* const add =
      noun->add_subcommand("add", "Writes something down about a case");
  add->require_subcommand(1);
  add->footer("Example:\n  amparo case add note 7K3P-92QX-A");
  AddRoute(verbs, add);
  AddDecision(verbs, add);
  AddRisk(verbs, add);
  AddSupport(verbs, add);
  AddService(verbs, add);
  AddNote(verbs, add);
  auto listing = std::make_shared<EntryOptions>();
  CLI::App* const list = verbs.Add(
      noun, "entries", "Shows what is written down about a case, newest first",
      "amparo case entries 7K3P-92QX-A --kind risk",
      [listing](Desk& desk) { return List(desk, *listing); });
  list->add_option("number", listing->number, "Number of the case")->required();
  list->add_option("--kind", listing->kind,
                   "Only event, decision, risk, support, service, note or "
                   "attachment");
  AddPaging(list, &listing->paging);
  auto retracting = std::make_shared<EntryOptions>();
  CLI::App* const retract = verbs.Add(
      noun, "retract", "Says that an entry does not hold",
      "amparo case retract 7K3P-92QX-A ENTRY --reason-file why.txt",
      [retracting](Desk& desk) { return Retract(desk, *retracting); });
  retract->add_option("number", retracting->number, "Number of the case")
      ->required();
  retract->add_option("entry", retracting->entry, "Id of the entry")
      ->required();
  retract->add_option("--reason-file", retracting->reason_file,
                      "Why, from this file of mode 0600; asked for without it");
}

}  // namespace amparo::cli
