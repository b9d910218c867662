#include <nlohmann/json.hpp>

#include "engine/text/stream_decoder.h"
#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"
#include "tests/support/assets.h"

using namespace linnet;
using support::Case;
using support::kBare;

namespace {

std::string streamed(const text::Tokenizer& tokenizer, const std::vector<int>& ids) {
  text::StreamDecoder decoder(tokenizer);
  std::string text;
  for (const int id : ids) {
    const std::string_view part = decoder.feed(id);
    CHECK(text::is_utf8(part));
    text += part;
  }
  return text += decoder.flush();
}

void check_all(const text::Tokenizer& tokenizer, const std::filesystem::path& cases) {
  const std::vector<Case> all = support::published_cases(cases);
  REQUIRE(all.size() == 46);
  for (const Case& one : all) {
    CAPTURE(one.text);
    CHECK(tokenizer.encode(one.text, kBare) == one.ids);
    CHECK(tokenizer.decode(one.ids) == one.text);
    CHECK(streamed(tokenizer, one.ids) == one.text);
  }
}

}  // namespace

TEST_CASE("GPT-2 from its two files spells llama.cpp's strings as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers/gpt2";
  const auto tokenizer = support::tokenizer_of(convert::read_vocabulary(folder.string()));
  check_all(tokenizer, *assets / "tokenizers/llama.cpp-vocabs/ggml-vocab-gpt-2.gguf.inp");
  CHECK(tokenizer.end() == 50256);
  CHECK(tokenizer.is_end(50256));
  CHECK(tokenizer.is_special(50256));
  CHECK_FALSE(tokenizer.adds_begin());
}

TEST_CASE("GPT-2 spells the French text of swift-coreml-transformers as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers/gpt2";
  const auto tokenizer = support::tokenizer_of(convert::read_vocabulary(folder.string()));
  const auto json =
      nlohmann::json::parse(support::whole_file(folder / "swift_encoded_tokens.json"));
  const auto text = json["text"].get<std::string>();
  const auto ids = json["token_ids"].get<std::vector<int>>();
  REQUIRE(ids.size() > 100);
  CHECK(tokenizer.encode(text, kBare) == ids);
  CHECK(tokenizer.decode(ids) == text);
}

TEST_CASE("RoBERTa from tokenizer.json spells llama.cpp's strings as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto file = *assets / "tokenizers/onnxruntime-ext/roberta-base_tokenizer.json";
  const auto tokenizer = support::tokenizer_of(convert::read_tokenizer_json(file.string()));
  check_all(tokenizer, *assets / "tokenizers/llama.cpp-vocabs/ggml-vocab-roberta-bpe.gguf.inp");
  CHECK(tokenizer.adds_begin());
  CHECK(tokenizer.adds_end());
  CHECK(tokenizer.encode("") == std::vector<int>{0, 2});
}

TEST_CASE("RoBERTa from its two files spells llama.cpp's strings as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers/onnxruntime-ext";
  const auto tokenizer = support::tokenizer_of(
      convert::read_gpt2_files((folder / "roberta-base_vocab.json").string(),
                               (folder / "roberta-base_merges.txt").string()));
  check_all(tokenizer, *assets / "tokenizers/llama.cpp-vocabs/ggml-vocab-roberta-bpe.gguf.inp");
}

TEST_CASE("Llama 2 from any of its three files spells llama.cpp's strings as published") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers";
  const auto cases = folder / "llama.cpp-vocabs/ggml-vocab-llama-spm.gguf.inp";
  SUBCASE("tokenizer.model") {
    const auto file = folder / "llama/llama2-tokenizer.model";
    check_all(support::tokenizer_of(convert::read_sentencepiece_model(file.string())), cases);
  }
  SUBCASE("tokenizer.json") {
    const auto file = folder / "onnxruntime-ext/llama2_tokenizer.json";
    check_all(support::tokenizer_of(convert::read_tokenizer_json(file.string())), cases);
  }
  SUBCASE("tokenizer.bin of llama2.c") {
    const auto file = folder / "llama/llama2c-tokenizer.bin";
    check_all(support::tokenizer_of(convert::read_llama2c_tokenizer(file.string(), 32000)), cases);
  }
}

TEST_CASE("Scores and merges of Llama 2 agree on all of a long text") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers";
  const auto scored = support::tokenizer_of(
      convert::read_sentencepiece_model((folder / "llama/llama2-tokenizer.model").string()));
  const auto ranked = support::tokenizer_of(
      convert::read_tokenizer_json((folder / "onnxruntime-ext/llama2_tokenizer.json").string()));
  const std::string text = support::whole_file(folder / "sentencepiece/botchan.txt");
  const auto ids = scored.encode(text);
  CHECK(ids == ranked.encode(text));
  CHECK(scored.decode(ids) == text);
}

TEST_CASE("The story model's vocabulary of 512 tokens gives its expected story back") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "stories260K";
  const auto tokenizer =
      support::tokenizer_of(convert::read_llama2c_tokenizer((folder / "tok512.bin").string(), 512));
  const std::string story = support::whole_file(folder / "expected_greedy.txt");
  const auto ids = tokenizer.encode(story);
  REQUIRE(ids.size() > 100);
  CHECK(ids.front() == tokenizer.begin());
  // Its first word begins with a blank, which nobody should see.
  CHECK(tokenizer.piece(ids[1]).starts_with(' '));
  CHECK(streamed(tokenizer, ids) == story);
}
