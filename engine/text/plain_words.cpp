#include "engine/text/plain_words.h"

#include <string>

#include "engine/text/character_classes.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

namespace {

void append_known(int id, const Vocabulary& vocabulary, std::vector<int>& tokens) {
  if (id < 0) id = vocabulary.unknown();
  if (id >= 0) tokens.push_back(id);
}

}  // namespace

Result<Words> Words::from(const core::Bundle&, const Vocabulary& vocabulary) {
  for (int id = 0; id < vocabulary.size(); ++id) {
    const TokenType type = vocabulary.type(id);
    if (type != TokenType::normal && type != TokenType::user_defined) continue;
    if (!vocabulary.piece(id).starts_with(' '))
      return Error{
          Fault::corrupt,
          say("token ", id, " of the tokenizer is a word but does not begin with a blank")};
  }
  auto index = TokenIndex::of(vocabulary);
  if (!index) return index.error();
  Words words;
  words.index_ = std::move(*index);
  return words;
}

void Words::encode(const Vocabulary& vocabulary, std::string_view section, bool,
                   std::vector<int>& tokens) const {
  std::string word = " ";
  const auto finish = [&] {
    if (word.size() > 1) append_known(index_.find(vocabulary, word), vocabulary, tokens);
    word.resize(1);
  };
  while (!section.empty()) {
    const Character c = first_character(section);
    const auto bytes = static_cast<std::size_t>(c.bytes);
    if (is_blank(c.code))
      finish();
    else
      word += section.substr(0, bytes);
    section.remove_prefix(bytes);
  }
  finish();
}

Result<Characters> Characters::from(const core::Bundle&, const Vocabulary& vocabulary) {
  auto index = TokenIndex::of(vocabulary);
  if (!index) return index.error();
  Characters characters;
  characters.index_ = std::move(*index);
  characters.blank_ = characters.index_.find(vocabulary, " ");
  return characters;
}

void Characters::encode(const Vocabulary& vocabulary, std::string_view section, bool,
                        std::vector<int>& tokens) const {
  while (!section.empty()) {
    const Character c = first_character(section);
    const auto bytes = static_cast<std::size_t>(c.bytes);
    const int id = index_.find(vocabulary, section.substr(0, bytes));
    section.remove_prefix(bytes);
    if (id >= 0 || !is_blank(c.code))
      append_known(id, vocabulary, tokens);
    else if (blank_ >= 0)
      tokens.push_back(blank_);
  }
}

}  // namespace linnet::text
