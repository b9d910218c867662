#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "kernels/kernels.h"

// The main of test programs that run once per kernel table (LINNET_ISA): a table that this CPU
// cannot run skips the program, one that was not built fails it.
namespace {
constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
}

int main(int argc, char** argv) {
  if (const char* name = std::getenv("LINNET_ISA"); name != nullptr && *name != '\0') {
    const linnet::kernels::Table* table = linnet::kernels::find(name);
    if (table == nullptr) {
      std::printf("LINNET_ISA=%s is no table of this build\n", name);
      return 1;
    }
    if (!linnet::kernels::runs_here(*table)) {
      std::printf("skipped: this CPU cannot run the table %s\n", name);
      return kSkipped;
    }
  }
  return doctest::Context(argc, argv).run();
}
