#pragma once

#include <algorithm>
#include <cmath>

namespace linnet::model {

// The bucket of a distance (key position - query position), as in T5 (Raffel et al., 2020, section
// 2.1, and its published code): half of the buckets hold one distance each, the others grow with
// the logarithm of the distance up to `longest`, beyond which all share the last. In an encoder the
// upper half of the buckets is for keys after the query; a decoder has none of those. Result in
// [0, buckets).
inline int relative_bucket(int distance, bool encoder, int buckets, int longest) {
  int first = 0;
  if (encoder) {
    buckets /= 2;
    if (distance > 0) first = buckets;
    distance = std::abs(distance);
  } else {
    distance = std::max(0, -distance);
  }
  const int exact = std::max(1, buckets / 2);
  if (distance < exact) return first + std::min(distance, buckets - 1);
  if (longest <= exact) return first + buckets - 1;
  const double part = std::log(static_cast<double>(distance) / exact) /
                      std::log(static_cast<double>(longest) / exact) * (buckets - exact);
  // The borders of buckets lie at whole numbers, which rounding must not miss on any machine.
  const int bucket = exact + static_cast<int>(std::min(part + 1e-9, static_cast<double>(buckets)));
  return first + std::min(bucket, buckets - 1);
}

}  // namespace linnet::model
