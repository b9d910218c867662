#include "engine/io/mapping_guard.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

namespace linnet::io {
namespace {

// Read by the signal handler, so of lock-free atomics and of fixed size. A place is free while its
// path is null; begin and end are set before the path and count only together with it.
struct Place {
  std::atomic<bool> taken{false};
  std::atomic<std::uintptr_t> begin{0}, end{0};
  std::atomic<const char*> path{nullptr};
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

std::array<Place, 64> places;
std::atomic<int> exit_code_of_guard{0};

const char* path_at(std::uintptr_t address) {
  for (const Place& place : places) {
    const char* path = place.path.load(std::memory_order_acquire);
    if (path != nullptr && address >= place.begin && address < place.end) return path;
  }
  return nullptr;
}

void put(const char* text) {
  // There is nobody left to tell of a failure.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

// Only calls what signal-safety(7) allows.
void on_bus_error(int signal, siginfo_t* info, void*) {
  const char* path = path_at(reinterpret_cast<std::uintptr_t>(info->si_addr));
  if (path != nullptr) {
    put("error: ");
    put(path);
    put(" was cut short or could not be read while it was in use\n");
    ::_exit(exit_code_of_guard);
  }
  ::signal(signal, SIG_DFL);  // the faulting instruction runs again and meets the default
}

}  // namespace

void guard_mappings(int exit_code) {
  exit_code_of_guard = exit_code;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

int guard_mapping(std::span<const std::byte> bytes, const char* path) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].taken.exchange(true)) continue;
    places[i].begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    places[i].end = places[i].begin + bytes.size();
    places[i].path.store(path, std::memory_order_release);
    return static_cast<int>(i);
  }
  return -1;
}

void unguard_mapping(int place) {
  if (place < 0) return;
  Place& freed = places[static_cast<std::size_t>(place)];
  freed.path = nullptr;
  freed.taken = false;
}

}  // namespace linnet::io
