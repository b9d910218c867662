#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/mat.h"
#include "engine/core/result.h"
#include "engine/model/transformer.h"

namespace linnet::encode {

struct EncoderOptions {
  // Of the longest sequence, with a learned vector in front of it; 0: as many as the model was made
  // for.
  int positions = 0;
  // Of a model that reads pictures: the squares of all of them, if their size is another than what
  // it was made for, with `positions` 0.
  model::Grid grid = {};
  int sequences = 1;                 // 1 to 4096 at a time
  int rows = 0;                      // tokens of them together; 0: those of the longest sequence
  int words = 1;                     // 1 to 4096 places whose words are asked for at a time
  int threads = 1;                   // 1 to 1024
  std::vector<int> processors = {};  // as in generate::LanesOptions
  model::PageType cache = model::PageType::f32;
};

// What an Encoder asks of the allocator, in bytes.
struct EncoderNeed {
  std::int64_t cache = 0;      // keys and values, of one layer at a time
  std::int64_t workspace = 0;  // activations and what is made of them
};

// The tokens of one text or of a pair, and their types (none: all are of type 0); or, for a model
// that reads such, vectors [places, Spec::vectors.width].
struct Sequence {
  std::span<const int> tokens = {}, types = {};
  core::Mat vectors = {};
};

// Runs an encoder alone over sequences side by side. No bit of a sequence depends on the others, on
// the number of threads or on the order. All memory is allocated by open. Used by one thread at a
// time; the Transformer outlives it and may serve many.
class Encoder {
 public:
  // Errors: bad_argument if the model is of another kind or an option is out of range, limit if the
  // sizes leave memory's range.
  static core::Result<EncoderNeed> needs(const model::Transformer& transformer,
                                         const EncoderOptions& options);
  // Also: limit if the memory cannot be had.
  static core::Result<Encoder> open(const model::Transformer& transformer,
                                    const EncoderOptions& options);
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  // With no zero left in it.
  const EncoderOptions& options() const;
  const model::Transformer& transformer() const;
  // After the first encode: where its threads are tied to, empty if they are not.
  std::vector<int> processors() const;

  // Runs the encoder over at least one sequence and at most options().sequences, at most
  // options().rows tokens together. Errors: bad_argument for an id that is not in the vocabulary or
  // among the token types, for a sequence that is empty or of the other kind than what the model
  // reads, and for vectors of another width or with a number that is not finite; limit for what
  // does not fit; nothing has changed then.
  core::Status encode(std::span<const Sequence> sequences);

  // All of the following is of the last call of encode, and valid until the next call of anything.

  // The hidden states of a sequence [tokens, d_model]; the first is that of the learned vector that
  // stands in front, where one does.
  core::Mat hidden(int sequence) const;
  // One state for each sequence [sequences, d_model], scaled to length 1 if so wished.
  core::Mat pooled(model::Pooling pooling, bool unit_length);
  // What the model's pooler makes of the states of first tokens [sequences, d_model]. The model has
  // a pooler.
  core::Mat pooler();
  // The scores of the classes, before any softmax. Of sequences: [sequences, classes].
  core::Mat classes();
  // Of the tokens of all sequences, as they stand one after the other: [rows, classes].
  core::Mat token_classes();
  // Logits of the vocabulary at so many places of a sequence [places, vocab], at most
  // options().words of them. The model has a vocabulary head.
  core::Mat words(int sequence, std::span<const int> places);

 private:
  struct State;
  explicit Encoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace linnet::encode
