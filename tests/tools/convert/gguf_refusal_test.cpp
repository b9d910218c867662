#include <doctest/doctest.h>

#include <cmath>

#include "tests/tools/convert/tiny_gguf.h"
#include "tools/convert/source_model.h"

using namespace linnet;
using core::Fault;
using support::check_refused;
using support::GgufFile;
using support::GgufScratch;
using support::says;
using support::tiny_gguf;

// Settings and tensors of a GGUF file that make no model, or none that is supported.

TEST_CASE("rotary settings that are not supported or no numbers are refused by name") {
  const auto with = [](const char* field, float value) {
    GgufFile file = tiny_gguf();
    file.real(field, value);
    return file;
  };
  GgufFile su = tiny_gguf();
  check_refused(su.text("llama.rope.scaling.type", "su"), Fault::unsupported,
                "'llama.rope.scaling.type' is 'su'");
  GgufFile yarn = tiny_gguf();
  yarn.text("llama.rope.scaling.type", "yarn").real("llama.rope.freq_base", 1);
  check_refused(yarn, Fault::unsupported, "'llama.rope.freq_base' must be greater than 1");
  yarn.erase("llama.rope.freq_base");
  check_refused(yarn.real("llama.rope.scaling.yarn_log_multiplier", 0.5f), Fault::unsupported,
                "yarn_log_multiplier' is 0.5");
  check_refused(with("llama.rope.freq_base", 0), Fault::unsupported, "'llama.rope.freq_base'");
  check_refused(with("llama.rope.freq_base", NAN), Fault::corrupt, "'llama.rope.freq_base'");
  check_refused(with("llama.rope.freq_base", INFINITY), Fault::corrupt, "'llama.rope.freq_base'");
  check_refused(with("llama.rope.scaling.factor", -1), Fault::unsupported, "scaling.factor'");
  check_refused(with("llama.rope.scaling.attn_factor", 0), Fault::unsupported, "attn_factor' is");
  for (const std::uint32_t width : {3u, 10u}) {
    GgufFile wide = tiny_gguf();
    check_refused(wide.number("llama.rope.dimension_count", width), Fault::unsupported,
                  "'llama.rope.dimension_count' must be even");
  }
  const auto factors = [](const std::vector<float>& values) {
    GgufFile file = tiny_gguf();
    return file.tensor("rope_freqs.weight", {values.size()}, 0, support::raw_bytes(values));
  };
  check_refused(factors({1, 1, 1}), Fault::corrupt, "'rope_freqs.weight' has the type F32");
  for (const float bad : {0.0f, -1.0f, NAN, INFINITY})
    check_refused(factors({1, 1, 1, bad}), Fault::corrupt, "'rope_freqs.weight' holds ");
}

TEST_CASE("fields of the architecture that nobody asked for are refused, unless they are ignored") {
  GgufFile file = tiny_gguf();
  file.number("llama.novel.thing", 1).text("general.licence", "x").number("quantize.what", 1);
  check_refused(file, Fault::unsupported, "'llama.novel.thing' is unknown");
  const GgufScratch scratch;
  convert::Options options = scratch.save(file);
  options.ignored_fields = {"llama.novel.thing"};
  const auto report = convert::convert(options);
  CHECK_MESSAGE(report, support::why(report));
  GgufFile other = tiny_gguf();
  check_refused(other.number("novel.thing", 1), Fault::unsupported, "'novel' is unknown");
}

TEST_CASE("settings that are missing, of another kind or out of range are refused by name") {
  for (const char* field : {"llama.block_count", "llama.embedding_length",
                            "llama.feed_forward_length", "llama.attention.head_count",
                            "llama.context_length", "llama.attention.layer_norm_rms_epsilon"}) {
    GgufFile file = tiny_gguf();
    file.erase(field);
    check_refused(file, Fault::corrupt, core::say("'", field, "' is missing"));
    check_refused(file.text(field, "many"), Fault::corrupt, core::say("'", field, "' is "));
    file.erase(field);
    if (std::string_view(field).ends_with("epsilon")) continue;
    check_refused(file.number(field, 0), Fault::corrupt, core::say("'", field, "' is 0"));
  }
  GgufFile heads = tiny_gguf();
  heads.erase("llama.attention.head_count");
  check_refused(heads.number("llama.attention.head_count", 5), Fault::unsupported,
                "does not divide");
  GgufFile epsilon = tiny_gguf();
  epsilon.erase("llama.attention.layer_norm_rms_epsilon");
  CHECK(says(GgufScratch().refusal(epsilon.real("llama.attention.layer_norm_rms_epsilon", 0)),
             "m.gguf: "));
  GgufFile groups = tiny_gguf();
  groups.erase("llama.attention.head_count_kv");
  CHECK(says(GgufScratch().refusal(groups.number("llama.attention.head_count_kv", 3)), "m.gguf: "));
  GgufFile experts = tiny_gguf();
  check_refused(experts.number("llama.expert_count", 8), Fault::unsupported, "expert_count' is 8");
  GgufFile values = tiny_gguf();
  check_refused(values.number("llama.attention.value_length", 4), Fault::unsupported,
                "value_length");
}

TEST_CASE("architectures, adapters and parts that are not supported are refused by name") {
  GgufFile other = tiny_gguf();
  other.erase("general.architecture");
  check_refused(other, Fault::unsupported, "the architecture ''");
  check_refused(other.text("general.architecture", "mamba"), Fault::unsupported,
                "the architecture 'mamba' is not one of those that are supported (bert, bloom,");
  GgufFile adapter = tiny_gguf();
  check_refused(adapter.text("general.type", "adapter"), Fault::unsupported, "'general.type'");
  GgufFile part = tiny_gguf();
  check_refused(part.number("split.count", 2), Fault::unsupported, "'split.count' is 2");
  GgufFile whole = tiny_gguf();
  whole.number("split.count", 1).number("split.no", 0).number("split.tensors.count", 11);
  const GgufScratch scratch;
  CHECK(convert::convert(scratch.save(whole)));
  GgufFile plain = tiny_gguf();
  std::erase_if(plain.fields, [](const auto& field) { return field.first.starts_with("llama."); });
  check_refused(plain, Fault::corrupt, "has no fields 'llama.'");
}

TEST_CASE("tensors that are missing, left over or of another shape are refused by name") {
  GgufFile missing = tiny_gguf();
  support::tensor_of(missing, "blk.0.attn_v.weight").name = "blk.0.attn_w.weight";
  check_refused(missing, Fault::corrupt, "'blk.0.attn_v.weight' is missing");
  GgufFile over = tiny_gguf();
  over.tensor("blk.1.attn_v.weight", {1}, 0, support::raw_bytes(1.0f));
  check_refused(over, Fault::unsupported, "'blk.1.attn_v.weight' is left over");
  GgufFile shape = tiny_gguf();
  support::tensor_of(shape, "blk.0.attn_k.weight").sizes = {16, 32};
  check_refused(shape, Fault::corrupt, "'blk.0.attn_k.weight' has the shape [32, 16]");
  GgufFile integers = tiny_gguf();
  auto& norm = support::tensor_of(integers, "blk.0.ffn_norm.weight");
  norm.type = 26;
  check_refused(integers, Fault::unsupported, "is of type I32");
  GgufFile nan = tiny_gguf();
  support::tensor_of(nan, "blk.0.ffn_norm.weight").data.replace(0, 4, support::raw_bytes(NAN));
  check_refused(nan, Fault::corrupt, "'blk.0.ffn_norm.weight' holds NaN or infinity");
  GgufFile no_embedding = tiny_gguf();
  support::tensor_of(no_embedding, "token_embd.weight").name = "other";
  check_refused(no_embedding, Fault::corrupt, "'token_embd.weight' is missing");
}
