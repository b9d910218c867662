#include "tools/linnet/pictures/resize.h"

#include <array>
#include <map>

#include "tests/tools/linnet/pictures/golden_pictures.h"
#include "tools/linnet/pictures/pixels.h"

namespace {

using namespace linnet;

template <class Values>
std::uint32_t crc32_of(const Values& values) {
  return tools::crc32(std::as_bytes(std::span(values)));
}

TEST_CASE("resized pictures have Pillow's pixels, with each filter, smaller and larger") {
  const std::map<std::string, model::Resample> filters = {{"nearest", model::Resample::nearest},
                                                          {"bilinear", model::Resample::bilinear},
                                                          {"bicubic", model::Resample::bicubic},
                                                          {"lanczos", model::Resample::lanczos}};
  for (const auto& golden : support::golden_pictures()["resized"]) {
    CAPTURE(golden.dump());
    const tools::Picture picture = support::invented_picture(golden["from"][0], golden["from"][1]);
    const tools::Picture resized =
        tools::resize(picture, golden["to"][0], golden["to"][1], filters.at(golden["filter"]));
    CHECK(resized.width == golden["to"][0]);
    CHECK(resized.height == golden["to"][1]);
    CHECK(crc32_of(resized.rgb) == golden["crc32"]);
  }
}

TEST_CASE("what is cut from the middle, or surrounded by black, is what transformers cuts") {
  for (const auto& golden : support::golden_pictures()["cropped"]) {
    CAPTURE(golden.dump());
    const tools::Picture picture = support::invented_picture(golden["from"][0], golden["from"][1]);
    const tools::Picture crop = tools::crop_center(picture, golden["to"][0], golden["to"][1]);
    CHECK(crop.width == golden["to"][0]);
    CHECK(crop.height == golden["to"][1]);
    CHECK(crc32_of(crop.rgb) == golden["crc32"]);
  }
}

TEST_CASE("a size by its shorter side is that of transformers") {
  for (const auto& golden : support::golden_pictures()["sized"]) {
    CAPTURE(golden.dump());
    const tools::PictureSize size =
        tools::resized_size(golden["from"][0], golden["from"][1], golden["edge"]);
    CHECK(size.width == golden["to"][0]);
    CHECK(size.height == golden["to"][1]);
  }
}

TEST_CASE("the floats of a picture are those of transformers with Pillow, to the bit") {
  const tools::Picture picture = support::invented_picture(61, 47);
  const tools::Picture resized = tools::resize(picture, 23, 19, model::Resample::bilinear);
  for (const auto& golden : support::golden_pictures()["floats"]) {
    CAPTURE(golden.dump());
    const std::vector<float> floats =
        tools::pixels(resized, golden["rescale"], golden["mean"].get<std::array<float, 3>>(),
                      golden["deviation"].get<std::array<float, 3>>());
    REQUIRE(floats.size() == 3 * 19 * 23);
    CHECK(crc32_of(floats) == golden["crc32"]);
  }
}

TEST_CASE("floats stand colour by colour, row by row") {
  const tools::Picture picture{2, 1, {0, 51, 102, 153, 204, 255}};
  CHECK(tools::pixels(picture, 1.0, {0, 0, 0}, {1, 1, 1}) ==
        std::vector<float>{0, 153, 51, 204, 102, 255});
}

}  // namespace
