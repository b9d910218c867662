#include "tools/convert/checkpoint/ctranslate2.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/tools/convert/ctranslate2_file.h"
#include "tests/tools/convert/files.h"

using namespace linnet;
using convert::Ctranslate2;
using convert::SourceType;
using core::Fault;
using support::Ctranslate2File;
using support::Scratch;

namespace {

core::Result<std::unique_ptr<Ctranslate2>> open_bytes(const std::string& bytes,
                                                      const Scratch& scratch) {
  scratch.write("model.bin", bytes);
  return Ctranslate2::open(scratch.path("model.bin"));
}

// What is said of a file that must be refused; the sentence names the file.
core::Error refusal(const std::string& bytes) {
  const Scratch scratch;
  const auto opened = open_bytes(bytes, scratch);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sentence.find("model.bin") != std::string::npos);
  return opened.error();
}

std::vector<float> all_of(const Ctranslate2& file, const char* name) {
  const int found = file.find(name);
  REQUIRE(found >= 0);
  std::vector<float> values(
      static_cast<std::size_t>(file.tensors()[static_cast<std::size_t>(found)].values()));
  REQUIRE(file.read(found, 0, values));
  return values;
}

Ctranslate2File small(std::uint32_t version) {
  Ctranslate2File file(version);
  file.add("a/weight", {2, 3}, std::vector<std::int8_t>{1, -2, 3, 127, -127, 0}, 1)
      .add("a/weight_scale", {2}, std::vector<float>{2.0f, 4.0f}, 0)
      .add("b/weight", {2}, std::vector<float>{0.5f, -1.5f}, 0)
      .add("c/weight", {1, 2}, std::vector<std::int16_t>{500, -250}, 2)
      .add("c/weight_scale", {}, std::vector<float>{250.0f}, 0)
      .add("heads", {}, std::vector<std::int8_t>{4}, 1);
  if (version >= 4) file.add("half", {2}, std::vector<std::uint16_t>{0x3c00, 0xc000}, 4);
  if (version >= 3) file.put(std::uint32_t{1}).text("tied").text("a/weight");
  return file;
}

}  // namespace

TEST_CASE("variables, scales, attributes and aliases of every version are found") {
  for (std::uint32_t version = 2; version <= 6; ++version) {
    CAPTURE(version);
    const Scratch scratch;
    const auto opened = open_bytes(small(version).bytes(), scratch);
    REQUIRE_MESSAGE(opened, support::why(opened));
    const Ctranslate2& file = **opened;
    CHECK(all_of(file, "a/weight") == std::vector<float>{0.5f, -1, 1.5f, 31.75f, -31.75f, 0});
    CHECK(all_of(file, "b/weight") == std::vector<float>{0.5f, -1.5f});
    CHECK(all_of(file, "c/weight") == std::vector<float>{2, -1});
    CHECK(file.find("a/weight_scale") == -1);
    CHECK(file.config()["heads"] == 4);
    CHECK(file.config()["version"] == version);
    CHECK(file.config()["spec"] == "TransformerSpec");
    if (version >= 4) CHECK(all_of(file, "half") == std::vector<float>{1, -2});
    if (version < 3) continue;
    CHECK(all_of(file, "tied") == all_of(file, "a/weight"));
    CHECK(file.same_place(file.find("tied"), file.find("a/weight")));
    CHECK_FALSE(file.same_place(file.find("b/weight"), file.find("a/weight")));
  }
}

TEST_CASE("integers and steps of rows are those of the file") {
  const Scratch scratch;
  const auto opened = open_bytes(small(6).bytes(), scratch);
  REQUIRE(opened);
  const int tensor = (*opened)->find("a/weight");
  std::vector<std::int8_t> integers(3);
  REQUIRE((*opened)->read_integers(tensor, 3, integers));
  CHECK(integers == std::vector<std::int8_t>{127, -127, 0});
  std::vector<float> steps(1);
  REQUIRE((*opened)->read_steps(tensor, 1, steps));
  CHECK(steps.front() == 0.25f);
  std::vector<float> across(4);
  REQUIRE((*opened)->read(tensor, 1, across));
  CHECK(across == std::vector<float>{-1, 1.5f, 31.75f, -31.75f});
}

TEST_CASE("the names of OpenNMT-tf become those of revision 2") {
  const auto name = [](const char* old) { return convert::name_of_revision_2(old); };
  CHECK(name("transformer/encoder/w_embs:0") == "encoder/embeddings/weight");
  CHECK(name("transformer/decoder/dense/kernel:0") == "decoder/projection/weight");
  CHECK(name("transformer/encoder/layer_3/multi_head/conv1d_1/bias:0") ==
        "encoder/layer_3/self_attention/linear_1/bias");
  CHECK(name("transformer/decoder/layer_0/masked_multi_head/conv1d/kernel:0") ==
        "decoder/layer_0/self_attention/linear_0/weight");
  CHECK(name("transformer/decoder/layer_0/multi_head/conv1d_2/kernel:0") ==
        "decoder/layer_0/attention/linear_2/weight");
  CHECK(name("transformer/decoder/LayerNorm/gamma:0") == "decoder/layer_norm/gamma");
}

TEST_CASE("integers of 16 bits of the first version are thousandths") {
  Ctranslate2File file(1);
  file.add("transformer/x/kernel:0", {1, 2}, std::vector<std::int16_t>{1500, -1}, 2);
  const Scratch scratch;
  const auto opened = open_bytes(file.bytes(), scratch);
  REQUIRE_MESSAGE(opened, support::why(opened));
  const std::vector<float> values = all_of(**opened, "x/weight");
  CHECK(values[0] == doctest::Approx(1.5));
  CHECK(values[1] == doctest::Approx(-0.001));
}

TEST_CASE("a file that ends anywhere before its end, or goes on behind it, is refused") {
  for (const std::uint32_t version : {1u, 2u, 3u, 6u}) {
    Ctranslate2File file(version);
    file.add("a", {2, 1}, std::vector<float>{1, 2}, 0);
    if (version >= 3) file.put(std::uint32_t{1}).text("b").text("a");
    const Scratch scratch;
    REQUIRE(open_bytes(file.bytes(), scratch));
    for (std::size_t length = 0; length < file.bytes().size(); ++length) {
      CAPTURE(length);
      CHECK(refusal(file.bytes().substr(0, length)).fault != Fault::io);
    }
    CHECK(refusal(file.bytes() + "x").sentence.find("1 bytes after") != std::string::npos);
  }
}

TEST_CASE("counts and sizes that no file of that length can have are refused") {
  const auto head = [] { return Ctranslate2File(6); };
  const auto variable = [&] {
    Ctranslate2File file = head();
    std::string bytes = file.bytes();
    bytes[bytes.size() - 4] = 1;  // one variable
    return bytes;
  };
  const auto number = [](std::uint32_t value) {
    return std::string(reinterpret_cast<const char*>(&value), 4);
  };
  const std::string name{"\2\0a\0", 4};
  std::string many = head().bytes();
  many.replace(many.size() - 4, 4, number(0xffffffff));
  CHECK(refusal(many).fault == Fault::limit);
  for (const std::uint32_t size : {0u, 0x80000000u, 0xffffffffu})
    CHECK(
        refusal(variable() + name + "\1" + number(size) + std::string(1, '\0') + number(4) + "1234")
            .fault == Fault::corrupt);
  // 65536^4 wraps to nothing.
  const std::string wide = number(65536);
  CHECK(refusal(variable() + name + "\4" + wide + wide + wide + wide + std::string(1, '\0') +
                number(0))
            .fault == Fault::corrupt);
  CHECK(refusal(variable() + name + "\5").sentence.find("rank 5") != std::string::npos);
  CHECK(refusal(variable() + name + "\1" + number(1) + "\6" + number(4) + "1234")
            .sentence.find("unknown type 6") != std::string::npos);
  CHECK(
      refusal(variable() + name + "\1" + number(1) + std::string(1, '\0') + number(8) + "12345678")
          .sentence.find("number of bytes") != std::string::npos);
  CHECK(refusal(variable() + std::string(2, '\0')).sentence.find("0 bytes") != std::string::npos);
  CHECK(refusal(variable() + std::string("\3\0a\0\0", 5)).sentence.find("NUL") !=
        std::string::npos);
  CHECK(refusal(variable() + "\xff\xff").fault == Fault::corrupt);
}

TEST_CASE("versions before 1 and after 6 are refused by their number") {
  for (const std::uint32_t version : {0u, 7u, 0x01000000u}) {
    const core::Error error = refusal(Ctranslate2File(version).bytes());
    CHECK(error.fault == Fault::unsupported);
    CHECK(error.sentence.find(core::say("version ", version)) != std::string::npos);
  }
}

TEST_CASE("two variables of one name, and aliases of none, are refused") {
  const std::vector<float> one{1};
  Ctranslate2File twice(6);
  twice.add("a", {1}, one, 0).add("a", {1}, one, 0).put(std::uint32_t{0});
  CHECK(refusal(twice.bytes()).sentence.find("'a' is there twice") != std::string::npos);
  Ctranslate2File again(6);
  again.add("a", {1}, one, 0).put(std::uint32_t{1}).text("a").text("a");
  CHECK(refusal(again.bytes()).sentence.find("'a' is there twice") != std::string::npos);
  Ctranslate2File lost(6);
  lost.add("a", {1}, one, 0).put(std::uint32_t{1}).text("b").text("c");
  CHECK(refusal(lost.bytes()).sentence.find("'b' is one of 'c'") != std::string::npos);
  Ctranslate2File chain(6);
  chain.add("a", {1}, one, 0).put(std::uint32_t{2}).text("b").text("a").text("c").text("b");
  CHECK(refusal(chain.bytes()).fault == Fault::corrupt);
}

TEST_CASE("integers without a scale, or with a wrong one, are refused by name") {
  const std::vector<std::int8_t> integers{1, 2};
  const auto with = [&](const std::vector<std::uint32_t>& shape, const std::vector<float>& scales) {
    Ctranslate2File file(6);
    file.add("w", {2, 1}, integers, 1);
    if (!scales.empty()) file.add("w_scale", shape, scales, 0);
    return refusal(file.put(std::uint32_t{0}).bytes()).sentence;
  };
  CHECK(with({}, {}).find("'w' has integers without a scale") != std::string::npos);
  CHECK(with({3}, {1, 1, 1}).find("another type or shape") != std::string::npos);
  CHECK(with({}, {1}).find("another type or shape") != std::string::npos);
  for (const float bad :
       {0.0f, -1.0f, static_cast<float>(NAN), static_cast<float>(INFINITY), 1e-45f})
    CHECK(with({2}, {1, bad}).find("not a positive number") != std::string::npos);
}

TEST_CASE("an attribute that is not a finite number is refused by name") {
  Ctranslate2File file(6);
  file.add("scale", {}, std::vector<float>{NAN}, 0).put(std::uint32_t{0});
  CHECK(refusal(file.bytes()).sentence.find("'scale'") != std::string::npos);
}
