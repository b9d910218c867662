#include <algorithm>
#include <cstdlib>

#include "tests/tools/linnet/pictures/golden_pictures.h"

namespace {

using namespace linnet;

int largest_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST_CASE("PNGs of every kind of colour, depth and order, PPM and PGM have Pillow's pixels") {
  int files = 0;
  for (const auto& file : support::golden_pictures()["files"]) {
    const std::string name = file["file"];
    if (name.starts_with("jpeg")) continue;
    CAPTURE(name);
    const auto picture = tools::read_picture(support::golden_picture_path(name));
    if (!picture) MESSAGE(picture.error().sentence);
    REQUIRE(picture);
    CHECK(picture->width == file["size"][0]);
    CHECK(picture->height == file["size"][1]);
    CHECK(picture->rgb == support::bytes_of(file["rgb"]));
    ++files;
  }
  CHECK(files == 32);
}

// What stb_image decodes, on every machine, and its distance from libjpeg-turbo. (Of 4:2:2, all of
// it beyond 3 is in the last column.)
struct Jpeg {
  const char* name;
  std::uint32_t crc32;
  int difference;
};
constexpr Jpeg kJpegs[] = {
    {"jpeg-444.jpg", 2471383664u, 2},
    {"jpeg-444-progressive.jpg", 2471383664u, 2},
    {"jpeg-422.jpg", 1589501002u, 99},
    {"jpeg-420.jpg", 1179948514u, 2},
    {"jpeg-420-progressive.jpg", 1179948514u, 2},
    {"jpeg-restarts.jpg", 1179948514u, 2},
    {"jpeg-rgb.jpg", 1760176138u, 1},
    {"jpeg-grey.jpg", 3946676799u, 1},
};

TEST_CASE("JPEGs have the same bits everywhere, and those of libjpeg but for small differences") {
  for (const Jpeg& jpeg : kJpegs) {
    CAPTURE(jpeg.name);
    const auto picture = tools::read_picture(support::golden_picture_path(jpeg.name));
    REQUIRE(picture);
    const auto& files = support::golden_pictures()["files"];
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const auto& each) { return each["file"] == jpeg.name; });
    REQUIRE(file != files.end());
    const std::vector<std::uint8_t> expected = support::bytes_of((*file)["rgb"]);
    REQUIRE(picture->rgb.size() == expected.size());
    CHECK(largest_difference(picture->rgb, expected) == jpeg.difference);
    CHECK(tools::crc32(std::as_bytes(std::span(picture->rgb))) == jpeg.crc32);
  }
}

TEST_CASE("the checksum of PNG is the published one") {
  CHECK(tools::crc32(support::as_bytes("123456789")) == 0xCBF43926u);
}

}  // namespace
