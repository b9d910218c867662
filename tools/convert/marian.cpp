#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/seq2seq.h"
#include "tools/convert/sinusoid.h"

// Marian (Junczys-Dowmunt et al., 2018), among them OPUS-MT, as Hugging Face transformers stores
// it: the Transformer of Vaswani et al. (2017), with sines and cosines in halves. It has added a
// token for padding, whose embedding is zero, with which every target starts, and which may not
// occur in one.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_seq2seq(config, found, spec);
  config.only("normalize_before", false);
  config.only("normalize_embedding", false);
  config.only("add_final_layer_norm", false);
  config.only("static_position_embeddings", true);
  config.only("extra_pos_embeddings", 0);
  config.harmless("force_bos_token_to_be_generated");  // false wherever it occurs
  config.harmless("num_hidden_layers");

  const int source_vocab = spec.vocab;
  spec.vocab = config.count("decoder_vocab_size", source_vocab);
  if (!config.flag("share_encoder_decoder_embeddings", true)) spec.source_vocab = source_vocab;
  const int positions = config.count("max_position_embeddings", 1024);
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->place = model::NormPlace::after;
    s->final_norm = false;
    s->position = model::Position::sinusoid;
    s->positions = positions;
    s->sinusoid_layout = model::SinusoidLayout::halves;
    s->sinusoid_frequencies = paper_sinusoid(s->d_model);
  }
  // Which it trains to align, and reads.
  spec.decoder.alignment_heads = 1;
  spec.sequences.source_end = spec.sequences.ends;
}

// Tables of those sinusoids.
constexpr std::array<std::string_view, 2> kIgnored{"model.encoder.embed_positions.weight",
                                                   "model.decoder.embed_positions.weight"};

}  // namespace

extern constinit const Family kMarian{"marian",        "MarianMTModel", describe,
                                      kSeq2seqModules, "model.",        kIgnored};

}  // namespace linnet::convert
