#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/checked.h"

namespace linnet::generate {

// What a search looked at in its sources at every step, and the way back from the end of a target
// through the beams that it came from: nothing is copied while beams trade places.
class Trail {
 public:
  struct Size {
    int sources, beams, steps;
    int positions;  // of all sources together
  };
  static core::Checked bytes_needed(const Size& size);
  // False if the memory cannot be had. An empty trail has no memory and records nothing.
  [[nodiscard]] bool allocate(const Size& size);
  bool empty() const { return weights_.empty(); }

  // Before a search. Source i has lengths[i] positions.
  void begin(std::span<const int> lengths);
  // A beam is about to choose token `step`, from 0, and has looked at the source like this.
  void record(int source, int step, int beam, std::span<const float> weights);
  std::span<const float> at(int source, int step, int beam) const;
  // After step `step` beam b went on from what beam parents[b] had been.
  void link(int source, int step, std::span<const int> parents);

  // Of the target whose token `step` followed beam `beam`, that token included:
  // sum over positions of log(min(sum over steps of the weight, 1)) (Wu et al., 2016, equation 14).
  double coverage(int source, int step, int beam);
  // All weights [steps][positions].
  std::vector<float> weights(int source, int step, int beam) const;

 private:
  struct Source {
    std::size_t first;  // of its weights
    int length;
  };
  std::size_t at(const Source& s, int step, int beam) const {
    return s.first +
           static_cast<std::size_t>(step * beams_ + beam) * static_cast<std::size_t>(s.length);
  }
  std::size_t link_at(int source, int step) const {
    return (static_cast<std::size_t>(source) * static_cast<std::size_t>(steps_) +
            static_cast<std::size_t>(step)) *
           static_cast<std::size_t>(beams_);
  }
  // Calls visit(step, weights) from the last step to the first.
  template <class Visit>
  void walk_back(int source, int step, int beam, const Visit& visit) const;

  int beams_ = 0, steps_ = 0;
  std::vector<Source> sources_;
  std::vector<float> weights_;
  std::vector<int> parents_;  // [sources][steps][beams]
  std::vector<double> sums_;  // [positions]
};

}  // namespace linnet::generate
