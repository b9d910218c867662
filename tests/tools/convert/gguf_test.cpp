#include <doctest/doctest.h>

#include <cmath>

#include "kernels/pack.h"
#include "tests/tools/convert/opened_gguf.h"

using namespace linnet;
using convert::Gguf;
using convert::SourceType;
using support::all_of;
using support::GgufFile;
using support::open_gguf;
using support::raw_bytes;
using support::Scratch;
using support::small_gguf;

TEST_CASE("fields of every type and tensors of plain numbers are found, in version 2 and 3") {
  for (const std::uint32_t version : {2u, 3u}) {
    GgufFile file = small_gguf();
    file.version = version;
    file.field("x.u8", support::kU8, "\xff").flag("x.flag", true).real("x.real", 0.5f);
    file.field("x.i8", 1, "\xff").field("x.i16", 3, raw_bytes(std::int16_t{-2}));
    file.field("x.u64", support::kU64, raw_bytes(~std::uint64_t{0}));
    file.field("x.i64", 11, raw_bytes(std::int64_t{-3})).field("x.f64", 12, raw_bytes(0.25));
    file.texts("x.texts", {"", "one"}).integers("x.list", {-1, 7});
    file.field("x.bytes", support::kList, support::gguf_list(support::kU8, 2, "ab"));
    file.tensor("c", {2}, 30, raw_bytes(std::vector<std::uint16_t>{0x3f80, 0xbf00}));
    const Scratch scratch;
    const auto opened = open_gguf(file.bytes(), scratch);
    REQUIRE_MESSAGE(opened, support::why(opened));
    const Gguf& got = **opened;
    CHECK(got.field("llama", "block_count") == 2);
    CHECK(got.field("x", "u8") == 255);
    CHECK(got.field("x", "i8") == -1);
    CHECK(got.field("x", "i16") == -2);
    CHECK(got.field("x", "u64") == ~std::uint64_t{0});
    CHECK(got.field("x", "i64") == -3);
    CHECK(got.field("x", "flag") == true);
    CHECK(got.field("x", "real") == 0.5);
    CHECK(got.field("x", "f64") == 0.25);
    CHECK(got.field("x", "texts") == convert::Json{"", "one"});
    CHECK(got.field("x", "list") == convert::Json{-1, 7});
    CHECK(got.field("x", "bytes").get_binary().size() == 2);
    CHECK(got.field("x", "absent").is_null());
    CHECK(got.field("y", "absent").is_null());
    CHECK(all_of(got, "a") == std::vector<float>{1, -2});
    CHECK(all_of(got, "b") == std::vector<float>{1, -2, 3});
    CHECK(all_of(got, "c") == std::vector<float>{1, -0.5f});
    CHECK(got.tensors()[0].shape == std::vector<std::int64_t>{1, 2});
  }
}

TEST_CASE("blocks are read as their integers and scales, and as floats from anywhere") {
  GgufFile file;
  std::string eight, four;
  for (int b = 0; b < 3; ++b) {
    eight += raw_bytes(kernels::to_f16(0.5f * static_cast<float>(b + 1)));
    four += raw_bytes(kernels::to_f16(-0.25f));
    for (int i = 0; i < 32; ++i) eight += static_cast<char>(i - 16 * b);
    for (int i = 0; i < 16; ++i) four += static_cast<char>(i | (15 - i) << 4);
  }
  file.tensor("eight", {96, 1}, 8, eight).tensor("four", {32, 3}, 2, four);
  const Scratch scratch;
  const auto opened = open_gguf(file.bytes(), scratch);
  REQUIRE_MESSAGE(opened, support::why(opened));
  const Gguf& got = **opened;
  CHECK(got.tensors()[0].type == SourceType::i8_groups);
  CHECK(got.tensors()[1].type == SourceType::i4_groups);
  std::vector<std::int8_t> integers(64);
  std::vector<std::uint16_t> scales(2);
  REQUIRE(got.read_groups(got.find("eight"), 32, integers, scales));
  CHECK(scales == std::vector<std::uint16_t>{kernels::to_f16(1.0f), kernels::to_f16(1.5f)});
  CHECK(integers[0] == -16);
  CHECK(integers[63] == -1);
  REQUIRE(got.read_groups(got.find("four"), 0, integers, scales));
  CHECK(integers[0] == -8);
  CHECK(integers[15] == 7);
  CHECK(integers[16] == 7);
  CHECK(integers[31] == -8);
  const std::vector<float> whole = all_of(got, "eight");
  CHECK(whole[33] == -15.0f);
  std::vector<float> part(40);
  REQUIRE(got.read(got.find("eight"), 30, part));
  CHECK(std::equal(part.begin(), part.end(), whole.begin() + 30));
  CHECK(all_of(got, "four")[1] == 1.75f);
}

TEST_CASE("every type with blocks becomes the floats that llama.cpp makes of it") {
  const std::string all = support::contents(LINNET_SOURCE_DIR "/tests/golden/gguf/blocks.bin");
  constexpr std::size_t kValues = 512;
  std::size_t at = 0;
  int types = 0;
  for (; at < all.size(); ++types) {
    std::uint32_t number = 0;
    std::memcpy(&number, all.data() + at, sizeof number);
    const convert::GgufType* type = convert::find_gguf_type(number);
    REQUIRE(type != nullptr);
    CAPTURE(std::string(type->name));
    const std::size_t packed =
        kValues / static_cast<std::size_t>(type->values) * static_cast<std::size_t>(type->bytes);
    GgufFile file;
    file.tensor("t", {256, 2}, number, all.substr(at + 4, packed));
    const Scratch scratch;
    const auto opened = open_gguf(file.bytes(), scratch);
    REQUIRE_MESSAGE(opened, support::why(opened));
    const std::vector<float> got = all_of(**opened, "t");
    std::vector<float> wanted(kValues);
    std::memcpy(wanted.data(), all.data() + at + 4 + packed, 4 * kValues);
    // Its compiler may fuse a product and a sum.
    for (std::size_t i = 0; i < kValues; ++i)
      CHECK(std::fabs(got[i] - wanted[i]) <= 2e-6f * (i < 256 ? 0.4f : 12.0f));
    at += 4 + packed + 4 * kValues;
  }
  CHECK(types == 10);
}
