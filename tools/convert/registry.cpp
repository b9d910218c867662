#include <convert/families.h>  // kFamilies, kArchitectures: made by families.cmake

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "tools/convert/family.h"

namespace linnet::convert {
namespace {

const Family* find(std::span<const Family* const> families, std::string_view name) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const Family* family) { return family->name == name; });
  return found == families.end() ? nullptr : *found;
}

std::string names_of(std::span<const Family* const> families) {
  std::string names;
  for (const Family* family : families) {
    if (!names.empty()) names += ", ";
    names += family->name;
  }
  return names;
}

std::string_view suffix_of(const Suffixes& suffixes, std::string_view stem, std::string_view last) {
  if (last == "gain") return suffixes.gain;
  if (last == "bias") return stem.ends_with("norm") ? suffixes.norm_bias : suffixes.bias;
  return suffixes.weight;
}

// `name` with the counted numbers of that layer in place of `{_6*+4}`.
std::string with_counts(std::string name, int layer) {
  for (std::size_t open; (open = name.find("{_")) != std::string::npos;) {
    int factor = 0, first = 0;
    const char* end = name.data() + name.size();
    const char* star = std::from_chars(name.data() + open + 2, end, factor).ptr;
    const char* close = std::from_chars(star + 2, end, first).ptr;
    assert(star[0] == '*' && star[1] == '+' && *close == '}');
    const int number = factor * layer + first;
    const auto length = static_cast<std::size_t>(close + 1 - name.data()) - open;
    name.replace(open, length, number > 0 ? "_" + std::to_string(number) : "");
  }
  return name;
}

}  // namespace

const Family* find_family(std::string_view name) { return find(kFamilies, name); }
std::string family_names() { return names_of(kFamilies); }
const Family* find_gguf_family(std::string_view name) { return find(kArchitectures, name); }
std::string gguf_family_names() { return names_of(kArchitectures); }

bool matches(std::string_view pattern, std::string_view name, std::string_view* number) {
  while (!pattern.empty()) {
    if (pattern.front() != '*') {
      if (name.empty() || name.front() != pattern.front()) return false;
      name.remove_prefix(1);
    } else {
      const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
      if (digits == 0) return false;
      if (number != nullptr) *number = name.substr(0, digits);
      name.remove_prefix(digits);
    }
    pattern.remove_prefix(1);
  }
  return name.empty();
}

std::map<std::string_view, FusedRows> fused_heads(int d_head, int group) {
  const std::int64_t head = d_head, queries = head * group, block = queries + 2 * head;
  return {{"decoder.*.self.query", {0, queries, block}},
          {"decoder.*.self.key", {queries, head, block}},
          {"decoder.*.self.value", {queries + head, head, block}}};
}

std::map<std::string_view, FusedRows> fused_stack(const model::Stack& s, bool encoder) {
  const std::int64_t queries = std::int64_t{s.heads} * s.d_head;
  const std::int64_t keys = std::int64_t{s.kv_heads} * s.d_head, all = queries + 2 * keys;
  return {{encoder ? "encoder.*.self.query" : "decoder.*.self.query", {0, queries, all}},
          {encoder ? "encoder.*.self.key" : "decoder.*.self.key", {queries, keys, all}},
          {encoder ? "encoder.*.self.value" : "decoder.*.self.value", {queries + keys, keys, all}}};
}

std::string with_words(std::string_view pattern, const Found& found) {
  std::string text;
  while (!pattern.empty()) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    text += pattern.substr(0, open);
    pattern.remove_prefix(open);
    const std::size_t close = pattern.find('}');
    if (close == std::string_view::npos) return text += pattern;
    const auto word = found.words.find(pattern.substr(1, close - 1));
    text += word == found.words.end() ? pattern.substr(0, close + 1) : word->second;
    pattern.remove_prefix(close + 1);
  }
  return text;
}

std::vector<Source> sources_of(const Family& family, const Found& found, std::string_view ours) {
  const std::size_t dot = ours.rfind('.');
  const std::string_view stem = ours.substr(0, dot), last = ours.substr(dot + 1);
  std::vector<Source> sources;
  for (const Module& module : family.modules) {
    std::string_view number;
    const bool whole = matches(module.ours, ours, &number);
    if (!whole && !matches(module.ours, stem, &number)) continue;
    int layer = 0;
    std::from_chars(number.data(), number.data() + number.size(), layer);
    std::string name = with_counts(with_words(module.theirs, found), layer);
    if (const std::size_t star = name.find('*'); star != std::string::npos && !number.empty())
      name.replace(star, 1, number);
    const std::string_view suffix = suffix_of(family.suffixes, stem, last);
    if (!whole) name += name.ends_with('_') ? suffix.substr(1) : suffix;
    const auto fused = found.fused.find(module.ours);
    sources.push_back({name, module.transposed, module.part, module.parts,
                       fused == found.fused.end() ? nullptr : &fused->second});
  }
  return sources;
}

}  // namespace linnet::convert
