#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/encode/encoder.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/files.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

// embed, classify and fill-mask: what they write, line by line, and what they refuse.
namespace {

using namespace linnet;
using namespace linnet::support;
using Words = std::vector<std::string>;

// A committed random encoder with a vocabulary of letters and some words.
struct Reader {
  explicit Reader(const std::string& golden) {
    const std::string from = LINNET_SOURCE_DIR "/tests/golden/readers/" + golden;
    for (const char* name : {"config.json", "model.safetensors"})
      std::filesystem::copy_file(from + "/" + name, folder.path(name));
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char letter = 'a'; letter <= 'z'; ++letter) words += std::string(1, letter) + "\n";
    for (char letter = 'a'; letter <= 'z'; ++letter) words += "##" + std::string(1, letter) + "\n";
    for (int i = 0; i < 23; ++i) words += "word" + std::to_string(i) + "\n";
    folder.write("vocab.txt", words);
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})");
    const auto report = convert::convert(
        {.input = folder.path("."), .output = file, .tokenizer = "", .type = core::Dtype::f32});
    if (!report) FAIL(report.error().sentence);
  }
  Words call(const std::string& command, const Words& more) const {
    return with({command, "-m", file}, more);
  }

  Scratch folder, models;
  std::string file = models.path("model.linnet");
};

std::string quiet(const Words& call, const std::string& input = "") {
  const Ended ended = run("linnet", with(call, {"--quiet"}), {.input = input});
  CAPTURE(ended.said);
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
  return ended.out;
}

void refused(const Words& call, int code, const std::string& sentence,
             const std::string& input = "") {
  const Ended ended = run("linnet", call, {.input = input});
  CAPTURE(ended.said);
  CHECK(ended.code == code);
  CHECK(ended.out == "");
  CHECK(ended.said.find(sentence) != std::string::npos);
}

std::vector<float> numbers_in(const std::string& line) {
  std::istringstream words(line);
  std::vector<float> numbers;
  for (std::string word; words >> word;) numbers.push_back(std::stof(word));
  return numbers;
}

TEST_CASE("embed writes what the engine makes of a text, the mean of its tokens") {
  const Reader reader("bert-bare");
  const auto model = Model::open(reader.file);
  REQUIRE(model);
  auto encoder =
      encode::Encoder::open(model->transformer(), {.positions = 48, .cache = model::PageType::f16});
  REQUIRE(encoder);
  const std::vector<int> ids = {2, 57, 5, 32, 3};  // [CLS] word0 a ##b [SEP]
  const encode::Sequence sequence{.tokens = ids};
  REQUIRE(encoder->encode({&sequence, 1}));
  const core::Mat hidden = encoder->hidden(0);
  const std::vector<float> given = numbers_in(quiet(reader.call("embed", {"-p", "word0 ab"})));
  REQUIRE(given.size() == 24);
  for (int i = 0; i < 24; ++i) {
    double sum = 0;
    for (int row = 0; row < hidden.rows; ++row) sum += double{hidden.row(row)[i]};
    CHECK(double{given[static_cast<std::size_t>(i)]} == doctest::Approx(sum / 5).epsilon(1e-5));
  }
  const core::Mat first = encoder->hidden(0);
  const auto of_first =
      numbers_in(quiet(reader.call("embed", {"-p", "word0 ab", "--pooling", "first"})));
  for (int i = 0; i < 24; ++i) CHECK(of_first[static_cast<std::size_t>(i)] == first.row(0)[i]);
}

TEST_CASE("embed: as many lines as it was given, scaled to length one if so wished, or as a file") {
  const Reader reader("bert-bare");
  const std::string lines = "word0 a\n\nword1\n";
  std::istringstream out(quiet(reader.call("embed", {"--normalize", "yes"}), lines));
  std::string first, empty, third, rest;
  REQUIRE(std::getline(out, first));
  REQUIRE(std::getline(out, empty));
  REQUIRE(std::getline(out, third));
  CHECK_FALSE(std::getline(out, rest));
  CHECK(empty.empty());
  double squares = 0;
  for (const float number : numbers_in(first)) squares += double{number} * double{number};
  CHECK(squares == doctest::Approx(1).epsilon(1e-6));

  const std::string npy = reader.models.path("all.npy");
  CHECK(quiet(reader.call("embed", {"--normalize", "yes", "--npy", npy}), lines).empty());
  const std::string bytes = contents(npy);
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(bytes.find("'shape': (3, 24)") != std::string::npos);
  REQUIRE(bytes.size() % 64 == 3 * 24 * 4 % 64);
  std::vector<float> all(3 * 24);
  std::memcpy(all.data(), bytes.data() + bytes.size() - all.size() * 4, all.size() * 4);
  CHECK(std::vector<float>(all.begin(), all.begin() + 24) == numbers_in(first));
  CHECK(std::vector<float>(all.begin() + 24, all.begin() + 48) == std::vector<float>(24));
  CHECK(std::vector<float>(all.begin() + 48, all.end()) == numbers_in(third));

  const auto event = nlohmann::json::parse(
      quiet(reader.call("embed", {"--json", "--normalize", "yes", "-p", "word1"})));
  CHECK(event["event"] == "result");
  CHECK(event["tokens"] == 3);
  CHECK(event["embedding"].size() == 24);
}

TEST_CASE("classify writes the classes of texts and pairs with their probabilities") {
  const Reader reader("bert-sequence");
  std::istringstream one(quiet(reader.call("classify", {"-p", "word3", "-k", "3"})));
  double total = 0, before = 1;
  for (std::string label, share; std::getline(one, label, '\t') && one >> share;) {
    CHECK((label == "good" || label == "bad" || label == "ugly"));
    CHECK(std::stod(share) <= before);
    total += before = std::stod(share);
    one.get();
  }
  CHECK(total == doctest::Approx(1).epsilon(1e-5));

  const std::string pairs = quiet(reader.call("classify", {"--pairs", "tab"}), "word3\tword4\n\n");
  CHECK(std::count(pairs.begin(), pairs.end(), '\n') == 2);
  CHECK(pairs != quiet(reader.call("classify", {}), "word3 word4\n\n"));
  refused(reader.call("classify", {"--pairs", "tab"}), 3, "line 1: there must be one tab",
          "word3\n");

  // Its tokenizer knows types of tokens, and it does not.
  const Reader untyped("distilbert-sequence");
  CHECK(quiet(untyped.call("classify", {"--pairs", "tab", "-p", "word3\tword4"})).find('\t') !=
        std::string::npos);

  const Reader tokens("bert-tokens");
  const std::string named = quiet(tokens.call("classify", {"-p", "word3 ab"}));
  CHECK(std::count(named.begin(), named.end(), '/') == 3);
  CHECK(named.starts_with("word3/"));

  const Reader spans("bert-spans");
  const std::string answer =
      quiet(spans.call("classify", {"--pairs", "tab", "-p", "word3\tword4 word5"}));
  CHECK((answer.starts_with("word4") || answer.starts_with("word5")));
}

TEST_CASE("fill-mask writes the best words for each mask") {
  const Reader reader("bert-words");
  const std::string out = quiet(reader.call("fill-mask", {"-k", "2"}), "a [MASK] b [MASK]\n\n");
  CHECK(std::count(out.begin(), out.end(), '\n') == 2);
  CHECK(std::count(out.begin(), out.end(), '\t') == 1);
  CHECK(std::count(out.begin(), out.end(), ' ') == 6);
  const auto event = nlohmann::json::parse(
      quiet(reader.call("fill-mask", {"--json", "-p", "[MASK]", "-k", "80"})));
  double total = 0;
  REQUIRE(event["masks"].size() == 1);
  for (const auto& word : event["masks"][0]) total += word["probability"].get<double>();
  CHECK(total == doctest::Approx(1).epsilon(1e-5));
  refused(reader.call("fill-mask", {"-p", "a b"}), 2, "line 1: there is no [MASK] in it");
  refused(reader.call("fill-mask", {"-p", "a", "--mask", "<blank>"}), 2, "no mark '<blank>'");
}

TEST_CASE("texts that are too long are refused with their line, or cut where that is wished") {
  const Reader reader("bert-sequence");
  std::string longer;
  for (int i = 0; i < 60; ++i) longer += "word1 ";
  refused(reader.call("classify", {"-p", longer}), 4, "line 1: it has 62 tokens");
  CHECK(quiet(reader.call("classify", {"--truncate", "-p", longer})) ==
        quiet(reader.call("classify", {"--truncate", "-p", longer + longer})));
  refused(reader.call("classify", {"-p", "a", "-c", "49"}), 4, "49 positions are more than the 48");
}

TEST_CASE("models and commands that do not fit each other are refused by name") {
  const Reader words("bert-words"), bare("bert-bare");
  refused(bare.call("classify", {"-p", "a"}), 2, "was not trained to classify");
  refused(bare.call("fill-mask", {"-p", "a"}), 2, "was not trained to guess words");
  refused(words.call("generate", {"-p", "a"}), 2, "see linnet embed");
  refused(words.call("translate", {}), 2, "see linnet embed", "a\n");
  const Scratch scratch;
  const std::string writer = support::write(scratch, "writer", tiny_writer());
  refused({"embed", "-m", writer, "-p", "a"}, 2, "see linnet generate");
  CHECK(run("linnet", {"info", words.file}).out.find("embed.types.weight") != std::string::npos);
  CHECK(run("linnet", {"selftest", "-m", words.file}).code == 0);
}

}  // namespace
