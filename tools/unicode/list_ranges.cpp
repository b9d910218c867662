// Runs while Linnet is being configured, on the machine that builds it: lists the characters whose
// Unicode category is a letter (L*) or a number (N*), as utf8proc has them, for the converter.

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

}  // namespace

int main() {
  std::printf(
      "#pragma once\n\n#include <cstdint>\n\n"
      "// First and last character of each range. Unicode %s.\n"
      "namespace linnet::unicode {\n\n",
      utf8proc_unicode_version());
  list("kLetters", is_letter);
  list("kNumbers", is_number);
  std::printf("\n}  // namespace linnet::unicode\n");
  return 0;
}
