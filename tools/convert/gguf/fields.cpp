#include "tools/convert/gguf/fields.h"

#include <algorithm>

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

// About the file and who made it.
constexpr std::string_view kHarmless[]{"general", "quantize", "mradermacher"};

Config gguf_section(Config& config, std::string_view architecture) {
  config.harmless(kHarmless);
  if (std::optional<Config> split = config.section("split")) {
    split->only("count", 1);
    split->harmless("no");
    split->harmless("tensors.count");
  }
  std::optional<Config> fields = config.section(architecture);
  if (fields) return std::move(*fields);
  config.fail(Error{Fault::corrupt, say(config.file(), " has no fields '", architecture, ".'")});
  return config;
}

void read_gguf_sizes(Config& fields, model::Stack& stack) {
  fields.harmless("tensor_data_layout");  // of the file that was converted
  fields.only("expert_count", 0);
  fields.only("expert_used_count", 0);
  stack.layers = fields.count("block_count");
  stack.d_model = fields.count("embedding_length");
  stack.d_ff = fields.count("feed_forward_length");
  stack.heads = fields.count("attention.head_count");
  stack.kv_heads = fields.count("attention.head_count_kv", stack.heads);
  stack.positions = fields.count("context_length");
  stack.d_head = fields.count("attention.key_length", std::max(1, stack.d_model / stack.heads));
  if (!fields.has("attention.key_length") && stack.d_model % stack.heads != 0)
    fields.refuse("attention.head_count", "does not divide the width of the model");
  if (fields.count("attention.value_length", stack.d_head) != stack.d_head)
    fields.refuse("attention.value_length", "is not that of the keys, which is not supported");
}

void read_gguf_head(Config& fields, const Checkpoint& checkpoint, model::Spec& spec) {
  fields.harmless("vocab_size");  // the embedding has as many rows, or as many as it says
  const int embedding = checkpoint.find("token_embd.weight"),
            head = checkpoint.find("output.weight");
  if (embedding < 0)
    return fields.fail(Error{Fault::corrupt, say(checkpoint.files().front()->path(),
                                                 ": the tensor 'token_embd.weight' is missing")});
  const auto& shape = checkpoint.tensors()[static_cast<std::size_t>(embedding)].shape;
  spec.vocab = static_cast<int>(shape.front());
  if (head < 0) {
    spec.tied_head = true;
    return;
  }
  const Result<bool> equal = equal_tensors(checkpoint, embedding, head);
  if (!equal) return fields.fail(equal.error());
  spec.tied_head = *equal;
}

void find_gguf_fused(Found& found, const model::Stack& s, bool encoder) {
  const bool one = found.checkpoint.find("blk.0.attn_qkv.weight") >= 0;
  found.words["query"] = one ? "attn_qkv" : "attn_q";
  found.words["key"] = one ? "attn_qkv" : "attn_k";
  found.words["value"] = one ? "attn_qkv" : "attn_v";
  if (one) found.fused = fused_stack(s, encoder);
}

int read_gguf_window(Config& fields, int otherwise) {
  const int window = fields.integer("attention.sliding_window", otherwise);
  if (window < 0) fields.refuse("attention.sliding_window", "is negative");
  return window;
}

Config describe_gguf_decoder(Config& config, Found& found, std::string_view architecture,
                             model::NormKind norm, model::Spec& spec) {
  Config fields = gguf_section(config, architecture);
  read_gguf_head(fields, found.checkpoint, spec);
  model::Stack& s = spec.decoder;
  read_gguf_sizes(fields, s);
  s.norm = norm;
  s.norm_eps = static_cast<float>(fields.number(norm == model::NormKind::rms
                                                    ? "attention.layer_norm_rms_epsilon"
                                                    : "attention.layer_norm_epsilon"));
  const auto has = [&](const char* name) { return found.checkpoint.find(name) >= 0; };
  find_gguf_fused(found, s);
  s.qkv_bias = has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias");
  s.out_bias = has("blk.0.attn_output.bias");
  s.ffn_bias = has("blk.0.ffn_up.bias");
  found.words["self_norm"] = "attn_norm";
  found.words["ffn_norm"] = "ffn_norm";
  found.words["gate"] = "ffn_gate";
  return fields;
}

}  // namespace linnet::convert
