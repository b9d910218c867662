#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/model/kv_cache.h"
#include "engine/model/transformer.h"

namespace linnet::generate {

// What a session will ask of the allocator, in bytes.
struct MemoryNeed {
  std::int64_t cache = 0;      // keys and values
  std::int64_t workspace = 0;  // activations and logits
  std::int64_t total() const { return cache + workspace; }
};

// How many tokens of a prompt go through the layers together. More would read the weights less
// often; a cancel waits for them.
inline constexpr int kPromptTile = 128;

struct LanesOptions {
  int sources = 1;           // 1 to 4096 at a time; a decoder-only model has no more than one
  int beams = 1;             // 1 to 256 lanes of each source
  int positions = 0;         // of each lane; 0: as many as the model was made for
  int source_positions = 0;  // of each source; 0: as many as the model was made for
  int source_rows = 0;       // source tokens that go through the encoder together; at least one
                             // source's
  int threads = 1;           // 1 to 1024; fewer work while a neighbour holds a core
                             // (engine/core/crew.h)
  // To tie the threads to, one each, the calling one too (engine/core/crew.h says how long); empty:
  // they run where the system wants. See choose_processors in engine/core/processors.h.
  std::vector<int> processors = {};
  model::PageType cache = model::PageType::f16;
  int tile = kPromptTile;   // 1 to 4096 tokens of one lane go through the layers together
  bool alignments = false;  // room for alignment(); an encoder-decoder
  // truncate() shall go back to any length. Otherwise only to 0 where every layer sees a window:
  // what no later token reads is given up then.
  bool rewinds = false;
};

// Sequences that are decoded side by side: for each source, `beams` lanes beside one another. No
// bit of a lane depends on the others, on the number of threads or on a tile. All memory is
// allocated by open. Used by one thread at a time; the Transformer outlives it and may serve many.
class Lanes {
 public:
  // Errors: bad_argument if an option is out of range, limit if the sizes leave memory's range.
  static core::Result<MemoryNeed> needs(const model::Transformer& transformer,
                                        const LanesOptions& options);
  // Also: limit if the memory cannot be had.
  static core::Result<Lanes> open(const model::Transformer& transformer,
                                  const LanesOptions& options);
  Lanes(Lanes&&) noexcept;
  Lanes& operator=(Lanes&&) noexcept;
  ~Lanes();

  // With no zero left in it.
  const LanesOptions& options() const;
  const model::Transformer& transformer() const;
  // Makes the threads now, and not with the first step.
  void start();
  // After that: how many there are, less than asked for where the system refuses to make them or
  // options().processors are less, and where they are tied to, empty if they are not.
  int threads() const;
  std::vector<int> processors() const;

  // Runs the encoder over sources 0 to sources.size() - 1 (at most options().sources) and clears
  // all lanes. Each source has 1 to source_positions tokens of the source vocabulary.
  void encode(std::span<const std::span<const int>> sources);
  int source_length(int source) const;

  int length(int lane) const;
  void truncate(int lane, int length);
  // Appends tokens of the vocabulary to one lane, which has room for them. Afterwards logits(0) are
  // those of the last one, if that is wanted.
  void feed(int lane, std::span<const int> tokens, bool wanted = true);
  // The same, and calls each(i, logits) for every token i in order; logits [vocab] are valid during
  // the call, those of the last one as logits(last_row()) also after it.
  using EachLogits = std::function<void(int i, std::span<const float> logits)>;
  void feed(int lane, std::span<const int> tokens, const EachLogits& each);
  // Appends tokens[i] to lanes[i], which are in ascending order and have room. Afterwards logits(i)
  // are those of lane lanes[i]. The threads share the calls each(i, thread), made once for every i
  // when all logits are there; thread < options().threads.
  using EachRow = std::function<void(int i, int thread)>;
  void step(std::span<const int> lanes, std::span<const int> tokens, const EachRow& each = {});
  // [vocab]; the caller may change them. Valid until the next feed or step.
  std::span<float> logits(int row);
  int last_row() const;
  // After a step: how much each position of the source weighed in the attention of lanes[row], the
  // mean of the heads that the Spec names; adds up to 1. [source_length]. Valid as logits() are.
  std::span<const float> alignment(int row) const;

  // Lane `to` becomes a copy of lane `from`.
  void fork(int to, int from);
  // Lane first + i becomes what lane first + parents[i] was, for all i at once.
  void reorder(int first, std::span<const int> parents);

  // Calls watch(name, layer, x) for the activations inside each step, for tests and inspection;
  // an empty function turns it off.
  void watch(model::Watch watch);

 private:
  struct State;
  explicit Lanes(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace linnet::generate
