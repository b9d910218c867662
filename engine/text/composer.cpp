#include "engine/text/composer.h"

#include <algorithm>
#include <utility>

#include "engine/text/hangul.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

namespace {

// Below it no character is a mark, and none becomes another by what stands before it.
constexpr char32_t kFirstMark = 0x300;

using Triples = std::span<const std::int32_t>;

bool is_character(std::int32_t c) { return c >= 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

// The triple before which `less` (of the first two numbers) ends to hold.
std::size_t lower_bound(Triples triples, const auto& less) {
  std::size_t low = 0, high = triples.size() / 3;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (less(triples[3 * middle], triples[3 * middle + 1]))
      low = middle + 1;
    else
      high = middle;
  }
  return 3 * low;
}

// Pairs rise, so that one is found by halving.
bool are_pairs(Triples triples) {
  std::pair<std::int32_t, std::int32_t> before{-1, -1};
  for (std::size_t i = 0; i + 2 < triples.size(); i += 3) {
    const std::pair pair{triples[i], triples[i + 1]};
    if (pair <= before || !is_character(pair.first) || !is_character(pair.second) ||
        !is_character(triples[i + 2]))
      return false;
    before = pair;
  }
  return triples.size() % 3 == 0;
}

bool are_runs(Triples triples) {
  std::int32_t before = static_cast<std::int32_t>(kFirstMark) - 1;
  for (std::size_t i = 0; i + 2 < triples.size(); i += 3) {
    const std::int32_t first = triples[i], last = triples[i + 1], order = triples[i + 2];
    if (first <= before || last < first || last > 0x10FFFF || order < 1 || order > 254)
      return false;
    before = last;
  }
  return triples.size() % 3 == 0;
}

}  // namespace

Result<Composer> Composer::from(const core::Bundle& bundle) {
  Composer composer;
  auto pairs = bundle.get("tokenizer.pairs", Triples{});
  if (!pairs) return pairs.error();
  if (pairs->empty()) return composer;
  if (!are_pairs(*pairs))
    return Error{Fault::corrupt, "the setting 'tokenizer.pairs' is not a list of pairs"};
  auto combining = bundle.get("tokenizer.combining", Triples{});
  if (!combining) return combining.error();
  if (!are_runs(*combining))
    return Error{Fault::corrupt, "the setting 'tokenizer.combining' is not a list of marks"};
  auto parts = CharChanges::from(bundle);
  if (!parts) return parts.error();
  composer.pairs_ = *pairs;
  composer.combining_ = *combining;
  composer.parts_ = *parts;
  return composer;
}

bool Composer::leaves(std::string_view text) const {
  // U+0300 and everything after it begins with a byte of 0xCC or more.
  return pairs_.empty() || std::all_of(text.begin(), text.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

std::string Composer::operator()(std::string_view text) const {
  if (leaves(text)) return std::string(text);
  std::string composed;
  composed.reserve(text.size());
  std::u32string run;
  const auto finish = [&] {
    sort_marks(run);
    compose(run);
    for (const char32_t c : run) append_character(composed, c);
    run.clear();
  };
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code < kFirstMark) finish();
    decompose(c.code, run);
    text.remove_prefix(static_cast<std::size_t>(c.bytes));
  }
  finish();
  return composed;
}

void Composer::decompose(char32_t c, std::u32string& to) const {
  if (hangul::is_syllable(c)) {
    const hangul::Letters letters = hangul::letters_of(c);
    to += {letters.lead, letters.vowel};
    if (letters.tail != 0) to += letters.tail;
    return;
  }
  const auto parts = parts_.of(c);
  if (!parts) {
    to += c;
    return;
  }
  for (std::string_view rest = *parts; !rest.empty();) {
    const Character part = first_character(rest);
    to += part.code;
    rest.remove_prefix(static_cast<std::size_t>(part.bytes));
  }
}

std::int32_t Composer::order_of(char32_t c) const {
  if (c < kFirstMark) return 0;
  const auto code = static_cast<std::int32_t>(c);
  const std::size_t at =
      lower_bound(combining_, [&](std::int32_t, std::int32_t last) { return last < code; });
  return at < combining_.size() && combining_[at] <= code ? combining_[at + 2] : 0;
}

// The marks behind a character, by their order; of equal ones the first stays first.
void Composer::sort_marks(std::u32string& run) const {
  const auto is_mark = [&](char32_t c) { return order_of(c) > 0; };
  for (auto from = run.begin(); from != run.end();) {
    const auto first = std::find_if(from, run.end(), is_mark);
    from = std::find_if_not(first, run.end(), is_mark);
    if (from - first > 1)
      std::stable_sort(first, from,
                       [&](char32_t a, char32_t b) { return order_of(a) < order_of(b); });
  }
}

char32_t Composer::joined(char32_t first, char32_t second) const {
  if (const char32_t syllable = hangul::joined(first, second)) return syllable;
  const std::pair wanted{static_cast<std::int32_t>(first), static_cast<std::int32_t>(second)};
  const std::size_t at =
      lower_bound(pairs_, [&](std::int32_t a, std::int32_t b) { return std::pair(a, b) < wanted; });
  if (at >= pairs_.size() || std::pair(pairs_[at], pairs_[at + 1]) != wanted) return 0;
  return static_cast<char32_t>(pairs_[at + 2]);
}

// Joins each character to the last one that is no mark, unless something stands between them that
// hides it: another character, or a mark of the same order or a higher one.
void Composer::compose(std::u32string& run) const {
  std::size_t kept = 0, base = run.size();
  std::int32_t between = -1;  // the order of the last one kept behind the base; -1: there is none
  for (std::size_t i = 0; i < run.size(); ++i) {
    const char32_t c = run[i];
    const std::int32_t order = order_of(c);
    if (base < kept && between < order) {
      if (const char32_t whole = joined(run[base], c)) {
        run[base] = whole;
        continue;
      }
    }
    if (order == 0) base = kept;
    between = order == 0 ? -1 : order;
    run[kept++] = c;
  }
  run.resize(kept);
}

}  // namespace linnet::text
