#pragma once

// The syllables of Hangul, U+AC00 to U+D7A3, consist of two or three letters (jamo), which follow
// from the number of the syllable (Unicode 15, section 3.12).
namespace linnet::text::hangul {

inline constexpr char32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
// kTails itself is no letter: a syllable without a tail.
inline constexpr char32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;
inline constexpr char32_t kCount = kLeadCount * kVowelCount * kTailCount;

constexpr bool is_syllable(char32_t c) { return c >= kSyllables && c < kSyllables + kCount; }

struct Letters {
  char32_t lead, vowel, tail;  // tail 0: none
};
constexpr Letters letters_of(char32_t syllable) {
  const char32_t number = syllable - kSyllables, tail = number % kTailCount;
  return {kLeads + number / (kVowelCount * kTailCount), kVowels + number / kTailCount % kVowelCount,
          tail == 0 ? 0 : kTails + tail};
}

// The syllable of a lead and a vowel, or of a syllable without a tail and a tail; 0: none.
constexpr char32_t joined(char32_t first, char32_t second) {
  if (first >= kLeads && first < kLeads + kLeadCount && second >= kVowels &&
      second < kVowels + kVowelCount)
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTailCount;
  if (is_syllable(first) && (first - kSyllables) % kTailCount == 0 && second > kTails &&
      second < kTails + kTailCount)
    return first + (second - kTails);
  return 0;
}

}  // namespace linnet::text::hangul
