#include <string_view>

#include "tests/tools/linnet/pictures/golden_pictures.h"
#include "tools/linnet/pictures/jpeg_check.h"

namespace {

using namespace linnet;
using core::Fault;

// Segments are found by their marker; their lengths follow it.
std::size_t find(const std::string& jpeg, char marker) {
  const char both[] = {'\xFF', marker};
  const std::size_t at = jpeg.find(std::string_view(both, 2));
  REQUIRE(at != jpeg.npos);
  return at;
}

std::size_t length(const std::string& jpeg, std::size_t at) {
  return 2 + 256 * static_cast<unsigned char>(jpeg[at + 2]) +
         static_cast<unsigned char>(jpeg[at + 3]);
}

std::string segment(const std::string& jpeg, char marker) {
  const std::size_t at = find(jpeg, marker);
  return jpeg.substr(at, length(jpeg, at));
}

std::string without(std::string jpeg, char marker) {
  for (std::size_t at; (at = jpeg.find(std::string{'\xFF', marker})) != jpeg.npos;)
    jpeg.erase(at, length(jpeg, at));
  return jpeg;
}

std::string changed(std::string jpeg, char marker, std::size_t at, int value) {
  jpeg[find(jpeg, marker) + at] = static_cast<char>(value);
  return jpeg;
}

constexpr char kFrame = '\xC0', kHuffman = '\xC4', kEnd = '\xD9', kScan = '\xDA', kTable = '\xDB';

TEST_CASE("JPEGs whose segments are missing, doubled or contradict each other are refused") {
  const std::string jpeg = support::golden_picture("jpeg-420.jpg");
  std::string doubled = jpeg;
  doubled.insert(find(jpeg, kScan), segment(jpeg, kFrame));
  // The segments of Huffman codes would have more of them than there are bytes.
  std::string many = jpeg;
  for (std::size_t i = 0; i < 16; ++i) many[find(jpeg, kHuffman) + 5 + i] = '\xFF';
  const std::pair<std::string, const char*> cases[] = {
      {without(jpeg, kFrame), "stands before the size of the picture"},
      {doubled, "is a second picture"},
      {without(jpeg, kHuffman), "names a table that does not stand before it"},
      {without(jpeg, kTable), "names a table that does not stand before it"},
      {many, "has more codes than there are bytes"},
      {changed(jpeg, kHuffman, 4, 0x0F), "names an unknown table"},
      {changed(jpeg, kHuffman, 3, 3), "has the wrong length"},
      {changed(jpeg, kTable, 4, 0x04), "names an unknown table"},
      {changed(jpeg, kFrame, 9, 4), "has the wrong length"},
      {changed(jpeg, kFrame, 12, 4), "names an unknown table"},
      {changed(jpeg, kScan, 5, 77), "names an unknown colour"},
      {changed(jpeg, kScan, 6, 0x44), "names a table that does not stand before it"},
      {changed(jpeg, kScan, 4, 0), "has the wrong length"},
      {jpeg.substr(0, 2) + "\xFF\xD8" + jpeg.substr(2), "stands in the wrong place"},
      {jpeg.substr(0, 2) + "\xFF\xE0" + std::string("\0\1", 2), "has the wrong length"},
      {jpeg.substr(0, find(jpeg, kScan)) + "\xFF\xD9", "ends before it has all of its colours"},
      {jpeg.substr(0, find(jpeg, kScan)) + "stray", "is no segment of a JPEG"}};
  for (const auto& [bytes, sentence] : cases) {
    CAPTURE(sentence);
    const core::Error error = support::refusal(bytes);
    CAPTURE(error.sentence);
    CHECK(error.fault == Fault::corrupt);
    CHECK(error.sentence.find(sentence) != std::string::npos);
  }
}

TEST_CASE("kinds of JPEG that are not supported are refused by name") {
  const std::string jpeg = support::golden_picture("jpeg-grey.jpg");
  CHECK(support::refusal(changed(jpeg, kFrame, 1, 0xC9)).fault == Fault::unsupported);
  CHECK(support::refusal(changed(jpeg, kFrame, 4, 12)).sentence ==
        "file.png: only JPEGs of 8 bits are supported");
  std::string four = jpeg;  // components, as CMYK has
  const std::size_t frame = find(jpeg, kFrame);
  four[frame + 3] = 8 + 3 * 4;
  four[frame + 9] = 4;
  four.insert(frame + 13, "\2\x11\0\3\x11\0\4\x11\0", 9);
  CHECK(support::refusal(four).sentence ==
        "file.png: this JPEG has 4 components; grey and colours (1, 3) are supported");
}

TEST_CASE("a JPEG of very many scans is refused") {
  const std::string jpeg = support::golden_picture("jpeg-444-progressive.jpg");
  const std::size_t end = jpeg.rfind(std::string{'\xFF', kEnd});
  std::string scans;
  for (int i = 0; i < tools::kJpegScans; ++i) scans += segment(jpeg, kScan);
  CHECK(support::refusal(std::string(jpeg).insert(end, scans)).fault == Fault::limit);
}

TEST_CASE("JPEGs with damaged pixels are refused or decoded alike on every machine") {
  std::vector<std::uint8_t> outcomes;
  for (const char* name : {"jpeg-420.jpg", "jpeg-444-progressive.jpg", "jpeg-restarts.jpg"}) {
    const std::string whole = support::golden_picture(name);
    for (std::size_t at = find(whole, kScan); at < whole.size(); at += 3) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      const auto picture = tools::parse_picture(support::as_bytes(damaged), name);
      outcomes.push_back(picture ? 1 : 0);
      if (picture) outcomes.insert(outcomes.end(), picture->rgb.begin(), picture->rgb.end());
    }
  }
  CHECK(tools::crc32(std::as_bytes(std::span(outcomes))) == 894528502u);
}

}  // namespace
