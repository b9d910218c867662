#include <algorithm>

#include "engine/text/tokenizer.h"
#include "tests/support/assets.h"
#include "tests/tools/convert/vocabulary.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/base64.h"

using namespace linnet;
using convert::Json;
using convert::Vocabulary;
using core::Fault;
using support::kTokenizers;
using support::refusal;
using support::Scratch;
using text::TokenType;

namespace {

text::Tokenizer tokenizer_of(const Vocabulary& vocabulary) {
  core::BundleBuilder builder;
  convert::add_settings(vocabulary, builder);
  auto tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) FAIL(tokenizer.error().sentence);
  return *tokenizer;
}

Vocabulary pieces(const std::string& name) {
  auto read = convert::read_sentencepiece_model(kTokenizers + name);
  if (!read) FAIL(read.error().sentence);
  return *read;
}

std::string written(std::string token) {
  for (std::size_t at; (at = token.find(' ')) != token.npos;) token.replace(at, 1, "\u2581");
  return token;
}

// A vocab.json of the model's pieces in another order, after "</s>", "<unk>" and more, but for
// those of which `left_out` is true.
template <class LeftOut>
Json numbers_of(const Vocabulary& model, const LeftOut& left_out) {
  Json numbers = {{"</s>", 0}, {"<unk>", 1}, {"<pad>", 2}, {">>fr<<", 3}, {"notapiece", 4}};
  for (int id = model.size(); id-- > 0;) {
    const auto i = static_cast<std::size_t>(id);
    const bool piece =
        model.types[i] == TokenType::normal || model.types[i] == TokenType::user_defined;
    if (piece && !left_out(id)) numbers[written(model.tokens[i])] = numbers.size();
  }
  return numbers;
}

std::vector<std::string> spelled(const text::Tokenizer& tokenizer, const std::vector<int>& ids) {
  std::vector<std::string> tokens;
  for (const int id : ids) tokens.emplace_back(tokenizer.piece(id));
  return tokens;
}

constexpr const char* kText = "Once upon a time, the king of the sea \uFB01nished it\u2026";

convert::SequenceVocabularies read_folder(const std::string& folder) {
  auto read = convert::read_sequence_vocabularies(folder);
  if (!read) FAIL(read.error().sentence);
  return std::move(*read);
}

}  // namespace

TEST_CASE("Marian's pieces are those of the model, their ids those of vocab.json") {
  const Scratch scratch;
  const std::string model = support::contents(kTokenizers + "unigram_unknown.model");
  const Vocabulary source = pieces("unigram_unknown.model");
  const Json numbers = numbers_of(source, [](int) { return false; });
  scratch.write("source.spm", model);
  scratch.write("target.spm", model);
  scratch.write("vocab.json", numbers.dump());
  const auto both = read_folder(scratch.path(""));
  CHECK_FALSE(both.source.has_value());
  CHECK(both.target.size() == static_cast<int>(numbers.size()));
  CHECK(both.target.lost_tokens.empty());
  const auto marian = tokenizer_of(both.target), plain = tokenizer_of(source);
  const auto ids = marian.encode(kText);
  CHECK(ids.back() == 0);
  CHECK(spelled(marian, {ids.begin(), ids.end() - 1}) ==
        spelled(plain, plain.encode(
                           kText, {.parse_special = false, .add_begin = false, .add_end = false})));
  CHECK(marian.pad() == 2);
  CHECK(marian.unknown() == 1);
  CHECK(marian.encode(">>fr<<a").front() == 3);
  CHECK(marian.encode("notapiece") != std::vector{4, 0});
}

TEST_CASE("A piece that vocab.json does not number becomes the unknown token") {
  const Scratch scratch;
  const Vocabulary source = pieces("unigram_unknown.model");
  const auto plain = tokenizer_of(source);
  auto expected =
      plain.encode(kText, {.parse_special = false, .add_begin = false, .add_end = false});
  const int lost = expected[3];
  scratch.write("vocab.json", numbers_of(source, [&](int id) { return id == lost; }).dump());
  auto read = convert::read_numbered_pieces(kTokenizers + "unigram_unknown.model",
                                            scratch.path("vocab.json"));
  REQUIRE(read);
  CHECK(read->lost_tokens == std::vector{source.tokens[static_cast<std::size_t>(lost)]});
  const auto tokenizer = tokenizer_of(*read);
  const auto ids = tokenizer.encode(kText);
  REQUIRE(ids.size() == expected.size() + 1);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK((ids[i] == tokenizer.unknown()) ==
          (expected[i] == lost || expected[i] == plain.unknown()));
}

TEST_CASE("Two models of Marian's are a vocabulary of the source and one of the target") {
  const Scratch scratch;
  scratch.write("source.spm", support::contents(kTokenizers + "unigram_unknown.model"));
  scratch.write("target.spm", support::contents(kTokenizers + "bpe_mapped.model"));
  const auto none = [](int) { return false; };
  const Json source = numbers_of(pieces("unigram_unknown.model"), none);
  const Json target = numbers_of(pieces("bpe_mapped.model"), none);
  scratch.write("vocab.json", source.dump());
  SUBCASE("with one list of numbers") {
    const auto both = read_folder(scratch.path(""));
    REQUIRE(both.source.has_value());
    CHECK(both.source->size() == both.target.size());
    CHECK(both.source->tokens == both.target.tokens);
    CHECK(both.target.kind == text::kSentencePieceBpe);
    CHECK(both.source->kind == text::kSentencePieceUnigram);
  }
  SUBCASE("with two lists of numbers") {
    scratch.write("target_vocab.json", target.dump());
    const auto both = read_folder(scratch.path(""));
    REQUIRE(both.source.has_value());
    CHECK(both.source->size() == static_cast<int>(source.size()));
    CHECK(both.target.size() == static_cast<int>(target.size()));
    CHECK(both.target.lost_tokens.empty());
    const auto tokenizer = tokenizer_of(both.target);
    CHECK(tokenizer.decode(tokenizer.encode("the king of the sea")) == "the king of the sea");
  }
}

TEST_CASE("Numbers without an unknown token are refused") {
  const Scratch scratch;
  const std::string path = scratch.write("vocab.json", R"({"a": 0})");
  CHECK(refusal(convert::read_numbered_pieces(kTokenizers + "unigram_unknown.model", path),
                Fault::corrupt) == path + " has no token '<unk>'");
}

TEST_CASE("M2M's languages are numbered on from its pieces") {
  const Scratch scratch;
  scratch.write("sentencepiece.bpe.model", support::contents(kTokenizers + "bpe_mapped.model"));
  const Json numbers = numbers_of(pieces("bpe_mapped.model"), [](int) { return false; });
  scratch.write("vocab.json", numbers.dump());
  scratch.write("special_tokens_map.json",
                R"({"eos_token": "</s>", "additional_special_tokens": ["__af__", "__am__"]})");
  const auto both = read_folder(scratch.path(""));
  const int pieces = static_cast<int>(numbers.size());
  CHECK(both.target.size() == pieces + 2);
  CHECK(both.target.find("__af__") == pieces);
  CHECK(both.target.find("__am__") == pieces + 1);
  CHECK(both.target.types.back() == TokenType::control);
  CHECK(tokenizer_of(both.target).encode("the king").back() == 0);
}

TEST_CASE("T5's sentinels come behind its pieces, the last of them first") {
  const Scratch scratch;
  scratch.write("spiece.model", support::contents(kTokenizers + "unigram_unknown.model"));
  const int pieces = 400;
  SUBCASE("a hundred of them unless it is said") {
    const auto both = read_folder(scratch.path(""));
    CHECK(both.target.size() == pieces + 100);
    CHECK(both.target.find("<extra_id_99>") == pieces);
    CHECK(both.target.find("<extra_id_0>") == pieces + 99);
    CHECK(both.target.add_end);
    CHECK_FALSE(both.target.add_begin);
  }
  SUBCASE("as many as are said") {
    scratch.write("tokenizer_config.json", R"({"extra_ids": 2})");
    CHECK(read_folder(scratch.path("")).target.size() == pieces + 2);
    scratch.write("tokenizer_config.json", R"({"extra_ids": 5000})");
    CHECK_FALSE(convert::read_sequence_vocabularies(scratch.path("")));
  }
}

TEST_CASE("Pieces whose numbers only a program knows are refused") {
  const Scratch scratch;
  scratch.write("sentencepiece.bpe.model", support::contents(kTokenizers + "bpe_mapped.model"));
  const auto read = convert::read_sequence_vocabularies(scratch.path(""));
  REQUIRE_FALSE(read);
  CHECK(read.error().fault == Fault::unsupported);
}

TEST_CASE("Microsoft's copy of T5 in tokenizer.json reads like its SentencePiece model") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch;
  const auto json = *assets / "tokenizers/onnxruntime-ext/t5-small_tokenizer.json";
  scratch.write("tokenizer.json", support::contents(json.string()));
  const auto both = read_folder(scratch.path(""));
  CHECK(both.target.size() == 32100);
  CHECK(both.target.after == std::vector{1});
  CHECK(both.target.before.empty());
  CHECK(both.target.find("<extra_id_0>") == 32099);
}

TEST_CASE("A plain vocabulary has a token per line") {
  const auto words = convert::parse_plain_vocabulary("<pad>\n</s>\nthe\r\n\ncat 12\n", "a.txt",
                                                     text::kWords, {}, true);
  REQUIRE(words);
  CHECK(words->tokens == std::vector<std::string>{"<pad>", "</s>", " the", "", " cat"});
  CHECK(words->types[3] == TokenType::unused);
  CHECK(words->pad == 0);
  CHECK(words->end == 1);
  CHECK(words->unknown == -1);
  const auto tokenizer = tokenizer_of(*words);
  CHECK(tokenizer.decode(tokenizer.encode("the  cat")) == "the cat");

  const auto characters =
      convert::parse_plain_vocabulary("<unk>\n \na\n", "a.txt", text::kCharacters);
  REQUIRE(characters);
  CHECK(tokenizer_of(*characters).encode("a a?") == std::vector{2, 1, 2, 0});
  CHECK(refusal(convert::parse_plain_vocabulary("", "a.txt", text::kWords), Fault::corrupt) ==
        "a.txt has no tokens");
}

TEST_CASE("Base64 with and without padding is read, and nothing else") {
  for (const char* text : {"aGVsbG8=", "aGVsbG8"}) CHECK(convert::from_base64(text) == "hello");
  CHECK(convert::from_base64("") == "");
  for (const char* text : {"a", "aGVsb", "aG=sbG8", "aGVs bG8", "===="})
    CHECK_FALSE(convert::from_base64(text));
}
