// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using Fields = std::vector<std::string>;

// Reads `text` in pieces of `piece` bytes.
std::vector<CsvRecord> Read(absl::string_view text, size_t piece = 1 << 20,
                            char separator = ',') {
  CsvReader reader(separator);
  std::vector<CsvRecord> records;
  const auto take = [&](CsvRecord& record) {
    records.push_back(std::move(record));
    return absl::OkStatus();
  };
  for (size_t at = 0; at < text.size(); at += piece) {
    EXPECT_THAT(reader.Feed(text.substr(at, piece), take), IsOk());
  }
  EXPECT_THAT(reader.Finish(take), IsOk());
  return records;
}

struct Good {
  const char* name;
  std::string text;
  std::vector<Fields> records;
};

TEST(CsvTest, ReadsWhatRfc4180AllowsInPiecesOfAnySize) {
  const Good table[] = {
      {"nothing", "", {}},
      {"one line without end", "a,b", {{"a", "b"}}},
      {"LF", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"CRLF", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"byte order mark",
       "\xef\xbb\xbf"
       "a\r\nb\r\n",
       {{"a"}, {"b"}}},
      {"only a byte order mark", "\xef\xbb\xbf", {}},
      {"empty fields", ",\n,,\n", {{"", ""}, {"", "", ""}}},
      {"quotes", "\"a,b\",\"c\"\n", {{"a,b", "c"}}},
      {"doubled quotes", "\"a\"\"b\"\n", {{"a\"b"}}},
      {"line break inside quotes", "\"a\nb\",c\n", {{"a\nb", "c"}}},
      {"CRLF inside quotes", "\"a\r\nb\"\r\n", {{"a\r\nb"}}},
      {"empty quoted", "\"\"\n", {{""}}},
      {"blank lines", "a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"two hyphens and a semicolon", "9--17,a;b\n", {{"9--17", "a;b"}}},
      {"blanks are kept", " a , b\n", {{" a ", " b"}}},
      {"other scripts",
       "\xd0\x9c,\xe2\x82\xac\n",
       {{"\xd0\x9c", "\xe2\x82\xac"}}},
      {"two bytes of a mark", "\xef\xbc\x81\n", {{"\xef\xbc\x81"}}},
  };
  for (const Good& row : table) {
    for (const size_t piece : {1u, 2u, 3u, 7u, 1024u}) {
      std::vector<Fields> records;
      for (const CsvRecord& record : Read(row.text, piece)) {
        EXPECT_THAT(record.problem, IsOk()) << row.name;
        records.push_back(record.fields);
      }
      EXPECT_EQ(records, row.records) << row.name << ", pieces of " << piece;
    }
  }
}

struct Bad {
  const char* name;
  std::string text;  // Its second record is bad, its last is "x,y".
  Reason reason;
  int64_t field;
};

TEST(CsvTest, ABadRecordIsTellingAndTheNextIsRead) {
  const Bad table[] = {
      {"quote inside", "a,b\nc,d\"e\nx,y\n", Reason::kRowMalformed, 1},
      {"text after quote", "a,b\n\"c\"d,e\nx,y\n", Reason::kRowMalformed, 0},
      {"NUL", std::string("a,b\nc,\0d\nx,y\n", 13), Reason::kEncodingInvalid,
       1},
      {"NUL in quotes", std::string("a,b\nc,\"\0\"\nx,y\n", 14),
       Reason::kEncodingInvalid, 1},
      {"no UTF-8", "a,b\n\xff,d\nx,y\n", Reason::kEncodingInvalid, 0},
      {"cut character", "a,b\nc,\xe2\x82\nx,y\n", Reason::kEncodingInvalid, 1},
      {"lone carriage return", "a,b\nc\rd,e\nx,y\n", Reason::kRowMalformed, 0},
      {"carriage return first", "a,b\n\rc,e\nx,y\n", Reason::kRowMalformed, 0},
      {"too long",
       "a,b\n" + std::string(limits::kImportLineBytesMax + 1, 'c') + "\nx,y\n",
       Reason::kLimitExceeded, 0},
      {"too long in quotes",
       "a,b\n\"" + std::string(limits::kImportLineBytesMax, 'c') + "\nx,y\n",
       Reason::kLimitExceeded, 0},
      {"too many fields",
       "a,b\n" + std::string(limits::kImportColumnsMax, ',') + "\nx,y\n",
       Reason::kLimitExceeded, 512},
  };
  for (const Bad& row : table) {
    for (const size_t piece : {1u, 5u, 1u << 20}) {
      const std::vector<CsvRecord> records = Read(row.text, piece);
      ASSERT_EQ(records.size(), 3u) << row.name;
      EXPECT_THAT(records[0].fields, ElementsAre("a", "b")) << row.name;
      EXPECT_EQ(ReasonOf(records[1].problem), row.reason) << row.name;
      EXPECT_EQ(records[1].problem_field, row.field) << row.name;
      EXPECT_EQ(records[1].line, 2) << row.name;
      EXPECT_THAT(records[2].problem, IsOk()) << row.name;
      EXPECT_THAT(records[2].fields, ElementsAre("x", "y")) << row.name;
    }
  }
}

TEST(CsvTest, AQuoteThatIsNeverClosedIsTold) {
  const std::vector<CsvRecord> records = Read("a,b\nc,\"d\ne,f\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(ReasonOf(records[1].problem), Reason::kRowMalformed);
  EXPECT_EQ(records[1].line, 2);
}

TEST(CsvTest, LinesAreCountedThroughQuotedBreaks) {
  const std::vector<CsvRecord> records = Read("a\n\n\"b\nc\"\nd\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].line, 1);
  EXPECT_EQ(records[1].line, 3);
  EXPECT_EQ(records[2].line, 5);
}

TEST(CsvTest, OtherSeparatorsAreTaken) {
  const std::vector<CsvRecord> records = Read("a;b,c\n", 100, ';');
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b,c"));
}

TEST(CsvTest, AnErrorOfTheCalleeStopsTheReading) {
  CsvReader reader(',');
  int taken = 0;
  const auto refuse = [&](CsvRecord&) {
    ++taken;
    return Error(Reason::kStorageFailed);
  };
  EXPECT_EQ(ReasonOf(reader.Feed("a\nb\nc\n", refuse)), Reason::kStorageFailed);
  EXPECT_EQ(taken, 1);
}

TEST(CsvTest, ABadRecordKeepsItsTextAsItCame) {
  const std::string text =
      "a,b\r\n1,Ma\"ria,x\r\n\"1\n2\",b\"\n2,\xff\n3,\"open\nagain";
  for (const size_t piece : {1u, 3u, 1000u}) {
    const std::vector<CsvRecord> records = Read(text, piece);
    ASSERT_EQ(records.size(), 5u) << piece;
    EXPECT_EQ(records[0].raw, "");
    EXPECT_EQ(records[1].raw, "1,Ma\"ria,x");
    EXPECT_EQ(records[3].raw, "2,\xff");
    EXPECT_EQ(records[4].raw, "3,\"open\nagain");
  }
  const std::vector<CsvRecord> records =
      Read(std::string(3 * limits::kImportLineBytesMax, 'x'));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].raw.size(), limits::kImportLineBytesMax);
}

TEST(CsvTest, LinesAreQuotedWhereTheyMustBeAndReadTheSame) {
  const Fields cells = {"a", "", "b,c", "d\"e", "f\r\ng", " h ", "-99", "ж"};
  for (const char separator : {',', ';', '\t'}) {
    const std::vector<CsvRecord> records =
        Read(CsvLine(cells, separator), 1 << 20, separator);
    ASSERT_EQ(records.size(), 1u);
    EXPECT_THAT(records[0].problem, IsOk());
    EXPECT_EQ(records[0].fields, cells);
  }
  EXPECT_EQ(CsvLine({"a", "b,c"}, ','), "a,\"b,c\"\r\n");
  EXPECT_EQ(CsvLine({"a", "b,c"}, ';'), "a;b,c\r\n");
}

TEST(CsvTest, NoCellRunsAsAFormula) {
  for (const char* const formula :
       {"=1+1", "+1+1", "-1+cmd|'x'!A0", "@SUM(A1)", "\t=1", "\r=1", "-", "+",
        "-1-1", "+49 170 1"}) {
    const std::vector<CsvRecord> records = Read(CsvLine({formula}, ','));
    ASSERT_EQ(records.size(), 1u) << formula;
    ASSERT_THAT(records[0].problem, IsOk());
    EXPECT_EQ(records[0].fields[0], std::string("'") + formula);
  }
  for (const char* const plain : {"-99", "+1.5", "-99.0", "a=1", "1-2", ""}) {
    EXPECT_EQ(CsvLine({plain}, ','), std::string(plain) + "\r\n");
  }
}

}  // namespace
}  // namespace amparo::cases
