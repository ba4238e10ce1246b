// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/mo_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::Not;
using ::testing::Pointee;

using Entries = std::vector<std::pair<std::string, std::string>>;

void AppendNumber(std::string& bytes, size_t value, bool big_endian) {
  for (int i = 0; i < 4; ++i) {
    const int shift = 8 * (big_endian ? 3 - i : i);
    bytes.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

// A catalogue as msgfmt writes it, without its optional hash table.
std::string Catalogue(const Entries& entries, bool big_endian = false) {
  constexpr size_t kHead = 28;
  std::string head;
  AppendNumber(head, 0x950412de, big_endian);
  for (const size_t number :
       {size_t{0}, entries.size(), kHead, kHead + 8 * entries.size(), size_t{0},
        size_t{0}}) {
    AppendNumber(head, number, big_endian);
  }
  std::string originals;
  std::string translations;
  std::string texts;
  const size_t start = kHead + 16 * entries.size();
  for (const auto& [original, translation] : entries) {
    AppendNumber(originals, original.size(), big_endian);
    AppendNumber(originals, start + texts.size(), big_endian);
    texts += original + '\0';
    AppendNumber(translations, translation.size(), big_endian);
    AppendNumber(translations, start + texts.size(), big_endian);
    texts += translation + '\0';
  }
  return head + originals + translations + texts;
}

TEST(MoFileTest, FindsTranslationsInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    const auto file = MoFile::Parse(Catalogue(
        {{"", "head"}, {"Chad", "Tchad"}, {"Peru", "Pérou"}}, big_endian));
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT(file->Find("Chad"), Pointee(std::string("Tchad")));
    EXPECT_THAT(file->Find("Peru"), Pointee(std::string("Pérou")));
    EXPECT_EQ(file->Find("Kyiv"), nullptr);
    // The head of the catalogue is no translation.
    EXPECT_EQ(file->Find(""), nullptr);
  }
}

TEST(MoFileTest, LeavesOutWhatIsNoPlainName) {
  const auto file = MoFile::Parse(Catalogue({{"context\4Chad", "x"},
                                             {std::string("one\0two", 7), "y"},
                                             {"untranslated", ""}}));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->size(), 0u);
}

TEST(MoFileTest, EveryCutIsRefused) {
  const std::string whole = Catalogue({{"Chad", "Tchad"}, {"Peru", "Pérou"}});
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto cut = MoFile::Parse(whole.substr(0, length));
    EXPECT_EQ(ReasonOf(cut.status()), Reason::kRecordDamaged) << length;
  }
}

// No byte can be changed to make it read beyond its end; what the sanitizers
// see is the test.
TEST(MoFileTest, NoChangedByteLeavesTheFile) {
  const std::string whole = Catalogue({{"Chad", "Tchad"}, {"Peru", "Pérou"}});
  size_t refused = 0;
  for (size_t place = 0; place < whole.size(); ++place) {
    for (const char value : {'\0', '\1', '\x7f', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[place] = value;
      if (!MoFile::Parse(changed).ok()) ++refused;
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(MoFileTest, OtherRevisionsAndLiesAboutTheCountAreRefused) {
  std::string other = Catalogue({{"Chad", "Tchad"}});
  other[4] = 1;
  EXPECT_THAT(MoFile::Parse(other), Not(IsOk()));
  std::string many = Catalogue({{"Chad", "Tchad"}});
  for (int i = 8; i < 12; ++i) many[static_cast<size_t>(i)] = '\xff';
  EXPECT_THAT(MoFile::Parse(many), Not(IsOk()));
  EXPECT_THAT(MoFile::Parse("Chad"), Not(IsOk()));
}

}  // namespace
}  // namespace amparo::vocabulary
