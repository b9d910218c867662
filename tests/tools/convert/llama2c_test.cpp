#include "tools/convert/checkpoint/llama2c.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/tools/convert/files.h"

using namespace linnet;
using convert::Llama2c;
using support::Scratch;

namespace {

using Header = std::array<std::int32_t, 7>;

// dim 8, hidden 12, layers 2, heads 4, kv_heads 2, vocab 5, context 3
constexpr Header kSmall{8, 12, 2, 4, 2, 5, 3};

std::int64_t floats(const Header& h, bool shared) {
  const int head = h[0] / h[3], keys = h[4] * head;
  const int layer = 2 * h[0] + 2 * h[0] * h[0] + 2 * keys * h[0] + 3 * h[0] * h[1];
  const int vocab = shared ? h[5] : -h[5];
  return vocab * h[0] + h[2] * layer + h[0] + h[6] * head + (shared ? 0 : vocab * h[0]);
}

// The numbers are their places: 0, 1, 2, ...
std::string bytes_of(const Header& header, std::int64_t count) {
  std::string bytes(reinterpret_cast<const char*>(header.data()), sizeof header);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(i);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

float first_of(const convert::Checkpoint& checkpoint, const char* name) {
  std::vector<float> value(1);
  REQUIRE(checkpoint.find(name) >= 0);
  REQUIRE(checkpoint.read(checkpoint.find(name), 0, value));
  return value[0];
}

}  // namespace

TEST_CASE("the tensors of a llama2.c file lie where its run.c looks for them") {
  const Scratch folder;
  for (const bool shared : {true, false}) {
    CAPTURE(shared);
    Header header = kSmall;
    if (!shared) header[5] = -5;
    const std::int64_t count = floats(header, shared);
    const auto opened = Llama2c::open(folder.write("m.bin", bytes_of(header, count)));
    REQUIRE(opened);
    const convert::Checkpoint& c = **opened;
    CHECK((*opened)->config()["vocab_size"] == 5);
    CHECK((*opened)->config()["shared_classifier"] == shared);
    CHECK(first_of(c, "tok_embeddings.weight") == 0);
    CHECK(first_of(c, "layers.0.attention_norm.weight") == 40);
    CHECK(first_of(c, "layers.1.attention_norm.weight") == 48);
    CHECK(first_of(c, "layers.0.attention.wq.weight") == 56);
    CHECK(first_of(c, "layers.0.attention.wk.weight") == 56 + 2 * 64);
    CHECK(first_of(c, "layers.1.attention.wv.weight") == 184 + 2 * 32 + 32);
    CHECK(first_of(c, "layers.0.attention.wo.weight") == 312);
    CHECK(first_of(c, "layers.0.ffn_norm.weight") == 440);
    CHECK(first_of(c, "layers.0.feed_forward.w1.weight") == 456);
    CHECK(first_of(c, "layers.1.feed_forward.w2.weight") == 456 + 192 + 96);
    CHECK(first_of(c, "layers.0.feed_forward.w3.weight") == 456 + 384);
    CHECK(first_of(c, "norm.weight") == 1032);
    CHECK(c.tensors()[static_cast<std::size_t>(c.find("layers.0.feed_forward.w2.weight"))].shape ==
          std::vector<std::int64_t>{8, 12});
    CHECK((c.find("output.weight") >= 0) == !shared);
    if (!shared) CHECK(first_of(c, "output.weight") == 1032 + 8 + 2 * 3);
  }
}

TEST_CASE("a llama2.c file must have its size to the last byte") {
  const Scratch folder;
  const std::string right = bytes_of(kSmall, floats(kSmall, true));
  CHECK(Llama2c::open(folder.write("m.bin", right)));
  for (const std::string& wrong :
       {right + '\0', right.substr(0, right.size() - 1), right.substr(0, 28), right.substr(0, 27),
        std::string(), bytes_of(Header{8, 12, 2, 4, 2, -5, 3}, floats(kSmall, true))}) {
    const auto opened = Llama2c::open(folder.write("m.bin", wrong));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == core::Fault::corrupt);
    CHECK(opened.error().sentence.find("m.bin") != std::string::npos);
  }
}

TEST_CASE("a llama2.c header that cannot be is refused by name") {
  struct Case {
    int field;
    std::int32_t value;
    const char* says;
  };
  constexpr std::int32_t kMin = -2147483647 - 1;
  const Case cases[] = {
      {0, 0, "dim would be 0"},
      {0, -8, "dim would be -8"},
      {0, 65537, "dim would be 65537"},
      {0, 0x616b3432, "of version 12"},
      {0, 9, "do not fit"},
      {0, 4, "do not fit"},
      {1, 0, "hidden_dim would be 0"},
      {1, 0x7fffffff, "hidden_dim"},
      {2, 0, "n_layers would be 0"},
      {2, 1025, "n_layers would be 1025"},
      {3, 0, "n_heads would be 0"},
      {3, 3, "do not fit"},
      {4, 0, "n_kv_heads would be 0"},
      {4, 3, "do not fit"},
      {5, 0, "vocab_size would be 0"},
      {5, kMin, "vocab_size would be 2147483648"},
      {6, 0, "seq_len would be 0"},
      {6, kMin, "seq_len would be -2147483648"},
  };
  const Scratch folder;
  for (const Case& c : cases) {
    Header header = kSmall;
    header[static_cast<std::size_t>(c.field)] = c.value;
    const auto opened = Llama2c::open(folder.write("m.bin", bytes_of(header, 100)));
    REQUIRE_FALSE(opened);
    CHECK_MESSAGE(opened.error().sentence.find(c.says) != std::string::npos,
                  opened.error().sentence);
  }
}
