#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/generate/beam.h"

namespace linnet::tools {

// One line of the input on its way to its targets.
struct SourceLine {
  std::vector<int> tokens;  // with what stands around every source; none: an empty line
  std::vector<generate::Hypothesis> targets;
};

// The tokens of a line and what stands around every source; none if there is nothing in it. Errors:
// limit, with the counts, if they are more than `most`.
core::Result<std::vector<int>> source_tokens(const Model& model, const std::string& line, int most);

// Lines in, targets out, in batches of similar length.
class Translation {
 public:
  // `given` begins every target. Both others outlive this.
  Translation(const Model& model, generate::Lanes& lanes, generate::BeamSearch search,
              int batch_tokens, std::vector<int> given);

  // Of a line that these lanes have room for. Errors: those of source_tokens().
  core::Result<std::vector<int>> tokens_of(const std::string& line) const {
    return source_tokens(model_, line, lanes_.options().source_positions);
  }

  // Fills in the targets of every line. `done` is called with the number of lines after each batch.
  // After a cancel the rest has none.
  core::Status run(std::span<SourceLine> lines, const std::atomic<bool>* cancel,
                   const std::function<void(std::size_t)>& done);

 private:
  core::Status run_batch(std::span<SourceLine* const> batch, const std::atomic<bool>* cancel);

  const Model& model_;
  generate::Lanes& lanes_;
  generate::BeamSearch search_;
  std::size_t batch_tokens_;
  std::vector<int> given_;
};

}  // namespace linnet::tools
