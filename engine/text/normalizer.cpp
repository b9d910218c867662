#include "engine/text/normalizer.h"

#include "engine/text/capital_marks.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;

namespace {

// Collects the pieces of a text as SentencePiece's Normalizer::Normalize does.
class Collector {
 public:
  Collector(std::string& text, bool collapse_blanks)
      : text_(text), collapse_(collapse_blanks), after_blank_(collapse_blanks) {}

  // Of a piece, blanks go that follow one; U+2581 is a blank only where nothing is collapsed.
  void add(std::string_view piece) {
    only_blanks_ = only_blanks_ && piece == " ";
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

  // Whether there was nothing, or nothing is left because blanks around the text go.
  bool nothing() const { return only_blanks_ && collapse_; }

 private:
  std::string& text_;
  bool collapse_, after_blank_, only_blanks_ = true;
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
  auto suffix = read_flag(bundle, "tokenizer.suffix");
  if (!suffix) return suffix.error();
  auto capitals = read_flag(bundle, "tokenizer.capital_marks");
  if (!capitals) return capitals.error();
  if (*capitals && *collapse)
    return Error{Fault::unsupported,
                 "the tokenizer marks capitals and drops blanks, which this build cannot both"};
  normalizer.suffix_ = *suffix;
  normalizer.capital_marks_ = *capitals;
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

template <class Each>
void Normalizer::map(const Vocabulary& vocabulary, std::string_view section,
                     const Each& each) const {
  while (!section.empty()) {
    std::size_t bytes = 0;
    if (const int id = kept_.longest(vocabulary, section); id >= 0) {
      bytes = vocabulary.piece(id).size();
      each(section.substr(0, bytes), true);
    } else if (const CharMap::Match match = map_.longest(section); match.bytes > 0) {
      bytes = match.bytes;
      each(match.replacement, false);
    } else {
      bytes = static_cast<std::size_t>(first_character(section).bytes);
      each(section.substr(0, bytes), section[0] != ' ');
    }
    section.remove_prefix(bytes);
  }
}

std::string Normalizer::operator()(const Vocabulary& vocabulary, std::string_view section,
                                   bool first) const {
  std::string text;
  if (section.empty()) return text;
  std::string before;
  if (quotes_ || !edits_.empty()) section = before = edited(section);
  text.reserve(section.size() + 1);
  const bool blank = prefix_.applies(first), prefixed = blank && !suffix_;
  if (prefixed) text += ' ';
  Collector collector(text, collapse_blanks_);
  if (capital_marks_) {
    CapitalWriter writer;
    map(vocabulary, section, [&](std::string_view piece, bool plain) {
      plain ? writer.add_plain(piece) : writer.add(piece);
    });
    collector.add(writer.text());
  } else {
    map(vocabulary, section, [&](std::string_view piece, bool) { collector.add(piece); });
  }
  if (collapse_blanks_) text.erase(text.find_last_not_of(' ') + 1);
  if (blank && suffix_ && !collector.nothing()) text += ' ';
  const std::string_view body = std::string_view(text).substr(prefixed && !text.empty() ? 1 : 0);
  if (prefixed && prefix_.unless_blank && (body.empty() || body.starts_with(' ')))
    text.erase(0, text.size() - body.size());
  return text;
}

}  // namespace linnet::text
