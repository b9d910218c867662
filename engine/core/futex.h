#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

// To sleep until a number changes, as Linux offers it. What orders memory is the number.
namespace linnet::core {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

#if defined(SYS_futex)
inline constexpr long kFutexCall = SYS_futex;
#else  // 32-bit machines that were born with 64-bit times
inline constexpr long kFutexCall = SYS_futex_time64;
#endif

// Returns when somebody wakes, or at once if `number` is not `value`, or for no reason.
inline void futex_sleep(std::atomic<std::uint32_t>& number, std::uint32_t value) {
  syscall(kFutexCall, &number, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

inline void futex_wake(std::atomic<std::uint32_t>& number) {
  syscall(kFutexCall, &number, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace linnet::core
