#include "engine/io/bounded_reader.h"

#include <doctest/doctest.h>

#include <array>

namespace linnet::io {
namespace {

// 01 02 03 ... in memory that suits any number.
struct Bytes {
  alignas(8) std::array<std::byte, 16> bytes{};
  explicit Bytes(bool counting = true) {
    for (std::size_t i = 0; counting && i < bytes.size(); ++i)
      bytes[i] = static_cast<std::byte>(i + 1);
  }
};

TEST_CASE("Numbers, text and arrays come out in order and in little-endian") {
  const Bytes data;
  BoundedReader reader(data.bytes);
  CHECK(reader.number<std::uint16_t>() == 0x0201);
  CHECK(reader.text(2) == "\3\4");
  const auto array = reader.array<std::uint32_t>(2);
  REQUIRE(array.size() == 2);
  CHECK(array[1] == 0x0c0b0a09);
  CHECK(array.data() == reinterpret_cast<const std::uint32_t*>(data.bytes.data() + 4));
  CHECK(reader.position() == 12);
  CHECK(reader.remaining() == 4);
  CHECK(reader.ok());
}

TEST_CASE("After a read past the end nothing more is given") {
  const Bytes data;
  BoundedReader reader(data.bytes);
  reader.bytes(13);
  CHECK(reader.number<std::uint32_t>() == 0);
  CHECK(reader.ended());
  CHECK_FALSE(reader.stray());
  CHECK(reader.number<std::uint8_t>() == 0);
  CHECK(reader.text(0).empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("A count that is negative, huge or wraps in bytes reaches past the end") {
  const Bytes data;
  for (const core::Checked count :
       {core::Checked(-1), core::Checked(~std::uint64_t{0}), core::Checked(std::int64_t{1} << 61),
        core::Checked(std::int64_t{1} << 62), core::Checked(std::int64_t{1} << 30)}) {
    BoundedReader reader(data.bytes);
    CHECK(reader.array<std::uint32_t>(count).empty());
    CHECK(reader.ended());
  }
}

TEST_CASE("An array that stands where its numbers may not is refused") {
  const Bytes data;
  BoundedReader reader(data.bytes);
  reader.bytes(1);
  CHECK(reader.array<std::int32_t>(1).empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("Padding must be zeros and must be there") {
  const Bytes counting, zeros(false);
  BoundedReader stray(counting.bytes), fine(zeros.bytes), aligned(counting.bytes);
  stray.bytes(3);
  stray.skip_padding(8);
  CHECK(stray.stray());
  CHECK_FALSE(stray.ended());
  fine.bytes(3);
  fine.skip_padding(8);
  CHECK(fine.ok());
  CHECK(fine.position() == 8);
  aligned.bytes(8);
  aligned.skip_padding(8);
  CHECK(aligned.ok());
  BoundedReader cut(std::span(zeros.bytes).first(6));
  cut.bytes(5);
  cut.skip_padding(8);
  CHECK(cut.ended());
}

}  // namespace
}  // namespace linnet::io
