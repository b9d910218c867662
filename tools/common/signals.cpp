#include "tools/common/signals.h"

#include <signal.h>
#include <unistd.h>

namespace linnet::tools::signals {
namespace {

static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);
std::atomic<bool> stopped{false};
std::atomic<int> number{0};

extern "C" void on_signal(int signal) {
  if (stopped.exchange(true)) _exit(128 + signal);
  number.store(signal);
}

}  // namespace

void install() {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_signal;  // without SA_RESTART, so that a read that waits returns
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

const std::atomic<bool>& stop() { return stopped; }

bool forget_interrupt() {
  if (number.load() == SIGTERM) return false;
  number.store(0);
  stopped.store(false);
  return true;
}

int exit_code() {
  const int signal = number.load();
  return signal == 0 ? 0 : 128 + signal;
}

}  // namespace linnet::tools::signals
