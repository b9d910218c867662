#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/model/spec.h"
#include "tools/convert/config.h"

namespace linnet::convert {

// A layer (or a norm, or an embedding) of ours and what a family calls it. `*` stands for the
// number of the layer. The last part of a name is common to all: weight, bias; a gain is their
// "weight".
struct Module {
  std::string_view ours, theirs;
  bool transposed = false;  // their matrix is [in, out]
  int part = 0, parts = 1;  // ours is the part-th of as many equal parts of their outputs
};

// What the converter knows of a family of models: one file each, and one line in the registry.
struct Family {
  std::string_view name;          // `model_type` of config.json
  std::string_view architecture;  // of `architectures`: the class whose weights these are
  void (*describe)(Config& config, model::Spec& spec);
  std::span<const Module> modules;
  std::string_view optional_prefix;           // of their names, which some checkpoints leave out
  std::span<const std::string_view> ignored;  // tensors that carry nothing; `*` is a number
};

// Null if there is none of that name. `Spec::family` is its name.
const Family* find_family(std::string_view name);
// "gpt2, llama"
std::string family_names();

// Where the numbers of one of our tensors are.
struct Source {
  std::string name;
  bool transposed;
  int part, parts;
};
// Nothing (an empty name) if the family has no such module.
Source source_of(const Family& family, std::string_view ours);

// Whether `name` is `pattern` with a number for every `*`. The last number is put into `*number`.
bool matches(std::string_view pattern, std::string_view name, std::string_view* number = nullptr);

}  // namespace linnet::convert
