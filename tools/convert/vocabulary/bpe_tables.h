#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/vocabulary.h"

// What the files of byte-pair encoding have in common: a map of tokens to numbers, and a list of
// merges that names tokens as they are written there.
namespace linnet::convert {

// What a tokenizer file may be. A merge may be a list of two texts: three values each, and one for
// each token.
inline constexpr JsonLimits kTokenizerJson{.bytes = 64 << 20, .values = 8 << 20, .depth = 32};

core::Result<std::string> read_tokenizer_file(const std::string& path);
core::Result<Json> read_json_file(const std::string& path);

// Names of fields that are not complained of, as the user says.
using IgnoredFields = std::vector<std::string>;

struct WrittenTokens {
  std::vector<std::string> tokens;  // by number; empty where a number is left out
  std::unordered_map<std::string, int> ids;

  // -1 if there is none.
  int find(std::string_view token) const;
};

// {"token": number, ...}; numbers are unique and within the published limit.
core::Result<WrittenTokens> read_written_tokens(const Json& map, const std::string& file);

// Appends the merge of two tokens to `merges`. `line` is its place in the file, for errors.
core::Status add_merge(const WrittenTokens& written, std::string_view left, std::string_view right,
                       std::int64_t line, const std::string& file,
                       std::vector<std::int32_t>& merges);

// The same from "left right", as merges.txt and tokenizer.json write it. Where the tokens have
// blanks themselves, the only way of reading it that the vocabulary allows.
core::Status add_merge(const WrittenTokens& written, std::string_view both, std::int64_t line,
                       const std::string& file, std::vector<std::int32_t>& merges);

// The tokens as the bytes that they decode to, for each of the two kinds.
void add_byte_level_tokens(const WrittenTokens& written, Vocabulary& to);
void add_sentencepiece_tokens(const WrittenTokens& written, bool byte_fallback, Vocabulary& to);

// A token that is not found by merging, as tokenizer.json and tokenizer_config.json describe it.
struct AddedToken {
  int id = 0;
  std::string content;
  bool single_word = false, strip_left = false, strip_right = false;
  bool normalised = false;  // looked for in text that was normalised
  bool special = false;
};

core::Result<AddedToken> read_added_token(const Json& json, const std::string& file,
                                          const IgnoredFields& ignored);
// Puts the token into the vocabulary, over the one of that number or behind the last.
core::Status add_token(const AddedToken& token, const std::string& file, Vocabulary& to);

}  // namespace linnet::convert
