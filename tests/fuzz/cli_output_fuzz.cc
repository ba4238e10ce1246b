// SPDX-License-Identifier: Apache-2.0
//
// What the command line prints of texts that others wrote, any bytes. Held:
// text for people is UTF-8 without a character that moves the cursor or turns
// the writing round, and one line stays one line; JSON for scripts is JSON
// (RFC 8259) without raw control characters, and holds the text it was given.
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/people.pb.h"
#include "node/base/text.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

using Json = nlohmann::ordered_json;

// Line breaks apart, nothing that a terminal obeys.
void HoldHarmless(absl::string_view text) {
  HOLD(amparo::IsUtf8(text));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    HOLD(!amparo::HasControls(line));
  }
}

void HoldJson(const std::string& text, const std::string& wrote) {
  HoldHarmless(text);
  const Json json = Json::parse(text, nullptr, false);
  HOLD(json.is_object());
  const auto found = json.find("text");
  HOLD(found != json.end() && found->is_string());
  if (amparo::IsUtf8(wrote)) HOLD(found->get<std::string>() == wrote);
}

void TryText(const std::string& wrote) {
  const std::string shown = cli::Printable(wrote);
  HoldHarmless(shown);
  HOLD(!absl::StrContains(shown, '\n'));
  HOLD(cli::Printable(shown) == shown);

  cli::Columns columns({"Name", "State"});
  columns.Add({wrote, wrote});
  const std::string table = columns.Text("none");
  HoldHarmless(table);
  HOLD(absl::EndsWith(table, "\n"));
  HOLD(std::count(table.begin(), table.end(), '\n') == 2);

  cli::Labelled lines;
  lines.Add("Name", wrote);
  lines.AddIf("Country", wrote);
  HoldHarmless(lines.Text());
  HoldHarmless(cli::Indented(lines.Text()));
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const std::string wrote(fuzz::AsText(input, size));
  TryText(wrote);
  HoldJson(cli::JsonText(Json{{"text", wrote}}), wrote);
  // As a key, too.
  const std::string keyed =
      cli::JsonText(Json{{"text", wrote}, {wrote, "value"}});
  HoldHarmless(keyed);
  HOLD(Json::parse(keyed, nullptr, false).is_object());

  const absl::Status failed = cli::Refusal("REASON", wrote, wrote, wrote);
  HoldHarmless(cli::FailureText(failed, false));
  const std::string failure = cli::FailureText(failed, true);
  HoldHarmless(failure);
  HOLD(Json::parse(failure, nullptr, false).is_object());

  // A message as the node sends it: its text fields are UTF-8 or it is none.
  office::v1::Person person;
  if (amparo::IsUtf8(wrote)) {
    person.set_name(wrote);
    const Json json = cli::JsonOf(person);
    HOLD(json.is_object() && json.value("name", "?") == wrote);
    HoldHarmless(cli::JsonText(json));
  }
  return 0;
}
