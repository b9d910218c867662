#pragma once

#include "engine/core/result.h"

// How the programs end. Signals give 128 + their number (SIGINT 130, SIGTERM 143); standard output
// whose reader went away ends them quietly with 0.
namespace linnet::tools {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,   // anything else that failed while running
  kExitUsage = 2,     // flags
  kExitFile = 3,      // a file, or this machine, is invalid or unsupported
  kExitLimit = 4,     // memory, context, published limits
  kExitIo = 5,        // missing file, full disk
  kExitMismatch = 6,  // a verification or self-test failed
};

constexpr ExitCode exit_code(core::Fault fault) {
  switch (fault) {
    case core::Fault::bad_argument:
      return kExitUsage;
    case core::Fault::corrupt:
    case core::Fault::unsupported:
      return kExitFile;
    case core::Fault::limit:
      return kExitLimit;
    case core::Fault::io:
      return kExitIo;
    case core::Fault::mismatch:
      return kExitMismatch;
  }
  return kExitFailure;
}

}  // namespace linnet::tools
