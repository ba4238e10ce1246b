// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/cli/completion.h"
#include "admin/cli/failure.h"
#include "admin/cli/verbs.h"

namespace amparo::cli {

void AddCompletionVerb(Verbs& verbs, const CLI::App& program) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* const verb = verbs.Add(
      nullptr, "completion", "Prints a script that completes words in a shell",
      "amparo completion bash > "
      "~/.local/share/bash-completion/completions/amparo\n"
      "amparo completion fish > ~/.config/fish/completions/amparo.fish",
      [shell, &program](Desk& desk) -> absl::Status {
        const absl::StatusOr<std::string> script =
            CompletionScript(program, *shell);
        if (!script.ok())
          return UsageError("SHELL", absl::StrCat("must be ", kShells));
        desk.out() << *script;
        return absl::OkStatus();
      });
  verb->add_option("SHELL", *shell, kShells)->required();
}

}  // namespace amparo::cli
