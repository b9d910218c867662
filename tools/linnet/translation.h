#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/generate/beam.h"
#include "tools/linnet/source_words.h"

namespace linnet::tools {

// One line of the input on its way to its targets.
struct SourceLine {
  std::vector<int> tokens;  // with what stands around every source; none: an empty line
  std::vector<generate::Hypothesis> targets;
  std::int64_t number = 0;             // of the line, from 0
  std::vector<SourceWord> words = {};  // of the tokens, where unknown ones are replaced
};

// The tokens of a line and what stands around every source; none if there is nothing in it. Errors:
// limit, with the counts, if they are more than `most`.
core::Result<std::vector<int>> source_tokens(const text::Tokenizer& tokenizer,
                                             const model::Sequences& around,
                                             const std::string& line, int most);

// What begins every target: what is forced, and a prefix that a user wants. Errors: bad_argument,
// if that holds unknown tokens.
core::Result<std::vector<int>> given_tokens(const text::Tokenizer& tokenizer,
                                            const model::Sequences& around,
                                            const std::string& prefix);

// Lines in, targets out, in batches of similar length.
class Translation {
 public:
  // `given` begins every target. `words`: words_of() will be asked. The tokenizer (of the sources)
  // and the lanes outlive this.
  Translation(const text::Tokenizer& tokenizer, model::Sequences around, generate::Lanes& lanes,
              generate::BeamSearch search, int batch_tokens, std::vector<int> given, bool words);

  // Of a line that these lanes have room for. Errors: those of source_tokens().
  core::Result<std::vector<int>> tokens_of(const std::string& line) const {
    return source_tokens(tokenizer_, around_, line, lanes_.options().source_positions);
  }

  // The words of such a line.
  std::vector<SourceWord> words_of(const std::string& line, const std::vector<int>& tokens) const;

  // Fills in the targets of every line. `done` is called with the number of lines after each batch.
  // After a cancel the rest has none.
  core::Status run(std::span<SourceLine> lines, const std::atomic<bool>* cancel,
                   const std::function<void(std::size_t)>& done);

  // The same for one line, whose tokens are shown as they come; the beam is 1.
  core::Status run(SourceLine& line, const std::atomic<bool>* cancel,
                   const generate::BeamSearch::OnToken& on_token);

 private:
  core::Status run_batch(std::span<SourceLine* const> batch, const std::atomic<bool>* cancel,
                         const generate::BeamSearch::OnToken& on_token = nullptr);

  const text::Tokenizer& tokenizer_;
  model::Sequences around_;
  generate::Lanes& lanes_;
  generate::BeamSearch search_;
  std::size_t batch_tokens_;
  std::vector<int> given_;
  bool whole_words_;
};

}  // namespace linnet::tools
