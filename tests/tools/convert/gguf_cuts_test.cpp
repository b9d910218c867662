#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "engine/text/tokenizer.h"
#include "tests/engine/text/support.h"
#include "tests/tools/convert/files.h"
#include "tests/tools/convert/gguf_file.h"
#include "tests/tools/convert/vocabulary.h"
#include "tools/convert/checkpoint/gguf.h"

using namespace linnet;
using support::GgufFile;

// How words are cut by the name in `tokenizer.ggml.pre`, against llama.cpp
// (tests/golden/make_gguf_cuts.py).
namespace {

const nlohmann::json& expected() {
  static const nlohmann::json json =
      nlohmann::json::parse(support::contents(LINNET_SOURCE_DIR "/tests/golden/gguf/cuts.json"));
  return json;
}

text::Tokenizer tokenizer_named(const std::string& name) {
  const auto tokens = expected()["tokens"].get<std::vector<std::string>>();
  GgufFile file;
  file.text("general.architecture", "llama").text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", name).texts("tokenizer.ggml.tokens", tokens);
  file.texts("tokenizer.ggml.merges", expected()["merges"].get<std::vector<std::string>>());
  file.number("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(tokens.size() - 1));
  file.flag("tokenizer.ggml.add_bos_token", false);
  const support::Scratch scratch;
  auto opened = convert::Gguf::open(scratch.write("m.gguf", file.bytes()));
  REQUIRE_MESSAGE(opened, support::why(opened));
  return support::tokenizer_of(
      convert::parse_gguf_tokenizer((*opened)->fields()["tokenizer"], "llama", "m.gguf"));
}

// The models' own tokenizers, which ours follow, cut digits otherwise: Falcon's from the blank
// before them, DeepSeek LLM's from one another (tests/golden/make_words_golden.py).
bool differs(const std::string& name, const std::string& text) {
  return (name == "falcon" || name == "deepseek-llm") &&
         text.find_first_of("0123456789") != std::string::npos;
}

}  // namespace

TEST_CASE("words of GGUF files are cut as llama.cpp cuts them, whichever way they name") {
  const auto& texts = expected()["texts"];
  int names = 0;
  for (const auto& cut : expected()["cuts"])
    for (const auto& named : cut["names"]) {
      const auto name = named.get<std::string>();
      CAPTURE(name);
      const text::Tokenizer tokenizer = tokenizer_named(name);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto text = texts[i].get<std::string>();
        if (differs(name, text)) continue;
        CAPTURE(text);
        CHECK(tokenizer.encode(text) == cut["ids"][i].get<std::vector<int>>());
      }
      ++names;
    }
  CHECK(names == 18);
}
