#include <array>

#include "tools/convert/family.h"
#include "tools/convert/rotary.h"

// The Llama of github.com/karpathy/llama2.c (checkpoint/llama2c.h), with the tensor names of Meta's
// own checkpoints. Its rotary pairs are neighbours, (2 i, 2 i + 1), and the numbers that the file
// does not say are constants of its run.c.
namespace linnet::convert {
namespace {

void describe(Config& config, Found&, model::Spec& spec) {
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("shared_classifier", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layers");
  s.d_model = config.count("dim");
  s.d_ff = config.count("hidden_dim");
  s.heads = config.count("n_heads");
  s.kv_heads = config.count("n_kv_heads");
  s.d_head = s.d_model / s.heads;

  s.norm = model::NormKind::rms;
  s.norm_eps = 1e-5f;
  s.position = model::Position::rotary;
  s.positions = config.count("seq_len");
  s.rotary.interleaved = true;
  s.rotary.frequencies = plain_frequencies(10'000.0, s.d_head / 2);

  s.activation = model::Activation::silu;
  s.gated = true;
  s.qkv_bias = s.out_bias = s.ffn_bias = false;
}

constexpr std::array kModules{Module{"embed.tokens", "tok_embeddings"},
                              Module{"decoder.*.self_norm", "layers.*.attention_norm"},
                              Module{"decoder.*.self.query", "layers.*.attention.wq"},
                              Module{"decoder.*.self.key", "layers.*.attention.wk"},
                              Module{"decoder.*.self.value", "layers.*.attention.wv"},
                              Module{"decoder.*.self.out", "layers.*.attention.wo"},
                              Module{"decoder.*.ffn_norm", "layers.*.ffn_norm"},
                              Module{"decoder.*.ffn.gate", "layers.*.feed_forward.w1"},
                              Module{"decoder.*.ffn.up", "layers.*.feed_forward.w3"},
                              Module{"decoder.*.ffn.down", "layers.*.feed_forward.w2"},
                              Module{"decoder.norm", "norm"},
                              Module{"head", "output"}};

// Cosines and sines of the rotary positions, which its own run.c skips too.
constexpr std::array<std::string_view, 2> kIgnored{"freqs_cos", "freqs_sin"};

}  // namespace

extern constinit const Family kLlama2c{"llama2.c", "", describe, kModules, "", kIgnored};

}  // namespace linnet::convert
