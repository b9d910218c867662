#include "engine/generate/cutoff.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace linnet::generate {
namespace {

// The bits of floats rise with them once those of negative ones are turned over; + 0 makes -0 and 0
// one. Here the largest comes first.
std::uint32_t key_of(float logit) {
  const auto bits = std::bit_cast<std::uint32_t>(logit + 0.0f);
  return (bits >> 31) != 0 ? bits : ~(bits | 1u << 31);
}

float logit_of(const Tokens& tokens, std::uint32_t at) { return tokens.logits[tokens.ids[at]]; }

std::uint64_t counted(const Tokens& tokens, std::uint32_t at) {
  return tokens.weights.empty() ? 1 : mass_of(tokens.weights[at]);
}

Cutoff::Found among_equals(const Tokens& tokens, std::span<const std::uint32_t> inside,
                           std::uint64_t sum, std::uint64_t goal) {
  for (const std::uint32_t at : inside) {
    sum += counted(tokens, at);
    if (sum >= goal) return {at, sum};
  }
  return {tokens.ids.size(), sum};
}

template <std::size_t kMost>
Cutoff::Found among_few(const Tokens& tokens, std::span<const std::uint32_t> inside,
                        std::uint64_t sum, std::uint64_t goal) {
  std::array<std::uint64_t, kMost> places;  // keys, of equal ones the indices
  const auto begin = places.begin();
  auto end = std::transform(inside.begin(), inside.end(), begin, [&](std::uint32_t at) {
    return std::uint64_t{key_of(logit_of(tokens, at))} << 32 | at;
  });
  std::make_heap(begin, end, std::greater<>());
  for (; end != begin; --end) {
    std::pop_heap(begin, end, std::greater<>());
    const auto at = static_cast<std::uint32_t>(end[-1]);
    sum += counted(tokens, at);
    if (sum >= goal) return {at, sum};
  }
  return {tokens.ids.size(), sum};
}

}  // namespace

// Looks into the first `count` of the places that `place(i)` tells. False if all together do not
// reach the goal.
template <class Place, class Bucket>
bool Cutoff::narrow(const Tokens& tokens, std::uint64_t goal, std::size_t count, const Place& place,
                    const Bucket& bucket_of, Rest& rest) {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t at = place(i);
    buckets_[bucket_of(logit_of(tokens, at))] += counted(tokens, at);
  }
  std::size_t bucket = 0;
  while (bucket < kBuckets && rest.before + buckets_[bucket] < goal)
    rest.before += buckets_[bucket++];
  if (bucket == kBuckets) return false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t at = place(i);
    inside_[kept] = at;
    kept += bucket_of(logit_of(tokens, at)) == bucket;
  }
  rest.inside = std::span(inside_).first(kept);
  return true;
}

Cutoff::Found Cutoff::find(const Tokens& tokens, std::uint64_t goal) {
  const std::size_t count = tokens.ids.size();
  Rest rest{.inside = std::span(inside_).first(count)};
  // First by the distance from the largest, which spreads tokens best: buckets of 1/128 there, of
  // 1/8 where it is 16, and whatever is beyond 255 in the last one.
  const auto near = [&](float logit) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(1.0f + (tokens.top - logit));
    return std::min<std::size_t>((bits - std::bit_cast<std::uint32_t>(1.0f)) >> 16, kBuckets - 1);
  };
  const auto each = [](std::size_t i) { return static_cast<std::uint32_t>(i); };
  if (count <= kFew)
    std::iota(rest.inside.begin(), rest.inside.end(), 0u);
  else if (!narrow(tokens, goal, count, each, near, rest))
    return {count, rest.before};
  const auto those = [&](std::size_t i) { return inside_[i]; };
  while (rest.inside.size() > kFew) {
    std::uint32_t first = ~0u, last = 0;
    for (const std::uint32_t at : rest.inside) {
      const std::uint32_t key = key_of(logit_of(tokens, at));
      first = std::min(first, key);
      last = std::max(last, key);
    }
    if (first == last) return among_equals(tokens, rest.inside, rest.before, goal);
    int shift = 0;
    while ((last - first) >> shift >= kBuckets) ++shift;
    const auto apart = [&](float logit) -> std::size_t { return (key_of(logit) - first) >> shift; };
    narrow(tokens, goal, rest.inside.size(), those, apart, rest);
  }
  return among_few<kFew>(tokens, rest.inside, rest.before, goal);
}

}  // namespace linnet::generate
