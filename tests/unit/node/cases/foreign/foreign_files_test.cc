// SPDX-License-Identifier: Apache-2.0
//
// CSV files as they come from other programs, other countries and broken
// disks, each imported as a person would: what is taken, what is told about
// the rest, and that what is refused leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/foreign/importer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::string_view kPlainMapping = R"json({
  "form": "amparo.mapping.v1", "source": "foreign", "source_key": "row",
  "columns": {
    "year": {"variable": "yearOfRegistration"},
    "sex": {"variable": "gender"},
    "note": {"ignore": true}}})json";

class ForeignFileTest : public testing::Test {
 protected:
  Importer New(bool dry_run = false, bool by_note = false) {
    std::string json(kPlainMapping);
    if (by_note) {
      json = absl::StrReplaceAll(json, {{"\"row\"", "{\"column\": \"note\"}"}});
    }
    absl::StatusOr<Mapping> mapping =
        Mapping::Parse(vocabulary::Lists::BuiltIn(), json);
    EXPECT_THAT(mapping, IsOk());
    ImportOptions options;
    options.dry_run = dry_run;
    options.importer = *PersonId::FromBytes(std::string(16, 'p'));
    return Importer(office_.services(), *std::move(mapping), options);
  }
  absl::StatusOr<ImportReport> Import(absl::string_view csv) {
    Importer importer = New();
    constexpr size_t kPiece = 4099;
    for (size_t at = 0; at < csv.size(); at += kPiece) {
      RETURN_IF_ERROR(importer.Feed(csv.substr(at, kPiece)));
    }
    return importer.Finish();
  }
  // What becomes of one row of three between two good ones.
  Rejection RejectionOf(absl::string_view row) {
    const auto report = Import(
        absl::StrCat("year,sex,note\n2016,Male,a\n", row, "\n2016,Female,b\n"));
    EXPECT_THAT(report, IsOk());
    if (!report.ok()) return Rejection();
    EXPECT_EQ(report->accepted, 2);
    EXPECT_THAT(report->rejections, SizeIs(1));
    EXPECT_EQ(Stored(), 2);
    return report->rejections.empty() ? Rejection() : report->rejections[0];
  }
  absl::Status RefusalOf(absl::string_view csv) {
    const absl::Status status = Import(csv).status();
    EXPECT_THAT(status, Not(IsOk()));
    EXPECT_EQ(Stored(), 0);
    EXPECT_EQ(office_.Rows(storage::TableId::kLeaves), 0);
    return status;
  }
  int64_t Stored() const { return office_.Rows(storage::TableId::kCases); }

  Office office_;
};

TEST_F(ForeignFileTest, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  const auto report = Import(
      "\xef\xbb\xbf"
      "year,sex,note\n2016,Male,\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
}

TEST_F(ForeignFileTest, AByteOrderMarkBeforeAQuotedHeaderIsTaken) {
  const auto report = Import(
      "\xef\xbb\xbf"
      "\"year\",\"sex\",\"note\"\r\n\"2016\",\"Male\",\"\"\r\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
}

TEST_F(ForeignFileTest, LinesEndWithCrlfAndTheLastOneWithNothing) {
  const auto report =
      Import("year,sex,note\r\n2016,Male,a\r\n\r\n2017,Female,b");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 2);
}

TEST_F(ForeignFileTest, LinesThatEndWithACarriageReturnAloneAreOneBadHeader) {
  const absl::Status status =
      RefusalOf("year,sex,note\r2016,Male,a\r2017,Male,b\r");
  EXPECT_EQ(ReasonOf(status), Reason::kRowMalformed);
  EXPECT_THAT(status.message(), HasSubstr("the header, line 1, column 3"));
}

TEST_F(ForeignFileTest, ACarriageReturnInsideARowRejectsThatRow) {
  const Rejection rejection = RejectionOf("2016,Ma\rle,c");
  EXPECT_EQ(rejection.reason, Reason::kRowMalformed);
  EXPECT_EQ(rejection.row, 2);
  EXPECT_EQ(rejection.line, 3);
  EXPECT_EQ(rejection.column, "sex");
}

TEST_F(ForeignFileTest, QuotesDoubledQuotesAndSeparatorsInThemAreText) {
  const auto report =
      Import("year,sex,note\n\"2016\",\"Male\",\"a, \"\"b\"\" and; c\"\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
}

TEST_F(ForeignFileTest, LineBreaksInQuotesKeepRowAndCountLines) {
  const auto report =
      Import("year,sex,note\n2016,Male,\"one\ntwo\r\nthree\"\n2016,nobody,b\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
  ASSERT_THAT(report->rejections, SizeIs(1));
  EXPECT_EQ(report->rejections[0].row, 2);
  EXPECT_EQ(report->rejections[0].line, 5);
}

TEST_F(ForeignFileTest, AQuoteThatIsNeverClosedIsToldWithTheLineItBeganOn) {
  const auto report = Import(
      "year,sex,note\n2016,Male,a\n2016,Male,\"b\n2016,Male,c\n2016,Male,d\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
  ASSERT_THAT(report->rejections, SizeIs(1));
  EXPECT_EQ(report->rejections[0].reason, Reason::kRowMalformed);
  EXPECT_EQ(report->rejections[0].line, 3);
  EXPECT_EQ(report->rejections[0].column, "note");
  EXPECT_THAT(report->rejections[0].message, HasSubstr("never closed"));
}

TEST_F(ForeignFileTest, AQuoteNeverClosedInALargeFileIsGuessedAt) {
  std::string csv = "year,sex,note\n2016,Male,\"a\n";
  while (csv.size() <= limits::kImportLineBytesMax + 1000) {
    csv += "2016,Male,a row that the open quote swallows\n";
  }
  csv += "2016,Female,after it\n";
  const auto report = Import(csv);
  ASSERT_THAT(report, IsOk());
  // One row told, and reading goes on with a line.
  ASSERT_THAT(report->rejections, SizeIs(1));
  EXPECT_EQ(report->rejections[0].reason, Reason::kLimitExceeded);
  EXPECT_EQ(report->rejections[0].line, 2);
  EXPECT_THAT(report->rejections[0].message, HasSubstr("quote"));
  EXPECT_GE(report->accepted, 1);
}

TEST_F(ForeignFileTest, ALineOfTenMegabytesIsOneRejectedRow) {
  const Rejection rejection = RejectionOf(
      absl::StrCat("2016,Male,", std::string(10 * 1024 * 1024, 'x')));
  EXPECT_EQ(rejection.reason, Reason::kLimitExceeded);
  EXPECT_EQ(rejection.line, 3);
  EXPECT_EQ(rejection.column, "note");
  EXPECT_THAT(rejection.message.size(), testing::Lt(200u));
}

TEST_F(ForeignFileTest, ALineOfTenMegabytesOfSeparatorsIsOneRejectedRow) {
  const Rejection rejection = RejectionOf(std::string(10 * 1024 * 1024, ','));
  EXPECT_EQ(rejection.reason, Reason::kLimitExceeded);
  EXPECT_EQ(rejection.line, 3);
}

TEST_F(ForeignFileTest, AHeaderOfTenMegabytesIsRefused) {
  const absl::Status status =
      RefusalOf(absl::StrCat(std::string(10 * 1024 * 1024, 'x'), "\n1,2,3\n"));
  EXPECT_EQ(ReasonOf(status), Reason::kLimitExceeded);
  EXPECT_THAT(status.message(), HasSubstr("the header, line 1"));
}

TEST_F(ForeignFileTest, ANulByteRejectsItsRow) {
  const Rejection rejection =
      RejectionOf(absl::string_view("2016,Ma\0le,c", 12));
  EXPECT_EQ(rejection.reason, Reason::kEncodingInvalid);
  EXPECT_EQ(rejection.column, "sex");
  EXPECT_EQ(rejection.line, 3);
}

TEST_F(ForeignFileTest, Utf16IsRefusedWithWhatToDo) {
  for (const bool little : {true, false}) {
    std::string csv = little ? "\xff\xfe" : "\xfe\xff";
    for (const char c : absl::string_view("year,sex,note\r\n2016,Male,\r\n")) {
      csv += little ? std::string{c, '\0'} : std::string{'\0', c};
    }
    const absl::Status status = RefusalOf(csv);
    EXPECT_EQ(ReasonOf(status), Reason::kEncodingInvalid);
    EXPECT_THAT(status.message(), AllOf(HasSubstr("line 1"),
                                        HasSubstr("save the file as UTF-8")));
  }
}

TEST_F(ForeignFileTest, Latin1RejectsTheRowsThatNeedMoreThanAscii) {
  const Rejection rejection = RejectionOf("2016,Male,caf\xe9");
  EXPECT_EQ(rejection.reason, Reason::kEncodingInvalid);
  EXPECT_EQ(rejection.column, "note");
  EXPECT_THAT(rejection.message, HasSubstr("save the file as UTF-8"));
}

TEST_F(ForeignFileTest, Windows1251InTheHeaderIsRefusedBeforeARow) {
  const absl::Status status = RefusalOf("\xe3\xee\xe4,sex,note\n2016,Male,a\n");
  EXPECT_EQ(ReasonOf(status), Reason::kEncodingInvalid);
  EXPECT_THAT(status.message(), HasSubstr("the header, line 1, column 1"));
}

TEST_F(ForeignFileTest, FormulasAreTextThatIsNoCode) {
  for (const char* const formula :
       {"=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(1)", "\t=1"}) {
    const auto report =
        Import(absl::StrCat("year,sex,note\n2016,", formula, ",x\n"));
    ASSERT_THAT(report, IsOk()) << formula;
    ASSERT_THAT(report->rejections, SizeIs(1)) << formula;
    EXPECT_EQ(report->rejections[0].reason, Reason::kCodeUnknown) << formula;
    EXPECT_EQ(report->rejections[0].column, "sex");
    EXPECT_THAT(report->rejections[0].message, Not(HasSubstr(formula)));
  }
  EXPECT_EQ(Stored(), 0);
}

TEST_F(ForeignFileTest, AColumnTwiceInTheHeaderIsRefused) {
  const absl::Status status =
      RefusalOf("year,sex,note,sex\n2016,Male,a,Male\n");
  EXPECT_EQ(ReasonOf(status), Reason::kColumnDuplicate);
  EXPECT_THAT(status.message(), HasSubstr("sex"));
}

TEST_F(ForeignFileTest, TheSameColumnInOtherBlanksIsStillTwice) {
  EXPECT_EQ(ReasonOf(RefusalOf("year,sex,note, sex \n2016,Male,a,Male\n")),
            Reason::kColumnDuplicate);
}

TEST_F(ForeignFileTest, AForeignHeaderIsRefusedByItsNumber) {
  const absl::Status status =
      RefusalOf("year,sex,note,Maria Ivanova\n2016,Male,a,b\n");
  EXPECT_EQ(ReasonOf(status), Reason::kColumnUnknown);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("column 4"), Not(HasSubstr("Maria"))));
}

TEST_F(ForeignFileTest, ARowInPlaceOfTheHeaderIsRefusedWithoutSayingIt) {
  const absl::Status status = RefusalOf("2016,Male,Maria\n2016,Female,b\n");
  EXPECT_EQ(ReasonOf(status), Reason::kColumnUnknown);
  EXPECT_THAT(status.message(), Not(HasSubstr("2016")));
}

TEST_F(ForeignFileTest, AnotherSeparatorIsOneForeignColumn) {
  EXPECT_EQ(ReasonOf(RefusalOf("year;sex;note\n2016;Male;a\n")),
            Reason::kColumnUnknown);
}

TEST_F(ForeignFileTest, HalfARowIsRejectedWithBothNumbers) {
  const Rejection rejection = RejectionOf("2016,Male");
  EXPECT_EQ(rejection.reason, Reason::kRowMalformed);
  EXPECT_EQ(rejection.row, 2);
  EXPECT_EQ(rejection.line, 3);
  EXPECT_THAT(rejection.message, HasSubstr("2 fields and the header 3"));
}

TEST_F(ForeignFileTest, TooManyCellsAreRejectedWithBothNumbers) {
  EXPECT_THAT(RejectionOf("2016,Male,a,").message,
              HasSubstr("4 fields and the header 3"));
}

TEST_F(ForeignFileTest, ARowCutAtTheEndOfTheFileIsRejected) {
  const auto report = Import("year,sex,note\n2016,Male,a\n2016,Ma");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
  ASSERT_THAT(report->rejections, SizeIs(1));
  EXPECT_EQ(report->rejections[0].line, 3);
}

TEST_F(ForeignFileTest, AnEmptyFileHasNoHeader) {
  for (const char* const csv : {"", "\n", "\r\n\n", "\xef\xbb\xbf"}) {
    EXPECT_EQ(ReasonOf(RefusalOf(csv)), Reason::kRowMalformed);
  }
}

TEST_F(ForeignFileTest, AHeaderAloneIsAnImportOfNothing) {
  for (const char* const csv : {"year,sex,note", "year,sex,note\n\n"}) {
    const auto report = Import(csv);
    ASSERT_THAT(report, IsOk());
    EXPECT_EQ(report->read, 0);
    EXPECT_THAT(report->rejections, IsEmpty());
  }
  EXPECT_EQ(Stored(), 0);
}

// A file that was mended is imported again from its beginning: by a key column
// what went in before is skipped, and only the mended rows are new.
TEST_F(ForeignFileTest, AMendedFileContinuesWhereTheFirstImportRejected) {
  const std::string csv =
      "year,sex,note\n2016,Male,n1\n2016,M\xff,n2\n2016,Fe\"male,n3\n"
      "2016,Female,n4\n";
  Importer first = New(false, true);
  ASSERT_THAT(first.Feed(csv), IsOk());
  const auto broken = first.Finish();
  ASSERT_THAT(broken, IsOk());
  EXPECT_EQ(broken->accepted, 2);
  EXPECT_EQ(broken->rejected, 2);
  Importer second = New(false, true);
  ASSERT_THAT(second.Feed(absl::StrReplaceAll(
                  csv, {{"M\xff", "Male"}, {"Fe\"male", "Female"}})),
              IsOk());
  const auto mended = second.Finish();
  ASSERT_THAT(mended, IsOk());
  EXPECT_EQ(mended->accepted, 2);
  EXPECT_EQ(mended->skipped, 2);
  EXPECT_EQ(Stored(), 4);
}

// Bytes that this process holds from the C library; 0 where a sanitizer has
// taken its place, which then finds no growth.
size_t BytesInUse() { return mallinfo2().uordblks; }

TEST_F(ForeignFileTest, AHugeFileIsReadInBoundedMemory) {
  Importer importer = New(/*dry_run=*/true);
  ASSERT_THAT(importer.Feed("year,sex,note\n"), IsOk());
  std::string piece;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&piece, "2016,Male,", std::string(1000, 'x'), "\n");
  }
  const auto feed = [&](int pieces) {
    for (int i = 0; i < pieces; ++i) {
      ASSERT_THAT(importer.Feed(piece), IsOk());
    }
  };
  feed(20);  // Everything that is made once is made.
  const size_t before = BytesInUse();
  feed(100);  // 10,000 rows, 10 MB; sealed rows and their keys stay a while.
  EXPECT_LT(BytesInUse(), before + 4 * 1024 * 1024);
  const auto report = importer.Finish();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 12'000);
}

// The rejections that are kept have a limit of their own.
TEST_F(ForeignFileTest, AHugeFileOfRubbishIsReadInBoundedMemory) {
  Importer importer = New();
  ASSERT_THAT(importer.Feed("year,sex,note\n"), IsOk());
  std::string piece;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&piece, std::string(i % 7, ','), "\xff\"", i, "\n");
  }
  for (int i = 0; i < 20; ++i) ASSERT_THAT(importer.Feed(piece), IsOk());
  const size_t before = BytesInUse();
  for (int i = 0; i < 200; ++i) ASSERT_THAT(importer.Feed(piece), IsOk());
  EXPECT_LT(BytesInUse(), before + 512 * 1024);
  const auto report = importer.Finish();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->rejected, 22'000);
  EXPECT_THAT(report->rejections, SizeIs(limits::kImportRejectionsReported));
  EXPECT_THAT(report->rejections,
              Each(Field(&Rejection::message, Not(HasSubstr("\xff")))));
}

TEST_F(ForeignFileTest, ADryRunByAKeyColumnFindsWhatStandsTwiceFarApart) {
  Importer importer = New(/*dry_run=*/true, /*by_note=*/true);
  std::string csv = "year,sex,note\n2016,Male,again\n";
  for (int i = 0; i < 1200; ++i) absl::StrAppend(&csv, "2016,Male,n", i, "\n");
  csv += "2016,Male,again\n";
  ASSERT_THAT(importer.Feed(csv), IsOk());
  const auto report = importer.Finish();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1201);
  EXPECT_THAT(report->skipped_by_reason,
              ElementsAre(testing::Pair("ALREADY_IMPORTED", 1)));
  EXPECT_EQ(Stored(), 0);
}

}  // namespace
}  // namespace amparo::cases
