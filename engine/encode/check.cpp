#include "engine/encode/check.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace linnet::encode {
namespace {

using core::Error;
using core::Fault;
using core::say;

core::Status check(const model::Spec& spec, const Sequence& sequence) {
  const auto wrong = [](const auto&... parts) { return Error{Fault::bad_argument, say(parts...)}; };
  if (spec.vectors.width > 0) {
    const core::Mat& vectors = sequence.vectors;
    if (!sequence.tokens.empty()) return wrong("this model reads vectors, not tokens");
    if (vectors.rows == 0) return wrong("a sequence has no vectors");
    if (vectors.cols != spec.vectors.width)
      return wrong("the vectors have ", vectors.cols, " numbers, and the model reads ",
                   spec.vectors.width);
    for (int row = 0; row < vectors.rows; ++row)
      if (!std::all_of(vectors.row(row), vectors.row(row) + vectors.cols,
                       [](float number) { return std::isfinite(number); }))
        return wrong("the vector ", row, " holds a number that is not finite");
    return core::Done{};
  }
  if (sequence.vectors.rows > 0) return wrong("this model reads tokens, not vectors");
  assert(sequence.types.empty() || sequence.types.size() == sequence.tokens.size());
  if (sequence.tokens.empty()) return wrong("a sequence has no tokens");
  const auto first_beyond = [](std::span<const int> ids, int count) {
    return std::find_if(ids.begin(), ids.end(), [&](int id) { return id < 0 || id >= count; });
  };
  if (const auto bad = first_beyond(sequence.tokens, spec.vocab); bad != sequence.tokens.end())
    return wrong("the token ", *bad, " is not in the vocabulary of ", spec.vocab);
  const int types_known = std::max(1, spec.token_types);
  if (const auto bad = first_beyond(sequence.types, types_known); bad != sequence.types.end())
    return wrong("the token type ", *bad, " is not one of the ", types_known);
  return core::Done{};
}

}  // namespace

core::Status check_sequences(const model::Spec& spec, const EncoderOptions& options,
                             std::span<const Sequence> sequences) {
  assert(!sequences.empty() && static_cast<int>(sequences.size()) <= options.sequences);
  const bool vectors = spec.vectors.width > 0;
  std::int64_t together = 0;
  for (const Sequence& sequence : sequences) {
    const std::int64_t count = vectors ? sequence.vectors.rows : std::ssize(sequence.tokens);
    const int lead = spec.vectors.first ? 1 : 0;
    if (count + lead > options.positions)
      return Error{Fault::limit, say(count, vectors ? " vectors" : " tokens", " are more than the ",
                                     options.positions - lead, " positions that there are")};
    if (const core::Status fine = check(spec, sequence); !fine) return fine;
    together += count + lead;
  }
  if (together <= options.rows) return core::Done{};
  return Error{Fault::limit, say(together, " tokens together are more than the ", options.rows,
                                 " that there is room for")};
}

}  // namespace linnet::encode
