#include "engine/text/token_finder.h"

#include <algorithm>

namespace linnet::text {

TokenFinder::TokenFinder(const Vocabulary& vocabulary, std::initializer_list<TokenType> types,
                         Blanks blanks) {
  unsigned wanted = 0;  // a bit for each type
  for (const TokenType type : types) wanted |= 1u << static_cast<unsigned>(type);
  for (int id = 0; id < vocabulary.size(); ++id) {
    if ((wanted >> static_cast<unsigned>(vocabulary.type(id)) & 1) == 0) continue;
    const std::string_view token = vocabulary.piece(id);
    if (token.empty()) continue;
    if (blanks == Blanks::yes || token.find(' ') == token.npos) ids_.push_back(id);
  }
  std::stable_sort(ids_.begin(), ids_.end(),
                   [&](int a, int b) { return vocabulary.piece(a) < vocabulary.piece(b); });
  for (int i = 0; i < static_cast<int>(ids_.size()); ++i) {
    const std::string_view token = vocabulary.piece(ids_[static_cast<std::size_t>(i)]);
    Range& range = starting_[static_cast<unsigned char>(token[0])];
    if (range.last == 0) range.first = i;
    range.last = i + 1;
  }
}

int TokenFinder::longest(const Vocabulary& vocabulary, std::string_view text) const {
  if (text.empty()) return -1;
  const Range range = starting_[static_cast<unsigned char>(text[0])];
  auto first = ids_.begin() + range.first;
  auto last = ids_.begin() + range.last;
  int found = -1;
  // All of [first, last) begin with text[0, depth); the one that ends there is the first of them.
  for (std::size_t depth = 1; first != last; ++depth) {
    if (vocabulary.piece(*first).size() == depth) found = *first;
    while (first != last && vocabulary.piece(*first).size() == depth) ++first;
    if (depth == text.size()) break;
    const auto byte_at = [&](int id) {
      return static_cast<unsigned char>(vocabulary.piece(id)[depth]);
    };
    const auto byte = static_cast<unsigned char>(text[depth]);
    first = std::partition_point(first, last, [&](int id) { return byte_at(id) < byte; });
    last = std::partition_point(first, last, [&](int id) { return byte_at(id) == byte; });
  }
  return found;
}

TokenFinder::Found TokenFinder::next(const Vocabulary& vocabulary, std::string_view text,
                                     std::size_t from) const {
  if (empty()) return {-1, text.size()};
  for (std::size_t at = from; at < text.size(); ++at) {
    const int id = longest(vocabulary, text.substr(at));
    if (id >= 0) return {id, at};
  }
  return {-1, text.size()};
}

}  // namespace linnet::text
