#include "tools/convert/hugging_face.h"
#include "tools/convert/seq2seq.h"

// BART (Lewis et al., 2020), with norms behind the branches, and mBART (Liu et al., 2020), with
// norms before them and one more behind each stack, as Hugging Face transformers stores them.
namespace linnet::convert {
namespace {

void describe_positions(Config& config, model::Spec& spec) {
  config.only("static_position_embeddings", false);
  config.only("extra_pos_embeddings", 2);
  config.only("normalize_embedding", true);
  spec.encoder.embed_norm = spec.decoder.embed_norm = true;
  learn_positions(spec, config.count("max_position_embeddings", 1024));
}

void describe_bart(Config& config, Found& found, model::Spec& spec) {
  describe_seq2seq(config, found, spec);
  describe_positions(config, spec);
  config.only("normalize_before", false);
  config.only("add_final_layer_norm", false);
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->place = model::NormPlace::after;
    s->final_norm = false;
  }
  model::Sequences& sequences = spec.sequences;
  sequences.source_begin = config.ids("bos_token_id");
  sequences.source_end = sequences.ends;
  if (config.flag("force_bos_token_to_be_generated", false) && sequences.forced_first.empty())
    sequences.forced_first = sequences.source_begin;
}

// The language of a source stands before it (mBART-50) or behind it (mBART), and neither the config
// nor the weights say which language that is: Options::source_begin does.
void describe_mbart(Config& config, Found& found, model::Spec& spec) {
  describe_seq2seq(config, found, spec);
  describe_positions(config, spec);
  config.only("normalize_before", true);
  config.only("add_final_layer_norm", true);
  spec.sequences.source_end = spec.sequences.ends;
}

}  // namespace

extern constinit const Family kBart{
    "bart", "BartForConditionalGeneration", describe_bart, kSeq2seqModules, "model.", {}};
extern constinit const Family kMbart{
    "mbart", "MBartForConditionalGeneration", describe_mbart, kSeq2seqModules, "model.", {}};

}  // namespace linnet::convert
