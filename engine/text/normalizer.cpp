#include "engine/text/normalizer.h"

#include "engine/text/utf8.h"

namespace linnet::text {

using core::Result;

namespace {

// Collects the pieces of a text as SentencePiece's Normalizer::Normalize does.
class Collector {
 public:
  Collector(std::string& text, bool collapse_blanks)
      : text_(text), collapse_(collapse_blanks), after_blank_(collapse_blanks) {}

  // Of a piece, blanks go that follow one; U+2581 is a blank only where nothing is collapsed.
  void add(std::string_view piece) {
    while (after_blank_ && piece.starts_with(' ')) piece.remove_prefix(1);
    if (piece.empty()) return;
    after_blank_ = collapse_ && piece.ends_with(' ');
    for (std::size_t sign; (sign = piece.find(kBlankSign)) != piece.npos;) {
      text_ += piece.substr(0, sign);
      text_ += ' ';
      piece.remove_prefix(sign + kBlankSign.size());
    }
    text_ += piece;
  }

 private:
  std::string& text_;
  bool collapse_, after_blank_;
};

}  // namespace

Result<Normalizer> Normalizer::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  Normalizer normalizer;
  auto map = CharMap::from(bundle);
  if (!map) return map.error();
  auto prefix = Prefix::from(bundle);
  if (!prefix) return prefix.error();
  auto collapse = read_flag(bundle, "tokenizer.collapse_blanks");
  if (!collapse) return collapse.error();
  auto edits = CharEdits::from(bundle);
  if (!edits) return edits.error();
  auto quotes = read_flag(bundle, "tokenizer.quotes");
  if (!quotes) return quotes.error();
  normalizer.quotes_ = *quotes;
  normalizer.edits_ = *edits;
  normalizer.map_ = *map;
  normalizer.prefix_ = *prefix;
  normalizer.collapse_blanks_ = *collapse;
  // A token with a blank is not found in a text, where the blank is not yet marked.
  if (!normalizer.map_.empty())
    normalizer.kept_ = TokenFinder(vocabulary, {TokenType::user_defined}, TokenFinder::Blanks::no);
  return normalizer;
}

std::string Normalizer::edited(std::string_view section) const {
  std::string text;
  text.reserve(section.size());
  while (!section.empty()) {
    const bool quote = quotes_ && (section.starts_with("``") || section.starts_with("''"));
    const Character c = first_character(section);
    const auto bytes = quote ? 2 : static_cast<std::size_t>(c.bytes);
    if (quote)
      text += '"';
    else if (!edits_.drops(c.code))
      edits_.add(c.code, section.substr(0, bytes), text);
    section.remove_prefix(bytes);
  }
  return text;
}

std::string Normalizer::operator()(const Vocabulary& vocabulary, std::string_view section,
                                   bool first) const {
  std::string text;
  if (section.empty()) return text;
  std::string before;
  if (quotes_ || !edits_.empty()) section = before = edited(section);
  text.reserve(section.size() + 1);
  const bool prefixed = prefix_.applies(first);
  if (prefixed) text += ' ';
  Collector collector(text, collapse_blanks_);
  while (!section.empty()) {
    std::size_t bytes = 0;
    if (const int id = kept_.longest(vocabulary, section); id >= 0) {
      bytes = vocabulary.piece(id).size();
      collector.add(section.substr(0, bytes));
    } else if (const CharMap::Match match = map_.longest(section); match.bytes > 0) {
      bytes = match.bytes;
      collector.add(match.replacement);
    } else {
      bytes = static_cast<std::size_t>(first_character(section).bytes);
      collector.add(section.substr(0, bytes));
    }
    section.remove_prefix(bytes);
  }
  if (collapse_blanks_) text.erase(text.find_last_not_of(' ') + 1);
  const std::string_view body = std::string_view(text).substr(prefixed && !text.empty() ? 1 : 0);
  if (prefixed && prefix_.unless_blank && (body.empty() || body.starts_with(' ')))
    text.erase(0, text.size() - body.size());
  return text;
}

}  // namespace linnet::text
