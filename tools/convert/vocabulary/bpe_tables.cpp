#include "tools/convert/vocabulary/bpe_tables.h"

#include <algorithm>
#include <optional>

#include "engine/core/limits.h"
#include "tools/convert/checkpoint/input_file.h"
#include "tools/convert/config.h"
#include "tools/convert/vocabulary/spelling.h"

namespace linnet::convert {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

Result<std::string> read_tokenizer_file(const std::string& path) {
  auto file = InputFile::open(path);
  if (!file) return file.error();
  return read_text(*file, kTokenizerJson.bytes);
}

Result<Json> read_json_file(const std::string& path) {
  auto text = read_tokenizer_file(path);
  if (!text) return text.error();
  return parse_json(*text, path, kTokenizerJson);
}

int WrittenTokens::find(std::string_view token) const {
  const auto found = ids.find(std::string(token));
  return found == ids.end() ? -1 : found->second;
}

Result<WrittenTokens> read_written_tokens(const Json& map, const std::string& file) {
  if (!map.is_object()) return Error{Fault::corrupt, say(file, ": the vocabulary is no object")};
  WrittenTokens written;
  std::vector<bool> taken;
  for (const auto& [token, number] : map.items()) {
    const auto* id = number.get_ptr<const std::uint64_t*>();
    if (id == nullptr || *id >= static_cast<std::uint64_t>(core::limits::kVocabulary))
      return Error{Fault::corrupt, say(file, ": the number of token '", shown(token),
                                       "' is not "
                                       "one from 0 to ",
                                       core::limits::kVocabulary - 1)};
    const auto i = static_cast<std::size_t>(*id);
    if (i >= taken.size()) {
      taken.resize(i + 1);
      written.tokens.resize(i + 1);
    }
    if (taken[i])
      return Error{Fault::corrupt, say(file, ": the tokens '", shown(written.tokens[i]), "' and '",
                                       shown(token), "' have the same number ", i)};
    taken[i] = true;
    written.tokens[i] = token;
    written.ids.emplace(token, static_cast<int>(i));
  }
  if (written.tokens.empty()) return Error{Fault::corrupt, say(file, " has no tokens")};
  return written;
}

Status add_merge(const WrittenTokens& written, std::string_view left, std::string_view right,
                 std::int64_t line, const std::string& file, std::vector<std::int32_t>& merges) {
  const std::string merged = say(left, right);
  for (const std::string_view token : {left, right, std::string_view(merged)}) {
    const int id = written.find(token);
    if (id < 0)
      return Error{Fault::corrupt, say(file, ": merge ", line, " names '", shown(token),
                                       "', which is not in the vocabulary")};
    merges.push_back(id);
  }
  return Done{};
}

Status add_merge(const WrittenTokens& written, std::string_view both, std::int64_t line,
                 const std::string& file, std::vector<std::int32_t>& merges) {
  int ways = 0;
  std::size_t way = both.npos;
  for (std::size_t at = both.find(' '); at != both.npos; at = both.find(' ', at + 1)) {
    const std::string_view left = both.substr(0, at), right = both.substr(at + 1);
    const bool known =
        written.find(left) >= 0 && written.find(right) >= 0 && written.find(say(left, right)) >= 0;
    if (known || way == both.npos) way = at;
    ways += known ? 1 : 0;
  }
  if (way == both.npos || ways > 1)
    return Error{Fault::corrupt,
                 say(file, ": merge ", line, ", '", shown(both), "', is not two tokens")};
  return add_merge(written, both.substr(0, way), both.substr(way + 1), line, file, merges);
}

void add_byte_level_tokens(const WrittenTokens& written, Vocabulary& to) {
  for (const std::string& token : written.tokens) {
    // What is not spelled in the alphabet of bytes is never reached by spelling either.
    const std::optional<std::string> bytes = bytes_of(token);
    const bool reachable = bytes.has_value() && !token.empty();
    to.tokens.push_back(reachable ? *bytes : token);
    to.types.push_back(reachable ? TokenType::normal : TokenType::unused);
  }
}

void add_sentencepiece_tokens(const WrittenTokens& written, bool byte_fallback, Vocabulary& to) {
  for (const std::string& token : written.tokens) {
    const auto byte = byte_fallback ? byte_of(token) : std::nullopt;
    // A text that was normalised has no plain blanks, so a token with one is never met.
    const bool reachable = !token.empty() && token.find(' ') == token.npos;
    to.tokens.push_back(byte ? std::string(1, static_cast<char>(*byte)) : with_blanks(token));
    to.types.push_back(byte ? TokenType::byte : reachable ? TokenType::normal : TokenType::unused);
  }
}

Result<AddedToken> read_added_token(const Json& json, const std::string& file,
                                    const IgnoredFields& ignored) {
  if (!json.is_object())
    return Error{Fault::corrupt, say(file, ": an added token is not an object")};
  AddedToken token;
  Config fields(json, say(file, ": added token"), ignored);
  fields.harmless("id");
  fields.harmless("__type");
  token.content = fields.text("content", "");
  token.single_word = fields.flag("single_word", false);
  token.strip_left = fields.flag("lstrip", false);
  token.strip_right = fields.flag("rstrip", false);
  token.normalised = fields.flag("normalized", true);
  token.special = fields.flag("special", false);
  if (Status fine = fields.finish(); !fine) return fine.error();
  return token;
}

Status add_token(const AddedToken& token, const std::string& file, Vocabulary& to) {
  const auto named = [&] { return say(file, ": the added token '", shown(token.content), "'"); };
  if (token.content.empty()) return Error{Fault::corrupt, say(file, ": an added token is empty")};
  if (token.id < 0 || token.id >= core::limits::kVocabulary)
    return Error{Fault::corrupt, say(named(), " has the number ", token.id)};
  if (token.single_word)
    return Error{Fault::unsupported,
                 say(named(), " counts only as a word of its own, which is not supported")};
  const auto i = static_cast<std::size_t>(token.id);
  if (i >= to.tokens.size()) {
    to.tokens.resize(i + 1);
    to.types.resize(i + 1, TokenType::unused);
    if (!to.scores.empty()) to.scores.resize(i + 1);
  }
  to.tokens[i] = token.content;
  to.types[i] = token.id == to.unknown ? TokenType::unknown
                : token.special        ? TokenType::control
                                       : TokenType::added;
  if (token.strip_left) to.strip_left.push_back(token.id);
  if (token.strip_right) to.strip_right.push_back(token.id);
  return Done{};
}

}  // namespace linnet::convert
