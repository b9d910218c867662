#include "tools/linnet/metrics/tokenize_13a.h"

#include "tools/linnet/metrics/words.h"

namespace linnet::tools::metrics {
namespace {

bool is_point(char c) { return c == '.' || c == ','; }
bool is_hyphen(char c) { return c == '-'; }
bool is_no_digit(char c) { return !is_digit(c); }

// ASCII punctuation and the space, without apostrophe, comma, hyphen and full stop.
bool is_symbol(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t found; (found = text.find(from)) != std::string_view::npos;) {
    out.append(text.substr(0, found)).append(to);
    text.remove_prefix(found + from.size());
  }
  return out.append(text);
}

std::string spread_symbols(std::string_view text) {
  std::string spread;
  for (const char c : text) {
    if (is_symbol(c)) spread += {' ', c, ' '};
    if (!is_symbol(c)) spread += c;
  }
  return spread;
}

// Puts the three strings around every pair of neighbours of which the one is `first` and the other
// `second`. A byte belongs to one pair at most, as with a regular expression. Bytes do for
// characters: the pairs are ASCII, but for "no digit", which every byte of a longer character is.
template <class First, class Second>
std::string spread_pairs(std::string_view text, First first, Second second, std::string_view before,
                         std::string_view between, std::string_view after) {
  std::string spread;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at + 1 < text.size() && first(text[at]) && second(text[at + 1])) {
      spread.append(before).append(1, text[at]).append(between);
      spread.append(1, text[++at]).append(after);
    } else {
      spread += text[at];
    }
  }
  return spread;
}

}  // namespace

std::string tokenize_13a(std::string_view line) {
  std::string text = replaced(line, "<skipped>", "");
  text = replaced(text, "&quot;", "\"");
  text = replaced(text, "&amp;", "&");
  text = replaced(text, "&lt;", "<");
  text = replaced(text, "&gt;", ">");
  text = spread_symbols(" " + text + " ");
  text = spread_pairs(text, is_no_digit, is_point, "", " ", " ");
  text = spread_pairs(text, is_point, is_no_digit, " ", " ", "");
  text = spread_pairs(text, is_digit, is_hyphen, "", " ", " ");
  std::string tokens;
  for (const std::string_view word : words_of(text)) {
    if (!tokens.empty()) tokens += ' ';
    tokens += word;
  }
  return tokens;
}

}  // namespace linnet::tools::metrics
