#include <array>

#include "tools/convert/family.h"
#include "tools/convert/gguf_fields.h"

// The architecture "llama" of GGUF files: Llama 1 to 3, Mistral without a window, SmolLM,
// TinyLlama. The rows of its query and key projections are ordered for rotary pairs of neighbours,
// (2 i, 2 i + 1).
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = gguf_section(config, "llama");
  read_gguf_head(fields, found.checkpoint, spec);
  model::Stack& s = spec.decoder;
  read_gguf_sizes(fields, s);
  s.norm = model::NormKind::rms;
  s.norm_eps = static_cast<float>(fields.number("attention.layer_norm_rms_epsilon"));
  s.position = model::Position::rotary;
  s.rotary = read_gguf_rotary(fields, found.checkpoint, s.d_head);
  s.rotary.interleaved = true;
  s.activation = model::Activation::silu;
  s.gated = true;
  const auto has = [&](const char* name) { return found.checkpoint.find(name) >= 0; };
  s.qkv_bias = has("blk.0.attn_q.bias");
  s.out_bias = has("blk.0.attn_output.bias");
  s.ffn_bias = has("blk.0.ffn_up.bias");
}

constexpr std::array kModules{Module{"embed.tokens", "token_embd"},
                              Module{"decoder.*.self_norm", "blk.*.attn_norm"},
                              Module{"decoder.*.self.query", "blk.*.attn_q"},
                              Module{"decoder.*.self.key", "blk.*.attn_k"},
                              Module{"decoder.*.self.value", "blk.*.attn_v"},
                              Module{"decoder.*.self.out", "blk.*.attn_output"},
                              Module{"decoder.*.ffn_norm", "blk.*.ffn_norm"},
                              Module{"decoder.*.ffn.gate", "blk.*.ffn_gate"},
                              Module{"decoder.*.ffn.up", "blk.*.ffn_up"},
                              Module{"decoder.*.ffn.down", "blk.*.ffn_down"},
                              Module{"decoder.norm", "output_norm"},
                              Module{"head", "output"}};

// Folded into the frequencies.
constexpr std::array<std::string_view, 1> kIgnored{"rope_freqs.weight"};

}  // namespace

extern constinit const Family kGgufLlama{"llama", "", describe, kModules, "", kIgnored};

}  // namespace linnet::convert
