#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// The Keyword Transformer (Berg et al., 2021) as its TensorFlow Lite files name its tensors: it
// reads the cepstral coefficients of a second of speech, and says which word that was.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless("model_name");
  config.only("attention_type", "time");
  model::Stack& s = spec.encoder;
  s.layers = config.count("num_layers");
  s.d_model = config.count("d_model");
  s.d_ff = config.count("mlp_dim");
  s.heads = s.kv_heads = config.count("heads");
  split_heads(config, s, "heads", "d_model");
  s.place = model::NormPlace::after;
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-6));
  s.final_norm = false;
  s.qkv_bias = false;
  s.activation = read_activation(config, "activation", "gelu_pytorch_tanh");
  s.position = model::Position::learned;
  s.positions = config.count("spectrogram_length") + 1;
  spec.head = model::Head::none;
  spec.vectors = {.width = config.count("dct_num_features"), .project = true, .first = true};
  spec.reading.classes = model::Classes::sequence;
  spec.reading.class_count = config.count("label_count");
  spec.reading.labels = config.texts("labels");
  found.words = {{"classes", core::say("sequential_", s.layers, ".dense_", 6 * s.layers + 1)}};
}

constexpr std::array kModules{
    Module{"vectors.project", "kws_transformer.dense"},
    Module{"vectors.first", "class_emb"},
    Module{"encoder.positions.weight", "pos_emb"},
    Module{
        "encoder.*.self.query",
        "kws_transformer.transformer_block{_1*+0}.multi_head_self_attention{_1*+0}.dense{_6*+1}"},
    Module{
        "encoder.*.self.key",
        "kws_transformer.transformer_block{_1*+0}.multi_head_self_attention{_1*+0}.dense{_6*+2}"},
    Module{
        "encoder.*.self.value",
        "kws_transformer.transformer_block{_1*+0}.multi_head_self_attention{_1*+0}.dense{_6*+3}"},
    Module{
        "encoder.*.self.out",
        "kws_transformer.transformer_block{_1*+0}.multi_head_self_attention{_1*+0}.dense{_6*+4}"},
    Module{"encoder.*.self_norm",
           "kws_transformer.transformer_block{_1*+0}.layer_normalization{_2*+0}"},
    Module{"encoder.*.ffn.up",
           "kws_transformer.transformer_block{_1*+0}.sequential{_1*+0}.dense{_6*+5}"},
    Module{"encoder.*.ffn.down",
           "kws_transformer.transformer_block{_1*+0}.sequential{_1*+0}.dense{_6*+6}"},
    Module{"encoder.*.ffn_norm",
           "kws_transformer.transformer_block{_1*+0}.layer_normalization{_2*+1}"},
    Module{"classes.weight", "{classes}.MatMul"},
    Module{"classes", "{classes}"}};

}  // namespace

extern constinit const Family kKwt{
    "kwt",
    "KWSTransformer",
    describe,
    kModules,
    "",
    {},
    {.weight = ".Tensordot.MatMul", .gain = ".gamma", .norm_bias = ".beta"}};

}  // namespace linnet::convert
