#pragma once

#include "engine/engine.h"
#include "tools/linnet/bench_timing.h"

namespace linnet::tools {

// What the parts of a model ask for: its weights read once and multiplied with one row. Embeddings,
// of which a row is copied, do not count, nor do keys, values and what attention does with them.
struct ModelWork {
  Work encoder;  // for a token of a source
  Work memory;   // for the same, its keys and values for the decoder
  Work decoder;  // for a token of a target, without what follows
  Work last;     // for the same, if it gets logits: the last layer, but for its keys and values
  Work head;     // for the logits

  Work all() const { return encoder + memory + decoder + last + head; }
  // A step of the decoder, so many in all, with so many rows in all, each with logits.
  Work steps(double count, double rows) const { return times(decoder + last + head, count, rows); }
  // Tokens in one piece, of which the last one gets logits.
  Work prompt(double tokens) const { return times(decoder, 1, tokens) + last + head; }
};

ModelWork work_of(const Model& model);

}  // namespace linnet::tools
