#pragma once

#include "tests/tools/convert/files.h"
#include "tests/tools/convert/gguf_file.h"
#include "tests/tools/convert/golden.h"

// A right GGUF file of a Llama of one layer, for tests to spoil.
namespace linnet::support {

inline std::string gguf_floats(std::uint64_t count, std::uint64_t seed) {
  return raw_bytes(exact_values(static_cast<std::size_t>(count), seed));
}
// Blocks of Q8_0 with scales of powers of two and integers from -127 to 127.
inline std::string gguf_q8_0(std::uint64_t groups) {
  std::string blocks;
  for (std::uint64_t g = 0; g < groups; ++g) {
    blocks += raw_bytes(kernels::to_f16(g % 2 == 0 ? 0x1p-8f : 0x1p-9f));
    for (std::uint64_t i = 0; i < 32; ++i)
      blocks += static_cast<char>(static_cast<int>((g * 37 + i * 11) % 255) - 127);
  }
  return blocks;
}

inline GgufFile tiny_gguf() {
  GgufFile file;
  file.text("general.architecture", "llama").text("general.name", "tiny");
  file.number("llama.block_count", 1).number("llama.context_length", 16);
  file.number("llama.embedding_length", 32).number("llama.feed_forward_length", 64);
  file.number("llama.attention.head_count", 4).number("llama.attention.head_count_kv", 2);
  file.real("llama.attention.layer_norm_rms_epsilon", 1e-5f).number("llama.vocab_size", 5);
  file.tensor("token_embd.weight", {32, 5}, 0, gguf_floats(160, 1));
  file.tensor("output_norm.weight", {32}, 0, gguf_floats(32, 2));
  const auto add = [&](const char* name, std::uint64_t in, std::uint64_t out) {
    file.tensor(core::say("blk.0.", name, ".weight"), {in, out}, 0, gguf_floats(in * out, out));
  };
  file.tensor("blk.0.attn_norm.weight", {32}, 0, gguf_floats(32, 3));
  file.tensor("blk.0.ffn_norm.weight", {32}, 0, gguf_floats(32, 4));
  add("attn_q", 32, 32);
  add("attn_k", 32, 16);
  add("attn_v", 32, 16);
  add("attn_output", 32, 32);
  add("ffn_gate", 32, 64);
  add("ffn_up", 32, 64);
  add("ffn_down", 64, 32);
  return file;
}

inline GgufTensorOf& tensor_of(GgufFile& file, std::string_view name) {
  for (GgufTensorOf& tensor : file.tensors)
    if (tensor.name == name) return tensor;
  FAIL("no tensor " << name);
  return file.tensors.front();
}

struct GgufScratch : Scratch {
  convert::Options save(const GgufFile& file, std::optional<core::Dtype> type = {}) const {
    return {.input = write("m.gguf", file.bytes()),
            .output = path("out.linnet"),
            .tokenizer = {},
            .type = type};
  }
  core::Error refusal(const GgufFile& file, std::optional<core::Dtype> type = {}) const {
    const auto report = convert::convert(save(file, type));
    REQUIRE_FALSE(report);
    CHECK_FALSE(std::filesystem::exists(path("out.linnet")));
    CHECK(says(report.error(), "m.gguf"));
    return report.error();
  }
};

inline void check_refused(const GgufFile& file, core::Fault fault, std::string_view part,
                          std::optional<core::Dtype> type = {}) {
  const core::Error error = GgufScratch().refusal(file, type);
  CHECK_MESSAGE(says(error, part), error.sentence);
  CHECK(static_cast<int>(error.fault) == static_cast<int>(fault));
}

}  // namespace linnet::support
