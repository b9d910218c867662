#include <array>

#include "tools/convert/family.h"
#include "tools/convert/gguf_fields.h"

// The architecture "gpt2" of GGUF files: matrices as [out, in], query, key and value in one.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = gguf_section(config, "gpt2");
  read_gguf_head(fields, found.checkpoint, spec);
  model::Stack& s = spec.decoder;
  read_gguf_sizes(fields, s);
  s.norm = model::NormKind::layer;
  s.norm_eps = static_cast<float>(fields.number("attention.layer_norm_epsilon"));
  s.position = model::Position::learned;
  s.activation = model::Activation::gelu_tanh;
}

constexpr std::array kModules{Module{"embed.tokens", "token_embd"},
                              Module{"decoder.positions", "position_embd"},
                              Module{"decoder.*.self_norm", "blk.*.attn_norm"},
                              Module{"decoder.*.self.query", "blk.*.attn_qkv", false, 0, 3},
                              Module{"decoder.*.self.key", "blk.*.attn_qkv", false, 1, 3},
                              Module{"decoder.*.self.value", "blk.*.attn_qkv", false, 2, 3},
                              Module{"decoder.*.self.out", "blk.*.attn_output"},
                              Module{"decoder.*.ffn_norm", "blk.*.ffn_norm"},
                              Module{"decoder.*.ffn.up", "blk.*.ffn_up"},
                              Module{"decoder.*.ffn.down", "blk.*.ffn_down"},
                              Module{"decoder.norm", "output_norm"},
                              Module{"head", "output"}};

}  // namespace

extern constinit const Family kGgufGpt2{"gpt2", "", describe, kModules, "", {}};

}  // namespace linnet::convert
