#pragma once

#include <algorithm>

// How many threads take the next step, when a busy neighbour may hold the core of one of them: then
// all others wait at every meeting, for whole scheduling slices, and fewer threads are faster,
// often a hundred times. Results do not depend on the number of threads.
namespace linnet::core {

// Halves the team after two steps in a row that were mostly waiting; doubles it again for a try
// after a rest, which is twice as long whenever the team has been halved again.
class Pace {
 public:
  explicit Pace(int threads) : full_(threads), team_(threads) {}

  int team() const { return team_; }

  // `waiting`: what parallel() returned for a step of team().
  void record(double waiting) {
    if (waiting > kMostly) {
      healthy_ = 0;
      if (team_ > 1 && (trying_ || ++strikes_ == 2)) reduce();
      return;
    }
    strikes_ = 0;
    trying_ = false;
    if (++healthy_ == kHealthy) next_rest_ = kRest;
    if (team_ < full_ && --rest_ <= 0) {
      team_ = std::min(full_, 2 * team_);
      trying_ = true;
      rest_ = kRest;
      healthy_ = 0;
    }
  }

 private:
  static constexpr double kMostly = 0.5;
  static constexpr int kRest = 32, kLongestRest = 4096;  // steps
  static constexpr int kHealthy = 256;  // steps without waiting after which the past is forgotten

  void reduce() {
    team_ = std::max(1, team_ / 2);
    rest_ = next_rest_;
    next_rest_ = std::min(2 * next_rest_, kLongestRest);
    strikes_ = 0;
    trying_ = false;
  }

  int full_, team_;
  int strikes_ = 0, rest_ = 0, next_rest_ = kRest, healthy_ = 0;
  bool trying_ = false;
};

}  // namespace linnet::core
