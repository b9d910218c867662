#include "engine/generate/peaks.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

#include "engine/generate/four_floats.h"

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kBlock = Peaks::kBlock;
// The largest of a block; `fine` keeps ones where all is below infinity.
float largest_of_block(const float* x, FourMasks& fine) {
  FourFloats a = four(-kInfinity), b = a;
  for (std::size_t i = 0; i < kBlock; i += 8) {
    const FourFloats even = load(x + i), odd = load(x + i + 4);
    a = greater_of(even, a);
    b = greater_of(odd, b);
    fine &= (even < four(kInfinity)) & (odd < four(kInfinity));
  }
  return largest_of(greater_of(a, b));
}

float largest_of_group(const float* x) {
  return largest_of(
      greater_of(greater_of(load(x), load(x + 4)), greater_of(load(x + 8), load(x + 12))));
}

Error unranked(std::span<const float> logits) {
  for (std::size_t id = 0; id < logits.size(); ++id)
    if (!(logits[id] < kInfinity))
      return {Fault::corrupt, say("the model's answer for token ", id, " is ",
                                  std::isnan(logits[id]) ? "not a number" : "infinite",
                                  ", from which nothing can be chosen; its weights may be "
                                  "damaged")};
  return {Fault::corrupt, "every token is suppressed, so none can be chosen"};
}

}  // namespace

core::Result<int> Peaks::read(std::span<const float> logits) {
  logits_ = logits;
  FourMasks fine = {-1, -1, -1, -1};
  std::size_t best = 0;
  for (std::size_t block = 0; block < largest_.size(); ++block) {
    const float* x = logits.data() + block * kBlock;
    float padded[kBlock];
    if (const std::size_t rest = logits.size() - block * kBlock; rest < kBlock) {
      std::fill(std::copy_n(x, rest, padded), std::end(padded), -kInfinity);
      x = padded;
    }
    largest_[block] = largest_of_block(x, fine);
    if (largest_[block] > largest_[best]) best = block;
  }
  top_ = largest_.empty() ? -kInfinity : largest_[best];
  if (!(fine[0] & fine[1] & fine[2] & fine[3]) || top_ == -kInfinity) return unranked(logits);
  const auto first = logits.begin() + static_cast<std::ptrdiff_t>(best * kBlock);
  return static_cast<int>(std::find(first, logits.end(), top_) - logits.begin());
}

float Peaks::reached_by(int count, std::span<float> room) const {
  const auto nth = static_cast<std::size_t>(count);
  if (nth > largest_.size()) return -kInfinity;
  const std::span<float> sorted = room.first(largest_.size());
  std::copy(largest_.begin(), largest_.end(), sorted.begin());
  const auto at = sorted.begin() + (count - 1);
  std::nth_element(sorted.begin(), at, sorted.end(), std::greater<>());
  return *at;
}

std::size_t Peaks::ids_from(double least, std::span<std::uint32_t> ids) const {
  constexpr std::size_t kGroup = 16;  // of a block in which few are found, most hold none
  std::size_t count = 0;
  for (std::size_t first = 0; first < logits_.size(); first += kGroup) {
    if (first % kBlock == 0 && double{largest_[first / kBlock]} < least) {
      first += kBlock - kGroup;
      continue;
    }
    const std::size_t end = std::min(first + kGroup, logits_.size());
    if (end - first == kGroup && double{largest_of_group(logits_.data() + first)} < least) continue;
    for (std::size_t id = first; id < end; ++id) {
      ids[count] = static_cast<std::uint32_t>(id);
      count += double{logits_[id]} >= least;
    }
  }
  return count;
}

}  // namespace linnet::generate
