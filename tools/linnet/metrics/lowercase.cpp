#include "tools/linnet/metrics/lowercase.h"

#include <unicode/ranges.h>

#include <algorithm>
#include <iterator>

#include "engine/text/utf8.h"

namespace linnet::tools::metrics {
namespace {

using unicode::kLower;
using unicode::LowerRun;

constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2, kDottedI = 0x130, kDotAbove = 0x307;

// The run whose first to last include `code`, though perhaps between two of its steps.
const LowerRun* run_around(char32_t code) {
  const auto* run = std::upper_bound(
      std::begin(kLower), std::end(kLower), code,
      [](char32_t value, const LowerRun& candidate) { return value < candidate.first; });
  if (run == std::begin(kLower)) return nullptr;
  --run;
  return code <= run->last ? run : nullptr;
}

char32_t lower(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
  const LowerRun* run = run_around(code);
  if (run == nullptr || (code - run->first) % run->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + run->distance);
}

// Whether `code` has another case, as an upper or as a lower one.
bool is_cased(char32_t code) {
  if (lower(code) != code) return true;
  return std::any_of(std::begin(kLower), std::end(kLower), [code](const LowerRun& run) {
    const auto upper = static_cast<char32_t>(static_cast<std::int32_t>(code) - run.distance);
    return upper >= run.first && upper <= run.last && (upper - run.first) % run.step == 0;
  });
}

// Stands inside of words without ending them: apostrophes, full stops, accents.
bool is_ignored(char32_t code) {
  return (code >= 0x300 && code <= 0x36F) || code == '\'' || code == '.' || code == ':' ||
         code == '^' || code == '`' || code == 0xA8 || code == 0xAD || code == 0xB4 ||
         code == 0xB7 || code == 0x2018 || code == 0x2019;
}

// Whether the first character that is not ignored is a cased one.
bool begins_cased(std::string_view text) {
  while (!text.empty()) {
    const text::Character character = text::first_character(text);
    if (!is_ignored(character.code)) return is_cased(character.code);
    text.remove_prefix(static_cast<std::size_t>(character.bytes));
  }
  return false;
}

}  // namespace

std::string lowercase(std::string_view text) {
  std::string lowered;
  lowered.reserve(text.size());
  char32_t last = ' ';  // that is not ignored
  while (!text.empty()) {
    const text::Character character = text::first_character(text);
    text.remove_prefix(static_cast<std::size_t>(character.bytes));
    char32_t code = lower(character.code);
    if (character.code == kSigma && is_cased(last) && !begins_cased(text)) code = kFinalSigma;
    if (character.code == kDottedI) code = 'i';
    text::append_character(lowered, code);
    if (character.code == kDottedI) text::append_character(lowered, kDotAbove);
    if (!is_ignored(character.code)) last = character.code;
  }
  return lowered;
}

}  // namespace linnet::tools::metrics
