// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/name_words.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/linkage/particles.h"

namespace amparo::linkage {
namespace {

constexpr size_t kTelephoneDigits = 9;
constexpr size_t kTelephoneDigitsMin = 6;
// An article and what must be left of a word without it.
constexpr int32_t kArticleLetters = 2;
constexpr int32_t kArticleRestMin = 3;

// Letters that ICU's own rules leave as they are (Tajik) or write in a way
// that the marks' removal would confuse with another letter, and the Arabic
// ending that is heard as a vowel; then the rules of ICU. An ain counts as the
// vowel it begins with. In two parts, because the second leaves what is letters
// of ASCII already as it is but for capitals, and takes as long as the first.
constexpr char kRules[] = R"(
ҷ > j; ҳ > h; қ > q; ғ > gh; ӯ > u; ӣ > i;
ة > ه;
ç > ch; č > ch; ć > ch; š > sh; ş > sh; ș > sh; ž > zh;
:: Russian-Latin/BGN;
)";
constexpr char kMoreRules[] = R"(
:: Any-Latin;
:: Lower;
ʿ > a; ʻ > a;
č > ch; š > sh; ž > zh;
:: NFD; :: [:M:] Remove; :: NFC;
:: Latin-ASCII;
:: Lower;
)";

// What a row below begins with.
constexpr absl::string_view kAlikeStarts = "cdgkpqstxz";

// Longest first. What romanisations write in different ways.
constexpr std::pair<absl::string_view, absl::string_view> kAlike[] = {
    {"shch", "s"}, {"sch", "s"}, {"dzh", "j"}, {"tch", "c"}, {"zh", "z"},
    {"sh", "s"},   {"ch", "c"},  {"kh", "h"},  {"gh", "g"},  {"ph", "f"},
    {"th", "t"},   {"dh", "d"},  {"dj", "j"},  {"ck", "k"},  {"ts", "s"},
    {"tz", "s"},   {"x", "ks"},  {"q", "k"},   {"c", "k"}};

bool IsVowel(char c) {
  return absl::string_view("aeiouyw").find(c) != absl::string_view::npos;
}

absl::Status NoIcu() {
  return Error(Reason::kInternal, "the data of ICU are not installed");
}

// Null when ICU's data are missing. Its own objects are never destroyed.
const icu::Transliterator* Make(const char* name, const char* rules) {
  UErrorCode failed = U_ZERO_ERROR;
  UParseError where;
  return icu::Transliterator::createFromRules(
      name, icu::UnicodeString::fromUTF8(rules), UTRANS_FORWARD, where, failed);
}

absl::StatusOr<icu::UnicodeString> Folded(absl::string_view text) {
  UErrorCode failed = U_ZERO_ERROR;
  const icu::Normalizer2* const folding =
      icu::Normalizer2::getNFKCCasefoldInstance(failed);
  if (U_FAILURE(failed)) return NoIcu();
  icu::UnicodeString folded =
      folding->normalize(icu::UnicodeString::fromUTF8(icu::StringPiece(
                             text.data(), static_cast<int32_t>(text.size()))),
                         failed);
  if (U_FAILURE(failed)) return NoIcu();
  return folded;
}

// What is letters of ASCII, digits and spaces already: the rules leave it as it
// is, but take most of the time of an import to find out.
std::optional<std::string> LatinAlready(absl::string_view text) {
  const bool already = std::all_of(text.begin(), text.end(), [](char c) {
    return c == ' ' || absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
  if (!already) return std::nullopt;
  return absl::AsciiStrToLower(text);
}

std::optional<std::string> LatinAlready(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return LatinAlready(utf8);
}

// Latin letters, digits and the spaces between what was written without.
absl::StatusOr<std::string> Latin(icu::UnicodeString text) {
  static const icu::Transliterator* const steps[] = {
      Make("amparo-names", kRules), Make("amparo-names-more", kMoreRules)};
  for (const icu::Transliterator* const step : steps) {
    if (auto already = LatinAlready(text)) return *std::move(already);
    if (step == nullptr) return NoIcu();
    step->transliterate(text);
  }
  std::string utf8;
  text.toUTF8String(utf8);
  std::string latin;
  for (const char c : utf8) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == ' ') {
      latin.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
  }
  return latin;
}

bool JoinsLetters(UChar32 c) {
  return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x02BC ||
         c == 0x02BB || c == 0x02BF || c == 0x200C || c == 0x0640;
}

std::vector<icu::UnicodeString> Split(const icu::UnicodeString& folded) {
  std::vector<icu::UnicodeString> words(1);
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (JoinsLetters(c)) continue;
    const bool part = u_isalnum(c) != 0 || (U_GET_GC_MASK(c) & U_GC_M_MASK);
    if (part) {
      words.back().append(c);
    } else if (!words.back().isEmpty()) {
      words.emplace_back();
    }
  }
  if (words.back().isEmpty()) words.pop_back();
  return words;
}

bool IsHan(const icu::UnicodeString& word) {
  UErrorCode failed = U_ZERO_ERROR;
  return uscript_getScript(word.char32At(0), &failed) == USCRIPT_HAN;
}

struct Word {
  std::vector<std::string> exact;  // As NameWord::exact.
  std::vector<std::string> parts;  // Of Han characters: the first, the others.
};

absl::StatusOr<Word> ReadWord(const icu::UnicodeString& written) {
  Word word;
  ASSIGN_OR_RETURN(const std::string latin, Latin(written));
  // Han characters become a syllable each.
  const std::vector<std::string> syllables =
      absl::StrSplit(latin, ' ', absl::SkipEmpty());
  if (syllables.empty()) return word;
  word.exact.push_back(absl::StrJoin(syllables, ""));
  if (IsHan(written) && syllables.size() > 1) {
    word.parts = {syllables[0],
                  absl::StrJoin(syllables.begin() + 1, syllables.end(), "")};
  }
  const bool has_article =
      written.startsWith(icu::UnicodeString::fromUTF8("ال")) &&
      written.length() >= kArticleLetters + kArticleRestMin;
  if (has_article) {
    ASSIGN_OR_RETURN(std::string without,
                     Latin(written.tempSubString(kArticleLetters)));
    word.exact.push_back(std::move(without));
  }
  return word;
}

bool IsParticle(const Word& word) {
  static const auto* const particles = [] {
    auto* const set = new absl::flat_hash_set<std::string>();
    for (const absl::string_view line : absl::StrSplit(kParticles, '\n')) {
      if (!line.empty() && line.front() != '#') set->insert(std::string(line));
    }
    return set;
  }();
  return particles->contains(word.exact.front());
}

// The words of what has only letters of ASCII, as the long way would read
// them; nullopt of anything else.
std::optional<std::vector<Word>> AsciiWords(absl::string_view name) {
  std::vector<Word> words;
  bool inside = false;
  for (const char c : name) {
    if (!absl::ascii_isascii(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
    if (JoinsLetters(c)) continue;
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back().exact.emplace_back();
    words.back().exact.front().push_back(
        absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return words;
}

absl::StatusOr<std::vector<Word>> WordsInOrder(absl::string_view name) {
  if (auto words = AsciiWords(name)) return *std::move(words);
  ASSIGN_OR_RETURN(const icu::UnicodeString folded, Folded(name));
  std::vector<Word> words;
  for (const icu::UnicodeString& written : Split(folded)) {
    ASSIGN_OR_RETURN(Word word, ReadWord(written));
    if (!word.exact.empty()) words.push_back(std::move(word));
  }
  return words;
}

absl::StatusOr<std::vector<Word>> ReadWords(absl::string_view name) {
  ASSIGN_OR_RETURN(std::vector<Word> all, WordsInOrder(name));
  if (std::all_of(all.begin(), all.end(), IsParticle)) return all;
  all.erase(std::remove_if(all.begin(), all.end(), IsParticle), all.end());
  return all;
}

std::string Joined(const std::vector<Word>& words) {
  std::string joined;
  for (const Word& word : words) joined += word.exact.front();
  return joined;
}

}  // namespace

absl::StatusOr<std::vector<NameWord>> WordsOfName(absl::string_view name) {
  ASSIGN_OR_RETURN(std::vector<Word> words, ReadWords(name));
  std::vector<NameWord> forms;
  forms.reserve(words.size());
  for (Word& word : words) {
    NameWord& form = forms.emplace_back();
    for (const std::string& exact : word.exact) {
      form.loose.push_back(LooseForm(exact));
    }
    form.exact = std::move(word.exact);
  }
  return forms;
}

absl::Status AddSpellings(absl::string_view given_names,
                          absl::string_view family_names,
                          std::set<std::string>& spellings) {
  ASSIGN_OR_RETURN(const std::vector<Word> given, ReadWords(given_names));
  ASSIGN_OR_RETURN(const std::vector<Word> family, ReadWords(family_names));
  for (const std::vector<Word>* words : {&given, &family}) {
    for (const Word& word : *words) {
      spellings.insert(word.exact.begin(), word.exact.end());
      spellings.insert(word.parts.begin(), word.parts.end());
    }
    if (words->size() > 1) spellings.insert(Joined(*words));
  }
  if (!given.empty() && !family.empty()) {
    spellings.insert(Joined(family) + Joined(given));
    spellings.insert(Joined(given) + Joined(family));
  }
  return absl::OkStatus();
}

std::string LooseForm(absl::string_view exact) {
  std::string alike;
  for (absl::string_view rest = exact; !rest.empty();) {
    if (kAlikeStarts.find(rest.front()) == absl::string_view::npos) {
      alike.push_back(rest.front());
      rest.remove_prefix(1);
      continue;
    }
    const auto* const found = std::find_if(
        std::begin(kAlike), std::end(kAlike),
        [&](const auto& row) { return absl::StartsWith(rest, row.first); });
    if (found == std::end(kAlike)) {
      alike.push_back(rest.front());
      rest.remove_prefix(1);
    } else {
      alike.append(found->second.data(), found->second.size());
      rest.remove_prefix(found->first.size());
    }
  }
  std::string loose;
  for (size_t i = 0; i < alike.size(); ++i) {
    const char c = IsVowel(alike[i]) ? 'a' : alike[i];
    if (c == 'a' && i > 0) continue;
    if (loose.empty() || loose.back() != c) loose.push_back(c);
  }
  // An h at the end is often only how the vowel before it is written.
  if (loose.size() > 2 && loose.back() == 'h') loose.pop_back();
  // One letter would find half of everybody.
  return loose.size() < 2 ? std::string(exact) : loose;
}

absl::StatusOr<std::string> DocumentForm(absl::string_view number) {
  std::optional<std::string> already = LatinAlready(number);
  if (!already.has_value()) {
    ASSIGN_OR_RETURN(icu::UnicodeString folded, Folded(number));
    ASSIGN_OR_RETURN(already, Latin(std::move(folded)));
  }
  std::string latin = *std::move(already);
  latin.erase(std::remove(latin.begin(), latin.end(), ' '), latin.end());
  absl::AsciiStrToUpper(&latin);
  return latin;
}

std::string TelephoneForm(absl::string_view number) {
  std::string digits;
  for (const char c : number) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  if (digits.size() < kTelephoneDigitsMin) return "";
  if (digits.size() > kTelephoneDigits) {
    digits.erase(0, digits.size() - kTelephoneDigits);
  }
  return digits;
}

}  // namespace amparo::linkage
