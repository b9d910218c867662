#pragma once

#include <atomic>

// SIGINT and SIGTERM ask a program to stop; it finishes what it is writing and ends with
// 128 + the signal's number. A second signal ends it at once with that code. SIGPIPE is ignored:
// a failed write tells the same (tools/common/output.h).
namespace linnet::tools::signals {

void install();
// Becomes true when a signal arrives.
const std::atomic<bool>& stop();
// Where an interrupt (SIGINT) ended only what was going on: there was none from now on. False if it
// was another signal.
bool forget_interrupt();
// The exit code that the signal asks for; 0 as long as there was none.
int exit_code();

}  // namespace linnet::tools::signals
