#include <array>

#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architectures "bert" and "nomic-bert" of GGUF files: encoders without a head. Poolers and
// heads are not in such files, and what else there is (cls.*) is left over.
namespace linnet::convert {
namespace {

// Numbers of llama.cpp. Without the field, or with "none", the mean, as for a folder.
void read_pooling(Config& fields, model::Reading& reading) {
  const int kind = fields.integer("pooling_type", 1);
  if (kind < 0 || kind > 3)
    fields.refuse("pooling_type", core::say("is ", kind, ", which this version does not support"));
  reading.pooling = kind == 2   ? model::Pooling::first
                    : kind == 3 ? model::Pooling::last
                                : model::Pooling::mean;
}

Config describe_both(Config& config, Found& found, std::string_view name, model::Spec& spec) {
  Config fields = gguf_section(config, name);
  read_gguf_head(fields, found.checkpoint, spec);
  spec.head = model::Head::none;
  spec.tied_head = false;
  model::Stack& s = spec.encoder;
  read_gguf_sizes(fields, s);
  fields.only("attention.causal", false);
  s.norm_eps = static_cast<float>(fields.number("attention.layer_norm_epsilon"));
  s.place = model::NormPlace::after;
  s.embed_norm = true;
  s.final_norm = false;
  const auto has = [&](const char* tensor) { return found.checkpoint.find(tensor) >= 0; };
  find_gguf_fused(found, s, true);
  s.qkv_bias = has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias");
  s.out_bias = has("blk.0.attn_output.bias");
  s.ffn_bias = has("blk.0.ffn_up.bias");
  if (const int types = found.checkpoint.find("token_types.weight"); types >= 0)
    spec.token_types =
        static_cast<int>(found.checkpoint.tensors()[static_cast<std::size_t>(types)].shape.front());
  read_pooling(fields, spec.reading);
  return fields;
}

void describe_bert(Config& config, Found& found, model::Spec& spec) {
  describe_both(config, found, "bert", spec);
  spec.encoder.position = model::Position::learned;
}

void describe_nomic(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_both(config, found, "nomic-bert", spec);
  read_gguf_rotary(fields, found, spec.encoder);
  spec.encoder.activation = model::Activation::silu;
  spec.encoder.gated = true;
}

constexpr std::array kModules{Module{"embed.tokens", "token_embd"},
                              Module{"encoder.positions", "position_embd"},
                              Module{"embed.types", "token_types"},
                              Module{"encoder.embed_norm", "token_embd_norm"},
                              Module{"encoder.*.self.query", "blk.*.{query}"},
                              Module{"encoder.*.self.key", "blk.*.{key}"},
                              Module{"encoder.*.self.value", "blk.*.{value}"},
                              Module{"encoder.*.self.out", "blk.*.attn_output"},
                              Module{"encoder.*.self_norm", "blk.*.attn_output_norm"},
                              Module{"encoder.*.ffn.gate", "blk.*.ffn_gate"},
                              Module{"encoder.*.ffn.up", "blk.*.ffn_up"},
                              Module{"encoder.*.ffn.down", "blk.*.ffn_down"},
                              Module{"encoder.*.ffn_norm", "blk.*.layer_output_norm"}};

}  // namespace

extern constinit const Family kGgufBert{"bert", "", describe_bert, kModules, "", {}};
extern constinit const Family kGgufNomicBert{"nomic-bert", "", describe_nomic, kModules, "", {}};

}  // namespace linnet::convert
