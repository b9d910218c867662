#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/vocabulary.h"

// A list of tokens, one per line.
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using text::TokenType;

// Puts a special token in its place; of equal ones the first is meant.
void name_special(const std::string& name, TokenType type, Vocabulary& v, int& id) {
  if (name.empty()) return;
  id = v.find(name);
  if (id >= 0) v.types[static_cast<std::size_t>(id)] = type;
}

}  // namespace

Result<Vocabulary> read_plain_vocabulary(const std::string& path, std::string_view kind,
                                         const SpecialNames& names, bool counted) {
  auto contents = read_tokenizer_file(path);
  if (!contents) return contents.error();
  return parse_plain_vocabulary(*contents, path, kind, names, counted);
}

Result<Vocabulary> parse_plain_vocabulary(std::string_view rest, const std::string& file,
                                          std::string_view kind, const SpecialNames& names,
                                          bool counted) {
  Vocabulary v;
  v.kind = kind;
  v.strip_first = kind == text::kWords;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    // The token itself may be the blank.
    if (counted) line = line.substr(0, line.find_first_of(" \t", 1));
    if (v.size() == core::limits::kVocabulary)
      return Error{Fault::limit,
                   say(file, " has more than ", core::limits::kVocabulary, " tokens")};
    v.tokens.emplace_back(line);
    v.types.push_back(line.empty() ? TokenType::unused : TokenType::normal);
  }
  if (v.tokens.empty()) return Error{Fault::corrupt, say(file, " has no tokens")};
  name_special(names.unknown, TokenType::unknown, v, v.unknown);
  name_special(names.begin, TokenType::control, v, v.begin);
  name_special(names.end, TokenType::control, v, v.end);
  name_special(names.pad, TokenType::control, v, v.pad);
  if (kind == text::kWords)
    for (std::size_t id = 0; id < v.tokens.size(); ++id)
      if (v.types[id] == TokenType::normal) v.tokens[id].insert(0, 1, ' ');
  return v;
}

}  // namespace linnet::convert
