#pragma once

#include "engine/text/pretokenize.h"
#include "tests/support/corpus_model.h"

// Lies about the tokenizer, told to a whole model, of 288 tokens: 0 to 2 unknown, begin and end, 3
// to 258 the bytes, then letters. Found by Model::open.
namespace linnet::support {

inline std::vector<std::string> strings_of(const std::string& value) {
  const auto number = [&](std::size_t at) {
    std::uint32_t n;
    std::memcpy(&n, value.data() + 4 * at, 4);
    return std::size_t{n};
  };
  const std::size_t count = number(0), text = 4 + 4 * count;
  std::vector<std::string> strings;
  for (std::size_t i = 0, begin = 0; i < count; begin = number(++i))
    strings.push_back(value.substr(text + begin, number(i + 1) - begin));
  return strings;
}

inline std::string value_of(const std::vector<std::string>& strings) {
  std::string value, text;
  put(value, static_cast<std::uint32_t>(strings.size()));
  for (const std::string& s : strings) {
    text += s;
    put(value, static_cast<std::uint32_t>(text.size()));
  }
  return value + text;
}

inline void set_token(Image& f, std::size_t id, const std::string& token) {
  std::string& value = f.setting("tokenizer.tokens").value;
  std::vector<std::string> tokens = strings_of(value);
  tokens.at(id) = token;
  value = value_of(tokens);
}

inline void set_type(Image& f, std::size_t id, std::uint8_t type) {
  set_one(f, "tokenizer.types", id, type);
}

template <std::size_t N>
void set_list(Image& f, const char* name, const std::int32_t (&values)[N]) {
  f.set(name, std::span<const std::int32_t>(values));
}

// Makes a sound byte-bpe tokenizer of it; bytes that are no letters here are unknown to it.
inline void speak_byte_bpe(Image& f) {
  f.set("tokenizer.kind", std::string_view("byte-bpe"));
  f.set("tokenizer.pattern", text::kGpt2Pattern);
  set_list(f, "tokenizer.letters", {'a', 'z'});
  set_list(f, "tokenizer.numbers", {'0', '9'});
}

inline const std::vector<Case> kTokenCases = {
    {"a kind of tokenizer that is not there",
     [](Image& f) { f.set("tokenizer.kind", std::string_view("runes")); }, core::Fault::unsupported,
     "the tokenizer is of the kind 'runes'"},
    {"no tokens", [](Image& f) { f.setting("tokenizer.tokens").value = value_of({}); },
     core::Fault::corrupt, "the tokenizer has no tokens"},
    {"tokens in another type", [](Image& f) { f.setting("tokenizer.tokens").type = 3; },
     core::Fault::corrupt, "'tokenizer.tokens' has the wrong type"},
    {"tokens of a lying count", [](Image& f) { set_one(f, "tokenizer.tokens", 0, 0xffffffffu); },
     core::Fault::corrupt, "'tokenizer.tokens' cannot be"},
    {"tokens that go back", [](Image& f) { set_one(f, "tokenizer.tokens", 100, 0u); },
     core::Fault::corrupt, "'tokenizer.tokens' has strings that do not fill its text"},
    {"a token more than the model has",
     [](Image& f) {
       std::vector<std::string> tokens = strings_of(f.setting("tokenizer.tokens").value);
       tokens.emplace_back("more");
       f.setting("tokenizer.tokens").value = value_of(tokens);
       f.setting("tokenizer.types").value += '\0';
       put(f.setting("tokenizer.scores").value, -1.0f);
     },
     core::Fault::corrupt, "the tokenizer has 289 tokens and the model a vocabulary of 288"},
    {"an empty token", [](Image& f) { set_token(f, 270, ""); }, core::Fault::corrupt,
     "token 270 of the tokenizer is empty"},
    {"a token of 1025 bytes", [](Image& f) { set_token(f, 270, std::string(1025, 'x')); },
     core::Fault::corrupt, "token 270 of the tokenizer is 1025 bytes long; at most 1024 are"},
    {"a type less", [](Image& f) { f.setting("tokenizer.types").value.pop_back(); },
     core::Fault::corrupt, "the tokenizer has 288 tokens but 287 token types"},
    {"an unknown type", [](Image& f) { set_type(f, 270, 7); }, core::Fault::corrupt,
     "token 270 of the tokenizer has the unknown type 7"},
    {"byte <0x-1>", [](Image& f) { set_token(f, 3, "<0x-1>"); }, core::Fault::corrupt,
     "token 3 of the tokenizer should be one byte but is 6 bytes long"},
    {"byte <0xGG>", [](Image& f) { set_token(f, 258, "<0xGG>"); }, core::Fault::corrupt,
     "token 258 of the tokenizer should be one byte but is 6 bytes long"},
    {"the same byte twice", [](Image& f) { set_token(f, 4, std::string(1, '\0')); },
     core::Fault::corrupt, "tokens 3 and 4 of the tokenizer are the same byte"},
    {"a byte missing, and nothing for the unknown",
     [](Image& f) {
       set_type(f, 3, 5);
       set(f, "tokenizer.unknown", -1);
     },
     core::Fault::corrupt, "neither a token for every byte nor one for the unknown"},
    {"begin past the vocabulary", [](Image& f) { set(f, "tokenizer.begin", 288); },
     core::Fault::corrupt, "'tokenizer.begin' is 288, outside the vocabulary of 288 tokens"},
    {"end past the vocabulary", [](Image& f) { set(f, "tokenizer.end", 288); },
     core::Fault::corrupt, "'tokenizer.end' is 288, outside"},
    {"end far past the vocabulary",
     [](Image& f) { set(f, "tokenizer.end", (std::int64_t{1} << 32) + 2); }, core::Fault::corrupt,
     "'tokenizer.end' is 4294967298, outside"},
    {"unknown below the vocabulary", [](Image& f) { set(f, "tokenizer.unknown", -2); },
     core::Fault::corrupt, "'tokenizer.unknown' is -2, outside"},
    {"padding past the vocabulary", [](Image& f) { set(f, "tokenizer.pad", 1'000'000); },
     core::Fault::corrupt, "'tokenizer.pad' is 1000000, outside"},
    {"an end of many past the vocabulary",
     [](Image& f) {
       set_list(f, "tokenizer.ends", {2, 288});
     },
     core::Fault::corrupt, "'tokenizer.ends' names 288, outside"},
    {"a stripped token below the vocabulary",
     [](Image& f) { set_list(f, "tokenizer.strip_right", {-1}); }, core::Fault::corrupt,
     "'tokenizer.strip_right' names -1, outside"},
    {"an end added that is not there", [](Image& f) { set(f, "tokenizer.add_end", 1); },
     core::Fault::corrupt, "the tokenizer adds an end token but has none"},
    {"a flag of 2", [](Image& f) { set(f, "tokenizer.add_begin", 2); }, core::Fault::corrupt,
     "'tokenizer.add_begin' is 2, not 0 or 1"},
    {"an unknown prefix", [](Image& f) { f.set("tokenizer.prefix", std::string_view("last")); },
     core::Fault::unsupported, "'tokenizer.prefix' is 'last'"},
    {"a prefix in another type", [](Image& f) { set(f, "tokenizer.prefix", 1); },
     core::Fault::corrupt, "'tokenizer.prefix' has the wrong type"},
};

inline const std::vector<Case> kMergeCases = {
    {"a score NaN", [](Image& f) { set_one(f, "tokenizer.scores", 270, static_cast<float>(kNan)); },
     core::Fault::corrupt, "the score of token 270 is not a finite number"},
    {"a score infinite",
     [](Image& f) { set_one(f, "tokenizer.scores", 0, static_cast<float>(-kInfinite)); },
     core::Fault::corrupt, "the score of token 0 is not a finite number"},
    {"a score less", [](Image& f) { f.setting("tokenizer.scores").value.resize(4 * 287); },
     core::Fault::corrupt, "the tokenizer has 288 tokens but 287 scores"},
    {"scores in another type", [](Image& f) { f.setting("tokenizer.scores").type = 4; },
     core::Fault::corrupt, "'tokenizer.scores' has the wrong type"},
    {"a merge of a missing token",
     [](Image& f) {
       set_list(f, "tokenizer.merges", {260, 288, 261});
     },
     core::Fault::corrupt,
     "merge 0 of the tokenizer names token 288, outside the vocabulary of 288"},
    {"a merge to a missing token",
     [](Image& f) {
       set_list(f, "tokenizer.merges", {260, 261, -1});
     },
     core::Fault::corrupt, "merge 0 of the tokenizer names token -1, outside"},
    {"a merge of one and a half",
     [](Image& f) {
       set_list(f, "tokenizer.merges", {260, 261, 262, 263});
     },
     core::Fault::corrupt, "'tokenizer.merges' has 4 numbers, not three for each merge"},
    {"a merge that spells something else",
     [](Image& f) {
       set_list(f, "tokenizer.merges", {260, 261, 262});
     },
     core::Fault::corrupt,
     "merge 0 of the tokenizer joins tokens 260 and 261 to token 262, which is not what they"},
    // Would go on for ever.
    {"a merge with nothing",
     [](Image& f) {
       set_token(f, 1, "");
       set_list(f, "tokenizer.merges", {1, 260, 260});
     },
     core::Fault::corrupt, "merge 0 of the tokenizer joins tokens 1 and 260 to token 260"},
    {"an expression that is not built in",
     [](Image& f) {
       speak_byte_bpe(f);
       f.set("tokenizer.pattern", std::string_view("(a+)+$"));
     },
     core::Fault::unsupported, "the tokenizer cuts words by '(a+)+$', which this build cannot"},
    {"half a range of letters",
     [](Image& f) {
       speak_byte_bpe(f);
       set_list(f, "tokenizer.letters", {'a', 'z', 0xe0});
     },
     core::Fault::corrupt, "'tokenizer.letters' is not a list of ranges"},
    {"a range of letters that goes back",
     [](Image& f) {
       speak_byte_bpe(f);
       set_list(f, "tokenizer.letters", {'z', 'a'});
     },
     core::Fault::corrupt, "'tokenizer.letters' has a wrong range at 122 to 97"},
    {"numbers past the last character",
     [](Image& f) {
       speak_byte_bpe(f);
       set_list(f, "tokenizer.numbers", {'0', 0x110000});
     },
     core::Fault::corrupt, "'tokenizer.numbers' has a wrong range at 48 to 1114112"},
    {"a byte that byte-bpe cannot say, and nothing for the unknown",
     [](Image& f) {
       speak_byte_bpe(f);
       set(f, "tokenizer.unknown", -1);
     },
     core::Fault::corrupt, "neither a token for the byte 0 nor one for the unknown"},
};

}  // namespace linnet::support
