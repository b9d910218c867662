#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/assets.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/golden.h"
#include "tests/tools/convert/npz_file.h"
#include "tests/tools/linnet/program.h"
#include "tools/convert/checkpoint/npz.h"

// classify and embed with models whose inputs are files: pictures and other vectors.
namespace {

using namespace linnet;
using namespace linnet::support;
using Words = std::vector<std::string>;
using Numbers = std::vector<float>;

const std::string kVision = LINNET_SOURCE_DIR "/tests/golden/vision/";

std::string npy_of_floats(const std::string& shape, const Numbers& numbers) {
  return npy_of<float>("<f4", shape, numbers);
}

// A model file that linnet-convert made of a folder.
struct Converted {
  explicit Converted(const std::string& folder, core::Dtype type = core::Dtype::f32) {
    const auto report =
        convert::convert({.input = folder, .output = file, .tokenizer = "", .type = type});
    if (!report) FAIL(report.error().sentence);
  }
  Words call(const std::string& command, const Words& more) const {
    return with({command, "-m", file, "--quiet"}, more);
  }
  Ended classify(const Words& more) const { return run("linnet", call("classify", more)); }

  Scratch models;
  std::string file = models.path("model.linnet");
};

// A committed BERT without its tables of embeddings, which reads hidden states of 24 numbers.
std::string without_tables(const Scratch& scratch) {
  const std::string from = LINNET_SOURCE_DIR "/tests/golden/readers/bert-sequence";
  SafetensorsFile file;
  for (const RawTensor& raw : load_raw(from + "/model.safetensors"))
    if (raw.name.find("embeddings") == std::string::npos)
      file.add_bytes(raw.name, raw.shape, raw.bytes, raw.dtype);
  auto config = nlohmann::json::parse(contents(from + "/config.json"));
  config["inputs"] = "hidden_states";
  scratch.write("config.json", config.dump());
  scratch.write("model.safetensors", file.bytes());
  return folder_of(scratch);
}

std::map<std::string, RawTensor> expected_of(const std::string& name) {
  std::map<std::string, RawTensor> all;
  for (RawTensor& raw : load_raw(kVision + name + "/expected.safetensors")) all[raw.name] = raw;
  return all;
}

Numbers numbers_in(const RawTensor& raw) {
  Numbers numbers(raw.bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), raw.bytes.data(), raw.bytes.size());
  return numbers;
}

// The scores of a --json line in the order of the labels.
std::map<std::string, double> scores_in(const std::string& line) {
  std::map<std::string, double> scores;
  const auto event = nlohmann::json::parse(line);
  for (const auto& one : event.at("classes")) scores[one["label"]] = one["score"];
  return scores;
}

void check_refused(const Ended& ended, int code, const std::string& sentence) {
  CAPTURE(ended.said);
  CHECK(ended.code == code);
  CHECK(ended.out == "");
  CHECK(ended.said.find(sentence) != std::string::npos);
}

Numbers some_numbers(std::size_t count) {
  Numbers numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(std::sin(static_cast<float>(i)));
  return numbers;
}

}  // namespace

TEST_CASE(
    "a picture becomes the scores that the image processor and the model of transformers give") {
  for (const char* name : {"vit-classes", "vit-cropped"}) {
    CAPTURE(std::string(name));
    const Converted model(kVision + name);
    const Ended ended = model.classify(
        {"-i", kVision + name + "/picture.png", "--json", "-k", "3", "--cache-type", "f32"});
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    const auto scores = scores_in(ended.out);
    const Numbers expected = numbers_in(expected_of(name).at("classes.picture"));
    const char* labels[] = {"cat", "dog", "bird"};
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(scores.at(labels[i]) == doctest::Approx(double{expected[i]}).epsilon(1e-4));
  }
}

TEST_CASE(
    "pictures of numbers are classified as they are, several after one another, of other sizes") {
  const Converted model(kVision + "vit-classes");
  const auto expected = expected_of("vit-classes");
  const Scratch folder;
  const std::string own =
      folder.write("own.npy", npy_of_floats("(3, 32, 32)", numbers_in(expected.at("pixels.0"))));
  const std::string large =
      folder.write("large.npy", npy_of_floats("(3, 48, 48)", numbers_in(expected.at("pixels.1"))));
  const auto check = [&](const Words& flags, const char* wanted) {
    const Ended ended = model.classify(with(flags, {"--json", "-k", "3", "--cache-type", "f32"}));
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    const Numbers scores = numbers_in(expected.at(wanted));
    CHECK(scores_in(ended.out).at("bird") == doctest::Approx(double{scores[2]}).epsilon(1e-4));
  };
  check({"-i", own}, "classes.0");
  check({"-i", large, "--side", "48"}, "classes.1");
  const Ended both = model.classify({"-i", own, "-i", kVision + "vit-classes/picture.png"});
  CHECK(both.code == 0);
  CHECK(std::count(both.out.begin(), both.out.end(), '\n') == 2);
  CHECK(std::count(both.out.begin(), both.out.end(), '\t') == 2);
  const Ended vector = run("linnet", model.call("embed", {"-i", own}));
  CHECK(vector.code == 0);
  CHECK(std::count(vector.out.begin(), vector.out.end(), ' ') == 23);
}

TEST_CASE("hidden states in a NumPy file of any type are classified, and lines say which file") {
  const Scratch scratch, folder;
  const Converted model(without_tables(scratch));
  const Numbers numbers = some_numbers(5 * 24);
  const std::vector<double> doubles(numbers.begin(), numbers.end());
  std::vector<std::uint16_t> halves;
  for (const float number : numbers) halves.push_back(kernels::to_f16(number));
  const std::string f4 = folder.write("f4.npy", npy_of_floats("(5, 24)", numbers)),
                    f8 = folder.write("f8.npy", npy_of<double>("<f8", "(5, 24)", doubles)),
                    f2 = folder.write("f2.npy", npy_of<std::uint16_t>("<f2", "(5, 24)", halves));
  const Ended ended = model.classify({"-i", f4, "-i", f8, "-i", f2});
  REQUIRE(ended.code == 0);
  std::istringstream lines(ended.out);
  std::string first, second, third;
  std::getline(lines, first);
  std::getline(lines, second);
  std::getline(lines, third);
  CHECK(first == second);
  CHECK(first.substr(0, first.find('\t')) == third.substr(0, third.find('\t')));
  const Ended info = run("linnet", {"info", model.file});
  CHECK(info.out.find("reads       vectors of 24 numbers, at most 48 of them") !=
        std::string::npos);
  const Ended pictures = run("linnet", {"info", Converted(kVision + "vit-bare").file});
  CHECK(pictures.out.find("reads       pictures of 24 x 24 pixels, in squares of 8 x 8") !=
        std::string::npos);
}

TEST_CASE("what is not for the model is refused with a sentence: text, vectors, other shapes") {
  const Scratch scratch, folder;
  const Converted model(without_tables(scratch)), pictures(kVision + "vit-classes");
  const Converted words(LINNET_SOURCE_DIR "/tests/golden/readers/bert-sequence");
  const auto file = [&](const char* name, const std::string& bytes) {
    return folder.write(name, bytes);
  };
  const std::string good = file("good.npy", npy_of_floats("(5, 24)", some_numbers(5 * 24)));
  const std::string text = file("text.txt", "A text\n");
  check_refused(model.classify({"-p", "A text"}), 2, "reads vectors of 24 numbers");
  check_refused(model.classify({}), 2, "-i is missing, with a NumPy file");
  check_refused(model.classify({"-i", "-"}), 2, "standard input");
  check_refused(model.classify({"-i", text}), 2, "is no NumPy file (.npy), and");
  check_refused(model.classify({"-i", good, "--truncate"}), 2, "--truncate");
  check_refused(model.classify({"-i", good, "--side", "8"}), 2, "reads no pictures");
  check_refused(pictures.classify({"-i", text}), 3, "neither a PNG");
  check_refused(pictures.classify({"-i", good}), 2, "is of shape [5, 24]");
  check_refused(pictures.classify({"-i", good, "--side", "33"}), 2, "no multiple of 8");
  check_refused(pictures.classify({"-i", folder.path("none.png")}), 5, "none.png");
  check_refused(words.classify({"-i", good}), 2, "is a NumPy file");
  check_refused(run("linnet", model.call("fill-mask", {"-i", good})), 2, "not trained to guess");
  const auto shaped = [&](const char* shape, std::size_t count) {
    return file("shape.npy", npy_of_floats(shape, some_numbers(count)));
  };
  check_refused(model.classify({"-i", shaped("(5, 23)", 115)}), 2, "is of shape [5, 23]");
  check_refused(model.classify({"-i", shaped("(24,)", 24)}), 2, "is of shape [24]");
  check_refused(model.classify({"-i", shaped("(5, 24)", 119)}), 3, "476 bytes of numbers");
  check_refused(model.classify({"-i", shaped("(60, 24)", 1440)}), 4, "more than the 48 positions");
  const auto typed = [&](const char* type, const char* order, std::size_t bytes) {
    return file("type.npy", npy_bytes(type, "(5, 24)", std::string(bytes, '\0'), order));
  };
  check_refused(model.classify({"-i", typed("<i4", "False", 480)}), 3, "type '<i4'");
  check_refused(model.classify({"-i", typed(">f4", "False", 480)}), 3, "type '>f4'");
  check_refused(model.classify({"-i", typed("<f4", "True", 480)}), 3, "column by column");
  Numbers endless = some_numbers(5 * 24);
  endless[30] = HUGE_VALF;
  check_refused(model.classify({"-i", file("endless.npy", npy_of_floats("(5, 24)", endless))}), 2,
                "endless.npy: the vector 1 holds a number that is not finite");
}

TEST_CASE("the keyword transformer names the word in a file of features") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch, folder;
  std::filesystem::create_symlink(*assets / "kwt1/kwt1_weights.npz", scratch.path("model.npz"));
  scratch.write("config.json",
                R"({"model_type": "kwt", "num_layers": 12, "d_model": 64, "mlp_dim": 256,
                    "heads": 1, "dct_num_features": 40, "spectrogram_length": 98,
                    "label_count": 12, "labels": ["_silence_", "_unknown_", "yes", "no", "up",
                    "down", "left", "right", "on", "off", "stop", "go"]})");
  const Converted model(folder_of(scratch), core::Dtype::i8);
  const auto npz = convert::Npz::open((*assets / "kwt1/golden_features_logits.npz").string());
  REQUIRE(npz);
  Words flags;
  for (const char* word : {"yes", "no", "silence", "noise"}) {
    Numbers features(98 * 40);
    REQUIRE((*npz)->read((*npz)->find(std::string(word) + "_features"), 0, features));
    const std::string name = std::string(word) + ".npy";
    flags = with(flags, {"-i", folder.write(name, npy_of_floats("(98, 40)", features))});
  }
  std::istringstream lines(model.classify(flags).out);
  for (const char* heard : {"yes\t", "no\t", "_silence_\t", "down\t"}) {
    std::string line;
    std::getline(lines, line);
    CHECK(line.starts_with(heard));
  }
}
