#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/picture_rules.h"
#include "tools/convert/reader_heads.h"

// The Vision Transformer (Dosovitskiy et al., 2021) as Hugging Face transformers stores it, DeiT
// without a second token included, which is stored under the same name.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless("encoder_stride");  // of pictures that are filled in
  model::Stack& s = spec.encoder;
  read_sizes(config, s);
  split_heads(config, s);
  config.only("pooler_act", "tanh");
  config.only("pooler_output_size", s.d_model);
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-12));
  s.qkv_bias = config.flag("qkv_bias", true);
  s.activation = read_activation(config, "hidden_act", "gelu");
  s.position = model::Position::learned;

  model::Pictures& p = spec.pictures;
  p.patch = std::min(config.count("patch_size", 16), 1 << 12);
  p.channels = std::min(config.count("num_channels", 3), 1 << 6);
  p.height = p.width = config.count("image_size", 224);
  const int squares = std::min(p.height / p.patch, 1 << 14);
  s.positions = 1 + squares * squares;
  spec.vectors = {.width = p.channels * p.patch * p.patch, .project = true, .first = true};
  read_picture_rules(config, found.folder, p);
  describe_reading(config, found, spec, {.pooler = "vit.pooler.dense"});
}

constexpr std::array kModules{
    Module{"vectors.project", "vit.embeddings.patch_embeddings.projection"},
    Module{"vectors.first", "vit.embeddings.cls_token"},
    Module{"encoder.positions.weight", "vit.embeddings.position_embeddings"},
    Module{"encoder.*.self_norm", "vit.encoder.layer.*.layernorm_before"},
    Module{"encoder.*.self.query", "vit.encoder.layer.*.attention.attention.query"},
    Module{"encoder.*.self.key", "vit.encoder.layer.*.attention.attention.key"},
    Module{"encoder.*.self.value", "vit.encoder.layer.*.attention.attention.value"},
    Module{"encoder.*.self.out", "vit.encoder.layer.*.attention.output.dense"},
    Module{"encoder.*.ffn_norm", "vit.encoder.layer.*.layernorm_after"},
    Module{"encoder.*.ffn.up", "vit.encoder.layer.*.intermediate.dense"},
    Module{"encoder.*.ffn.down", "vit.encoder.layer.*.output.dense"},
    Module{"encoder.norm", "vit.layernorm"},
    Module{"pooler", "{pooler}"},
    Module{"classes", "{classes}"}};

}  // namespace

extern constinit const Family kVit{"vit", "ViT*", describe, kModules, "vit.", {}};

}  // namespace linnet::convert
