#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace linnet::generate {

// A probability as a whole number of 2^-52, so that sums of them are exact in any order.
inline std::uint64_t mass_of(float p) {
  return std::bit_cast<std::uint64_t>(1.0 + double{p}) - std::bit_cast<std::uint64_t>(1.0);
}

// Some tokens of a vocabulary, rising by id.
struct Tokens {
  std::span<const float> logits;       // [vocab]: of `ids`, none is a NaN or above `top`
  float top;                           // finite
  std::span<const std::uint32_t> ids;  // [count]
  std::span<const float> weights;      // [count]: probabilities; empty: each token counts 1
};

// Finds where a sum over tokens in the order of choice (the larger logit first, of equal ones the
// lower id) reaches a goal. Nothing is sorted: sums of buckets of neighbours tell in which it does,
// and only that one is looked into, so the time grows with the number of tokens and no faster. All
// memory is allocated by the constructor.
class Cutoff {
 public:
  explicit Cutoff(int vocab) : buckets_(kBuckets), inside_(static_cast<std::size_t>(vocab)) {}
  // What it allocates for that vocabulary, in bytes.
  static std::int64_t memory(int vocab) {
    return static_cast<std::int64_t>(kBuckets * sizeof(std::uint64_t) +
                                     static_cast<std::size_t>(vocab) * sizeof(std::uint32_t));
  }

  struct Found {
    std::size_t at;     // index in Tokens::ids; their number if all together do not reach the goal
    std::uint64_t sum;  // only then: of all
  };
  // The token with which the sum of masses, or the number of tokens, reaches `goal` > 0.
  Found find(const Tokens& tokens, std::uint64_t goal);

 private:
  static constexpr std::size_t kBuckets = 1024, kFew = 128;  // are taken one by one
  // The tokens among which the goal is reached, and the sum of all that come before them.
  struct Rest {
    std::span<std::uint32_t> inside;
    std::uint64_t before = 0;
  };
  template <class Place, class Bucket>
  bool narrow(const Tokens& tokens, std::uint64_t goal, std::size_t count, const Place& place,
              const Bucket& bucket_of, Rest& rest);

  std::vector<std::uint64_t> buckets_;  // sums
  std::vector<std::uint32_t> inside_;   // [vocab]: indices of tokens
};

}  // namespace linnet::generate
