// SPDX-License-Identifier: Apache-2.0
#ifndef AMPARO_NODE_APP_VERSION_H_
#define AMPARO_NODE_APP_VERSION_H_

namespace amparo::app {

// As in CMakeLists.txt and CHANGELOG.md.
inline constexpr char kVersion[] = AMPARO_VERSION;

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_VERSION_H_
