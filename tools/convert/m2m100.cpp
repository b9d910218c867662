#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/seq2seq.h"
#include "tools/convert/sinusoid.h"

// M2M-100 (Fan et al., 2020) and NLLB-200 (Costa-jussà et al., 2022) as Hugging Face transformers
// stores them: norms before the branches, the sinusoids of fairseq, whose first position is 2.
namespace linnet::convert {
namespace {

// A source begins with the token of its language, which the config does not say;
// Options::source_begin does.
void describe(Config& config, Found& found, model::Spec& spec) {
  describe_seq2seq(config, found, spec);
  config.only("normalize_before", true);
  config.only("add_final_layer_norm", true);
  const int positions = config.count("max_position_embeddings", 1024);
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->position = model::Position::sinusoid;
    s->positions = positions;
    s->position_start = 2;
    s->sinusoid_layout = model::SinusoidLayout::halves;
    s->sinusoid_frequencies = tensor2tensor_sinusoid(s->d_model);
  }
  spec.sequences.source_end = spec.sequences.ends;
}

// Tables of those sinusoids, which older versions stored.
constexpr std::array<std::string_view, 4> kIgnored{
    "model.encoder.embed_positions.weights", "model.decoder.embed_positions.weights",
    "model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight"};

}  // namespace

extern constinit const Family kM2m100{
    "m2m_100", "M2M100ForConditionalGeneration", describe, kSeq2seqModules, "model.", kIgnored};

}  // namespace linnet::convert
