#pragma once

#include <atomic>
#include <cstddef>

// What the operators new and delete of tests/engine/allocation_test.cpp count and do, for all tests
// of its program.
namespace linnet::support {

inline std::atomic<long> allocations{0}, live_allocations{0};
inline std::atomic<std::size_t> allocated_bytes{0};

// n > 0: the n-th allocation from now fails, and then it is 0 again. 0: none fails.
inline std::atomic<long> fails_in{0};

}  // namespace linnet::support
