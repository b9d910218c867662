#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// MPT (MosaicML, 2023) as Hugging Face transformers stores it: linear biases in place of positions
// (Press et al., 2022), and no biases of layers or norms.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{
    "auto_map",  "emb_pdrop",          "resid_pdrop", "init_device",     "verbose",
    "norm_type", "embedding_fraction", "init_config", "learned_pos_emb", "tokenizer_name"};
constexpr std::string_view kHarmlessAttention[]{"attn_pdrop", "attn_impl", "model_type"};

void describe_attention(Config& config, model::Stack& s) {
  std::optional<Config> attention = config.section("attn_config");
  double top = 8.0;
  if (attention) {
    read_common_fields(*attention);  // the library writes them here too
    attention->harmless(kHarmlessAttention);
    attention->only("attn_type", "multihead_attention");
    attention->only("clip_qkv", nullptr);
    attention->only("prefix_lm", false);
    attention->only("qk_ln", false);
    attention->only("attn_uses_sequence_id", false);
    attention->only("alibi", true);
    top = attention->number("alibi_bias_max", 8.0);
    if (top <= 0.0) attention->refuse("alibi_bias_max", "must be positive");
    s.attention_scale = static_cast<float>(attention->number("softmax_scale", 0.0));
  }
  s.position = model::Position::linear_bias;
  s.linear_bias = bias_slopes(s.heads, top);
}

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("no_bias", true);
  config.only("logit_scale", nullptr);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layers");
  s.d_model = config.count("d_model");
  s.d_ff = config.count("expansion_ratio", 4) * s.d_model;
  s.heads = s.kv_heads = config.count("n_heads");
  split_heads(config, s, "n_heads", "d_model");
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.norm_bias = false;
  s.positions = config.count("max_seq_len", 2048);
  describe_attention(config, s);
  s.activation = model::Activation::gelu;
  s.qkv_bias = s.out_bias = s.ffn_bias = false;
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.wte"},
    Module{"decoder.*.self_norm", "transformer.blocks.*.norm_1"},
    Module{"decoder.*.self.query", "transformer.blocks.*.attn.Wqkv", false, 0, 3},
    Module{"decoder.*.self.key", "transformer.blocks.*.attn.Wqkv", false, 1, 3},
    Module{"decoder.*.self.value", "transformer.blocks.*.attn.Wqkv", false, 2, 3},
    Module{"decoder.*.self.out", "transformer.blocks.*.attn.out_proj"},
    Module{"decoder.*.ffn_norm", "transformer.blocks.*.norm_2"},
    Module{"decoder.*.ffn.up", "transformer.blocks.*.ffn.up_proj"},
    Module{"decoder.*.ffn.down", "transformer.blocks.*.ffn.down_proj"},
    Module{"decoder.norm", "transformer.norm_f"},
    Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kMpt{"mpt", "MptForCausalLM", describe, kModules, "transformer.", {}};

}  // namespace linnet::convert
