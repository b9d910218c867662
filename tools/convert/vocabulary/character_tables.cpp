#include "tools/convert/vocabulary/character_tables.h"

#include <unicode/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "engine/text/utf8.h"

namespace linnet::convert {
namespace {

void append(Ranges& to, std::span<const std::int32_t> ranges) {
  to.insert(to.end(), ranges.begin(), ranges.end());
}

// The same characters in rising ranges that do not touch.
Ranges merged(const Ranges& ranges) {
  std::vector<std::pair<std::int32_t, std::int32_t>> sorted;
  for (std::size_t i = 0; i + 1 < ranges.size(); i += 2)
    sorted.emplace_back(ranges[i], ranges[i + 1]);
  std::sort(sorted.begin(), sorted.end());
  Ranges all;
  for (const auto& [first, last] : sorted) {
    if (!all.empty() && first <= all.back() + 1)
      all.back() = std::max(all.back(), last);
    else
      all.insert(all.end(), {first, last});
  }
  return all;
}

bool within(std::span<const std::int32_t> ends, char32_t c) {
  const auto code = static_cast<std::int32_t>(c);
  const auto after = std::upper_bound(ends.begin(), ends.end(), code) - ends.begin();
  return after % 2 == 1 || (after > 0 && ends[static_cast<std::size_t>(after - 1)] == code);
}

std::u32string parts_of(const unicode::Decomposition& decomposition) {
  std::u32string parts;
  for (const char32_t part : decomposition.parts)
    if (part != 0) parts += part;
  return parts;
}

using Characters = std::map<char32_t, std::u32string>;

Characters lower_cases() {
  Characters lower;
  for (const unicode::LowerRun& run : unicode::kLower)
    for (char32_t c = run.first; c <= run.last; c += run.step)
      lower[c] = {static_cast<char32_t>(static_cast<std::int32_t>(c) + run.distance)};
  // The one character whose lower case is two, whatever the language (Unicode, SpecialCasing.txt).
  lower[0x130] = {0x69, 0x307};
  return lower;
}

// What each character becomes if it then goes to lower case.
void lower_all(Characters& all) {
  const Characters lower = lower_cases();
  for (auto& [c, change] : all) {
    std::u32string small;
    for (const char32_t part : change) {
      const auto found = lower.find(part);
      small += found == lower.end() ? std::u32string{part} : found->second;
    }
    change = small;
  }
  for (const auto& [c, small] : lower) all.try_emplace(c, small);
}

Changes listed(const Characters& all) {
  Changes list;
  for (const auto& [c, change] : all) {
    std::string bytes;
    for (const char32_t part : change) text::append_character(bytes, part);
    list.changed.push_back(static_cast<std::int32_t>(c));
    list.changes.push_back(std::move(bytes));
  }
  return list;
}

}  // namespace

Ranges dropped_characters(const BertText& how) {
  Ranges ranges;
  if (how.clean) {
    append(ranges, unicode::kControls);
    append(ranges, unicode::kPrivate);
    append(ranges, std::array{0xFFFD, 0xFFFD});
  }
  if (how.strip_accents) append(ranges, unicode::kAccents);
  return merged(ranges);
}

Changes changed_characters(const BertText& how) {
  Characters all;
  if (how.strip_accents)
    for (const unicode::Decomposition& decomposition : unicode::kDecompositions) {
      std::u32string parts = parts_of(decomposition);
      std::erase_if(parts, [](char32_t c) { return within(unicode::kAccents, c); });
      all[decomposition.whole] = parts;
    }
  if (how.lower) lower_all(all);
  return listed(all);
}

Ranges dropped_characters(const AlbertText& how) {
  Ranges ranges;
  if (how.strip_accents) append(ranges, unicode::kMarks);
  return ranges;
}

Changes changed_characters(const AlbertText& how) {
  Characters all;
  if (how.strip_accents)
    for (const unicode::Compatible& whole : unicode::kCompatible)
      for (int i = 0; i < whole.count; ++i) {
        const char32_t part = unicode::kCompatibleParts[whole.first + i];
        std::u32string& parts = all[whole.whole];
        if (!within(unicode::kMarks, part)) parts += part;
      }
  if (how.lower) lower_all(all);
  return listed(all);
}

Ranges word_marks() {
  Ranges ranges;
  append(ranges, unicode::kPunctuation);
  append(ranges, std::array{0x21, 0x2F, 0x3A, 0x40, 0x5B, 0x60, 0x7B, 0x7E});
  return merged(ranges);
}

Changes canonical_parts() {
  Characters all;
  for (const unicode::Decomposition& decomposition : unicode::kDecompositions)
    all[decomposition.whole] = parts_of(decomposition);
  return listed(all);
}

std::vector<std::int32_t> canonical_pairs() {
  std::vector<std::array<std::int32_t, 3>> sorted;
  for (const unicode::Pair& pair : unicode::kPairs)
    sorted.push_back({static_cast<std::int32_t>(pair.first), static_cast<std::int32_t>(pair.second),
                      static_cast<std::int32_t>(pair.whole)});
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int32_t> pairs;
  for (const auto& pair : sorted) pairs.insert(pairs.end(), pair.begin(), pair.end());
  return pairs;
}

std::vector<std::int32_t> combining_runs() {
  std::vector<std::int32_t> runs;
  for (const unicode::CombiningRun& run : unicode::kCombining)
    runs.insert(runs.end(), {static_cast<std::int32_t>(run.first),
                             static_cast<std::int32_t>(run.last), run.order});
  return runs;
}

}  // namespace linnet::convert
