// SPDX-License-Identifier: Apache-2.0
//
// What text may be kept: valid UTF-8 that looks on a screen as it is stored.
// Characters are told apart by ICU's data. Pure.
#ifndef AMPARO_NODE_BASE_TEXT_H_
#define AMPARO_NODE_BASE_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace amparo {

// Unicode 15, table 3-7: no surrogates, no overlong forms, at most U+10FFFF.
bool IsUtf8(absl::string_view text);

// Whether the text is no valid UTF-8, holds a control character (C0, DEL, C1),
// or one of the directional embeddings, overrides and isolates (U+202A to
// U+202E, U+2066 to U+2069) that let a name show as another. Right-to-left
// letters need none.
bool HasControls(absl::string_view text);

// Which letters a name may be written in.
enum class NameScript { kAny, kLatin };

// kFieldInvalid naming `field` unless the text is a name that shows as it is
// stored: CheckText's rules; no invisible character (Unicode's
// Default_Ignorable_Code_Point, such as zero-width spaces, soft hyphen and
// directional marks) but U+200C and U+200D, which Persian and Indic names need,
// between letters, and the forms of Mongolian letters; no white space at either
// end; no word that mixes letters of the Latin, Greek and Cyrillic scripts,
// which look alike (UTS 39). Words of different scripts may stand in one name.
// With kLatin all letters are Latin. An empty name is a name.
absl::Status CheckPersonName(absl::string_view field, absl::string_view text,
                             size_t bytes_max, NameScript script);

// As CheckText for text of several lines: line feeds and tabs are taken.
absl::Status CheckFreeText(absl::string_view field, absl::string_view text,
                           size_t bytes_max, bool required);

// kFieldInvalid naming `field` when the text is longer than `bytes_max`, empty
// though `required`, no UTF-8, or holds controls.
absl::Status CheckText(absl::string_view field, absl::string_view text,
                       size_t bytes_max, bool required);

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_TEXT_H_
