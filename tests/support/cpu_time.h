#pragma once

#include <time.h>

namespace linnet::support {

// Seconds of this thread's own work: what else the machine does is not counted.
inline double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace linnet::support
