// Runs while Linnet is being configured, on the machine that builds it: lists the characters of
// some Unicode categories, their canonical decompositions and compositions, as utf8proc has them,
// for the converter, and those that have a lower case, for it and for `linnet eval`.

#include <utf8proc.h>

#include <cstdint>
#include <cstdio>

namespace {

constexpr utf8proc_int32_t kLast = 0x10FFFF;

bool is_letter(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_number(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

// Control characters, and those that format text (such as the soft hyphen).
bool is_control(utf8proc_category_t category) {
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

bool is_private(utf8proc_category_t category) { return category == UTF8PROC_CATEGORY_CO; }

// Marks that take no room of their own, most of them accents.
bool is_accent(utf8proc_category_t category) { return category == UTF8PROC_CATEGORY_MN; }

// The same, and marks that take room or stand around a letter.
bool is_mark(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

void list(const char* name, bool (*belongs)(utf8proc_category_t)) {
  std::printf("inline constexpr std::int32_t %s[] = {", name);
  utf8proc_int32_t first = -1;
  for (utf8proc_int32_t c = 0; c <= kLast + 1; ++c) {
    const bool inside = c <= kLast && belongs(utf8proc_category(c));
    if (inside && first < 0) first = c;
    if (inside || first < 0) continue;
    std::printf("\n    0x%04X, 0x%04X,", static_cast<unsigned>(first),
                static_cast<unsigned>(c - 1));
    first = -1;
  }
  std::printf("\n};\n");
}

utf8proc_int32_t distance_to_lower(utf8proc_int32_t c) { return utf8proc_tolower(c) - c; }

// Runs of characters at equal steps, of which each is equally far from its lower case.
void list_lower() {
  std::printf(
      "\n// The lower case of first, first + step, ... last is `distance` further.\n"
      "struct LowerRun {\n  char32_t first, last, step;\n  std::int32_t distance;\n};\n"
      "inline constexpr LowerRun kLower[] = {");
  for (utf8proc_int32_t first = 0; first <= kLast; ++first) {
    const utf8proc_int32_t distance = distance_to_lower(first);
    if (distance == 0) continue;
    const utf8proc_int32_t step = distance_to_lower(first + 1) == distance ? 1 : 2;
    utf8proc_int32_t last = first;
    // A run with steps of two stops before a character between them that has a lower case too.
    while (last + step <= kLast && distance_to_lower(last + step) == distance &&
           (step == 1 || distance_to_lower(last + 1) == 0))
      last += step;
    std::printf("\n    {0x%04X, 0x%04X, %d, %d},", static_cast<unsigned>(first),
                static_cast<unsigned>(last), static_cast<int>(step), static_cast<int>(distance));
    first = last;
  }
  std::printf("\n};\n");
}

// The canonical decomposition of c, in full; its length, or 0 if there is none.
int decomposed(utf8proc_int32_t c, utf8proc_int32_t* into) {
  int boundary = UTF8PROC_BOUNDCLASS_START;
  const auto length =
      static_cast<int>(utf8proc_decompose_char(c, into, 8, UTF8PROC_DECOMPOSE, &boundary));
  return length == 1 && into[0] == c ? 0 : length;
}

// The compatible decomposition of c in full, as long as 18 characters; 0 if there is none.
int decomposed_compatibly(utf8proc_int32_t c, utf8proc_int32_t (&into)[32]) {
  int boundary = UTF8PROC_BOUNDCLASS_START;
  const auto length = static_cast<int>(utf8proc_decompose_char(
      c, into, 32, static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT),
      &boundary));
  return length == 1 && into[0] == c ? 0 : length;
}

// Those of Hangul, U+AC00 to U+D7A3, follow from the number of the syllable.
bool is_hangul(utf8proc_int32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }

void list_decompositions() {
  std::printf(
      "\n// What a character consists of, without the syllables of Hangul; zeros at the end.\n"
      "struct Decomposition {\n  char32_t whole, parts[4];\n};\n"
      "inline constexpr Decomposition kDecompositions[] = {");
  utf8proc_int32_t parts[8] = {};
  for (utf8proc_int32_t c = 0; c <= kLast; ++c) {
    const int length = is_hangul(c) ? 0 : decomposed(c, parts);
    if (length <= 0) continue;
    std::printf("\n    {0x%04X, {", static_cast<unsigned>(c));
    for (int i = 0; i < length; ++i) std::printf("0x%04X, ", static_cast<unsigned>(parts[i]));
    std::printf("}},");
  }
  std::printf("\n};\n");
}

void list_compatible() {
  std::printf(
      "\n// Likewise what it consists of if its looks do not count (NFKD): `count` characters of\n"
      "// kCompatibleParts from `first` on.\n"
      "struct Compatible {\n  char32_t whole;\n  int first, count;\n};\n"
      "inline constexpr Compatible kCompatible[] = {");
  utf8proc_int32_t parts[32] = {};
  int first = 0;
  for (utf8proc_int32_t c = 0; c <= kLast; ++c) {
    const int length = is_hangul(c) ? 0 : decomposed_compatibly(c, parts);
    if (length <= 0) continue;
    std::printf("\n    {0x%04X, %d, %d},", static_cast<unsigned>(c), first, length);
    first += length;
  }
  std::printf("\n};\ninline constexpr char32_t kCompatibleParts[] = {");
  for (utf8proc_int32_t c = 0; c <= kLast; ++c) {
    const int length = is_hangul(c) ? 0 : decomposed_compatibly(c, parts);
    for (int i = 0; i < length; ++i)
      std::printf("%s0x%04X,", i == 0 ? "\n    " : " ", static_cast<unsigned>(parts[i]));
  }
  std::printf("\n};\n");
}

// Composes in place; the new length.
int composed(utf8proc_int32_t* parts, int length) {
  return static_cast<int>(utf8proc_normalize_utf32(
      parts, length, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE)));
}

// Found by taking every character apart: if its parts become it again, it is the pair of its last
// part and of what the others become (U+1E69 is U+1E63 and U+0307). False if they do not become
// one.
bool list_pairs() {
  std::printf(
      "\n// Two characters that become one in the composed form (NFC), without those of Hangul.\n"
      "struct Pair {\n  char32_t first, second, whole;\n};\n"
      "inline constexpr Pair kPairs[] = {");
  for (utf8proc_int32_t c = 0; c <= kLast; ++c) {
    utf8proc_int32_t parts[8] = {}, others[8] = {};
    const int length = is_hangul(c) ? 0 : decomposed(c, parts);
    if (length < 2) continue;
    const utf8proc_int32_t last = parts[length - 1];
    decomposed(c, others);
    if (composed(parts, length) != 1 || parts[0] != c) continue;
    if (composed(others, length - 1) != 1) return false;
    std::printf("\n    {0x%04X, 0x%04X, 0x%04X},", static_cast<unsigned>(others[0]),
                static_cast<unsigned>(last), static_cast<unsigned>(c));
  }
  std::printf("\n};\n");
  return true;
}

// Runs of characters of one canonical combining class that is not 0.
void list_combining() {
  std::printf(
      "\n// Characters that stand in a fixed order behind another, by their combining class.\n"
      "struct CombiningRun {\n  char32_t first, last;\n  std::int32_t order;\n};\n"
      "inline constexpr CombiningRun kCombining[] = {");
  const auto order = [](utf8proc_int32_t c) {
    return c > kLast ? 0 : static_cast<int>(utf8proc_get_property(c)->combining_class);
  };
  for (utf8proc_int32_t first = 0; first <= kLast; ++first) {
    if (order(first) == 0) continue;
    utf8proc_int32_t last = first;
    while (order(last + 1) == order(first)) ++last;
    std::printf("\n    {0x%04X, 0x%04X, %d},", static_cast<unsigned>(first),
                static_cast<unsigned>(last), order(first));
    first = last;
  }
  std::printf("\n};\n");
}

}  // namespace

int main() {
  std::printf(
      "#pragma once\n\n#include <cstdint>\n\n"
      "// First and last character of each range. Unicode %s.\n"
      "namespace linnet::unicode {\n\n",
      utf8proc_unicode_version());
  list("kLetters", is_letter);
  list("kNumbers", is_number);
  list("kPunctuation", is_punctuation);
  list("kControls", is_control);
  list("kPrivate", is_private);
  list("kAccents", is_accent);
  list("kMarks", is_mark);
  list_lower();
  list_decompositions();
  list_compatible();
  if (!list_pairs()) return 1;
  list_combining();
  std::printf("\n}  // namespace linnet::unicode\n");
  return 0;
}
