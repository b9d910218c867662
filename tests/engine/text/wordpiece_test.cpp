#include "engine/text/wordpiece.h"

#include <nlohmann/json.hpp>

#include "engine/text/stream_decoder.h"
#include "tests/engine/text/support.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"

using namespace linnet;
using support::kBare;
using text::TokenType;

namespace {

using Ids = std::vector<int>;

// Their tokens begin at 5.
convert::Vocabulary small(const std::vector<std::string>& more) {
  std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  tokens.insert(tokens.end(), more.begin(), more.end());
  convert::Vocabulary v = convert::make_wordpiece(tokens);
  v.pad = convert::mark_as(TokenType::control, "[PAD]", v);
  v.unknown = convert::mark_as(TokenType::unknown, "[UNK]", v);
  v.begin = convert::mark_as(TokenType::control, "[CLS]", v);
  v.end = convert::mark_as(TokenType::control, "[SEP]", v);
  convert::mark_as(TokenType::control, "[MASK]", v);
  v.add_begin = v.add_end = true;
  return v;
}

std::string streamed(const text::Tokenizer& tokenizer, const Ids& ids, bool special = false) {
  text::StreamDecoder decoder(tokenizer, {.special = special});
  std::string text;
  for (const int id : ids) text += decoder.feed(id);
  return text += decoder.flush();
}

void refuses(const convert::Vocabulary& v, const std::string& sentence) {
  core::BundleBuilder builder;
  convert::add_settings(v, builder);
  const auto tokenizer = text::Tokenizer::from(builder.build());
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().sentence == sentence);
}

// The token as BERT's own list writes it.
std::string written(const text::Tokenizer& tokenizer, int id) {
  const std::string piece(tokenizer.piece(id));
  if (tokenizer.is_special(id)) return piece;
  return piece.starts_with(' ') ? piece.substr(1) : "##" + piece;
}

text::Tokenizer uncased(const std::filesystem::path& assets) {
  const auto file = assets / "tokenizers/bert/bert-base-uncased-vocab.txt";
  return support::tokenizer_of(convert::read_bert_files(file.string()));
}

}  // namespace

TEST_CASE("A word is spelled by the longest tokens from its start, or unknown as a whole") {
  const auto tokenizer = support::tokenizer_of(
      small({"un", "##aff", "##able", "una", "##a", "##ff", "##b", "able", ","}));
  CHECK(tokenizer.encode("unaffable") == Ids{2, 8, 10, 7, 3});
  CHECK(tokenizer.encode("able, un", kBare) == Ids{12, 13, 5});
  // "una" is taken, and nothing spells "c": the word is not tried otherwise.
  CHECK(tokenizer.encode("unac able", kBare) == Ids{1, 12});
  CHECK(tokenizer.encode("aff", kBare) == Ids{1});
  CHECK(tokenizer.encode("", kBare).empty());
  CHECK(tokenizer.encode(" \n\t", kBare).empty());
}

TEST_CASE("A word of a hundred characters may be known, a longer one is not") {
  convert::Vocabulary v = small({"\xC4\xB1", "##\xC4\xB1"});
  const auto tokenizer = support::tokenizer_of(v);
  std::string word;
  for (int i = 0; i < 100; ++i) word += "\xC4\xB1";
  CHECK(tokenizer.encode(word, kBare).size() == 100);
  CHECK(tokenizer.encode(word + "\xC4\xB1", kBare) == Ids{1});
  v.longest_word = 2;
  CHECK(support::tokenizer_of(v).encode(word, kBare) == Ids{1});
}

TEST_CASE("Uncased text loses case and accents, cased text keeps both") {
  convert::Vocabulary v = small(
      {"cafe", "Caf\xC3\xA9", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81", "i\xCC\x87"});
  const std::string text = "CAF\xC3\x89 Cafe\xCC\x81 Caf\xC3\xA9";
  CHECK(support::tokenizer_of(v).encode(text, kBare) == Ids{5, 5, 5});
  CHECK(support::tokenizer_of(v).encode("\xEA\xB0\x81", kBare) == Ids{7});
  v.bert.lower = v.bert.strip_accents = false;
  CHECK(support::tokenizer_of(v).encode(text, kBare) == Ids{1, 1, 6});
  CHECK(support::tokenizer_of(v).encode("\xEA\xB0\x81", kBare) == Ids{8});
  v.bert.lower = true;  // accents stay
  CHECK(support::tokenizer_of(v).encode("\xC4\xB0", kBare) == Ids{9});
}

TEST_CASE("Control characters go, blanks of any kind part words, punctuation stands alone") {
  convert::Vocabulary v = small({"a", "b", "ab", ".", "$", "\xE3\x80\x82", "##b", "\xC2\xB4"});
  const auto tokenizer = support::tokenizer_of(v);
  const std::string_view nul("a\0b", 3);
  CHECK(tokenizer.encode(nul, kBare) == Ids{7});
  CHECK(tokenizer.encode("a\xC2\xAD\x62 a\xEF\xBF\xBD\x62 a\x07\x62", kBare) == Ids{7, 7, 7});
  CHECK(tokenizer.encode("a\tb\nb\ra\xC2\xA0\x62\xE3\x80\x80\x61", kBare) == Ids{5, 6, 6, 5, 6, 5});
  CHECK(tokenizer.encode("a.b$$a\xE3\x80\x82", kBare) == Ids{5, 8, 6, 9, 9, 5, 10});
  // A sign that is neither letter nor punctuation is part of the word.
  CHECK(tokenizer.encode("a\xC2\xB4", kBare) == Ids{1});
  v.bert.clean = false;
  CHECK(support::tokenizer_of(v).encode("a\x07\x62 a\nb", kBare) == Ids{1, 5, 6});
}

TEST_CASE("Chinese characters are words of their own unless the model says otherwise") {
  convert::Vocabulary v = small({"\xE5\xA4\xA9", "\xE5\xA4\xA9\xE5\xA4\xA9", "a"});
  const std::string text = "\xE5\xA4\xA9\xE5\xA4\xA9 a\xE5\xA4\xA9";
  CHECK(support::tokenizer_of(v).encode(text, kBare) == Ids{5, 5, 7, 5});
  v.bert.split_chinese = false;
  CHECK(support::tokenizer_of(v).encode(text, kBare) == Ids{6, 1});
}

TEST_CASE("A mark in the text is found only if special tokens are parsed") {
  const auto tokenizer = support::tokenizer_of(small({"the", "[", "]", "mask"}));
  text::EncodeOptions special = kBare;
  special.parse_special = true;
  CHECK(tokenizer.encode("the [MASK]the", special) == Ids{5, 4, 5});
  CHECK(tokenizer.encode("the [MASK]", kBare) == Ids{5, 6, 8, 7});
}

TEST_CASE("Decoding joins words by blanks, inner tokens without, marks of a sentence at its end") {
  convert::Vocabulary v = small({"hello", "##s", ",", "world", "!", "'", "(", "?"});
  const auto tokenizer = support::tokenizer_of(v);
  const Ids ids{2, 5, 6, 7, 8, 9, 10, 8, 11, 12, 3};
  CHECK(tokenizer.decode(ids) == "hellos, world! ' world (?");
  CHECK(streamed(tokenizer, ids) == "hellos, world! ' world (?");
  CHECK(tokenizer.decode(ids, {.special = true}) == "[CLS] hellos, world! ' world (? [SEP]");
  CHECK(streamed(tokenizer, ids, true) == "[CLS] hellos, world! ' world (? [SEP]");
  v.cleanup = false;
  CHECK(support::tokenizer_of(v).decode(ids) == "hellos , world ! ' world ( ?");
}

TEST_CASE("Word pieces that cannot be are refused") {
  convert::Vocabulary none = small({"a"});
  none.unknown = -1;
  refuses(none, "the tokenizer has no token for unknown words");
  convert::Vocabulary empty = small({"a"});
  empty.tokens[5] = " ";
  refuses(empty, "token 5 of the tokenizer begins a word but has no character");
  convert::Vocabulary shortest = small({"a"});
  shortest.longest_word = 0;
  refuses(shortest, "the setting 'tokenizer.longest_word' is 0");
}

TEST_CASE("Changes of characters that do not fit together are refused") {
  const auto refused = [](const std::vector<std::int32_t>& changed,
                          const std::vector<std::string>& changes) {
    core::BundleBuilder builder;
    builder.add_setting("tokenizer.changed", std::span<const std::int32_t>(changed));
    builder.add_setting("tokenizer.changes", std::span<const std::string>(changes));
    const auto read = text::CharChanges::from(builder.build());
    REQUIRE_FALSE(read);
    return read.error().sentence;
  };
  CHECK(refused({65, 66}, {"a"}) == "the tokenizer changes 2 characters but to 1 texts");
  const std::string wrong = "the tokenizer has a wrong change of character ";
  CHECK(refused({65, 65}, {"a", "a"}) == wrong + "65");
  CHECK(refused({-1}, {"a"}) == wrong + "-1");
  CHECK(refused({0x110000}, {"a"}) == wrong + "1114112");
  CHECK(refused({65}, {"\xFF"}) == wrong + "65");
  CHECK(refused({65}, {"12345678901234567"}) == wrong + "65");
}

TEST_CASE("BERT's 10 570 published questions give the published tokens and ids") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers/bert";
  const auto tokenizer = uncased(*assets);
  const auto tokens = nlohmann::json::parse(support::whole_file(folder / "question_tokens.json"));
  const auto ids = nlohmann::json::parse(support::whole_file(folder / "tokenized_questions.json"));
  REQUIRE(tokens.size() == 10570);
  REQUIRE(ids.size() == 10570);
  int wrong_ids = 0, wrong_tokens = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto found = tokenizer.encode(tokens[i]["original"].get<std::string>(), kBare);
    if (found != ids[i].get<Ids>()) ++wrong_ids;
    std::vector<std::string> pieces;
    for (const int id : found) pieces.push_back(written(tokenizer, id));
    if (pieces != tokens[i]["wordpiece"].get<std::vector<std::string>>()) ++wrong_tokens;
  }
  CHECK(wrong_ids == 0);
  CHECK(wrong_tokens == 0);
}

TEST_CASE("BERT's vocabulary spells llama.cpp's strings for BGE as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto tokenizer = uncased(*assets);
  const auto cases = support::published_cases(
      *assets / "tokenizers/llama.cpp-vocabs/ggml-vocab-bert-bge.gguf.inp");
  REQUIRE(cases.size() == 46);
  for (const support::Case& one : cases) {
    CAPTURE(one.text);
    CHECK(tokenizer.encode(one.text, kBare) == one.ids);
  }
}

TEST_CASE("The tokenizer_config.json beside a vocab.txt says how its text is read") {
  const auto assets = support::assets();
  if (!assets) return;
  const support::Scratch scratch;
  scratch.write("vocab.txt",
                support::whole_file(*assets / "tokenizers/bert/bert-base-cased-vocab.txt"));
  scratch.write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": null})");
  const auto folder = std::filesystem::path(scratch.path("x")).parent_path().string();
  const auto tokenizer = support::tokenizer_of(convert::read_vocabulary(folder));
  std::vector<std::string> pieces;
  for (const int id : tokenizer.encode("Na\xC3\xAFve caf\xC3\xA9s in Z\xC3\xBCrich!"))
    pieces.push_back(written(tokenizer, id));
  CHECK(pieces == std::vector<std::string>{"[CLS]", "Na", "##\xC3\xAF", "##ve", "caf\xC3\xA9",
                                           "##s", "in", "Z\xC3\xBCrich", "!", "[SEP]"});
  CHECK(tokenizer.pad() == 0);
  CHECK(tokenizer.unknown() == 100);
}
