// SPDX-License-Identifier: Apache-2.0
//
// Cases of nobody, as an office that changes its program imports them.
#ifndef AMPARO_TESTS_BENCH_MADE_UP_CASES_H_
#define AMPARO_TESTS_BENCH_MADE_UP_CASES_H_

#include <string>

#include "node/cases/foreign/importer.h"
#include "node/people/caller.h"
#include "tests/bench/bench_node.h"

namespace amparo::bench {

// These end the program when something fails.
// A CSV file of deploy/demo/cases.
std::string MadeUpCases(int rows);
std::string MappingOfMadeUpCases();
// Imports a file, consent included; at least one case is accepted.
cases::ImportReport ImportCases(BenchNode& node, const people::Caller& caller,
                                const std::string& csv,
                                const std::string& mapping);

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_MADE_UP_CASES_H_
