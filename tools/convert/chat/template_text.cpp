#include "tools/convert/chat/template_text.h"

#include <algorithm>
#include <cctype>

namespace linnet::convert {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Token {
  enum class Kind { word, sign, text } kind;
  std::string value;
};

// The text in quotes that `source` begins with, and how many bytes that takes.
Token read_quoted(std::string_view source, std::size_t& bytes) {
  Token token{Token::Kind::text, {}};
  const char quote = source.front();
  for (bytes = 1; bytes < source.size() && source[bytes] != quote; ++bytes) {
    char c = source[bytes];
    if (c == '\\' && bytes + 1 < source.size()) {
      const std::string_view from = "ntr\\'\"", to = "\n\t\r\\'\"";
      const std::size_t known = from.find(source[bytes + 1]);
      if (known != std::string_view::npos) {
        c = to[known];
        ++bytes;
      } else {
        c = '\0';  // an escape that is not undone: no format has such a text
      }
    }
    token.value += c;
  }
  bytes = std::min(bytes + 1, source.size());
  return token;
}

std::vector<Token> tokens_of(std::string_view source) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < source.size();) {
    std::size_t bytes = 1;
    const char c = source[at];
    if (c == '\'' || c == '"') {
      tokens.push_back(read_quoted(source.substr(at), bytes));
    } else if (is_word(c)) {
      while (at + bytes < source.size() && is_word(source[at + bytes])) ++bytes;
      tokens.push_back({Token::Kind::word, std::string(source.substr(at, bytes))});
    } else if (!is_space(c)) {
      tokens.push_back({Token::Kind::sign, std::string(1, c)});
    }
    at += bytes;
  }
  return tokens;
}

// x['y'] becomes x.y, 'a'+'b' becomes 'ab'.
std::vector<Token> joined(const std::vector<Token>& tokens) {
  using Kind = Token::Kind;
  const auto is = [&](std::size_t i, const char* sign) {
    return i < tokens.size() && tokens[i].kind == Kind::sign && tokens[i].value == sign;
  };
  std::vector<Token> to;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool text_next = i + 1 < tokens.size() && tokens[i + 1].kind == Kind::text;
    const std::string next = text_next ? tokens[i + 1].value : "";
    if (is(i, "[") && is(i + 2, "]") && !next.empty() &&
        std::all_of(next.begin(), next.end(), is_word)) {
      to.push_back({Kind::sign, "."});
      to.push_back({Kind::word, next});
      i += 2;
    } else if (is(i, "+") && text_next && !to.empty() && to.back().kind == Kind::text &&
               !is(i + 2, "|") && !is(i + 2, ".")) {
      to.back().value += next;
      ++i;
    } else {
      to.push_back(tokens[i]);
    }
  }
  return to;
}

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  TemplateText read() {
    if (source_.ends_with('\n')) source_.remove_suffix(1);
    while (!source_.empty()) {
      const std::size_t tag = next_tag();
      add_outside(tag);
      if (tag < source_.size()) add_tag(tag);
      source_ = source_.substr(std::min(end_, source_.size()));
    }
    return std::move(to_);
  }

 private:
  // Where the next tag begins.
  std::size_t next_tag() const {
    for (std::size_t at = 0; at + 1 < source_.size(); ++at)
      if (source_[at] == '{' && std::string_view("{%#").find(source_[at + 1]) != std::string::npos)
        return at;
    return source_.size();
  }

  // The text before the next tag. What Hugging Face asks of Jinja: a block (not what prints)
  // swallows the end of the line behind it and the blanks before it on its line.
  void add_outside(std::size_t tag) {
    end_ = tag;
    std::string_view text = source_.substr(0, tag);
    bool line_start = first_;
    first_ = false;
    if (strip_next_) {
      while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    } else if (after_block_ && text.starts_with('\n')) {
      text.remove_prefix(1);
      line_start = true;
    }
    const bool strips = tag + 2 < source_.size() && source_[tag + 2] == '-';
    const bool block = tag + 1 < source_.size() && source_[tag + 1] != '{';
    if (strips) {
      while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    } else if (block) {
      const std::size_t last = text.find_last_not_of(" \t");
      if (last == std::string_view::npos ? line_start : text[last] == '\n')
        text = text.substr(0, last + 1);
    }
    to_.outside += text;
    to_.code += text;
  }

  // The tag at `tag`; afterwards end_ is behind it.
  void add_tag(std::size_t tag) {
    const char kind = source_[tag + 1];
    const std::string close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    std::size_t begin = tag + 2, end = begin;
    if (begin < source_.size() && (source_[begin] == '-' || source_[begin] == '+')) ++begin;
    for (end = begin; end < source_.size() && source_.substr(end, 2) != close;) {
      std::size_t bytes = 1;
      if (kind != '#' && (source_[end] == '\'' || source_[end] == '"'))
        read_quoted(source_.substr(end), bytes);
      end += bytes;
    }
    if (end >= source_.size()) {  // it has no end: no template
      to_.outside += source_.substr(tag);
      end_ = source_.size();
      return;
    }
    end_ = end + 2;
    strip_next_ = end > begin && source_[end - 1] == '-';
    after_block_ = kind != '{';
    if (kind != '#') add_code(kind, source_.substr(begin, end - begin - (strip_next_ ? 1 : 0)));
  }

  void add_code(char kind, std::string_view inside) {
    const std::vector<Token> tokens = joined(tokens_of(inside));
    const bool exception = !tokens.empty() && tokens.front().value == "raise_exception";
    to_.code += kind == '{' ? "{{" : "{%";
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool text = tokens[i].kind == Token::Kind::text;
      if (i > 0 && tokens[i].kind == Token::Kind::word && tokens[i - 1].kind == Token::Kind::word)
        to_.code += ' ';
      to_.code += text ? "'" + tokens[i].value + "'" : tokens[i].value;
      if (text && !exception) to_.texts.push_back(tokens[i].value);
    }
    to_.code += kind == '{' ? "}}" : "%}";
  }

  std::string_view source_;
  TemplateText to_;
  std::size_t end_ = 0;
  bool first_ = true, strip_next_ = false, after_block_ = false;
};

}  // namespace

TemplateText read_template(std::string_view source) { return Reader(source).read(); }

}  // namespace linnet::convert
