#include <doctest/doctest.h>

#include "tests/tools/convert/opened_gguf.h"

using namespace linnet;
using core::Fault;
using support::GgufFile;
using support::raw_bytes;
using support::says;
using support::Scratch;
using support::small_gguf;

// Other heads, lengths and places than a GGUF file may have.
namespace {

core::Error refusal(const std::string& bytes) {
  const Scratch scratch;
  const auto opened = support::open_gguf(bytes, scratch);
  REQUIRE_FALSE(opened);
  CHECK(says(opened.error(), "m.gguf: "));
  return opened.error();
}
void check_gguf_refused(const GgufFile& file, Fault fault, std::string_view part) {
  const core::Error error = refusal(file.bytes());
  CHECK_MESSAGE(says(error, part), error.sentence);
  CHECK(static_cast<int>(error.fault) == static_cast<int>(fault));
}

}  // namespace

TEST_CASE("a GGUF file that ends anywhere before its end, or goes on behind it, is refused") {
  GgufFile file = small_gguf();
  file.texts("x.texts", {"a"});
  std::string bytes = file.bytes();
  const std::size_t end = bytes.size() - 32 + 4;  // the last padding may be missing
  const Scratch scratch;
  REQUIRE(support::open_gguf(bytes, scratch));
  REQUIRE(support::open_gguf(bytes.substr(0, end), scratch));
  for (std::size_t length = 0; length < end; ++length) {
    CAPTURE(length);
    CHECK(refusal(bytes.substr(0, length)).fault == Fault::corrupt);
  }
  CHECK(says(refusal(bytes + "x"), "1 bytes after"));
}

TEST_CASE("heads that are none, and other versions, are refused by name") {
  std::string bytes = small_gguf().bytes();
  bytes[0] = 'X';
  CHECK(says(refusal(bytes), "is not a GGUF file"));
  for (const std::uint32_t version : {0u, 1u, 4u, 0xffffffffu}) {
    GgufFile file = small_gguf();
    file.version = version;
    check_gguf_refused(file, Fault::unsupported, "the version ");
  }
  for (const std::uint32_t version : {0x02000000u, 0x03000000u}) {
    GgufFile file = small_gguf();
    file.version = version;
    check_gguf_refused(file, Fault::unsupported, "big-endian");
  }
}

TEST_CASE("counts and lengths that no file of that length can have are refused") {
  for (const std::uint64_t count : {std::uint64_t{1} << 31, std::uint64_t{0xffffffff},
                                    std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    CAPTURE(count);
    for (const std::size_t at : {8u, 16u}) {  // tensors, fields
      std::string bytes = small_gguf().bytes();
      std::memcpy(bytes.data() + at, &count, sizeof count);
      CHECK(refusal(bytes).fault == Fault::limit);
    }
    GgufFile key = small_gguf(), text = small_gguf(), list = small_gguf(), bytes = small_gguf();
    key.fields.emplace_back("k", "");
    std::string long_key = key.bytes();
    const std::size_t at = long_key.find(raw_bytes(std::uint64_t{1}) + "k");
    std::memcpy(long_key.data() + at, &count, sizeof count);
    CHECK(refusal(long_key).fault == Fault::corrupt);
    check_gguf_refused(text.field("x.text", support::kString, raw_bytes(count)), Fault::corrupt,
                       "ends within a text");
    for (const std::uint32_t kind : {4u, 6u, 7u, 8u, 10u})
      check_gguf_refused(GgufFile(list).field("x.list", 9, support::gguf_list(kind, count, "")),
                         Fault::corrupt, "'x.list' is a list of ");
    check_gguf_refused(bytes.field("x.bytes", 9, support::gguf_list(0, count, "")), Fault::corrupt,
                       "'x.bytes' is a list of ");
  }
}

TEST_CASE("values of unknown kinds, lists of lists and broken truth are refused by name") {
  check_gguf_refused(small_gguf().field("x.kind", 13, ""), Fault::unsupported,
                     "'x.kind' is of the unknown");
  check_gguf_refused(small_gguf().field("x.kind", 0xffffffff, ""), Fault::unsupported,
                     "4294967295");
  check_gguf_refused(small_gguf().field("x.list", 9, support::gguf_list(9, 0, "")),
                     Fault::unsupported, "a list of lists");
  check_gguf_refused(small_gguf().field("x.list", 9, support::gguf_list(99, 0, "")),
                     Fault::unsupported, "unknown type 99");
  check_gguf_refused(small_gguf().field("x.flag", 7, "\2"), Fault::corrupt,
                     "neither true nor false");
  check_gguf_refused(small_gguf().number("llama.block_count", 2), Fault::corrupt, "is there twice");
  check_gguf_refused(small_gguf().number("llama", 2), Fault::corrupt, "is there twice");
  check_gguf_refused(small_gguf().number("y", 2).number("y.z", 2), Fault::corrupt,
                     "is there twice");
  check_gguf_refused(small_gguf().number("", 2), Fault::corrupt, "is empty");
  check_gguf_refused(small_gguf().number("a\xff", 2), Fault::corrupt, "is not UTF-8");
  check_gguf_refused(small_gguf().number(std::string_view("a\0b", 3), 2), Fault::corrupt,
                     "not printable");
  check_gguf_refused(small_gguf().number(std::string(256, 'k'), 2), Fault::limit, "has 256 bytes");
}

TEST_CASE("alignments that are no power of two up to 65536 are refused") {
  for (const std::uint32_t alignment : {0u, 3u, 24u, 1u << 17, 0x80000000u, 0xffffffffu})
    check_gguf_refused(small_gguf().number("general.alignment", alignment), Fault::corrupt,
                       "'general.alignment' is ");
  check_gguf_refused(small_gguf().text("general.alignment", "\xff"), Fault::corrupt,
                     "general.alignment");
  GgufFile file = small_gguf();
  file.alignment = 64;
  file.number("general.alignment", 64);
  const Scratch scratch;
  const auto opened = support::open_gguf(file.bytes(), scratch);
  REQUIRE_MESSAGE(opened, support::why(opened));
  CHECK(support::all_of(**opened, "a") == std::vector<float>{1, -2});
}

TEST_CASE("sizes and ranks of tensors that wrap, are nothing or are too many are refused") {
  const auto with = [](std::vector<std::uint64_t> sizes, std::uint32_t type = 0) {
    GgufFile file = small_gguf();
    return file.tensor("t", std::move(sizes), type, std::string(64, '\0'));
  };
  check_gguf_refused(with({}), Fault::corrupt, "'t' has the rank 0");
  check_gguf_refused(with({1, 1, 1, 1, 1}), Fault::corrupt, "'t' has the rank 5");
  std::string absurd = with({1}).bytes();
  const std::size_t rank = absurd.find(support::gguf_text("t") + raw_bytes(1u)) + 9;
  absurd.replace(rank, 4, 4, '\xff');
  CHECK(says(refusal(absurd), "'t' has the rank 4294967295"));
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1} << 31, (std::uint64_t{1} << 42) + 1,
        std::uint64_t{1} << 63, ~std::uint64_t{0}})
    check_gguf_refused(with({size}), Fault::corrupt, "'t' has the size ");
  const std::uint64_t large = 1 << 30;
  check_gguf_refused(with({large, large, large, large}), Fault::corrupt, "beyond the end");
  check_gguf_refused(with({large, large, 4}), Fault::corrupt, "beyond the end");
  check_gguf_refused(with({large, large, 4}, 8), Fault::corrupt, "beyond the end");
  check_gguf_refused(with({large, large, 4}, 28), Fault::corrupt, "beyond the end");
  const std::uint64_t fourth = 1 << 16;  // of 2^64
  check_gguf_refused(with({fourth, fourth, fourth, fourth}), Fault::corrupt, "beyond the end");
  check_gguf_refused(with({fourth, fourth, fourth, fourth}, 2), Fault::corrupt, "beyond the end");
  check_gguf_refused(with({31}, 8), Fault::corrupt, "not Q8_0 blocks of 32");
  check_gguf_refused(with({32, 3}, 12), Fault::corrupt, "not Q4_K blocks of 256");
}

TEST_CASE("tensors over one another, in holes, beyond the end and twice are refused") {
  GgufFile over = small_gguf();
  over.tensors[1].offset = 0;
  check_gguf_refused(over, Fault::corrupt, "and not where the one before it ends");
  GgufFile hole = small_gguf();
  hole.tensors[1].offset = 64;
  check_gguf_refused(hole, Fault::corrupt, "and not where the one before it ends");
  for (const std::uint64_t offset : {std::uint64_t{1} << 63, ~std::uint64_t{0} - 31}) {
    GgufFile wrapping = small_gguf();
    wrapping.tensors[1].offset = offset;
    check_gguf_refused(wrapping, Fault::corrupt, "beyond the end");
  }
  GgufFile crooked = small_gguf();
  crooked.tensors[1].offset = 16;
  check_gguf_refused(crooked, Fault::corrupt, "and not where the one before it ends");
  GgufFile many;
  for (int i = 0; i < 10'000; ++i) {
    many.tensor(core::say("t", i), {1}, 0, "");
    many.tensors.back().offset = 0;
  }
  many.tensors.back().data = raw_bytes(1.0f);
  check_gguf_refused(many, Fault::corrupt, "and not where the one before it ends");
  GgufFile twice = small_gguf();
  twice.tensors[1].name = "b";
  check_gguf_refused(twice, Fault::corrupt, "the tensor 'b' is there twice");
  GgufFile named = small_gguf();
  named.tensors[1].name = "";
  check_gguf_refused(named, Fault::corrupt, "the name of a tensor at byte ");
  named.tensors[1].name = "a\xff";
  check_gguf_refused(named, Fault::corrupt, "is not UTF-8");
  named.tensors[1].name = std::string("a\0b", 3);
  check_gguf_refused(named, Fault::corrupt, "is not printable");
  named.tensors[1].name = std::string(1 << 20, 'a');
  check_gguf_refused(named, Fault::limit, "has 1048576 bytes, 255 are allowed");
  GgufFile swapped = small_gguf();  // out of order is fine
  std::swap(swapped.tensors[0].name, swapped.tensors[1].name);
  const Scratch scratch;
  CHECK(support::open_gguf(swapped.bytes(), scratch));
}

TEST_CASE("types of tensors that are not read are refused by their names") {
  const auto with = [](std::uint32_t type) {
    GgufFile file = small_gguf();
    return file.tensor("t", {256}, type, std::string(1024, '\0'));
  };
  check_gguf_refused(with(16), Fault::unsupported, "'t' is of the type IQ2_XXS");
  check_gguf_refused(with(39), Fault::unsupported, "'t' is of the type MXFP4");
  check_gguf_refused(with(9), Fault::unsupported, "'t' is of the type Q8_1");
  check_gguf_refused(with(99), Fault::unsupported, "'t' is of the type number 99");
  check_gguf_refused(with(0xffffffff), Fault::unsupported, "number 4294967295");
}
