#include "tools/convert/hugging_face.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/limits.h"

namespace linnet::convert {
namespace {

// Who wrote the file, how it was trained, how it is meant to be sampled from, and what only other
// kinds of heads read. The numbers of the special tokens belong to the vocabulary.
constexpr std::string_view kCommonHarmless[]{
    // clang-format off
    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version",
    "_attn_implementation", "_attn_implementation_autoset", "attn_implementation", "torch_dtype",
    "dtype", "torchscript", "use_bfloat16", "use_cache", "gradient_checkpointing",
    "initializer_range", "return_dict", "return_dict_in_generate", "output_attentions",
    "output_hidden_states", "output_scores", "tokenizer_class", "task_specific_params",
    "finetuning_task", "problem_type", "id2label", "label2id", "num_labels", "_num_labels",
    "transformers.js_config", "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens",
    "begin_suppress_tokens", "bad_words_ids", "max_length", "min_length", "do_sample",
    "early_stopping", "num_beams", "num_beam_groups", "num_return_sequences", "diversity_penalty",
    "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty",
    "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
    "remove_invalid_values", "chunk_size_feed_forward", "is_decoder", "attention_dropout",
    "classifier_dropout", "keys_to_ignore_at_inference", "unsloth_version", "unsloth_fixed"
    // clang-format on
};

struct Spelling {
  std::string_view theirs;
  model::Activation ours;
};
constexpr std::array kActivations{Spelling{"silu", model::Activation::silu},
                                  Spelling{"swish", model::Activation::silu},
                                  Spelling{"relu", model::Activation::relu},
                                  Spelling{"gelu", model::Activation::gelu},
                                  Spelling{"gelu_python", model::Activation::gelu},
                                  Spelling{"gelu_new", model::Activation::gelu_tanh},
                                  Spelling{"gelu_fast", model::Activation::gelu_tanh},
                                  Spelling{"gelu_pytorch_tanh", model::Activation::gelu_tanh},
                                  Spelling{"gelu_python_tanh", model::Activation::gelu_tanh},
                                  Spelling{"gelu_accurate", model::Activation::gelu_tanh}};

}  // namespace

void read_common_fields(Config& config, Kind kind) {
  config.harmless(kCommonHarmless);
  config.only("is_encoder_decoder", kind == Kind::encoder_decoder);
  config.only("add_cross_attention", false);
  config.only("cross_attention_hidden_size", nullptr);
  config.only("tie_encoder_decoder", false);
  config.only("pruned_heads", Json::object());
  config.harmless("prefix");  // a text that pipelines put in front
  if (config.has("quantization_config"))
    config.refuse("quantization_config",
                  "says that the weights are quantized already; give the unquantized checkpoint");
}

void read_sequences(Config& config, std::string_view start, model::Sequences& sequences) {
  sequences.start =
      config.ids(config.has("decoder_start_token_id") ? "decoder_start_token_id" : start);
  sequences.ends = config.ids("eos_token_id");
  sequences.forced_first = config.ids("forced_bos_token_id");
  sequences.suppressed = config.ids("suppress_tokens");
  if (!config.ids("begin_suppress_tokens").empty())
    config.refuse("begin_suppress_tokens", "is not supported");
  for (const std::vector<std::int32_t>& word : config.id_lists("bad_words_ids")) {
    if (word.size() != 1)
      return config.refuse("bad_words_ids",
                           "holds a sequence of tokens; only single ones are "
                           "supported");
    if (std::count(sequences.suppressed.begin(), sequences.suppressed.end(), word.front()) == 0)
      sequences.suppressed.push_back(word.front());
  }
}

model::Activation read_activation(Config& config, std::string_view name,
                                  std::string_view otherwise) {
  const std::string spelled = config.text(name, otherwise);
  for (const Spelling& known : kActivations)
    if (known.theirs == spelled) return known.ours;
  config.refuse(name, core::say("is '", shown(spelled), "', an activation that this version does ",
                                "not support"));
  return model::Activation::relu;
}

void read_sizes(Config& config, model::Stack& s) {
  s.layers = config.count("num_hidden_layers");
  s.d_model = config.count("hidden_size");
  s.d_ff = config.count("intermediate_size");
  s.heads = s.kv_heads = config.count("num_attention_heads");
}

void split_heads(Config& config, model::Stack& s, std::string_view heads, std::string_view width) {
  s.d_head = std::max(1, s.d_model / s.heads);
  if (s.d_model % s.heads != 0) config.refuse(heads, core::say("does not divide ", width));
}

void read_window(Config& config, model::Stack& s, int period, int otherwise) {
  if (config.has("sliding_window"))
    s.window = config.count("sliding_window");
  else
    s.window = config.is_null("sliding_window") ? 0 : otherwise;
  s.window_period = s.window > 0 ? period : 1;
  const std::vector<std::string> types = config.texts("layer_types");
  if (types.empty()) return;
  if (static_cast<int>(types.size()) != s.layers)
    return config.refuse("layer_types", "does not have one entry per layer");
  std::vector<bool> sees_all;
  for (const std::string& type : types) {
    if (type != "full_attention" && type != "sliding_attention")
      return config.refuse("layer_types", core::say("names '", shown(type), "', not supported"));
    sees_all.push_back(type == "full_attention");
  }
  const auto first = std::find(sees_all.begin(), sees_all.end(), true);
  s.window_period = first == sees_all.end() ? 1 : static_cast<int>(first - sees_all.begin()) + 1;
  if (std::find(sees_all.begin(), sees_all.end(), false) == sees_all.end()) {
    s.window = 0;
    s.window_period = 1;
  } else if (s.window == 0) {
    return config.refuse("layer_types", "names windows, and there is no sliding_window");
  }
  for (std::size_t i = 0; i < sees_all.size() && first != sees_all.end() && s.window > 0; ++i)
    if (sees_all[i] != (static_cast<int>(i) % s.window_period == s.window_period - 1))
      return config.refuse("layer_types", "is not a pattern that this version supports");
}

std::vector<float> bias_slopes(int heads, double top) {
  // So many are refused afterwards.
  heads = std::min(heads, static_cast<int>(core::limits::kHeads) + 1);
  int power = 1;
  while (2 * power <= heads) power *= 2;
  std::vector<float> slopes;
  for (int i = 1; i <= power; ++i)
    slopes.push_back(static_cast<float>(std::exp2(-top * i / power)));
  for (int i = 1; static_cast<int>(slopes.size()) < heads; i += 2)
    slopes.push_back(static_cast<float>(std::exp2(-top * i / (2 * power))));
  return slopes;
}

}  // namespace linnet::convert
