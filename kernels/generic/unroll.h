#pragma once

#include <utility>

namespace linnet::kernels::generic {

// f(0), f(1), ... f(kCount - 1), where each argument is a constant (std::integral_constant). Inside
// a function marked flatten this is straight code, so that arrays indexed by the constants become
// registers. (GCC 12 unrolls too late for that: int8 loops lose 30 to 60 %.)
template <int kCount, class F>
[[gnu::always_inline]] inline void unroll(F&& f) {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) {
    (f(std::integral_constant<int, kIndex>{}), ...);
  }
  (std::make_integer_sequence<int, kCount>{});
}

}  // namespace linnet::kernels::generic
