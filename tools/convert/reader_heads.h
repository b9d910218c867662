#pragma once

#include <array>
#include <string_view>

#include "tools/convert/family.h"

// What stands behind the layers of an encoder alone, by the class whose weights they are.
namespace linnet::convert {

// Names of modules; empty: there is no such.
struct ReaderHeads {
  std::string_view pooler = {};  // of the bare model
  std::string_view next = {};    // that tells the next sentence from another
  std::string_view dense = {};   // what a classifier of sequences has in place of the pooler
  model::Activation dense_activation = model::Activation::tanh;
  std::string_view classifier = "classifier";  // of sequences
  std::string_view token_classifier = "classifier";
  std::string_view spans = "qa_outputs";
  // Of a head of words. A folder whose class has one and whose weights have not (sentence encoders
  // that were made of it) is a bare model.
  std::string_view transform = {};
};

// Fills Spec::reading and the head, and the words {pooler} and {classes} for the table of modules.
// Where the bare model's folder says so (sentence-transformers), also how states are pooled.
void describe_reading(Config& config, Found& found, model::Spec& spec, const ReaderHeads& heads);

// Names of modules of BERT and of those that are stored like it. {model} is the first part of their
// names; {transform}, {transform_norm}, {head} and {head_bias} make words of hidden states. The
// first checkpoints call gains gamma and biases of norms beta.
inline constexpr std::array kBertModules{
    Module{"embed.tokens", "{model}.embeddings.word_embeddings"},
    Module{"encoder.positions", "{model}.embeddings.position_embeddings"},
    Module{"embed.types", "{model}.embeddings.token_type_embeddings"},
    Module{"encoder.embed_norm", "{model}.embeddings.LayerNorm"},
    Module{"encoder.embed_norm.gain", "{model}.embeddings.LayerNorm.gamma"},
    Module{"encoder.embed_norm.bias", "{model}.embeddings.LayerNorm.beta"},
    Module{"embed.project", "{model}.embeddings_project"},
    Module{"encoder.*.self.query", "{model}.encoder.layer.*.attention.self.query"},
    Module{"encoder.*.self.key", "{model}.encoder.layer.*.attention.self.key"},
    Module{"encoder.*.self.value", "{model}.encoder.layer.*.attention.self.value"},
    Module{"encoder.*.self.out", "{model}.encoder.layer.*.attention.output.dense"},
    Module{"encoder.*.self_norm", "{model}.encoder.layer.*.attention.output.LayerNorm"},
    Module{"encoder.*.self_norm.gain", "{model}.encoder.layer.*.attention.output.LayerNorm.gamma"},
    Module{"encoder.*.self_norm.bias", "{model}.encoder.layer.*.attention.output.LayerNorm.beta"},
    Module{"encoder.*.ffn.up", "{model}.encoder.layer.*.intermediate.dense"},
    Module{"encoder.*.ffn.down", "{model}.encoder.layer.*.output.dense"},
    Module{"encoder.*.ffn_norm", "{model}.encoder.layer.*.output.LayerNorm"},
    Module{"encoder.*.ffn_norm.gain", "{model}.encoder.layer.*.output.LayerNorm.gamma"},
    Module{"encoder.*.ffn_norm.bias", "{model}.encoder.layer.*.output.LayerNorm.beta"},
    Module{"pooler", "{pooler}"},
    Module{"classes", "{classes}"},
    Module{"head_transform", "{transform}"},
    Module{"head_norm", "{transform_norm}"},
    Module{"head_norm.gain", "{transform_norm}.gamma"},
    Module{"head_norm.bias", "{transform_norm}.beta"},
    Module{"head", "{head}"},
    Module{"head.bias", "{head_bias}.bias"}};

inline constexpr std::array<std::string_view, 1> kBertIgnored{"{model}.embeddings.position_ids"};

// Fields of encoders that change nothing.
inline constexpr std::string_view kReaderHarmless[]{"hidden_dropout_prob",
                                                    "attention_probs_dropout_prob",
                                                    "gradient_checkpointing",
                                                    "classifier_dropout_prob",
                                                    "output_past",
                                                    "model_max_length",
                                                    "summary_activation",
                                                    "summary_last_dropout",
                                                    "summary_type",
                                                    "summary_use_proj",
                                                    "directionality",
                                                    "pooler_fc_size",
                                                    "pooler_num_attention_heads",
                                                    "pooler_num_fc_layers",
                                                    "pooler_size_per_head",
                                                    "pooler_type"};

// The sizes, activation and norms that BERT and those after it have in common.
void describe_bert_like(Config& config, model::Spec& spec);

}  // namespace linnet::convert
