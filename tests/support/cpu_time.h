#pragma once

#include <time.h>

#include "tests/support/slow.h"

namespace linnet::support {

// Seconds of this thread's own work: what else the machine does is not counted.
inline double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// What opening a hostile file may take. Sanitizers and emulators are some ten times slower.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr double kOpeningSeconds = 0.5;
#else
inline constexpr double kOpeningSeconds = kEmulated ? 0.5 : 0.05;
#endif

}  // namespace linnet::support
