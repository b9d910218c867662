#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/text/framer.h"
#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"

// Against the libraries `tokenizers` and `sentencepiece`: tests/golden/make_tokenizer_golden.py,
// make_words_golden.py and make_unigram_golden.py.

using namespace linnet;
using support::kBare;

namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(LINNET_SOURCE_DIR) / "tests/golden/tokenizer";

void check_cases(const text::Tokenizer& tokenizer, const std::string& name) {
  const auto cases = nlohmann::json::parse(support::whole_file(kGolden / (name + ".cases.json")));
  REQUIRE(cases.size() > 50);
  text::EncodeOptions special = kBare;
  special.parse_special = true;
  for (const auto& one : cases) {
    const auto text = one["text"].get<std::string>();
    const auto ids = one["ids"].get<std::vector<int>>();
    CAPTURE(text);
    CHECK(tokenizer.encode(text, kBare) == ids);
    if (one.contains("special"))
      CHECK(tokenizer.encode(text, special) == one["special"].get<std::vector<int>>());
    if (std::find(ids.begin(), ids.end(), tokenizer.unknown()) != ids.end()) continue;
    const std::string decoded = one.value("decoded", text);
    CHECK(text::repaired(tokenizer.decode(ids, {.special = true})) == decoded);
  }
}

void check_json(const std::string& name) {
  const auto file = (kGolden / (name + ".json")).string();
  check_cases(support::tokenizer_of(convert::read_tokenizer_json(file)), name);
}

void check_model(const std::string& name) {
  const auto file = (kGolden / (name + ".model")).string();
  check_cases(support::tokenizer_of(convert::read_sentencepiece_model(file)), name);
}

}  // namespace

TEST_CASE("Llama 3's way of cutting words gives the ids of the Hugging Face library") {
  check_json("llama3_words");
}

TEST_CASE("GPT-2's words behind an added blank give the ids of the Hugging Face library") {
  check_json("gpt2_words_prefix");
}

TEST_CASE("Today's ways of cutting words give the ids of the Hugging Face library") {
  for (const char* name :
       {"qwen2_words", "neox_words", "codegen_words", "starcoder_words", "falcon_words",
        "deepseek_coder_words", "deepseek_words", "bloom_words"}) {
    CAPTURE(name);
    check_json(name);
  }
}

TEST_CASE("WordPiece, uncased and cased, gives the ids of the Hugging Face library") {
  check_json("bert_uncased");
  check_json("bert_cased");
  const auto assets = support::assets();
  if (!assets) return;
  const support::Scratch scratch;
  const std::string vocabulary = scratch.write(
      "vocab.txt", support::whole_file(*assets / "tokenizers/bert/bert-base-cased-vocab.txt"));
  scratch.write("tokenizer_config.json", R"({"do_lower_case": false})");
  check_cases(support::tokenizer_of(convert::read_bert_files(vocabulary)), "bert_cased_vocab");
}

TEST_CASE("ALBERT's quotes, case and accents go before the map, as in the Hugging Face library") {
  check_json("albert");
}

TEST_CASE("Pairs of texts are framed and cut as the Hugging Face library does") {
  for (const std::string name : {"bert_uncased", "bert_cased"}) {
    const auto vocabulary = convert::read_tokenizer_json((kGolden / (name + ".json")).string());
    REQUIRE(vocabulary);
    core::BundleBuilder builder;
    convert::add_settings(*vocabulary, builder);
    const auto framer = text::Framer::from(builder.build(), support::tokenizer_of(vocabulary));
    REQUIRE(framer);
    const auto cases = nlohmann::json::parse(support::whole_file(kGolden / (name + ".pairs.json")));
    REQUIRE(cases.size() > 30);
    for (const auto& one : cases) {
      CAPTURE(one.dump());
      text::FrameOptions options;
      if (one["most"] != 0) options.most = one["most"].get<int>();
      const auto first = one["first"].get<std::string>();
      const auto framed = one.contains("second")
                              ? framer->frame(first, one["second"].get<std::string>(), options)
                              : framer->frame(first, options);
      REQUIRE(framed);
      CHECK(framed->ids == one["ids"].get<std::vector<int>>());
      CHECK(framed->types == one["types"].get<std::vector<int>>());
    }
  }
}

TEST_CASE("Merges over characters with byte fallback give the ids of the Hugging Face library") {
  check_json("prepend");
}

TEST_CASE("Metaspace before the first section only gives the ids of the Hugging Face library") {
  check_json("metaspace_first");
}

TEST_CASE("Metaspace that splits at every blank gives the ids of the Hugging Face library") {
  check_json("metaspace_split");
}

TEST_CASE("User-defined symbols and byte fallback give the ids of SentencePiece") {
  check_model("spm_bytes");
}

TEST_CASE("Collapsed blanks and runs of unknown characters give the ids of SentencePiece") {
  check_model("spm_unknown");
}

TEST_CASE("Pieces that span words give the ids of SentencePiece") { check_model("spm_no_prefix"); }

TEST_CASE("Llama 2's own vocabulary gives the ids of SentencePiece") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto file = *assets / "tokenizers/llama/llama2-tokenizer.model";
  check_cases(support::tokenizer_of(convert::read_sentencepiece_model(file.string())), "llama2");
}

TEST_CASE("Unigrams behind a character map, with byte fallback, give the ids of SentencePiece") {
  check_model("unigram_bytes");
}

TEST_CASE("Unigrams that span words, without an added blank, give the ids of SentencePiece") {
  check_model("unigram_unknown");
}

TEST_CASE("Merges behind a character map give the ids of SentencePiece") {
  check_model("bpe_mapped");
}

TEST_CASE("Pieces with the blank behind them give the ids of SentencePiece") {
  check_model("unigram_suffix");
  check_model("bpe_suffix");
}

TEST_CASE("Real unigram vocabularies give the ids of SentencePiece") {
  const auto assets = support::assets();
  if (!assets) return;
  for (const auto& [name, file] :
       {std::pair("t5", "t5/t5_tokenizer_base.model"),
        std::pair("unigram_test", "sentencepiece/test_model.model"),
        std::pair("unigram_torchtext", "sentencepiece/torchtext_spm_example.model"),
        std::pair("firefox", "firefox-spm/vocab.spm"),
        std::pair("firefox_zhen", "firefox-spm/vocab.zhen.spm")}) {
    const auto path = (*assets / "tokenizers" / file).string();
    check_cases(support::tokenizer_of(convert::read_sentencepiece_model(path)), name);
  }
}
