#include "tests/tools/convert/vocabulary.h"

#include <cstdio>
#include <map>

#include "tests/support/assets.h"
#include "tools/convert/json.h"

using namespace linnet;
using namespace std::string_literals;
using convert::Json;
using core::Fault;
using support::kNotSupported;
using support::kTokenizers;
using support::refusal;
using support::Scratch;
using text::TokenType;

// The protobuf fields of a model: tokens, then what the trainer and the normalizer say.
TEST_CASE("A SentencePiece model of another kind is refused by name") {
  const std::string tokens =
      "\x0A\x0A\x0A\x01"
      "a\x15\0\0\x80\xBF\x18\x01"s;
  const auto refused = [&](const std::string& specs, const std::string& sentence) {
    const auto read = convert::parse_sentencepiece_model(tokens + specs, "a.model");
    CHECK(refusal(read, Fault::unsupported) == "a.model" + sentence + kNotSupported);
  };
  CHECK(convert::parse_sentencepiece_model(tokens + "\x12\x02\x18\x01", "a.model"));
  refused("\x12\x02\x18\x03", ": it is of the type 'word'");
  refused("\x12\x02\x18\x04", ": it is of the type 'char'");
  refused("\x1A\x02\x38\x01", ": it marks capitals on one way only");
  refused("\x1A\x02\x38\x01\x2A\x02\x40\x01", ": it marks capitals and drops blanks");
  refused("\x2A\x03\x12\x01x", ": it changes decoded text by ''");
}

TEST_CASE(
    "A SentencePiece model that is cut or changed anywhere gives a vocabulary or a sentence") {
  const std::string whole = support::contents(kTokenizers + "spm_unknown.model");
  REQUIRE(whole.size() > 4000);
  const auto reads = [&](const std::string& bytes) {
    const auto vocabulary = convert::parse_sentencepiece_model(bytes, "a.model");
    if (!vocabulary) CHECK(vocabulary.error().sentence.starts_with("a.model"));
    return static_cast<bool>(vocabulary);
  };
  CHECK(reads(whole));
  for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 37)
    reads(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); at += at < 200 ? 1 : 37) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    reads(changed);
  }
  CHECK_FALSE(reads(""));
  CHECK_FALSE(reads("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
  CHECK_FALSE(reads(std::string(40, '\xFF')));
}

namespace {

// tokenizer.bin of llama2.c with the marks, the bytes and one letter.
std::string llama2c(const std::map<int, std::string>& instead = {}) {
  std::string file(4, '\0');
  for (int id = 0; id < 260; ++id) {
    char byte[8];
    std::snprintf(byte, sizeof byte, "<0x%02X>", static_cast<unsigned>(id - 3) & 0xFF);
    std::string token = id < 3 ? "mark" : id < 259 ? byte : "a";
    if (const auto found = instead.find(id); found != instead.end()) token = found->second;
    file += std::string(4, '\0');
    file += static_cast<char>(token.size());
    file += std::string(3, '\0');
    file += token;
  }
  return file;
}

}  // namespace

TEST_CASE("A tokenizer.bin with bytes that are none, or of another size, is refused") {
  const std::string path = "tokenizer.bin";
  const auto read = [&](const std::string& bytes, int size) {
    return convert::parse_llama2c_tokenizer(bytes, path, size);
  };
  const std::string whole = llama2c();
  REQUIRE(read(whole, 260));
  for (const char* odd : {"<0x-1>", "<0xGG>", "<0x0a>", "<0x0>", "", "0x00", "<0x01>"})
    CHECK(refusal(read(llama2c({{3, odd}}), 260), Fault::corrupt) ==
          path + ": token 3 should be the byte 0 but is '" + odd + "'");
  CHECK(refusal(read(whole, 259), Fault::corrupt) ==
        path + " holds more than the 259 tokens of the model");
  CHECK(refusal(read(whole, 261), Fault::corrupt) == path + " ends within token 260 of 261");
  for (std::size_t size = 0; size < whole.size(); size += 5)
    refusal(read(whole.substr(0, size), 260), Fault::corrupt);
  std::string longer = whole;
  longer[8] = '\xFF', longer[9] = '\xFF', longer[10] = '\xFF', longer[11] = '\xFF';
  CHECK(refusal(read(longer, 260), Fault::corrupt) == path + " ends within token 0 of 260");
}

TEST_CASE("The bytes of every GPT-2 token come out of their printable stand-ins") {
  const Scratch scratch;
  scratch.write("vocab.json",
                R"({"\u0120a": 0, "\u0100": 1, "\u0143": 2, "\u00ac": 3, "<|endoftext|>": 4})");
  const auto v = convert::read_gpt2_files(scratch.path("vocab.json"),
                                          scratch.write("merges.txt", "#version: 0.2\n"));
  REQUIRE(v);
  CHECK(v->tokens ==
        std::vector<std::string>{" a", std::string(1, '\0'), "\xAD", "\xAC", "<|endoftext|>"});
  CHECK(v->end == 4);
  CHECK(v->types[4] == TokenType::control);
}

TEST_CASE("A folder's tokenizer.json comes before its tokenizer.model unless it is unsupported") {
  const Scratch scratch;
  const std::string folder = scratch.path("");
  CHECK_FALSE(convert::has_vocabulary(folder));
  CHECK(refusal(convert::read_vocabulary(folder), Fault::io) ==
        folder +
            " has no tokenizer: neither tokenizer.json nor tokenizer.model nor spiece.model nor "
            "vocab.json with merges.txt nor vocab.txt");
  scratch.write("tokenizer.model", support::contents(kTokenizers + "spm_bytes.model"));
  CHECK(convert::has_vocabulary(folder));
  CHECK(convert::read_vocabulary(folder)->size() == 700);
  Json json = Json::parse(support::contents(kTokenizers + "llama3_words.json"));
  scratch.write("tokenizer.json", json.dump());
  CHECK(convert::read_vocabulary(folder)->size() == 704);
  json["normalizer"] = {{"type", "NFD"}};
  scratch.write("tokenizer.json", json.dump());
  CHECK(convert::read_vocabulary(folder)->size() == 700);
  scratch.write("tokenizer.json", "{");
  refusal(convert::read_vocabulary(folder), Fault::corrupt);
}

TEST_CASE("The small files of a folder say which tokens begin and end a text") {
  const Scratch scratch;
  const std::string folder = scratch.path("");
  scratch.write("tokenizer.model", support::contents(kTokenizers + "spm_bytes.model"));
  SUBCASE("without them, the model begins a text and does not end it") {
    const auto v = convert::read_vocabulary(folder);
    REQUIRE(v);
    CHECK(v->begin == 1);
    CHECK(v->end == 2);
    CHECK(v->add_begin);
    CHECK_FALSE(v->add_end);
  }
  SUBCASE("flags, added tokens and several ends") {
    scratch.write("tokenizer_config.json", R"({"add_bos_token": false, "add_eos_token": true,
        "eos_token": {"content": "<|im_end|>"}, "pad_token": "<pad>",
        "added_tokens_decoder": {
          "0": {"content": "<unk>", "special": true},
          "700": {"content": "<|im_end|>", "special": true, "rstrip": true},
          "701": {"content": "<call>", "special": false}}})");
    scratch.write("added_tokens.json", R"({"<pad>": 702})");
    scratch.write("generation_config.json", R"({"eos_token_id": [2, 700], "temperature": 0.6})");
    const auto v = convert::read_vocabulary(folder);
    REQUIRE_MESSAGE(v, v.error().sentence);
    CHECK(v->size() == 703);
    CHECK(v->tokens[700] == "<|im_end|>");
    CHECK(v->types[700] == TokenType::control);
    CHECK(v->types[701] == TokenType::added);
    CHECK(v->types[0] == TokenType::unknown);
    CHECK(v->pad == 702);
    CHECK_FALSE(v->add_begin);
    CHECK(v->add_end);
    CHECK(v->ends == std::vector<std::int32_t>{2, 700});
    CHECK(v->strip_right == std::vector<std::int32_t>{700});
  }
  SUBCASE("an end that is no token is refused") {
    scratch.write("special_tokens_map.json", R"({"eos_token": "<odd>"})");
    CHECK(refusal(convert::read_vocabulary(folder), Fault::corrupt) ==
          scratch.path("special_tokens_map.json") +
              ": the eos_token '<odd>' is not in the vocabulary");
  }
  SUBCASE("a number past the vocabulary is refused") {
    scratch.write("generation_config.json", R"({"eos_token_id": 700})");
    CHECK(refusal(convert::read_vocabulary(folder), Fault::corrupt) ==
          scratch.path("generation_config.json") +
              ": eos_token_id is 700, outside the vocabulary of 700 tokens");
  }
  SUBCASE("an added token that takes another's number is refused") {
    scratch.write("added_tokens.json", R"({"<pad>": 300})");
    const auto sentence = refusal(convert::read_vocabulary(folder), Fault::corrupt);
    CHECK(sentence.starts_with(scratch.path("added_tokens.json") +
                               ": the added token '<pad>' has the number of '"));
  }
}

TEST_CASE("A vocabulary grows to the size of its model and never shrinks") {
  auto v = convert::read_sentencepiece_model(kTokenizers + "spm_bytes.model");
  REQUIRE(v);
  REQUIRE(convert::fit(*v, 704));
  CHECK(v->size() == 704);
  CHECK(v->types[703] == TokenType::unused);
  CHECK(v->scores.size() == 704);
  const auto smaller = convert::fit(*v, 703);
  REQUIRE_FALSE(smaller);
  CHECK(smaller.error().sentence == "the tokenizer has 704 tokens but the model only 703");
  v->begin = 704;
  const auto unchecked = convert::fit(*v, 704);
  REQUIRE_FALSE(unchecked);
  CHECK(unchecked.error().sentence ==
        "the setting 'tokenizer.begin' is 704, outside the vocabulary of 704 tokens");
}
