#include "tools/convert/checkpoint/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "tests/tools/convert/files.h"

using namespace linnet;
using convert::Safetensors;
using convert::safetensors_layout;
using core::Fault;
using support::safetensors_bytes;
using support::SafetensorsFile;
using support::Scratch;

namespace {

// The header of one tensor.
std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets,
                std::string_view name = "a") {
  return core::say("{\"", name, "\":{\"dtype\":", dtype, ",\"shape\":", shape,
                   ",\"data_offsets\":", offsets, "}}");
}

std::string two(std::string_view first, std::string_view second) {
  return core::say(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)", first,
                   R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)", second, "}}");
}

struct Hostile {
  const char* what;
  std::string bytes;
  const char* says;
  Fault fault = Fault::corrupt;
};

std::vector<Hostile> length_cases() {
  const std::string good = one("\"F32\"", "[2]", "[0,8]");
  return {
      {"nothing", "", "too short"},
      {"seven bytes", std::string(7, '\0'), "too short"},
      {"no header", safetensors_bytes("", 0), "a header of 0 bytes"},
      {"a header of one byte", safetensors_bytes("{", 0), "a header of 1 bytes"},
      {"a header longer than the file", safetensors_bytes(good, 0, 1000), "a header of 1000 bytes"},
      {"a header that ends one byte behind the file", safetensors_bytes("{}", 0, 3), "of 3 bytes"},
      {"a header above the limit", safetensors_bytes(good, 8, (16 << 20) + 1),
       "more than the 16777216", Fault::limit},
      {"a length of 2^31", safetensors_bytes(good, 8, std::int64_t{1} << 31), "allowed",
       Fault::limit},
      {"a length of 2^63 - 1", safetensors_bytes(good, 8, 0x7fffffffffffffff), "allowed",
       Fault::limit},
      {"a length of 2^64 - 1", std::string(8, '\xff') + good, "allowed", Fault::limit},
      {"a header cut short", safetensors_bytes(good.substr(0, 20), 8), "not valid JSON"},
      {"a header padded in front", safetensors_bytes("  " + good, 8), "does not begin with {"},
      {"a header padded with NUL", safetensors_bytes(good + std::string(4, '\0'), 8),
       "not valid JSON"},
      {"a header that is not UTF-8", safetensors_bytes("{\"\xff\":1}", 0), "not valid JSON"},
      {"a list for a header", safetensors_bytes("[1]", 0), "does not begin with {"},
      {"a name twice",
       safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                         8),
       "key 'a' twice"},
      {"metadata that is no object", safetensors_bytes(R"({"__metadata__":[]})", 0),
       "__metadata__"},
      {"metadata of numbers", safetensors_bytes(R"({"__metadata__":{"a":1}})", 0), "__metadata__"},
      {"depth", safetensors_bytes("{\"a\":" + std::string(100'000, '['), 0), "levels",
       Fault::limit},
  };
}

std::vector<Hostile> entry_cases() {
  return {
      {"no object", safetensors_bytes(R"({"a":1})", 0), "exactly dtype, shape"},
      {"no dtype", safetensors_bytes(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8), "exactly"},
      {"one field more",
       safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":2}})", 8),
       "exactly"},
      {"an empty name", safetensors_bytes(one("\"F32\"", "[2]", "[0,8]", ""), 8),
       "name of 0 bytes"},
      {"a long name", safetensors_bytes(one("\"F32\"", "[2]", "[0,8]", std::string(256, 'n')), 8),
       "of 256 bytes"},
      {"a NUL in the name", safetensors_bytes(one("\"F32\"", "[2]", "[0,8]", "\\u0000"), 8), "NUL"},
      {"dtype a number", safetensors_bytes(one("7", "[2]", "[0,8]"), 8), "not a text"},
      {"unknown dtype", safetensors_bytes(one("\"Q4_0\"", "[2]", "[0,8]"), 8), "dtype 'Q4_0'",
       Fault::unsupported},
      {"shape no list", safetensors_bytes(one("\"F32\"", "2", "[0,8]"), 8), "not a list"},
      {"rank 5", safetensors_bytes(one("\"F32\"", "[1,1,1,1,2]", "[0,8]"), 8), "at most 4"},
      {"a size of 0", safetensors_bytes(one("\"F32\"", "[2,0]", "[0,0]"), 0), "between 1 and"},
      {"a negative size", safetensors_bytes(one("\"F32\"", "[-2]", "[0,8]"), 8), "between 1 and"},
      {"a broken size", safetensors_bytes(one("\"F32\"", "[2.0]", "[0,8]"), 8), "between 1 and"},
      {"a size of 2^31", safetensors_bytes(one("\"F32\"", "[2147483648]", "[0,8]"), 8),
       "between 1"},
      {"a size of 2^64", safetensors_bytes(one("\"F32\"", "[18446744073709551616]", "[0,8]"), 8),
       "between 1"},
      {"a product that wraps to 8",
       safetensors_bytes(one("\"F32\"", "[2147483647,2147483647,2147483647,4]", "[0,8]"), 8),
       "needs"},
      {"a product that wraps to 0",
       safetensors_bytes(one("\"F64\"", "[1073741824,1073741824,2]", "[0,0]"), 0), "needs"},
      {"offsets no pair", safetensors_bytes(one("\"F32\"", "[2]", "[0,8,8]"), 8), "not a pair"},
      {"offsets negative", safetensors_bytes(one("\"F32\"", "[2]", "[-8,0]"), 8), "not sizes"},
      {"offsets broken", safetensors_bytes(one("\"F32\"", "[2]", "[0,8.0]"), 8), "not sizes"},
      {"offsets above 2^63",
       safetensors_bytes(one("\"F32\"", "[2]", "[18446744073709551608,18446744073709551615]"), 8),
       "not sizes"},
      {"offsets backwards", safetensors_bytes(one("\"F32\"", "[2]", "[8,0]"), 8), "bytes 8 to 0"},
      {"one byte too many", safetensors_bytes(one("\"F32\"", "[2]", "[0,9]"), 9), "has 9 bytes"},
      {"one byte too few", safetensors_bytes(one("\"F32\"", "[2]", "[0,7]"), 7), "has 7 bytes"},
      {"another type's size", safetensors_bytes(one("\"F16\"", "[2]", "[0,8]"), 8), "has 8 bytes"},
  };
}

std::vector<Hostile> cover_cases() {
  std::string ten = "{";
  for (int i = 0; i < 10; ++i)
    ten += core::say(i == 0 ? "" : ",", "\"t", i,
                     R"(":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})");
  return {
      {"the last byte missing", safetensors_bytes(two("[0,8]", "[8,16]"), 15), "8 to 16 of 15"},
      {"one byte left", safetensors_bytes(two("[0,8]", "[8,16]"), 17), "1 bytes after"},
      {"bytes and no tensor", safetensors_bytes("{}", 8), "8 bytes after"},
      {"a gap", safetensors_bytes(two("[0,8]", "[12,20]"), 20), "'b' leaves a gap"},
      {"a gap in front", safetensors_bytes(two("[4,12]", "[12,20]"), 20), "'a' leaves a gap"},
      {"an overlap", safetensors_bytes(two("[0,8]", "[4,12]"), 12), "'b' overlaps"},
      {"ten tensors on one span", safetensors_bytes(ten + "}", 8), "overlaps"},
      {"behind the end", safetensors_bytes(two("[0,8]", "[800,808]"), 16), "800 to 808 of 16"},
  };
}

void check_refused(const Hostile& c, const Scratch& folder) {
  CAPTURE(std::string(c.what));
  const auto bytes = std::as_bytes(std::span(c.bytes));
  const auto layout =
      safetensors_layout(bytes, static_cast<std::int64_t>(bytes.size()), "it.safetensors");
  REQUIRE_FALSE(layout);
  CHECK(layout.error().fault == c.fault);
  const std::string& sentence = layout.error().sentence;
  CHECK_MESSAGE(sentence.find(c.says) != std::string::npos, sentence);
  CHECK_MESSAGE(sentence.find("it.safetensors") != std::string::npos, sentence);
  // The same verdict through a file, of which only the head is read.
  const auto opened = Safetensors::open(folder.write("it.safetensors", c.bytes));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().fault == c.fault);
  CHECK(opened.error().sentence.find(c.says) != std::string::npos);
}

}  // namespace

TEST_CASE("a safetensors file whose header lies is refused by name") {
  const Scratch folder;
  for (const Hostile& c : length_cases()) check_refused(c, folder);
}

TEST_CASE("a safetensors tensor that cannot be is refused by name") {
  const Scratch folder;
  for (const Hostile& c : entry_cases()) check_refused(c, folder);
}

TEST_CASE("safetensors tensors must cover the file exactly once") {
  const Scratch folder;
  for (const Hostile& c : cover_cases()) check_refused(c, folder);
}

TEST_CASE("a safetensors file cut off anywhere is refused") {
  SafetensorsFile file;
  file.add("a", {2, 3}, support::exact_values(6, 1));
  file.add("b", {5}, support::exact_values(5, 2), "F16");
  const std::string whole = file.bytes();
  const auto refused = [](std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return !safetensors_layout(bytes, static_cast<std::int64_t>(bytes.size()), "f");
  };
  CHECK_FALSE(refused(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(refused(whole.substr(0, size)));
  CHECK(refused(whole + '\0'));
}

TEST_CASE(
    "a right header may be padded with blanks and hold metadata and types that are not read") {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"mask":{"dtype":"BOOL","shape":[1,1,2,2],"data_offsets":[0,4]},)"
      R"("x":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}    )";
  const std::string bytes = safetensors_bytes(header, 8);
  const auto layout = safetensors_layout(std::as_bytes(std::span(bytes)),
                                         static_cast<std::int64_t>(bytes.size()), "f");
  REQUIRE(layout);
  REQUIRE(layout->size() == 2);
  CHECK((*layout)[0].tensor.name == "mask");
  CHECK((*layout)[0].tensor.type == convert::SourceType::other);
  CHECK((*layout)[0].tensor.type_name == "BOOL");
  CHECK((*layout)[1].tensor.values() == 1);
  CHECK((*layout)[1].offset == static_cast<std::int64_t>(bytes.size()) - 4);
}

TEST_CASE("numbers of every type are read from any place of a tensor") {
  const Scratch folder;
  const std::vector<float> values = support::exact_values(40, 3);
  SafetensorsFile file;
  // Out of the order of their names, as files are.
  file.add("z32", {8, 5}, values);
  file.add("b16", {40}, values, "BF16");
  file.add("h16", {4, 10}, values, "F16");
  const auto opened = Safetensors::open(folder.write("m.safetensors", file.bytes()));
  REQUIRE(opened);
  const convert::Checkpoint& checkpoint = **opened;
  CHECK(checkpoint.tensors()[0].name == "b16");
  CHECK(checkpoint.find("absent") == -1);
  for (const char* name : {"z32", "b16", "h16"})
    for (std::int64_t first : {0, 1, 7, 39})
      for (std::size_t count : {std::size_t{1}, static_cast<std::size_t>(40 - first)}) {
        CAPTURE(std::string(name));
        std::vector<float> got(count);
        REQUIRE(checkpoint.read(checkpoint.find(name), first, got));
        for (std::size_t i = 0; i < count; ++i)
          CHECK(got[i] == values[static_cast<std::size_t>(first) + i]);
      }
}

TEST_CASE("half-precision specials are read as what they are") {
  const Scratch folder;
  SafetensorsFile file;
  file.add_bytes("h", {4}, std::string_view("\x00\x7c\x00\xfc\x01\x7e\x01\x00", 8), "F16");
  file.add_bytes("b", {3}, std::string_view("\x80\x7f\xc0\x7f\x01\x00", 6), "BF16");
  const auto opened = Safetensors::open(folder.write("m.safetensors", file.bytes()));
  REQUIRE(opened);
  std::vector<float> h(4), b(3);
  REQUIRE((*opened)->read((*opened)->find("h"), 0, h));
  REQUIRE((*opened)->read((*opened)->find("b"), 0, b));
  CHECK(h[0] == INFINITY);
  CHECK(h[1] == -INFINITY);
  CHECK(std::isnan(h[2]));
  CHECK(h[3] == std::ldexp(1.0f, -24));
  CHECK(b[0] == INFINITY);
  CHECK(std::isnan(b[1]));
  CHECK(b[2] == std::ldexp(1.0f, -133));
}

TEST_CASE("a file that shrinks after it was opened gives a sentence") {
  const Scratch folder;
  SafetensorsFile file;
  file.add("a", {1000}, support::exact_values(1000, 4));
  const std::string path = folder.write("m.safetensors", file.bytes());
  const auto opened = Safetensors::open(path);
  REQUIRE(opened);
  std::filesystem::resize_file(path, 1000);
  std::vector<float> got(1000);
  const auto status = (*opened)->read(0, 0, got);
  REQUIRE_FALSE(status);
  CHECK(status.error().fault == Fault::io);
  CHECK(status.error().sentence.find("ended at byte 1000") != std::string::npos);
}

TEST_CASE("a tensor that lies beyond 4 GB is read on every machine") {
  const Scratch folder;
  const std::string bytes = safetensors_bytes(
      R"({"hole":{"dtype":"U8","shape":[2147483647,2],"data_offsets":[0,4294967294]},)"
      R"("last":{"dtype":"F32","shape":[2],"data_offsets":[4294967294,4294967302]}})",
      0);
  const std::string path = folder.write("m.safetensors", bytes);
  std::filesystem::resize_file(path, bytes.size() + 4294967302u);  // a hole takes no room
  const std::vector<float> values{1.5f, -2.0f};
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-8, std::ios::end);
    file.write(reinterpret_cast<const char*>(values.data()), 8);
    REQUIRE(file.good());
  }
  const auto opened = Safetensors::open(path);
  REQUIRE_MESSAGE(opened, support::why(opened));
  std::vector<float> got(2);
  REQUIRE((*opened)->read((*opened)->find("last"), 0, got));
  CHECK(got == values);
}

TEST_CASE("what is no regular file is refused") {
  const Scratch folder;
  for (const std::string& path :
       {folder_of(folder), folder.path("absent"), std::string("/dev/null")}) {
    CAPTURE(path);
    const auto opened = Safetensors::open(path);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == Fault::io);
    CHECK(opened.error().sentence.find(path) != std::string::npos);
  }
}
