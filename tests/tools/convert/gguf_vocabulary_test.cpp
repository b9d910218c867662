#include <doctest/doctest.h>

#include "engine/engine.h"
#include "engine/io/reader.h"
#include "engine/text/pretokenize.h"
#include "tests/engine/text/support.h"
#include "tests/support/assets.h"
#include "tests/tools/convert/tiny_gguf.h"
#include "tests/tools/convert/vocabulary.h"
#include "tools/convert/checkpoint/gguf.h"
#include "tools/convert/vocabulary/gguf_cuts.h"

using namespace linnet;
using core::Fault;
using support::GgufFile;
using support::GgufScratch;
using support::says;
using text::TokenType;

namespace {

// Tokens 0 to 2 are <unk>, <s>, </s>, then pieces.
GgufFile pieces() {
  GgufFile file;
  file.text("general.architecture", "llama").text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens",
             {"<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "<x>", "<|eot_id|>", "[PAD9]"});
  file.integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 1, 4, 3, 5});
  file.reals("tokenizer.ggml.scores", {0, 0, 0, -3, -4, -5, -1, -1000, -1000, -10000});
  return file;
}

GgufFile byte_level() {
  GgufFile file;
  file.text("general.architecture", "other").text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", "llama-bpe");
  file.texts("tokenizer.ggml.tokens", {"a", "b", "ab", "\u0120", "<|begin|>", "<|end|>", "<m>"});
  file.integers("tokenizer.ggml.token_type", {1, 1, 1, 1, 3, 3, 4});
  file.texts("tokenizer.ggml.merges", {"a b"});
  file.number("tokenizer.ggml.bos_token_id", 4).number("tokenizer.ggml.eos_token_id", 5);
  return file;
}

core::Result<convert::Vocabulary> parsed(const GgufFile& file) {
  const support::Scratch scratch;
  auto opened = convert::Gguf::open(scratch.write("m.gguf", file.bytes()));
  REQUIRE_MESSAGE(opened, support::why(opened));
  const auto& architecture = (*opened)->field("general", "architecture");
  return convert::parse_gguf_tokenizer((*opened)->fields()["tokenizer"],
                                       architecture.get<std::string>(), "m.gguf");
}

convert::Vocabulary vocabulary_of(const GgufFile& file) {
  auto vocabulary = parsed(file);
  REQUIRE_MESSAGE(vocabulary, support::why(vocabulary));
  return std::move(*vocabulary);
}

void check_no_tokenizer(const GgufFile& file, Fault fault, std::string_view part) {
  const std::string sentence = support::refusal(parsed(file), fault);
  CHECK_MESSAGE(sentence.find(part) != std::string::npos, sentence);
}

}  // namespace

TEST_CASE("pieces, types, scores and special tokens of a SentencePiece model are the file's") {
  const convert::Vocabulary v = vocabulary_of(pieces());
  CHECK(v.kind == text::kSentencePieceBpe);
  CHECK(v.tokens[3] == " ");
  CHECK(v.types[7] == TokenType::added);
  CHECK(v.types[9] == TokenType::unused);
  CHECK(v.scores[6] == -1);
  CHECK(v.unknown == 0);
  CHECK(v.begin == 1);
  CHECK(v.end == 2);
  CHECK(v.ends == std::vector<std::int32_t>{8});
  CHECK(v.add_begin);
  CHECK_FALSE(v.add_end);
  CHECK(v.prefix == "every");
  const auto tokenizer = support::tokenizer_of(parsed(pieces()));
  CHECK(tokenizer.encode("ab<x>a") == std::vector<int>{1, 3, 6, 7, 3, 4});
  GgufFile other = pieces();
  other.flag("tokenizer.ggml.add_space_prefix", false).flag("tokenizer.ggml.add_bos_token", false);
  other.flag("tokenizer.ggml.add_eos_token", true).number("tokenizer.ggml.eos_token_id", 8);
  other.number("tokenizer.ggml.padding_token_id", 0xffffffff);
  CHECK(support::tokenizer_of(parsed(other)).encode("ab") == std::vector<int>{6, 8});
  CHECK(vocabulary_of(other).pad == -1);
}

TEST_CASE("a T5 tokenizer is a Unigram with the file's map of characters, and ends texts") {
  GgufFile file;
  file.text("general.architecture", "t5").text("tokenizer.ggml.model", "t5");
  file.texts("tokenizer.ggml.tokens", {"<pad>", "</s>", "<unk>", "\u2581", "a", "b", "ab", "?"});
  file.integers("tokenizer.ggml.token_type", {3, 3, 2, 1, 1, 1, 1, 5});
  file.reals("tokenizer.ggml.scores", {0, 0, 0, -3, -4, -5, -1, 0});
  file.number("tokenizer.ggml.eos_token_id", 1).number("tokenizer.ggml.unknown_token_id", 2);
  file.number("tokenizer.ggml.padding_token_id", 0);
  file.flag("tokenizer.ggml.remove_extra_whitespaces", true);
  const convert::Vocabulary v = vocabulary_of(file);
  CHECK(v.kind == text::kSentencePieceUnigram);
  CHECK(v.add_end);
  CHECK(v.pad == 0);
  CHECK(v.collapse_blanks);
  CHECK(support::tokenizer_of(parsed(file)).encode(" ab  b ") == std::vector<int>{3, 6, 3, 5, 1});
  GgufFile broken = file;
  broken.field("tokenizer.ggml.precompiled_charsmap", support::kList,
               support::gguf_list(support::kU8, 3, "abc"));
  CHECK(vocabulary_of(broken).char_map == "abc");
  CHECK(says(GgufScratch().refusal(broken), "m.gguf: "));
}

TEST_CASE("byte-level BPE has its pattern, merges and special tokens from the file") {
  const convert::Vocabulary v = vocabulary_of(byte_level());
  CHECK(v.kind == text::kByteBpe);
  CHECK(v.whole_words);
  CHECK(v.add_begin);
  CHECK(v.tokens[3] == " ");
  CHECK(v.types[6] == TokenType::added);
  CHECK(v.merges == std::vector<std::int32_t>{0, 1, 2});
  CHECK(v.end == 5);
  CHECK(v.ends.empty());
  GgufFile gpt2 = byte_level();
  gpt2.erase("tokenizer.ggml.pre");
  check_no_tokenizer(gpt2, Fault::unsupported, "which says how words are cut, is ''");
  gpt2.erase("general.architecture");
  gpt2.text("general.architecture", "gpt2").number("tokenizer.ggml.eot_token_id", 6);
  CHECK_FALSE(vocabulary_of(gpt2).whole_words);
  CHECK_FALSE(vocabulary_of(gpt2).add_begin);
  CHECK(vocabulary_of(gpt2).ends == std::vector<std::int32_t>{6});
}

TEST_CASE(
    "patterns in several steps and the composed form are those of the models' own tokenizers") {
  const auto named = [](const char* name) {
    GgufFile file = byte_level();
    file.erase("tokenizer.ggml.pre");
    return vocabulary_of(file.text("tokenizer.ggml.pre", name));
  };
  const convert::Vocabulary qwen2 = named("qwen2"), falcon = named("falcon");
  CHECK(qwen2.pattern == text::kQwen2Pattern);
  CHECK(qwen2.composes);
  CHECK(falcon.pattern.empty());
  CHECK(falcon.patterns.size() == 4);
  CHECK_FALSE(falcon.composes);
  CHECK_FALSE(named("deepseek-r1-qwen").composes);
  for (const convert::GgufCut& cut : convert::kGgufCuts) {
    CAPTURE(std::string(cut.name));
    const convert::Vocabulary v = named(std::string(cut.name).c_str());
    CHECK(v.pattern.empty() == (v.patterns.size() > 1));
    CHECK((v.pattern.empty() || text::is_known_pattern(v.pattern)));
    for (const std::string& step : v.patterns) CHECK(text::is_known_pattern(step));
  }
}

TEST_CASE("WordPiece of a GGUF file has its words, their insides and its marks") {
  GgufFile file;
  file.text("general.architecture", "bert").text("tokenizer.ggml.model", "bert");
  file.texts("tokenizer.ggml.tokens",
             {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u2581a", "b", "\u2581c", "[x]"});
  file.integers("tokenizer.ggml.token_type", {3, 2, 3, 3, 3, 1, 1, 1, 1});
  file.number("tokenizer.ggml.unknown_token_id", 1).number("tokenizer.ggml.cls_token_id", 2);
  file.number("tokenizer.ggml.seperator_token_id", 3).number("tokenizer.ggml.mask_token_id", 4);
  file.number("tokenizer.ggml.padding_token_id", 0);
  const auto tokenizer = support::tokenizer_of(parsed(file));
  CHECK(tokenizer.encode("AB c b") == std::vector<int>{2, 5, 6, 7, 1, 3});
  CHECK(tokenizer.pad() == 0);
  GgufFile cased = file;
  cased.flag("tokenizer.ggml.normalizer.lowercase", false);
  CHECK(support::tokenizer_of(parsed(cased)).encode("AB c") == std::vector<int>{2, 1, 7, 3});
  cased.erase("tokenizer.ggml.unknown_token_id");
  check_no_tokenizer(cased, Fault::corrupt, "'tokenizer.ggml.unknown_token_id' is missing");
}

TEST_CASE("tokenizers of other kinds, patterns and types of tokens are refused by name") {
  const auto with = [](GgufFile file, const char* key, std::string_view value) {
    file.erase(key);
    return file.text(key, value);
  };
  check_no_tokenizer(with(pieces(), "tokenizer.ggml.model", "rwkv"), Fault::unsupported,
                     "the tokenizer model 'rwkv' is not supported");
  check_no_tokenizer(with(byte_level(), "tokenizer.ggml.pre", "tekken"), Fault::unsupported,
                     "is 'tekken'");
  GgufFile types = pieces();
  types.erase("tokenizer.ggml.token_type");
  types.integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 1, 4, 9, 5});
  check_no_tokenizer(types, Fault::unsupported, "token 8 is of type 9");
  GgufFile unused = pieces();
  unused.erase("tokenizer.ggml.token_type");
  unused.integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 5, 1, 4, 3, 5});
  check_no_tokenizer(unused, Fault::unsupported, "token 5 is marked as unused");
  unused.erase("tokenizer.ggml.token_type");
  unused.integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 6, 1, 4, 3, 5});
  check_no_tokenizer(unused, Fault::corrupt, "token 5, 'b', should be a byte but is none");
}

TEST_CASE("tokens that are no bytes, the same byte twice or empty do not pass") {
  const auto with = [](const std::vector<std::string>& tokens, const std::vector<int>& types) {
    GgufFile file;
    file.text("general.architecture", "llama").text("tokenizer.ggml.model", "llama");
    file.texts("tokenizer.ggml.tokens", tokens).integers("tokenizer.ggml.token_type", types);
    return file.reals("tokenizer.ggml.scores", std::vector<float>(tokens.size()));
  };
  for (const char* byte : {"<0x-1>", "<0xGG>", "<0x0a>", "<0x00", "a", ""})
    check_no_tokenizer(with({"<unk>", byte}, {2, 6}), Fault::corrupt, "token 1, '");
  CHECK(says(GgufScratch().refusal(with({"<unk>", "<0x41>", "<0x41>"}, {2, 6, 6})),
             "tokens 1 and 2 of the tokenizer are the same byte"));
  CHECK(vocabulary_of(with({"<unk>", ""}, {2, 1})).types[1] == TokenType::unused);
  CHECK(says(GgufScratch().refusal(with({"<unk>", std::string(2000, 'a')}, {2, 1})),
             "is 2000 bytes long"));
  CHECK(convert::convert(GgufScratch().save(with({"<unk>", "a", "a"}, {2, 1, 1}))));
}

TEST_CASE("lists of a tokenizer that are missing, short or of another type are refused by name") {
  for (const char* key : {"tokenizer.ggml.tokens", "tokenizer.ggml.scores"}) {
    GgufFile file = pieces();
    file.erase(key);
    check_no_tokenizer(file, Fault::corrupt, core::say("'", key, "' is missing"));
    check_no_tokenizer(file.text(key, "x"), Fault::corrupt,
                       core::say("'", key, "' is not the list"));
  }
  GgufFile texts = pieces();
  texts.erase("tokenizer.ggml.scores");
  check_no_tokenizer(texts.texts("tokenizer.ggml.scores", {"x"}), Fault::corrupt,
                     "is not the list");
  GgufFile few = pieces();
  few.erase("tokenizer.ggml.scores");
  check_no_tokenizer(few.reals("tokenizer.ggml.scores", {1}), Fault::corrupt,
                     "has 1 items for 10 tokens");
  GgufFile merges = byte_level();
  merges.erase("tokenizer.ggml.merges");
  check_no_tokenizer(merges, Fault::corrupt, "'tokenizer.ggml.merges' is missing");
  check_no_tokenizer(merges.texts("tokenizer.ggml.merges", {"a c"}), Fault::corrupt,
                     "merge 0 names 'c'");
  GgufFile id = pieces();
  check_no_tokenizer(id.number("tokenizer.ggml.bos_token_id", 10), Fault::corrupt,
                     "'tokenizer.ggml.bos_token_id' is 10, outside the vocabulary of 10 tokens");
  GgufFile map = pieces();
  check_no_tokenizer(map.text("tokenizer.ggml.precompiled_charsmap", "x"), Fault::corrupt,
                     "is not a list of bytes");
  GgufFile nan = pieces();
  nan.erase("tokenizer.ggml.scores");
  nan.reals("tokenizer.ggml.scores", {0, 0, 0, -3, -4, -5, -1, -1000, -1000, NAN});
  CHECK(says(GgufScratch().refusal(nan), "score of token 9"));
}

TEST_CASE("a GGUF file without tensors becomes a file with a tokenizer, which nothing runs") {
  const GgufScratch scratch;
  const auto report = convert::convert(scratch.save(pieces()));
  REQUIRE_MESSAGE(report, support::why(report));
  CHECK(report->tokenizer);
  CHECK(report->tensors.empty());
  const std::string out = scratch.path("out.linnet");
  const auto model = Model::open(out);
  REQUIRE_FALSE(model);
  CHECK(static_cast<int>(model.error().fault) == static_cast<int>(Fault::unsupported));
  CHECK(says(model.error(), "out.linnet: it holds a tokenizer and no model"));
  GgufFile nothing;
  CHECK(says(GgufScratch().refusal(nothing.text("general.architecture", "llama")),
             "neither tensors nor a tokenizer"));
  convert::Options options = scratch.save(pieces());
  options.tensor_types = {"*=f32"};
  CHECK_FALSE(convert::convert(options));
}

TEST_CASE("the vocabularies of llama.cpp give the published ids through the converted file") {
  const auto assets = support::assets();
  if (!assets) return;
  for (const char* name : {"gpt-2", "llama-spm", "bert-bge"}) {
    CAPTURE(std::string(name));
    const std::string gguf =
        (*assets / "tokenizers/llama.cpp-vocabs" / core::say("ggml-vocab-", name, ".gguf"));
    const support::Scratch scratch;
    const auto report = convert::convert({.input = gguf, .output = scratch.path("v.linnet")});
    REQUIRE_MESSAGE(report, support::why(report));
    const auto bundle = io::read_model(scratch.path("v.linnet"), {.verify = true});
    REQUIRE_MESSAGE(bundle, support::why(bundle));
    const auto tokenizer = text::Tokenizer::from(*bundle);
    REQUIRE_MESSAGE(tokenizer, support::why(tokenizer));
    const auto cases = support::published_cases(gguf + ".inp");
    REQUIRE(cases.size() == 46);
    for (const support::Case& one : cases) {
      CAPTURE(one.text);
      CHECK(tokenizer->encode(one.text, support::kBare) == one.ids);
    }
  }
}
