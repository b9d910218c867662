// Runs while Linnet is being configured, on the machine that builds it: lists the characters whose
// Unicode category is a letter (L*) or a number (N*), as utf8proc has them, for the converter, and
// those that have a lower case, for `linnet eval`.

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

}  // namespace

int main() {
  std::printf(
      "#pragma once\n\n#include <cstdint>\n\n"
      "// First and last character of each range. Unicode %s.\n"
      "namespace linnet::unicode {\n\n",
      utf8proc_unicode_version());
  list("kLetters", is_letter);
  list("kNumbers", is_number);
  list_lower();
  std::printf("\n}  // namespace linnet::unicode\n");
  return 0;
}
