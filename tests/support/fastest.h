#pragma once

#include "kernels/kernels.h"

namespace linnet::support {

// The last table of this build that this machine runs.
inline const kernels::Table& fastest_table() {
  const kernels::Table* fastest = nullptr;
  for (const kernels::Table* table : kernels::built())
    if (kernels::runs_here(*table)) fastest = table;
  return *fastest;
}

// For what is the same with every table and takes long: one run of the tests is enough.
inline bool fastest_is_active() { return &fastest_table() == &kernels::active(); }

}  // namespace linnet::support
