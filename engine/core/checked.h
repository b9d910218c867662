#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace linnet::core {

// A size whose parts came from outside. It stays in [0, 2^63) or turns invalid and stays invalid,
// so that a whole formula can be written down and asked once. Every size that a file can influence
// is computed with this type.
class Checked {
 public:
  template <std::integral T>
  constexpr Checked(T value)  // implicit: sizes mix with plain numbers
      : value_(std::in_range<std::int64_t>(value) && std::cmp_greater_equal(value, 0)
                   ? static_cast<std::int64_t>(value)
                   : kInvalid) {}

  constexpr bool valid() const { return value_ >= 0; }
  // Meaningful only if valid().
  constexpr std::int64_t value() const { return value_; }
  // Valid, and small enough to be a size in memory on this machine (32-bit ones too).
  constexpr bool fits_memory() const {
    return valid() && std::cmp_less_equal(value_, std::numeric_limits<std::ptrdiff_t>::max());
  }

  friend constexpr Checked operator+(Checked a, Checked b) {
    std::int64_t sum = 0;
    if (!a.valid() || !b.valid() || __builtin_add_overflow(a.value_, b.value_, &sum))
      return Checked(kInvalid);
    return Checked(sum);
  }
  friend constexpr Checked operator*(Checked a, Checked b) {
    std::int64_t product = 0;
    if (!a.valid() || !b.valid() || __builtin_mul_overflow(a.value_, b.value_, &product))
      return Checked(kInvalid);
    return Checked(product);
  }
  // Up to the next multiple of `unit`, which is a positive constant of ours.
  constexpr Checked rounded_up(std::int64_t unit) const {
    const Checked raised = *this + Checked(unit - 1);
    return raised.valid() ? Checked(raised.value_ / unit * unit) : raised;
  }
  // Both valid, and this one not larger than `bound`.
  constexpr bool at_most(Checked bound) const {
    return valid() && bound.valid() && value_ <= bound.value_;
  }

 private:
  static constexpr std::int64_t kInvalid = -1;
  std::int64_t value_;
};

}  // namespace linnet::core
