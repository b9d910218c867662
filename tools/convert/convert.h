#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/weight.h"
#include "kernels/pack.h"

namespace linnet::convert {

struct Options {
  // A folder (Hugging Face, nn.Transformer, CTranslate2), a GGUF or a llama2.c file.
  std::string input;
  std::string output;  // the model file
  // A tokenizer file or a folder of them; empty: what the input folder has.
  std::string tokenizer = {};
  // Texts and the tokens that they must become (vocabulary/test_vectors.h): checked, and kept in
  // the file. Empty: none.
  std::string test_vectors = {};
  // Of linear layers and token embeddings: f32, f16, i8, i4. Absent: i8, and i4 for what the
  // checkpoint has in groups of four-bit integers like ours.
  std::optional<core::Dtype> type = {};
  // Exceptions: "PATTERN=TYPE", where names of tensors fit a pattern as files in a shell do; the
  // last one that fits holds.
  std::vector<std::string> tensor_types = {};
  std::string made_by = {};  // name and version of the program
  std::string licence = {};  // of the weights, kept in the file; empty: not said
  std::vector<std::string> ignored_fields = {};  // of config.json or GGUF
  // Tokens that the model does not say itself, by their text or number: in front of every source,
  // and with which every target begins (the languages of mBART, M2M-100 and NLLB).
  std::vector<std::string> source_begin = {}, target_begin = {};
  // How a text becomes tokens of a plain vocabulary: "words", "characters"; empty: as the model
  // says (CTranslate2: words).
  std::string split = {};
  // How conversations are written (text::chat_format_names()), "none"; empty: as the model's chat
  // template says.
  std::string chat_format = {};
  int threads = 1;
};

struct PackedTensor {
  std::string name;
  core::Dtype type;
  int out, in;
  bool vector;
  std::int64_t bytes;
  kernels::QuantizationError error;  // against the checkpoint's numbers
  bool kept = false;        // the checkpoint's own integers, of which at most scales were rounded:
  double scale_change = 0;  // the largest relative change of one
};

// The root of squared error over squared values; 0 for zeros.
double relative_error(const kernels::QuantizationError& error);

struct Report {
  std::string family;
  bool tokenizer;        // the file has one
  int test_vectors = 0;  // that it kept to
  std::vector<PackedTensor> tensors;
  std::string chat_format = {};  // its name; empty if the file has none

  int kept() const;                          // how many tensors kept their integers
  double scale_change() const;               // the largest of theirs
  std::int64_t bytes() const;                // of all tensors
  kernels::QuantizationError error() const;  // over all tensors
};

// What somebody who waits may want to hear. Any of them may be empty.
struct Listener {
  std::function<void(const std::string& sentence)> warn = {};
  std::function<void(const PackedTensor&)> packed = {};
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};  // bytes of tensors
  const std::atomic<bool>* stop = nullptr;  // becomes true: leave, and leave no file behind
};

// Reads the input, makes it ours and puts the output in its place whole, or not at all. The same
// input and options give the same bytes. Errors: bad_argument if the output is one of the files
// that are read (through whatever links) or a folder; corrupt, unsupported, limit and io as the
// parts say, mismatch for a test vector, each naming the file and the thing in it.
core::Result<Report> convert(const Options& options, const Listener& listener = {});

}  // namespace linnet::convert
