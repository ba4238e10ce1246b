// SPDX-License-Identifier: Apache-2.0
//
// The configuration file of a node. Held: kConfigInvalid with the line and the
// key but never the value; what is accepted keeps the documented ranges, holds
// no control character, and what peers are told is an address or nothing.
#include <algorithm>

#include "node/app/config.h"
#include "node/peering/key_bundle.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

bool IsPlain(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const auto config = app::ParseConfig(fuzz::AsText(input, size));
  if (!config.ok()) {
    fuzz::HoldRefusal(config.status(), {Reason::kConfigInvalid});
    return 0;
  }
  HOLD(config->data_directory.front() == '/');
  HOLD(config->passphrase_file.empty() ||
       config->passphrase_file.front() == '/');
  HOLD(config->delivery_threads >= 1 && config->delivery_threads <= 16);
  HOLD(config->hello_interval >= absl::Seconds(1) &&
       config->hello_interval <= absl::Hours(24));
  HOLD(config->checkpoint_interval >= absl::Minutes(1) &&
       config->checkpoint_interval <= absl::Hours(24));
  HOLD(IsPlain(config->data_directory));
  HOLD(IsPlain(config->passphrase_file));
  HOLD(IsPlain(config->listen_address));
  HOLD(peering::IsAddress(app::PublicAddress(*config, 7410)));
  return 0;
}
