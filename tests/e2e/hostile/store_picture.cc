// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/store_picture.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "node/app/data_directory.h"
#include "node/base/status_macros.h"

namespace amparo::hostile {
namespace {

// Until every thread of the process stands still.
absl::Status Hold(pid_t pid) {
  if (::kill(pid, SIGSTOP) != 0) return absl::InternalError("it cannot stop");
  siginfo_t found;
  int waited = 0;
  do {
    waited = ::waitid(P_PID, static_cast<id_t>(pid), &found,
                      WSTOPPED | WEXITED | WNOWAIT);
  } while (waited != 0 && errno == EINTR);
  return waited == 0 && found.si_code == CLD_STOPPED
             ? absl::OkStatus()
             : absl::InternalError("it ended instead of standing still");
}

}  // namespace

absl::StatusOr<Picture> PictureOf(const storage::Reader& store) {
  Picture picture;
  for (const storage::TableId table : storage::AllTables()) {
    auto& rows = picture[table];
    RETURN_IF_ERROR(
        store.Scan(table, {}, {},
                   [&](absl::string_view key,
                       absl::string_view value) -> absl::StatusOr<bool> {
                     rows.emplace(std::string(key), std::string(value));
                     return true;
                   }));
  }
  return picture;
}

absl::StatusOr<Picture> PictureOf(NodeProcess& node) {
  const ScratchFolder folder;
  const std::string copy = folder.path() + "/store";
  {
    RETURN_IF_ERROR(Hold(node.pid()));
    const absl::Cleanup go_on = [&] { ::kill(node.pid(), SIGCONT); };
    std::error_code failed;
    std::filesystem::copy(app::StorePath(node.data_directory()), copy,
                          std::filesystem::copy_options::recursive, failed);
    if (failed) return absl::InternalError("the files cannot be copied");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                   storage::OpenStore(copy));
  return PictureOf(*store);
}

std::string Difference(const Picture& before, const Picture& after,
                       const std::set<storage::TableId>& except) {
  std::string difference;
  for (const storage::TableId table : storage::AllTables()) {
    if (except.count(table) > 0) continue;
    const auto& old_rows = before.at(table);
    const auto& new_rows = after.at(table);
    size_t added = 0;
    size_t changed = 0;
    for (const auto& [key, value] : new_rows) {
      const auto found = old_rows.find(key);
      added += found == old_rows.end() ? 1 : 0;
      changed += found != old_rows.end() && found->second != value ? 1 : 0;
    }
    const size_t removed = old_rows.size() + added - new_rows.size();
    if (added + changed + removed == 0) continue;
    const absl::string_view name = storage::TableName(table);
    absl::StrAppend(&difference, name, ": ", added, " added, ", changed,
                    " changed, ", removed, " removed; ");
  }
  return difference;
}

}  // namespace amparo::hostile
