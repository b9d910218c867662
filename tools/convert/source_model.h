#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/model/spec.h"
#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/family.h"

namespace linnet::convert {

// Somebody's model as it was found: its weights and what kind of Transformer they make.
struct SourceModel {
  std::string path;
  bool folder;           // with tokenizer files of Hugging Face, perhaps; otherwise one file
  const Family* family;  // null if there is a tokenizer and no tensors
  std::unique_ptr<Checkpoint> checkpoint;
  Found found;       // its checkpoint is the one above
  model::Spec spec;  // checked; without a family it says nothing

  bool vocabulary_only() const { return family == nullptr; }
};

// Opens a Hugging Face folder (config.json and safetensors, in one file or in parts, or a NumPy
// archive model.npz), a CTranslate2 folder (model.bin and vocabularies), a GGUF file, a llama2.c
// file, or a tokenizer alone (tokenizer.json, a SentencePiece model, BERT's vocab.txt).
// `ignored_fields` of config.json or of the GGUF file are not complained of. Errors: io, corrupt,
// unsupported, limit.
core::Result<SourceModel> open_source(const std::string& path,
                                      const std::vector<std::string>& ignored_fields);

}  // namespace linnet::convert
