#pragma once

#include <cstdint>

#include "engine/core/result.h"

namespace linnet::core {

// Whether an option lies between 1 and `most`. Errors: bad_argument, "7<what> must lie ...".
inline Status check_range(const char* what, std::int64_t value, std::int64_t most) {
  if (value >= 1 && value <= most) return Done{};
  return Error{Fault::bad_argument, say(value, what, " must lie between 1 and ", most)};
}

}  // namespace linnet::core
