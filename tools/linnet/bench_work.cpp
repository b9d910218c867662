#include "tools/linnet/bench_work.h"

#include <string>
#include <string_view>

namespace linnet::tools {
namespace {

Work work_of(const core::NamedWeight& tensor, double passes) {
  const auto bytes = static_cast<double>(tensor.bytes);
  Work work{.bytes = bytes * passes, .footprint = bytes};
  if (tensor.vector) return work;
  const double operations = 2.0 * tensor.weight.out * tensor.weight.in * passes;
  if (!core::grouped(tensor.weight.dtype))
    work.f32 = operations;
  else
    (core::four_bits(tensor.weight.dtype) ? work.i4 : work.i8) = operations;
  return work;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Tables of which a row or a number is looked up.
bool looked_up(std::string_view name, const model::Spec& spec) {
  if (name == "embed.tokens.weight") return !spec.tied_head || spec.head != model::Head::logits;
  return name.starts_with("embed.") || name.ends_with(".positions.weight") ||
         name.ends_with(".relative.weight");
}

Work& part_of(ModelWork& work, std::string_view name, const model::Stack& decoder) {
  if (name.starts_with("encoder.")) return work.encoder;
  if (!name.starts_with("decoder.")) return work.head;
  const bool memory = contains(name, ".cross.key.") || contains(name, ".cross.value.");
  if (memory) return work.memory;
  const std::string last = "decoder." + std::to_string(decoder.layers - 1) + ".";
  const bool kept = contains(name, ".self.key.") || contains(name, ".self.value.");
  return name.starts_with(last) && !kept && !decoder.shared_layers ? work.last : work.decoder;
}

// How often a pass goes through the tensor.
int layers_of(std::string_view name, const model::Spec& spec) {
  for (const model::Stack* stack : {&spec.encoder, &spec.decoder})
    if (stack->shared_layers &&
        name.starts_with(stack == &spec.encoder ? "encoder.0." : "decoder.0."))
      return stack->layers;
  return 1;
}

}  // namespace

ModelWork work_of(const Model& model) {
  const model::Spec& spec = model.spec();
  ModelWork work;
  for (const core::NamedWeight& tensor : model.bundle().weights) {
    if (looked_up(tensor.name, spec)) continue;
    Work& part = part_of(work, tensor.name, spec.decoder);
    part = part + work_of(tensor, layers_of(tensor.name, spec));
  }
  return work;
}

}  // namespace linnet::tools
