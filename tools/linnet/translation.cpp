#include "tools/linnet/translation.h"

#include <algorithm>

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::say;

core::Result<std::vector<int>> source_tokens(const text::Tokenizer& tokenizer,
                                             const model::Sequences& around,
                                             const std::string& line, int most) {
  std::vector<int> tokens =
      tokenizer.encode(line, {.parse_special = false, .add_begin = false, .add_end = false});
  if (tokens.empty()) return tokens;
  tokens.insert(tokens.begin(), around.source_begin.begin(), around.source_begin.end());
  tokens.insert(tokens.end(), around.source_end.begin(), around.source_end.end());
  if (tokens.size() > static_cast<std::size_t>(most))
    return Error{Fault::limit,
                 say("the source has ", tokens.size(), " tokens and there is room for ", most)};
  return tokens;
}

core::Result<std::vector<int>> given_tokens(const text::Tokenizer& tokenizer,
                                            const model::Sequences& around,
                                            const std::string& prefix) {
  std::vector<int> tokens(around.forced_first.begin(), around.forced_first.end());
  const std::vector<int> own =
      tokenizer.encode(prefix, {.parse_special = true, .add_begin = false, .add_end = false});
  for (const int token : own)
    if (token == tokenizer.unknown())
      return Error{Fault::bad_argument,
                   say("--prefix: '", prefix, "' holds what is not in the vocabulary")};
  tokens.insert(tokens.end(), own.begin(), own.end());
  return tokens;
}

Translation::Translation(const text::Tokenizer& tokenizer, model::Sequences around,
                         generate::Lanes& lanes, generate::BeamSearch search, int batch_tokens,
                         std::vector<int> given, bool words)
    : tokenizer_(tokenizer),
      around_(std::move(around)),
      lanes_(lanes),
      search_(std::move(search)),
      // There were not always means for as many.
      batch_tokens_(static_cast<std::size_t>(std::min(batch_tokens, lanes.options().source_rows))),
      given_(std::move(given)),
      whole_words_(words && has_whole_words(tokenizer)) {}

// The longest first, so that what stands in one batch is of similar length and memory that does not
// suffice is noticed at once.
core::Status Translation::run(std::span<SourceLine> lines, const std::atomic<bool>* cancel,
                              const std::function<void(std::size_t)>& done) {
  std::vector<SourceLine*> order;
  for (SourceLine& line : lines)
    if (!line.tokens.empty()) order.push_back(&line);
  std::stable_sort(order.begin(), order.end(), [](const SourceLine* a, const SourceLine* b) {
    return a->tokens.size() > b->tokens.size();
  });
  const std::size_t empty = lines.size() - order.size();
  for (std::size_t first = 0; first < order.size();) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) break;
    std::size_t last = first, tokens = 0;
    const auto room = static_cast<std::size_t>(lanes_.options().sources);
    while (last < order.size() && last - first < room &&
           (last == first || tokens + order[last]->tokens.size() <= batch_tokens_))
      tokens += order[last++]->tokens.size();
    const core::Status fine = run_batch(std::span(order).subspan(first, last - first), cancel);
    if (!fine) return fine.error();
    first = last;
    done(empty + first);
  }
  return core::Done{};
}

std::vector<SourceWord> Translation::words_of(const std::string& line,
                                              const std::vector<int>& tokens) const {
  if (tokens.empty()) return {};
  return source_words(tokenizer_, whole_words_, line, tokens, around_.source_begin.size(),
                      tokens.size() - around_.source_end.size());
}

core::Status Translation::run(SourceLine& line, const std::atomic<bool>* cancel,
                              const generate::BeamSearch::OnToken& on_token) {
  SourceLine* const one = &line;
  if (line.tokens.empty()) return core::Done{};
  return run_batch({&one, 1}, cancel, on_token);
}

core::Status Translation::run_batch(std::span<SourceLine* const> batch,
                                    const std::atomic<bool>* cancel,
                                    const generate::BeamSearch::OnToken& on_token) {
  std::vector<generate::BeamSearch::Source> sources;
  for (const SourceLine* line : batch)
    sources.push_back({.tokens = line->tokens,
                       .start = around_.start,
                       .given = given_,
                       .number = static_cast<std::uint64_t>(line->number)});
  core::Result<std::vector<std::vector<generate::Hypothesis>>> found =
      search_.run(sources, cancel, on_token);
  if (!found) return found.error();
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->targets = std::move((*found)[i]);
  return core::Done{};
}

}  // namespace linnet::tools
