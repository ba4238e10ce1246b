// SPDX-License-Identifier: Apache-2.0
//
// A national registry of nobody: a file of persons with names in two scripts,
// documents, telephones, dates of birth and 36 coded columns. Each row is drawn
// from its number alone, so that a person can be asked for without the file,
// and the same number gives the same row on every machine. Names are as uneven
// as in life: a few are many persons', most are few's.
#ifndef AMPARO_TESTS_BENCH_MADE_UP_REGISTRY_H_
#define AMPARO_TESTS_BENCH_MADE_UP_REGISTRY_H_

#include <string>

namespace amparo::bench {

struct MadeUpPerson {
  std::string given;      // Of 3,000, each in either script.
  std::string family;     // Of 20,000.
  std::string document;   // Empty for a third of them.
  std::string telephone;  // Empty for a third.
  int birth_year = 0;
};

// From 0.
MadeUpPerson PersonOfRow(int row);

// The whole file, with its header.
std::string MadeUpRegistry(int rows);

// What reads it: a mapping with source keys and a consent.
std::string MappingOfRegistry();

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_MADE_UP_REGISTRY_H_
