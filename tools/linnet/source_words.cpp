#include "tools/linnet/source_words.h"

#include <algorithm>

#include "engine/text/utf8.h"

namespace linnet::tools {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view without_blanks(std::string_view piece) {
  return piece.substr(std::min(piece.find_first_not_of(kBlanks), piece.size()));
}

// Goes along a line from token to token.
class Walk {
 public:
  Walk(const text::Tokenizer& tokenizer, bool whole_words, std::string_view line)
      : tokenizer_(tokenizer), rest_(line), whole_(whole_words) {}

  // `next` is the token after it, or -1.
  SourceWord pass(int token, int next) {
    const std::string_view piece = tokenizer_.piece(token), text = without_blanks(piece);
    // A token that begins a word finds its way back after one that is spelled otherwise than the
    // line (the normalization has changed it).
    if (!begins_ && piece.size() > text.size() && !text.empty()) skip(word_end());
    const std::size_t blanks = std::min(rest_.find_first_not_of(kBlanks), rest_.size());
    begins_ = begins_ || blanks > 0;
    rest_.remove_prefix(blanks);
    SourceWord word{.text = {}, .begins_word = begins_};
    if (token == tokenizer_.unknown()) {
      const std::size_t end = unknown_end(next);
      word.text = rest_.substr(0, end);
      skip(end);
    } else if (!text.empty()) {
      word.text = text;
      if (rest_.starts_with(text)) skip(text.size());
    }
    return word;
  }

 private:
  void skip(std::size_t bytes) {
    rest_.remove_prefix(bytes);
    begins_ = begins_ && bytes == 0;
  }
  std::size_t word_end() const { return std::min(rest_.find_first_of(kBlanks), rest_.size()); }

  // Up to the next token, or one character where that is unknown too.
  std::size_t unknown_end(int next) const {
    const std::size_t end = word_end();
    if (whole_ || next < 0 || end == 0) return end;
    const std::string_view after = tokenizer_.piece(next);
    if (next == tokenizer_.unknown())
      return std::min(end, static_cast<std::size_t>(text::first_character(rest_).bytes));
    if (after.empty() || after.front() == ' ') return end;
    return std::min(end, rest_.find(after, 1));
  }

  const text::Tokenizer& tokenizer_;
  std::string_view rest_;
  bool whole_, begins_ = true;  // a word begins with what is next
};

}  // namespace

bool has_whole_words(const text::Tokenizer& tokenizer) {
  for (int id = 0; id < tokenizer.size(); ++id)
    if (!tokenizer.is_special(id) && !tokenizer.piece(id).starts_with(' ')) return false;
  return true;
}

std::vector<SourceWord> source_words(const text::Tokenizer& tokenizer, bool whole_words,
                                     std::string_view line, std::span<const int> tokens,
                                     std::size_t first, std::size_t last) {
  std::vector<SourceWord> words(tokens.size());
  Walk walk(tokenizer, whole_words, line);
  for (std::size_t i = first; i < last; ++i)
    words[i] = walk.pass(tokens[i], i + 1 < last ? tokens[i + 1] : -1);
  return words;
}

}  // namespace linnet::tools
