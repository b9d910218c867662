// Encoder-decoders in the shapes that people use, with random weights: they run in every batch and
// with every beam, and take the memory that info says.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/model/tensors.h"
#include "kernels/kernels.h"
#include "tests/support/assets.h"
#include "tests/support/fastest.h"
#include "tests/support/scratch.h"
#include "tests/support/slow.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/peak.h"
#include "tests/tools/linnet/tiny_files.h"
#include "tools/linnet/random_model.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using nlohmann::json;
using tools::TranslatorShape;

constexpr int kTokens = 32;        // of a source, and the context: two pages of keys and values
constexpr int kTargetTokens = 20;  // reaches into every page
constexpr std::int64_t kSlack = 4 << 20;  // of the program itself, as the README has it

std::int64_t parameters_of(const TranslatorShape& shape, std::string_view part) {
  std::int64_t all = 0;
  model::for_each_tensor(tools::translator_spec(shape), [&](const model::TensorShape& tensor) {
    if (tensor.name.starts_with(part)) all += std::int64_t{tensor.out} * tensor.in;
  });
  return all;
}

// The shapes of Marian models that a browser translates with. In their decoders a recurrent cell
// (SSRU) stands in place of self attention; with attention they have the same widths, depths, heads
// and vocabulary, and keys and values of their own.
std::vector<TranslatorShape> browser_shapes(const std::filesystem::path& folder) {
  std::vector<TranslatorShape> shapes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    const json all = json::parse(in), config = all["modelConfig"];
    CHECK(config["dim-vocabs"][0] == config["dim-vocabs"][1]);
    CHECK(config["tied-embeddings-all"] == true);
    const TranslatorShape shape{.d_model = config["dim-emb"],
                                .encoder_layers = config["enc-depth"],
                                .decoder_layers = config["dec-depth"],
                                .heads = config["transformer-heads"],
                                .d_ff = config["transformer-dim-ffn"],
                                .vocab = config["dim-vocabs"][0]};
    // Its file has a scale beside each of the six matrices of a layer.
    CHECK(parameters_of(shape, "encoder.") + 6 * shape.encoder_layers ==
          all["modelStatistics"]["encoder_parameters"]);
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
  }
  std::sort(shapes.begin(), shapes.end(), [](const TranslatorShape& a, const TranslatorShape& b) {
    return a.d_model < b.d_model;
  });
  return shapes;
}

// Lines of so many known words, each line another one.
std::string sources(int lines) {
  std::string text;
  for (int line = 0; line < lines; ++line)
    for (int word = 1; word < kTokens; ++word)  // and the end token
      text += "w" + std::to_string(line * 37 + word * 101) + (word + 1 < kTokens ? " " : "\n");
  return text;
}

struct Translator {
  Scratch scratch;
  std::string model;

  explicit Translator(const TranslatorShape& shape) {
    core::Bundle bundle = tools::random_model(tools::translator_spec(shape), core::Dtype::i8, 1);
    speak(bundle, {numbered_words(shape.vocab)});
    model = write(scratch, "model", bundle);
  }

  // A batch of so many sources goes through the model together, and every target is as long as it
  // may be.
  void check(int batch, int beams) const {
    const std::string together = std::to_string(kTokens * batch);
    const std::string context = std::to_string(kTokens), length = std::to_string(kTargetTokens);
    const std::vector<std::string> sizes = {
        "-m",     model,   "-c", context, "-b", std::to_string(beams), "--batch-tokens",
        together, "--json"};
    std::vector<std::string> call = {"translate", "-n", length, "--min-tokens", length};
    call.insert(call.end(), sizes.begin(), sizes.end());
    const Ended ended = run("linnet", call, {.input = sources(batch)});
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == batch + 1);
    CHECK(ended.out.find("\"target_tokens\":" + std::to_string(batch * kTargetTokens)) !=
          std::string::npos);
    if (!peaks_are_ours()) return;
    call = {"info"};
    call.insert(call.end(), sizes.begin(), sizes.end());
    const Ended said = run("linnet", call);
    REQUIRE(said.code == 0);
    const auto total = json::parse(said.out)["memory"]["total_bytes"].get<std::int64_t>();
    const std::int64_t peak = reported_peak(ended.out);
    CAPTURE(batch);
    CAPTURE(beams);
    CHECK(peak <= total + kSlack);
    CHECK(total <= peak + peak / 10 + kSlack);
  }
};

TEST_CASE("The paper's base shape and those of browsers run in batches and take what info says") {
  // Sizes are the same with every table, so only the fastest one does all of it.
  const bool fast = peaks_are_ours() && fastest_is_active();
  std::vector<TranslatorShape> shapes;
  if (const auto folder = assets()) shapes = browser_shapes(*folder / "firefox-model-configs");
  if (fast || shapes.empty()) shapes.emplace_back();
  if (!fast) shapes.resize(1);
  for (const TranslatorShape& shape : shapes) {
    const std::string which =
        core::say(shape.d_model, ", ", shape.encoder_layers, " + ", shape.decoder_layers);
    CAPTURE(which);
    const Translator translator(shape);
    if (!fast) {
      very_slow() ? translator.check(1, 1) : translator.check(2, 4);
      continue;
    }
    for (const int batch : {1, 8, 32})
      for (const int beams : {1, 4, 8}) translator.check(batch, beams);
  }
}

TEST_CASE("The base shape has as many parameters as the paper's base model with this vocabulary") {
  // 65 million with its vocabulary of about 37 000 (Vaswani et al., 2017, table 3).
  CHECK(parameters_of({}, "embed.") == 512 * 32'000);
  CHECK(parameters_of({.vocab = 37'000}, "") == 63'082'496);
  CHECK(parameters_of({}, "head.") == 0);  // one matrix
}

TEST_CASE("bench has a row for every length, batch, beam and number of threads") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_translator());
  for (const std::vector<std::string>& subject :
       {std::vector<std::string>{"--seq2seq-shape", "64,1,2,4,128,300"}, {"-m", model}}) {
    std::vector<std::string> call = {"bench", "--source-tokens",
                                     "3,5",   "--target-tokens",
                                     "4,17",  "--batch",
                                     "1,3",   "-b",
                                     "1,2",   "-t",
                                     "1,2",   "--repeats",
                                     "1",     "--json"};
    call.insert(call.end(), subject.begin(), subject.end());
    const Ended ended = run("linnet", call);
    CAPTURE(ended.said);
    CHECK(ended.code == 0);
    int rows = 0;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) rows += json::parse(line)["event"] == "timing";
    CHECK(rows == 32);
    const json first = json::parse(ended.out.substr(0, ended.out.find('\n')));
    CHECK(first["test"] == "3 to 4 tokens, batch 1, beam 1");
    CHECK(first["unit"] == "tokens/s");
    CHECK(first["median"].get<double>() > 0);
    CHECK(ended.out.find("5 to 17 tokens, batch 3, beam 2") != std::string::npos);
  }
}

}  // namespace
