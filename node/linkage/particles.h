// SPDX-License-Identifier: Apache-2.0
//
// The text of particles.txt, compiled in so that the program needs no files.
#ifndef AMPARO_NODE_LINKAGE_PARTICLES_H_
#define AMPARO_NODE_LINKAGE_PARTICLES_H_

#include "absl/strings/string_view.h"

namespace amparo::linkage {

// One word a line; lines that start with # are for people.
extern const absl::string_view kParticles;

}  // namespace amparo::linkage

#endif  // AMPARO_NODE_LINKAGE_PARTICLES_H_
