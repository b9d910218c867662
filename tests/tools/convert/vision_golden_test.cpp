#include <doctest/doctest.h>

#include <array>
#include <map>

#include "engine/encode/encoder.h"
#include "engine/encode/squares.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/golden.h"

using namespace linnet;
using encode::Encoder;
using support::relative_distance;
using support::Scratch;

// Vision Transformers, from somebody's checkpoint to what they answer to pictures of several sizes,
// against what Hugging Face transformers made of the same (tests/golden/make_vision_golden.py).
namespace {

using Numbers = std::vector<float>;

constexpr std::array kModels{"vit-classes", "vit-bare", "vit-cropped"};

std::string vision_folder(std::string_view name) {
  return core::say(LINNET_SOURCE_DIR "/tests/golden/vision/", name);
}

struct Pixels {
  std::string end;  // ".0"
  int height, width;
};

struct Expected {
  std::map<std::string, Numbers> numbers;  // "hidden.0"
  std::vector<Pixels> pictures;
};

Expected read_expected(std::string_view name) {
  Expected expected;
  for (const auto& raw : support::load_raw(vision_folder(name) + "/expected.safetensors")) {
    Numbers& numbers = expected.numbers[raw.name];
    numbers.resize(raw.bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), raw.bytes.data(), raw.bytes.size());
    if (raw.name.starts_with("pixels"))
      expected.pictures.push_back(
          {raw.name.substr(6), static_cast<int>(raw.shape[1]), static_cast<int>(raw.shape[2])});
  }
  return expected;
}

Numbers numbers_of(core::Mat x) {
  Numbers all;
  for (int row = 0; row < x.rows; ++row) all.insert(all.end(), x.row(row), x.row(row) + x.cols);
  return all;
}

// What the model answers to a picture of that size: hidden states, and classes or the pooler.
std::array<Numbers, 2> answers(const Model& model, const Expected& expected, const Pixels& picture,
                               int threads = 1) {
  const model::Pictures& p = model.spec().pictures;
  const model::Grid grid{picture.height / p.patch, picture.width / p.patch};
  auto encoder = Encoder::open(model.transformer(), {.grid = grid, .threads = threads});
  REQUIRE_MESSAGE(encoder, support::why(encoder));
  Numbers squares = encode::cut_squares(expected.numbers.at("pixels" + picture.end), p, grid);
  const int width = model.spec().vectors.width;
  const encode::Sequence sequence{.vectors = {squares.data(), grid.count(), width, width}};
  REQUIRE(encoder->encode({&sequence, 1}));
  const Numbers hidden = numbers_of(encoder->hidden(0));
  const bool classes = model.spec().reading.classes == model::Classes::sequence;
  return {hidden, numbers_of(classes ? encoder->classes() : encoder->pooler())};
}

// The largest distance of all answers to all pictures.
double distance_of(const Model& model, const Expected& expected) {
  const bool classes = model.spec().reading.classes == model::Classes::sequence;
  double distance = 0;
  for (const Pixels& picture : expected.pictures) {
    CAPTURE(picture.height);
    CAPTURE(picture.width);
    const auto got = answers(model, expected, picture);
    const double hidden = relative_distance(got[0], expected.numbers.at("hidden" + picture.end));
    const double behind = relative_distance(
        got[1], expected.numbers.at((classes ? "classes" : "pooler") + picture.end));
    distance = std::max({distance, hidden, behind});
  }
  return distance;
}

}  // namespace

TEST_CASE(
    "converted vision Transformers answer as transformers does, to pictures of other sizes too") {
  for (const char* name : kModels) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(name);
    REQUIRE(expected.pictures.size() >= 2);
    const Model model = support::converted_model(vision_folder(name), core::Dtype::f32, folder);
    const double distance = distance_of(model, expected);
    MESSAGE(std::string(name) << ": " << distance);
    CHECK(distance <= 1e-4);
    const Model ints = support::converted_model(vision_folder(name), core::Dtype::i8, folder);
    const double rounded = distance_of(ints, expected);
    MESSAGE(std::string(name) << " int8: " << rounded);
    CHECK(rounded <= 0.15);
  }
}

TEST_CASE("a vision Transformer's answers do not depend on threads") {
  const Scratch folder;
  const Expected expected = read_expected("vit-classes");
  const Model model =
      support::converted_model(vision_folder("vit-classes"), core::Dtype::i8, folder);
  for (const Pixels& picture : expected.pictures)
    for (const int threads : {2, 3})
      CHECK(answers(model, expected, picture, threads) == answers(model, expected, picture));
}

TEST_CASE("how pictures are brought to size comes from preprocessor_config.json") {
  const Scratch folder;
  const model::Pictures cropped =
      support::converted_model(vision_folder("vit-cropped"), core::Dtype::f32, folder)
          .spec()
          .pictures;
  CHECK(cropped.patch == 4);
  CHECK(cropped.height == 20);
  CHECK(cropped.resize == model::Resize::shortest);
  CHECK(cropped.resize_height == 26);
  CHECK(cropped.crop);
  CHECK(cropped.resample == model::Resample::bicubic);
  CHECK(cropped.rescale == 1.0 / 255);
  CHECK(cropped.mean == Numbers{0.485f, 0.456f, 0.406f});
}

TEST_CASE("rules for pictures that are not understood are refused by name") {
  const Scratch folder;
  const std::string from = vision_folder("vit-classes");
  for (const char* name : {"config.json", "model.safetensors"})
    std::filesystem::copy_file(from + "/" + name, folder.path(name));
  const auto rules = nlohmann::json::parse(support::contents(from + "/preprocessor_config.json"));
  const auto refusal = [&](const char* field, const nlohmann::json& value) {
    auto changed = rules;
    changed[field] = value;
    folder.write("preprocessor_config.json", changed.dump());
    const auto report = convert::convert(
        {.input = support::folder_of(folder), .output = folder.path("out"), .tokenizer = ""});
    REQUIRE_FALSE(report);
    return report.error();
  };
  CHECK(support::says(refusal("do_flip", true), "the field 'do_flip' is unknown"));
  CHECK(support::says(refusal("do_pad", true), "'do_pad'"));
  CHECK(support::says(refusal("resample", 5), "'resample'"));
  CHECK(support::says(refusal("size", {{"height", 40}, {"width", 40}}), "'pictures.resize'"));
  CHECK(support::says(refusal("size", {{"shortest_edge", 40}}), "'pictures.resize'"));
  CHECK(support::says(refusal("size", {{"longest_edge", 40}}), "'size.height' is missing"));
  CHECK(support::says(refusal("image_std", {0.5, 0.0, 0.5}), "'pictures.deviation'"));
  CHECK(support::says(refusal("image_mean", {0.5}), "each of 3 channels"));
  CHECK(support::says(refusal("image_mean", "x"), "'image_mean'"));
  CHECK(support::says(refusal("size", "x"), "'size'"));
  CHECK(support::says(refusal("size", 32.0), "'size'"));
  CHECK(support::says(refusal("size", {32}), "'size' must have two sides"));
  CHECK(support::says(refusal("default_to_square", 1), "'default_to_square'"));
  CHECK(support::says(refusal("image_processor_type", "DeiTImageProcessor"),
                      "'do_center_crop' is missing"));
  std::filesystem::remove(folder.path("preprocessor_config.json"));
  const auto report = convert::convert(
      {.input = support::folder_of(folder), .output = folder.path("out"), .tokenizer = ""});
  REQUIRE_FALSE(report);
  CHECK(support::says(report.error(), "preprocessor_config.json"));
}
