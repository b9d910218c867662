#include "tools/linnet/model_kind.h"

namespace linnet::tools {

ModelKind kind_of(const Model& model) {
  const model::Transformer& transformer = model.transformer();
  if (transformer.reads()) return ModelKind::encoder;
  return transformer.translates() ? ModelKind::encoder_decoder : ModelKind::decoder;
}

core::Status need_kind(const Model& model, const std::string& path, ModelKind wanted) {
  const ModelKind kind = kind_of(model);
  if (kind == wanted) return core::Done{};
  const char* what = "continues a text (a decoder alone); see linnet generate and perplexity";
  if (kind == ModelKind::encoder_decoder)
    what = "turns a source into a target (an encoder-decoder); see linnet translate and score";
  if (kind == ModelKind::encoder)
    what = model.spec().vectors.width > 0
               ? "reads vectors (an encoder alone); see linnet embed and classify"
               : "reads a text (an encoder alone); see linnet embed, classify and fill-mask";
  return core::Error{core::Fault::bad_argument, core::say(path, " ", what)};
}

}  // namespace linnet::tools
