#include <algorithm>
#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/reader_heads.h"

// DistilBERT (Sanh et al., 2019) as Hugging Face transformers stores it: BERT without token types
// and pooler.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"dropout", "qa_dropout", "seq_classif_dropout",
                                       "tie_weights_",
                                       "sinusoidal_pos_embds"};  // a table is stored all the same

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size", 30522);
  model::Stack& s = spec.encoder;
  s.layers = config.count("n_layers", 6);
  s.d_model = config.count("dim", 768);
  s.d_ff = config.count("hidden_dim", 4 * s.d_model);
  s.heads = s.kv_heads = config.count("n_heads", 12);
  split_heads(config, s, "n_heads", "dim");
  s.place = model::NormPlace::after;
  s.norm_eps = 1e-12f;
  s.embed_norm = true;
  s.final_norm = false;
  s.position = model::Position::learned;
  s.positions = config.count("max_position_embeddings", 512);
  s.activation = read_activation(config, "activation", "gelu");
  spec.reading.transform_activation = s.activation;
  describe_reading(config, found, spec,
                   {.dense = "pre_classifier",
                    .dense_activation = model::Activation::relu,
                    .transform = "vocab_transform"});
}

constexpr std::array kModules{
    Module{"embed.tokens", "distilbert.embeddings.word_embeddings"},
    Module{"encoder.positions", "distilbert.embeddings.position_embeddings"},
    Module{"encoder.embed_norm", "distilbert.embeddings.LayerNorm"},
    Module{"encoder.*.self.query", "distilbert.transformer.layer.*.attention.q_lin"},
    Module{"encoder.*.self.key", "distilbert.transformer.layer.*.attention.k_lin"},
    Module{"encoder.*.self.value", "distilbert.transformer.layer.*.attention.v_lin"},
    Module{"encoder.*.self.out", "distilbert.transformer.layer.*.attention.out_lin"},
    Module{"encoder.*.self_norm", "distilbert.transformer.layer.*.sa_layer_norm"},
    Module{"encoder.*.ffn.up", "distilbert.transformer.layer.*.ffn.lin1"},
    Module{"encoder.*.ffn.down", "distilbert.transformer.layer.*.ffn.lin2"},
    Module{"encoder.*.ffn_norm", "distilbert.transformer.layer.*.output_layer_norm"},
    Module{"pooler", "{pooler}"},
    Module{"classes", "{classes}"},
    Module{"head_transform", "vocab_transform"},
    Module{"head_norm", "vocab_layer_norm"},
    Module{"head", "vocab_projector"}};

}  // namespace

extern constinit const Family kDistilBert{"distilbert", "DistilBert*", describe,
                                          kModules,     "distilbert.", {}};

}  // namespace linnet::convert
