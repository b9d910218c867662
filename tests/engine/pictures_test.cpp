#include <doctest/doctest.h>

#include <cmath>

#include "engine/encode/encoder.h"
#include "engine/encode/squares.h"
#include "engine/engine.h"
#include "engine/model/spec_settings.h"
#include "engine/ops/embed.h"
#include "tests/support/tiny_model.h"

// Encoders whose vectors are squares of pictures.
namespace {

using namespace linnet;
using encode::Encoder;
using model::Grid;
using Numbers = std::vector<float>;

// Pictures of two channels, 6 x 10 pixels in squares of 2 x 2.
model::Spec reader() {
  model::Spec spec;
  spec.family = "vit";
  spec.encoder = support::tiny_gpt2().decoder;
  spec.encoder.positions = 16;
  spec.head = model::Head::none;
  spec.vectors = {.width = 8, .project = true, .first = true};
  spec.pictures = {.patch = 2,
                   .channels = 2,
                   .height = 6,
                   .width = 10,
                   .resize_height = 6,
                   .resize_width = 10,
                   .resample = model::Resample::lanczos,
                   .rescale = 1.0 / 255,
                   .mean = {0.25f, 0.5f},
                   .deviation = {0.5f, 1.0f}};
  return spec;
}

Model tiny(const model::Spec& spec) {
  auto model = Model::from(support::tiny_model(spec, core::Dtype::f32), "tiny");
  if (!model) FAIL(model.error().sentence);
  return *model;
}

std::string refusal_of(const model::Spec& spec) {
  const core::Status fine = model::check(spec);
  REQUIRE_FALSE(fine);
  return fine.error().sentence;
}

Numbers hidden(const Model& model, Grid grid, int threads) {
  auto encoder = Encoder::open(model.transformer(), {.grid = grid, .threads = threads});
  if (!encoder) FAIL(encoder.error().sentence);
  Numbers numbers(static_cast<std::size_t>(grid.count()) * 8);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(static_cast<float>(i));
  const encode::Sequence sequence{.vectors = {numbers.data(), grid.count(), 8, 8}};
  REQUIRE(encoder->encode({&sequence, 1}));
  const core::Mat x = encoder->hidden(0);
  Numbers all;
  for (int row = 0; row < x.rows; ++row) all.insert(all.end(), x.row(row), x.row(row) + x.cols);
  return all;
}

}  // namespace

TEST_CASE("the settings of pictures are read back as they were written") {
  const model::Spec spec = reader();
  const model::Pictures read = tiny(spec).spec().pictures;
  CHECK(read.grid() == Grid{3, 5});
  CHECK(read.rescale == spec.pictures.rescale);
  CHECK(read.resample == spec.pictures.resample);
  CHECK(read.mean == spec.pictures.mean);
  CHECK(read.deviation == spec.pictures.deviation);
}

TEST_CASE("settings of pictures that do not fit together are refused") {
  const auto changed = [](const auto& change) {
    model::Spec spec = reader();
    REQUIRE(model::check(spec));
    change(spec.pictures);
    return refusal_of(spec);
  };
  using model::Pictures;
  const auto says = [](const std::string& sentence, const char* part) {
    return sentence.find(part) != std::string::npos;
  };
  CHECK(says(changed([](Pictures& p) { p.patch = -2; }), "'pictures.patch'"));
  CHECK(says(changed([](Pictures& p) { p.patch = 1 << 20; }), "'pictures.patch'"));
  CHECK(says(changed([](Pictures& p) { p.channels = 0; }), "'pictures.channels'"));
  CHECK(says(changed([](Pictures& p) { p.channels = 3; }), "'vectors.width'"));
  CHECK(says(changed([](Pictures& p) { p.height = 1 << 20; }), "'pictures.height'"));
  CHECK(says(changed([](Pictures& p) { p.height = 0; }), "'pictures.height'"));
  CHECK(says(changed([](Pictures& p) { p.width = 9; }), "no multiples"));
  CHECK(says(changed([](Pictures& p) { p.width = p.resize_width = 8; }), "a picture takes 13"));
  CHECK(says(changed([](Pictures& p) { p.resize_width = 12; }), "do not lead to"));
  CHECK(says(changed([](Pictures& p) { p.resize_height = 0; }), "'pictures.resize_height'"));
  CHECK(says(changed([](Pictures& p) { p.resize = model::Resize::shortest; }), "do not lead to"));
  CHECK(says(changed([](Pictures& p) { p.mean.pop_back(); }), "each of 2 channels"));
  CHECK(says(changed([](Pictures& p) { p.deviation[1] = 0; }), "'pictures.deviation'"));
}

TEST_CASE("squares are cut row by row, each in the order channel, row, column") {
  const model::Pictures pictures = reader().pictures;
  Numbers picture(2 * 6 * 10);
  for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i);
  const Numbers squares = encode::cut_squares(picture, pictures, pictures.grid());
  REQUIRE(squares.size() == picture.size());
  const Numbers second(squares.begin() + 8, squares.begin() + 16);
  CHECK(second == Numbers{2, 3, 12, 13, 62, 63, 72, 73});
  const Numbers of_next_row(squares.begin() + 5 * 8, squares.begin() + 6 * 8);
  CHECK(of_next_row == Numbers{20, 21, 30, 31, 80, 81, 90, 91});
}

TEST_CASE("positions that are interpolated to their own places are those that were learned") {
  const Model model = tiny(reader());
  const int width = model.spec().encoder.d_model;
  Numbers filled(static_cast<std::size_t>(16 * width)), row(static_cast<std::size_t>(width));
  model.transformer().fill_positions({3, 5}, {filled.data(), 16, width, width});
  for (int i = 0; i < 16; ++i) {
    ops::unpack_row(row.data(), model.bundle().weight("encoder.positions.weight")->weight, i);
    CHECK(std::equal(row.begin(), row.end(), filled.begin() + i * width));
  }
}

TEST_CASE("pictures of other sizes are read, with the same bits by any number of threads") {
  const Model model = tiny(reader());
  for (const Grid grid : {Grid{3, 5}, Grid{1, 1}, Grid{7, 4}, Grid{12, 20}}) {
    const Numbers one = hidden(model, grid, 1);
    CHECK(one.size() == static_cast<std::size_t>((grid.count() + 1) * 36));
    CHECK(hidden(model, grid, 3) == one);
  }
}

TEST_CASE("grids that a model cannot read are refused") {
  model::Spec none = reader();
  none.pictures = {};
  const auto refusal = [](const model::Spec& spec, Grid grid) {
    const Model model = tiny(spec);
    const auto encoder = Encoder::open(model.transformer(), {.grid = grid});
    REQUIRE_FALSE(encoder);
    return encoder.error().sentence;
  };
  CHECK(refusal(none, {3, 5}) == "this model does not read pictures of any size");
  CHECK(refusal(reader(), {3, 0}) == "a picture of 3 x 0 squares");
  CHECK(refusal(reader(), {-3, -5}) == "a picture of -3 x -5 squares");
  CHECK(refusal(reader(), {1 << 30, 1 << 30}).find("positions") != std::string::npos);
}
