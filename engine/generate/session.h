#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/lanes.h"

namespace linnet::generate {

struct SessionOptions {
  int context = 0;  // positions to hold; 0: as many as the model was made for
  int threads = 1;  // 1 to 1024; fewer work while a neighbour holds a core (engine/core/crew.h)
  std::vector<int> processors = {};  // as in LanesOptions
  model::PageType cache = model::PageType::f16;
  int tile = kPromptTile;  // 1 to 4096 prompt tokens go through the layers together; no bit
                           // depends on it
  bool rewinds = false;    // as in LanesOptions
};

// One conversation with a decoder-only model: the tokens so far, their keys and values, and the
// scratch memory of a step. All memory is allocated by open; feeding allocates nothing. Used by one
// thread at a time; the Transformer outlives it and may serve many sessions at once.
class Session {
 public:
  // Errors: bad_argument if an option is out of range, limit if the sizes leave memory's range.
  static core::Result<MemoryNeed> needs(const model::Transformer& transformer,
                                        const SessionOptions& options);
  // Also: limit if the memory cannot be had.
  static core::Result<Session> open(const model::Transformer& transformer,
                                    const SessionOptions& options);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  int context() const;  // positions that it can hold
  // Those of its Lanes.
  void start();
  int threads() const;
  std::vector<int> processors() const;
  std::span<const int> tokens() const;

  // Appends the tokens (at least one). Afterwards logits() are those of the last one.
  // Errors: limit if they do not fit into the context, bad_argument if an id is not in the
  // vocabulary; nothing has changed then.
  core::Status feed(std::span<const int> tokens);
  // The same without logits, where more tokens follow.
  core::Status feed_more(std::span<const int> tokens);

  // The same, and calls each(i, logits) for every token i in order; logits [vocab] are valid
  // during the call.
  using EachLogits = std::function<void(int i, std::span<const float> logits)>;
  core::Status feed(std::span<const int> tokens, const EachLogits& each);

  // [vocab], of the last token that was fed; the caller may change them (a sampler does). Valid
  // until the next call of feed or truncate.
  std::span<float> logits();

  // Forgets all but the first `length` tokens; see SessionOptions::rewinds.
  void truncate(int length);

  // Calls watch(name, layer, x) for the activations inside each step, for tests and inspection;
  // an empty function turns it off.
  void watch(model::Watch watch);

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace linnet::generate
