// SPDX-License-Identifier: Apache-2.0
//
// One damage that fsck must name, planted into sound offices. Each case is a
// canary: without it nothing is found (FsckTest). The lists of several files
// are cases of the one test in fsck_damage_test.cc.
#ifndef AMPARO_TESTS_UNIT_NODE_APP_FSCK_DAMAGE_H_
#define AMPARO_TESTS_UNIT_NODE_APP_FSCK_DAMAGE_H_

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {

struct Planted {
  const char* name;
  char office;  // 'a', 'b' or 'r'.
  std::function<void(Damage&)> plant;
  storage::TableId table;  // Where it is found.
  const char* what;
};

inline void PrintTo(const Planted& planted, std::ostream* out) {
  *out << planted.name;
}

class FsckDamageTest : public ::testing::TestWithParam<Planted> {
 protected:
  // One for all: each case gives its rows back.
  static FsckWorld& World() {
    static FsckWorld* const world = new FsckWorld();
    return *world;
  }
  static TestOffice& Office(char name) {
    FsckWorld& world = World();
    return name == 'a'   ? world.pair.a
           : name == 'b' ? world.pair.b
                         : world.region;
  }
};

}  // namespace amparo::app

#endif  // AMPARO_TESTS_UNIT_NODE_APP_FSCK_DAMAGE_H_
