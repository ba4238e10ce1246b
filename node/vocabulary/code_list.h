// SPDX-License-Identifier: Apache-2.0
//
// One code list: id, version, source, licence and its codes. Lists are data
// files in node/vocabulary/lists. A code that was ever shipped stays in its
// list, so that whatever was recorded with it can be read for ever; one that
// is no longer to be used says in which version it was withdrawn.
#ifndef AMPARO_NODE_VOCABULARY_CODE_LIST_H_
#define AMPARO_NODE_VOCABULARY_CODE_LIST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo::vocabulary {

// One value of a list.
struct Code {
  std::string code;   // What is stored and sent.
  std::string label;  // English, for people.
  // Other spellings that mean exactly this: alpha-2 for a country, "09--17"
  // for an age band, a withdrawn code with one successor.
  std::vector<std::string> aliases;
  // Version of the list that brought it; empty: it was always there.
  std::string since;
  // Version of the list from which on it is refused as new input; empty: it
  // may be used.
  std::string withdrawn;
};

// Where the labels of a list come from in other languages.
enum class Naming {
  kTranslated,  // labels/*.tsv.
  kProper,      // Nowhere: names, numbers and technical words are the same.
  kIsoCodes     // Debian's iso-codes, at run time; labels/*.tsv without it.
};

// A code list. Immutable.
class List {
 public:
  // Parses one list file: lines "# id: ...", "# version: ...",
  // "# source: ...", "# licence: ..." (all four), perhaps "# names: proper" or
  // "# names: iso-codes", perhaps "# numbers: LEAST MOST" (whole numbers from 0
  // to 9999, at most 1,000 of them, each a code that is its own label; proper
  // names too), then one code a line:
  //   code TAB label [TAB alias;alias... [TAB since V | withdrawn V]]
  // Aliases may be empty only before a fourth field. kInternal names the line
  // when a code or alias occurs twice or the file has another form.
  static absl::StatusOr<List> Parse(absl::string_view text);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  const std::string& source() const { return source_; }
  const std::string& licence() const { return licence_; }
  // In the order of the file; numbers first.
  absl::Span<const Code> codes() const { return codes_; }
  Naming naming() const { return naming_; }
  // Whether its codes are numbers, besides unknown.
  bool numbers() const { return numbers_; }

  // The code that `text` is, or is an alias of, whether or not it was
  // withdrawn; null when there is none. Case and white space count.
  const Code* Find(absl::string_view text) const;

 private:
  absl::Status ReadLine(absl::string_view line);
  absl::Status ReadHeading(absl::string_view line);
  absl::Status AddNumbers(absl::string_view range);
  absl::Status Add(Code code);

  std::string id_, version_, source_, licence_;
  Naming naming_ = Naming::kTranslated;
  bool numbers_ = false;
  std::vector<Code> codes_;
  absl::flat_hash_map<std::string, size_t> by_text_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_CODE_LIST_H_
