#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/tokenizer.h"

namespace linnet::text {

// A text, or two, with the marks around and between them, as encoder-only models read them:
// "[CLS] A [SEP]" and "[CLS] A [SEP] B [SEP]".
struct Framed {
  std::vector<int> ids;
  std::vector<int> types;  // of each token: the row of the model's token-type embedding
  struct Part {
    int begin = 0, end = 0;  // [begin, end) of ids
  };
  Part first, second;  // where the texts lie; no second: empty
};

struct FrameOptions {
  bool parse_special = false;  // as EncodeOptions
  // Tokens altogether; a longer text loses its end, of two the longer one first, and both their
  // ends where that is not enough.
  std::optional<int> most;
};

// Settings (ids; -1 stands for the first text, -2 for the second):
//
//   tokenizer.single           ints     what one text becomes; absent: the text between the begin
//   tokenizer.single_types     ints     and end tokens that the tokenizer adds, all of type 0
//   tokenizer.pair             ints     what two texts become; absent: the model reads no pairs
//   tokenizer.pair_types       ints     token types, one for each number of the other list
//
// Immutable, shared by threads like the tokenizer in it.
class Framer {
 public:
  // `tokenizer` is the one of the same bundle. Errors: corrupt, with the setting that is wrong.
  static core::Result<Framer> from(const core::Bundle& bundle, const Tokenizer& tokenizer);

  bool reads_pairs() const { return !pair_.ids.empty(); }

  // The texts are as for Tokenizer::encode. Errors: limit, if not even the marks fit; unsupported,
  // for a pair that the model does not read.
  core::Result<Framed> frame(std::string_view text, const FrameOptions& options = {}) const;
  core::Result<Framed> frame(std::string_view first, std::string_view second,
                             const FrameOptions& options = {}) const;

 private:
  struct Template {
    std::vector<std::int32_t> ids, types;
  };
  using Ids = std::vector<int>;
  static core::Result<Template> read(const core::Bundle& bundle, const char* name, int texts,
                                     const Tokenizer& tokenizer);
  Ids encode(std::string_view text, const FrameOptions& options) const;
  static core::Result<Framed> fill(const Template& form, Ids first, Ids second, int texts,
                                   const FrameOptions& options);
  explicit Framer(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  Tokenizer tokenizer_;
  Template single_, pair_;
};

}  // namespace linnet::text
