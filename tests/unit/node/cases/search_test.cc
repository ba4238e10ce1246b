// SPDX-License-Identifier: Apache-2.0
#include "node/cases/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SearchTest : public testing::Test {
 protected:
  static Identity Olena() {
    Identity identity;
    identity.given_names = "Олена";
    identity.family_names = "Шевченко";
    identity.given_names_romanised = "Olena";
    identity.family_names_romanised = "Shevchenko";
    identity.documents = {{"PASSPORT", "FB 123-456", "UKR"}};
    identity.contacts = {{"TELEPHONE", "+380 44 123 45 67", "evenings"},
                         {"EMAIL", "o.shevchenko@example.org", "never"}};
    return identity;
  }
  static Identity Maryna() {
    Identity identity = Olena();
    identity.given_names = "Марина";
    identity.given_names_romanised = "Maryna";
    identity.documents.clear();
    return identity;
  }

  absl::Status Index(const SubjectId& subject, const Identity* before,
                     const Identity* now) {
    storage::Batch batch;
    RETURN_IF_ERROR(IndexIdentity(batch, *office_.vault, subject, before, now));
    return office_.store->Commit(batch).status();
  }
  absl::StatusOr<std::vector<SubjectId>> Find(const PersonQuery& query) {
    return FindPersons(*office_.store, *office_.vault, query);
  }

  Office office_;
  const SubjectId a_ = *SubjectId::FromBytes(std::string(16, 'a'));
  const SubjectId b_ = *SubjectId::FromBytes(std::string(16, 'b'));
};

TEST_F(SearchTest, PersonsAreFoundByNameDocumentAndTelephone) {
  const Identity olena = Olena();
  const Identity maryna = Maryna();
  ASSERT_THAT(Index(a_, nullptr, &olena), IsOk());
  ASSERT_THAT(Index(b_, nullptr, &maryna), IsOk());
  EXPECT_THAT(Find({.name = "Shevchenko"}),
              IsOkAndHolds(UnorderedElementsAre(a_, b_)));
  EXPECT_THAT(Find({.name = "ШЕВЧЕНКО олена"}),
              IsOkAndHolds(UnorderedElementsAre(a_)));
  EXPECT_THAT(Find({.document = "fb123456"}),
              IsOkAndHolds(UnorderedElementsAre(a_)));
  EXPECT_THAT(Find({.telephone = "044 1234567"}),
              IsOkAndHolds(UnorderedElementsAre(a_, b_)));
  EXPECT_THAT(Find({.name = "Maryna", .telephone = "044 1234567"}),
              IsOkAndHolds(UnorderedElementsAre(b_)));
  EXPECT_THAT(Find({.name = "Maryna", .document = "FB123456"}),
              IsOkAndHolds(IsEmpty()));
}

TEST_F(SearchTest, ExactNamesAreNotFoundByWhatSoundsAlike) {
  const Identity olena = Olena();
  ASSERT_THAT(Index(a_, nullptr, &olena), IsOk());
  EXPECT_THAT(Find({.name = "Alyona"}), IsOkAndHolds(UnorderedElementsAre(a_)));
  EXPECT_THAT(Find({.name = "Alyona", .exact_name = true}),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Find({.name = "olena", .exact_name = true}),
              IsOkAndHolds(UnorderedElementsAre(a_)));
}

TEST_F(SearchTest, AnAmendedIdentityIsFoundByWhatItSaysNow) {
  const Identity olena = Olena();
  const Identity maryna = Maryna();
  ASSERT_THAT(Index(a_, nullptr, &olena), IsOk());
  ASSERT_THAT(Index(a_, &olena, &maryna), IsOk());
  EXPECT_THAT(Find({.name = "Olena"}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Find({.document = "FB123456"}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Find({.name = "Maryna Shevchenko"}),
              IsOkAndHolds(UnorderedElementsAre(a_)));
}

TEST_F(SearchTest, NothingIsLeftOfAPersonWithoutAName) {
  const Identity olena = Olena();
  ASSERT_THAT(Index(a_, nullptr, &olena), IsOk());
  EXPECT_GT(office_.Rows(storage::TableId::kBlindWords), 0);
  ASSERT_THAT(Index(a_, &olena, nullptr), IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kBlindWords), 0);
}

TEST_F(SearchTest, NoWordStandsInTheStore) {
  const Identity olena = Olena();
  ASSERT_THAT(Index(a_, nullptr, &olena), IsOk());
  for (const char* word : {"shevchenko", "olena", "FB123456", "441234567"}) {
    EXPECT_FALSE(office_.AnywhereInStore(word)) << word;
  }
}

TEST_F(SearchTest, AQueryWithNothingToLookForIsRefused) {
  const struct {
    PersonQuery query;
    const char* field;
  } kBad[] = {
      {{}, "query"},
      {{.name = " - "}, "name"},
      {{.name = std::string(257, 'a')}, "name"},
      {{.name = "a b c d f g h i j k l m n"}, "name"},
      {{.document = "--"}, "document"},
      {{.telephone = "12345"}, "telephone"},
  };
  for (const auto& bad : kBad) {
    const absl::Status refused = Find(bad.query).status();
    EXPECT_EQ(ReasonOf(refused), Reason::kFieldInvalid) << bad.field;
    EXPECT_THAT(std::string(refused.message()), testing::HasSubstr(bad.field));
  }
}

}  // namespace
}  // namespace amparo::cases
