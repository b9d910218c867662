#include "tools/linnet/bench_shapes.h"

#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/linnet/random_model.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::size_t kShapeNumbers = 6;  // of either kind of shape

model::Spec llama_of(const std::vector<int>& n) {
  return llama_spec({.d_model = n[0],
                     .layers = n[1],
                     .heads = n[2],
                     .kv_heads = n[3],
                     .d_ff = n[4],
                     .vocab = n[5],
                     .context = static_cast<int>(core::limits::kContext)});
}

model::Spec translator_of(const std::vector<int>& n) {
  return translator_spec({.d_model = n[0],
                          .encoder_layers = n[1],
                          .decoder_layers = n[2],
                          .heads = n[3],
                          .d_ff = n[4],
                          .vocab = n[5],
                          .positions = static_cast<int>(core::limits::kContext)});
}

// The shape that the numbers after `flag` say, of which numbers[heads] has to divide the first.
Result<Model> invented(const std::string& flag, const std::vector<int>& numbers, std::size_t heads,
                       model::Spec (*spec_of)(const std::vector<int>&), core::Dtype type) {
  if (numbers.size() != kShapeNumbers)
    return Error{Fault::bad_argument,
                 say(flag, " has ", numbers.size(), " numbers and needs ", kShapeNumbers)};
  if (numbers[0] % numbers[heads] != 0)
    return Error{Fault::bad_argument, flag + ": the heads must divide the width"};
  const model::Spec spec = spec_of(numbers);
  if (const core::Status fine = model::check(spec); !fine)
    return Error{Fault::bad_argument, flag + ": " + fine.error().sentence};
  const std::int64_t bytes = random_model_bytes(spec, type);
  const MemoryLimits limits = memory_limits();
  if (limits.available && bytes > *limits.available)
    return Error{Fault::limit, say(flag, ": these weights need ", show_bytes(bytes), " (", bytes,
                                   " bytes) and there are ", show_bytes(*limits.available), " (",
                                   *limits.available, " bytes)")};
  return Model::from(random_model(spec, type, 1), flag);
}

}  // namespace

Result<Model> random_llama(const std::vector<int>& numbers, core::Dtype type) {
  return invented("--shape", numbers, 2, llama_of, type);
}

Result<Model> random_translator(const std::vector<int>& numbers, core::Dtype type) {
  return invented("--seq2seq-shape", numbers, 3, translator_of, type);
}

}  // namespace linnet::tools
