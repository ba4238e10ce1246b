// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/aged_office.h"

#include <filesystem>
#include <utility>

#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/app/data_directory.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/status_macros.h"
#include "node/peering/own_office.h"
#include "node/people/people_actions.h"

namespace amparo::hostile {
namespace {

crypto::Secret Passphrase() {
  return crypto::Secret::Copy("a passphrase of tests");
}

}  // namespace

absl::StatusOr<AgedOffice> InitialisedAt(const std::string& folder,
                                         const NodeOptions& options,
                                         absl::Time born) {
  AgedOffice made;
  ASSIGN_OR_RETURN(made.node, NodeProcess::Init(folder, options));
  const std::string directory = made.node->data_directory();
  std::filesystem::remove_all(directory);
  crypto::RandomSource& random = crypto::SystemRandom();
  ASSIGN_OR_RETURN(const crypto::Secret key,
                   app::CreateDataDirectory(directory, Passphrase(), random));
  RETURN_IF_ERROR(WithStore(*made.node, [&](storage::Store& store,
                                            storage::Vault& vault) {
    RETURN_IF_ERROR(peering::OwnOffice::Initialise(
        store, vault, random, born,
        {options.name, options.country, made.node->address(), options.exercise,
         peering::NodeRole::kOffice}));
    ASSIGN_OR_RETURN(const auto own, peering::OwnOffice::Load(
                                         store, vault, random, SystemClock()));
    made.first_bundle = own->bundle();
    ASSIGN_OR_RETURN(
        const auto log,
        audit::Log::Open(store, vault, SystemClock(), random, own->id(),
                         own->incarnation(), own->LogKey()));
    ASSIGN_OR_RETURN(const people::AddedPerson administrator,
                     people::AddFirstAdministrator(
                         {store, vault, *log, SystemClock(), random}, "admin"));
    WriteFile(folder + "/admin.code", administrator.code.Reveal());
    return absl::OkStatus();
  }));
  return made;
}

absl::Status WithStore(
    const NodeProcess& stopped,
    const std::function<absl::Status(storage::Store&, storage::Vault&)>& use) {
  const std::string directory = stopped.data_directory();
  ASSIGN_OR_RETURN(crypto::Secret key,
                   app::OpenDataDirectory(directory, Passphrase()));
  ASSIGN_OR_RETURN(const auto store,
                   storage::OpenStore(app::StorePath(directory)));
  ASSIGN_OR_RETURN(
      const auto vault,
      storage::Vault::Open(*store, std::move(key), crypto::SystemRandom()));
  return use(*store, *vault);
}

}  // namespace amparo::hostile
