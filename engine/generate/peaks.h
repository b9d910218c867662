#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.h"

namespace linnet::generate {

// The largest logit of each block of a row, so that whoever looks for large ones passes over most
// of the row. All memory is allocated by the constructor.
class Peaks {
 public:
  static constexpr std::size_t kBlock = 64;

  explicit Peaks(int vocab) : largest_(blocks(vocab)) {}
  // What it allocates for that vocabulary, in bytes.
  static std::int64_t memory(int vocab) {
    return static_cast<std::int64_t>(blocks(vocab) * sizeof(float));
  }

  // Reads a row [vocab], which must not change as long as the peaks are used. Returns the id of its
  // largest logit, the lowest of equal ones. Errors: corrupt, if the logits cannot be ranked (a NaN
  // or +infinity among them, or all of them -infinity).
  core::Result<int> read(std::span<const float> logits);

  // The largest logit, by which read() went.
  float top() const { return top_; }
  // A number that at least `count` logits reach and few more do; -infinity if the row has too few
  // blocks to tell. `room` is as long as the row.
  float reached_by(int count, std::span<float> room) const;
  // Writes the ids of the logits that are not below `least`, in their order, to `ids` [vocab].
  // Returns how many there are.
  std::size_t ids_from(double least, std::span<std::uint32_t> ids) const;

 private:
  static std::size_t blocks(int vocab) {
    return (static_cast<std::size_t>(vocab) + kBlock - 1) / kBlock;
  }
  std::vector<float> largest_;  // [blocks]
  std::span<const float> logits_;
  float top_ = 0;
};

}  // namespace linnet::generate
