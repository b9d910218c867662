#include "tools/convert/seq2seq.h"

#include <algorithm>
#include <cmath>

#include "tools/convert/hugging_face.h"

namespace linnet::convert {
namespace {

constexpr std::string_view kSeq2seqHarmless[]{
    "dropout",   "activation_dropout", "encoder_layerdrop",        "decoder_layerdrop",
    "init_std",  "classif_dropout",    "num_hidden_layers",        "output_past",
    "save_step", "max_new_tokens",     "decoder_attention_dropout"};

void describe_stack(Config& config, const std::string& side, model::Stack& s) {
  s.layers = config.count(side + "_layers");
  s.d_model = config.count("d_model");
  s.d_ff = config.count(side + "_ffn_dim");
  s.heads = s.kv_heads = config.count(side + "_attention_heads");
  split_heads(config, s, side + "_attention_heads", "d_model");
  s.norm = model::NormKind::layer;
  s.norm_eps = 1e-5f;
  s.activation = read_activation(config, "activation_function", "gelu");
}

}  // namespace

void describe_seq2seq(Config& config, const Found& found, model::Spec& spec) {
  read_common_fields(config, Kind::encoder_decoder);
  config.harmless(kSeq2seqHarmless);
  config.only("add_bias_logits", false);
  spec.vocab = config.count("vocab_size");
  describe_stack(config, "encoder", spec.encoder);
  describe_stack(config, "decoder", spec.decoder);
  spec.decoder.cross = true;
  if (config.flag("scale_embedding", false))
    spec.embed_scale = static_cast<float>(std::sqrt(static_cast<double>(spec.decoder.d_model)));
  spec.tied_head = config.flag("tie_word_embeddings", true);
  spec.head_bias = found.checkpoint.find("final_logits_bias") >= 0;
  read_sequences(config, "bos_token_id", spec.sequences);
}

void learn_positions(model::Spec& spec, int positions) {
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->position = model::Position::learned;
    s->positions = positions + 2;
    s->position_start = 2;
  }
}

}  // namespace linnet::convert
