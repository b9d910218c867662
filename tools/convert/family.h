#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/spec.h"
#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/config.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

// A layer (or a norm, or an embedding) of ours and what a family calls it. `*` stands for the
// number of the layer, `{word}` for what the config calls something (Found::words), `{_6*+4}` for
// the number that Keras gives to modules of one class: 6 * layer + 4 behind a low line, and nothing
// for 0. The last part of a name is common to all (Suffixes), and follows without its dot where
// theirs ends in `_`; where ours ends in .weight, theirs is the name of that one tensor. Several
// lines with the same ours, and a `*` that ours has not, are names under which the same numbers may
// be stored: one of them is enough, and all that are there must be equal.
struct Module {
  std::string_view ours, theirs;
  bool transposed = false;  // their matrix is [in, out]
  int part = 0, parts = 1;  // ours is the part-th of as many equal parts of their outputs
};

// What follows the name of a module.
struct Suffixes {
  std::string_view weight = ".weight", bias = ".bias";     // of a linear layer or an embedding
  std::string_view gain = ".weight", norm_bias = ".bias";  // of a norm
};

// A vocabulary that is a list of tokens, one for each id.
struct PlainTokens {
  std::vector<std::string> tokens = {};
  bool by_characters = false;  // a text is cut into them, otherwise into words
  SpecialNames names = {};
};

// Which rows of a fused matrix of theirs are ours: `count` of them from `first` on, in each block
// of `block` rows. One block: a range of rows.
struct FusedRows {
  std::int64_t first, count, block;
};

// Of a matrix in which the queries of `group` heads stand before their key and their value, and so
// on for all groups.
std::map<std::string_view, FusedRows> fused_heads(int d_head, int group);
// Of one in which all queries stand before all keys, and those before all values.
std::map<std::string_view, FusedRows> fused_stack(const model::Stack& stack, bool encoder = false);

// What was found beside the config, and what a family makes of it.
struct Found {
  const Checkpoint& checkpoint;
  std::string folder;  // empty if the input is one file
  // For `{word}` in names.
  std::map<std::string, std::string, std::less<>> words = {};
  std::vector<std::string> ignored = {};  // tensors that carry nothing, besides Family::ignored
  // By Module::ours, where the config says how their rows lie.
  std::map<std::string_view, FusedRows> fused = {};
  float gain_offset = 0.0f;              // their gains of norms are this much less than ours
  std::string architecture = {};         // what stands for the `*` of Family::architecture
  PlainTokens source = {}, target = {};  // of a family that comes with such
  Json tokenizer = {};                   // the fields `tokenizer.` of a GGUF file
  bool tokenizer_file = false;           // the input is nothing but a tokenizer
  std::vector<std::string> notes = {};   // Config::notes
};

inline constexpr std::string_view kReaders[]{"Model",
                                             "ForMaskedLM",
                                             "ForPreTraining",
                                             "ForNextSentencePrediction",
                                             "ForSequenceClassification",
                                             "ForImageClassification",
                                             "ForTokenClassification",
                                             "ForQuestionAnswering"};

// What the converter knows of a family of models: one file each. The build finds
// what begins with "extern constinit const Family k" at the start of a line (families.cmake).
struct Family {
  std::string_view name;  // `model_type` of config.json, general.architecture of GGUF
  // Of `architectures`: the class whose weights these are. `Bert*`: BertModel, BertForMaskedLM and
  // what else encoders have for a head (kReaders).
  std::string_view architecture;
  void (*describe)(Config& config, Found& found, model::Spec& spec);
  std::span<const Module> modules;
  std::string_view optional_prefix;           // of their names, which some checkpoints leave out
  std::span<const std::string_view> ignored;  // tensors that carry nothing; `*` is a number
  Suffixes suffixes = {};
};

// Null if there is none of that name. `Spec::family` is its name.
const Family* find_family(std::string_view name);
// "gpt2, llama"
std::string family_names();
// The same of the architectures of GGUF files, which have other names for everything.
const Family* find_gguf_family(std::string_view name);
std::string gguf_family_names();

// Where the numbers of one of our tensors are.
struct Source {
  std::string name;  // with `*` where any number will do
  bool transposed;
  int part, parts;
  const FusedRows* fused;  // in place of the parts, or null; stands in Found
};
// Every place where they may be. None if the family has no such module.
std::vector<Source> sources_of(const Family& family, const Found& found, std::string_view ours);

// `pattern` with the found words in place of their names; a word that is not known stays.
std::string with_words(std::string_view pattern, const Found& found);

// Whether `name` is `pattern` with a number for every `*`. The last number is put into `*number`.
bool matches(std::string_view pattern, std::string_view name, std::string_view* number = nullptr);

}  // namespace linnet::convert
