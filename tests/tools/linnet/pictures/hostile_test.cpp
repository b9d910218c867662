#include <string_view>

#include "tests/tools/linnet/pictures/golden_pictures.h"

namespace {

using namespace linnet;
using core::Fault;

std::string big32(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

std::string chunk(std::string_view type, std::string_view data) {
  const std::string typed = std::string(type) + std::string(data);
  return big32(static_cast<std::uint32_t>(data.size())) + typed +
         big32(tools::crc32(support::as_bytes(typed)));
}

const std::string kSignature = "\x89PNG\r\n\x1a\n";

// The header of a PNG with 8 bits of `color`.
std::string head(std::uint32_t width, std::uint32_t height, int color = 2, int depth = 8) {
  const char rest[] = {static_cast<char>(depth), static_cast<char>(color), 0, 0, 0};
  return chunk("IHDR", big32(width) + big32(height) + std::string(rest, 5));
}

// zlib's form of bytes that are not compressed, at most 65535 of them.
std::string stored(const std::string& data) {
  const auto size = static_cast<unsigned>(data.size());
  const auto low = static_cast<char>(size & 0xFF), high = static_cast<char>(size >> 8);
  const char begin[] = {
      '\x78', '\x01', '\x01', low, high, static_cast<char>(~low), static_cast<char>(~high)};
  return std::string(begin, 7) + data + big32(0);
}

std::string png(const std::string& chunks) { return kSignature + chunks + chunk("IEND", ""); }

const std::string kPixel = chunk("IDAT", stored(std::string("\0\1\2\3", 4)));

bool says(const core::Error& error, std::string_view what) {
  return error.sentence.find(what) != std::string::npos;
}

TEST_CASE("a PNG of one pixel that is stored without compression is read") {
  const auto picture =
      tools::parse_picture(support::as_bytes(png(head(1, 1) + kPixel)), "file.png");
  REQUIRE(picture);
  CHECK(picture->rgb == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("a picture that is cut short anywhere is refused") {
  for (const char* name : {"color2-8.png", "color3-4-interlaced.png", "jpeg-420.jpg",
                           "jpeg-444-progressive.jpg", "p6.ppm", "p5.pgm"}) {
    const std::string whole = support::golden_picture(name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(name);
      CAPTURE(size);
      const core::Error error = support::refusal(whole.substr(0, size));
      CHECK((error.fault == Fault::corrupt || error.fault == Fault::unsupported));
    }
  }
}

TEST_CASE("a PNG with any bit changed is refused") {
  const std::string whole = support::golden_picture("color3-8.png");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    support::refusal(damaged);
  }
}

TEST_CASE("a damaged chunk of a PNG is named") {
  std::string damaged = support::golden_picture("color2-8.png");
  damaged[damaged.size() - 20] = static_cast<char>(damaged[damaged.size() - 20] ^ 1);
  const core::Error error = support::refusal(damaged);
  CHECK(error.fault == Fault::corrupt);
  CHECK(says(error, "the chunk IDAT at byte "));
  CHECK(says(error, " is damaged: its checksum is another"));
}

TEST_CASE("sizes beyond the limits are refused by the header alone") {
  for (const auto& [width, height] : {std::pair{16385u, 1u},
                                      {1u, 16385u},
                                      {16384u, 16384u},
                                      {0xFFFFFFFFu, 0xFFFFFFFFu},
                                      {0x80000000u, 1u}}) {
    CAPTURE(width);
    const core::Error error = support::refusal(png(head(width, height) + kPixel));
    CHECK(error.fault == Fault::limit);
    CHECK(says(error, "; the limit is "));
  }
  CHECK(support::refusal("P6 16385 1 255 ").fault == Fault::limit);
  CHECK(support::refusal("P5 16384 16384 255 ").fault == Fault::limit);
  std::string jpeg = support::golden_picture("jpeg-grey.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != jpeg.npos);
  jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
  CHECK(support::refusal(jpeg).fault == Fault::limit);
  jpeg.replace(frame + 5, 4, std::string_view("\0\1\0\0", 4));
  CHECK(support::refusal(jpeg).fault == Fault::corrupt);
  CHECK(support::refusal(std::string((64 << 20) + 1, 'x')).fault == Fault::limit);
}

TEST_CASE("a picture without pixels is none") {
  CHECK(says(support::refusal(png(head(0, 5) + kPixel)), "a picture of 0 x 5 pixels is none"));
  CHECK(says(support::refusal(png(head(5, 0) + kPixel)), "a picture of 5 x 0 pixels is none"));
  CHECK(support::refusal("P6 0 1 255 ").fault == Fault::corrupt);
  CHECK(says(support::refusal(png(head(1, 1))), "has no pixels"));
}

// zlib's form of a zero that is repeated 258 times, `times` over: with the fixed codes of deflate
// (RFC 1951, 3.2.6), whose bits come highest first, in bytes that are filled from the lowest bit.
std::string repeated_zeros(int times) {
  std::string bits = "11000110000";  // the last block, fixed codes, a zero
  for (int i = 0; i < times; ++i) bits += "1100010100000";
  bits += "0000000";
  std::string bytes("\x78\x01", 2);
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8) {
    int byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) byte |= (bits[i + bit] - '0') << bit;
    bytes += static_cast<char>(byte);
  }
  return bytes + std::string(8, '\0');
}

TEST_CASE("what unpacks to far more than its pixels is refused before it is unpacked") {
  const auto few = tools::parse_picture(
      support::as_bytes(png(head(1, 1) + chunk("IDAT", repeated_zeros(10)))), "file.png");
  REQUIRE(few);
  CHECK(few->rgb == std::vector<std::uint8_t>(3));
  const core::Error error = support::refusal(png(head(1, 1) + chunk("IDAT", repeated_zeros(9000))));
  CHECK(error.fault == Fault::corrupt);
  CHECK(says(error, "its compressed data are more than its pixels"));
}

TEST_CASE("too few pixels are refused") {
  const core::Error error = support::refusal(png(head(100, 100) + kPixel));
  CHECK(error.fault == Fault::corrupt);
  CHECK(says(error, "its compressed data are damaged"));
}

TEST_CASE("chunks of a PNG in the wrong order, of the wrong length or kind are named") {
  const std::string palette = chunk("PLTE", "abc"), head3 = head(1, 1, 3);
  const std::pair<std::string, const char*> cases[] = {
      {kPixel + head(1, 1), "the chunk IDAT at byte 8 stands before the chunk IHDR"},
      {head(1, 1) + head(1, 1) + kPixel, "the chunk IHDR at byte 33 stands there once more"},
      {chunk("IHDR", "abc"), "the chunk IHDR at byte 8 has the wrong length"},
      {head(1, 1, 1) + kPixel, "asks for colours of kind 1 with 8 bits"},
      {head(1, 1, 2, 4) + kPixel, "asks for colours of kind 2 with 4 bits"},
      {head(1, 1, 3, 16) + kPixel, "asks for colours of kind 3 with 16 bits"},
      {head(1, 1, 0, 16) + kPixel, "greys of 16 bits are not supported"},
      {head3 + kPixel, "needs a palette (PLTE) before it"},
      {head3 + chunk("PLTE", "") + kPixel, "the chunk PLTE at byte 33 has the wrong length"},
      {head3 + chunk("PLTE", "abcd") + kPixel, "the chunk PLTE at byte 33 has the wrong length"},
      {head3 + chunk("PLTE", std::string(771, 'a')) + kPixel, "has the wrong length"},
      {head3 + palette + palette + kPixel, "stands in the wrong place"},
      {head(1, 1) + chunk("tRNS", "ab") + kPixel, "the chunk tRNS at byte 33 has the wrong length"},
      {head(1, 1, 6) + chunk("tRNS", "abcdef") + kPixel, "has the wrong length"},
      {head3 + chunk("tRNS", "a") + palette + kPixel, "has the wrong length"},
      {head3 + palette + chunk("tRNS", "ab") + kPixel, "has the wrong length"},
      {head(1, 1) + kPixel + chunk("tRNS", "abcdef"), "stands in the wrong place"},
      {head(1, 1) + kPixel + chunk("tEXt", "a") + kPixel, "stands apart from those before it"},
      {head(1, 1) + chunk("ABCD", "") + kPixel, "the chunk ABCD of this PNG is not known"},
      {head(1, 1) + chunk("A\x01"
                          "CD",
                          ""),
       "what stands at byte 33 is no chunk of a PNG"},
      {chunk("CgBI", "abcd") + head(1, 1) + kPixel, "Apple's PNG"}};
  for (const auto& [chunks, sentence] : cases) {
    CAPTURE(sentence);
    const core::Error error = support::refusal(png(chunks));
    CAPTURE(error.sentence);
    CHECK(says(error, sentence));
  }
}

TEST_CASE("of a picture file, the name and what is wrong with it are said") {
  CHECK(support::refusal("").sentence == "file.png: is empty");
  CHECK(support::refusal("GIF89a").fault == Fault::unsupported);
  CHECK(support::refusal("P3 1 1 255 1 2 3 ").sentence ==
        "file.png: of the Netpbm formats, P5 and P6 are supported, not P3");
  CHECK(support::refusal("P6 1 1 65535 abcdef").sentence ==
        "file.png: the largest value has to be 255, not 65535");
  CHECK(support::refusal("P6 1 1 15 abc").fault == Fault::unsupported);
  CHECK(support::refusal("P6 1 1 255 ab").sentence == "file.png: ends before its last pixel");
  for (const char* header : {"P6 1 1", "P6 -1 1 255 abc", "P61 1 255 abc", "P6 1x 1 255 abc",
                             "P6 1 9999999999 255 a", "P6 # all comment", "P6\n"}) {
    CAPTURE(header);
    CHECK(support::refusal(header).sentence == "file.png: the header of this P6 is damaged");
  }
  const auto missing = tools::read_picture("/nonexistent/picture.png");
  REQUIRE(!missing);
  CHECK(missing.error().fault == Fault::io);
  CHECK(says(missing.error(), "/nonexistent/picture.png"));
  const auto folder = tools::read_picture("/");
  REQUIRE(!folder);
  CHECK(folder.error().fault == Fault::io);
}

TEST_CASE("what follows a picture does not matter") {
  for (const char* name : {"color2-8.png", "jpeg-420.jpg", "p6.ppm"}) {
    const std::string whole = support::golden_picture(name);
    const auto plain = tools::parse_picture(support::as_bytes(whole), name);
    const std::string longer = whole + "and more";
    const auto followed = tools::parse_picture(support::as_bytes(longer), name);
    REQUIRE(plain);
    REQUIRE(followed);
    CHECK(plain->rgb == followed->rgb);
  }
}

}  // namespace
