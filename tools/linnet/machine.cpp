#include "tools/linnet/machine.h"

#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

#if defined(__arm__)
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernels/kernels.h"
#include "tools/common/version.h"

namespace linnet::tools {

std::string version_text() {
#if defined(__clang__)
  constexpr const char* kCompiler = "";  // its version text has the name
#else
  constexpr const char* kCompiler = "GCC ";
#endif
  std::string text = core::say("linnet ", version(), "\ncommit   ", commit(), "\ncompiler ",
                               kCompiler, __VERSION__, "\nkernels ");
  const kernels::Table* active = &kernels::active();
  for (const kernels::Table* table : kernels::built()) {
    text += std::string(" ") + table->name;
    if (table == active) text += " (in use)";
    if (!kernels::runs_here(*table)) text += " (not on this processor)";
  }
  return text;
}

std::string_view missing_baseline() {
#if defined(__arm__)
  // Bits of the kernel's HWCAP word: VFPv3, and VFPv3 with 16 registers.
  constexpr unsigned long kVfp3 = 1ul << 13, kVfp3d16 = 1ul << 14;
  if ((getauxval(AT_HWCAP) & (kVfp3 | kVfp3d16)) == 0) return "VFPv3";
#endif
  return "";
}

std::string unusable(std::string_view name) {
  if (kernels::find(name) != nullptr) return "this processor cannot run them";
  std::string text = "this program has only";
  for (const kernels::Table* table : kernels::built()) text += std::string(" ") + table->name;
  return text;
}

int usable_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

core::Result<std::uint64_t> random_seed() {
  std::uint32_t seed = 0;
  ssize_t got = -1;
  do got = getrandom(&seed, sizeof seed, 0);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof seed))
    return core::Error{core::Fault::io,
                       core::say("the system gives no random seed (", std::strerror(errno),
                                 "); choose one with --seed")};
  return std::uint64_t{seed};
}

std::string_view hint(core::Fault fault) {
  switch (fault) {
    case core::Fault::bad_argument:
      return "see --help";
    case core::Fault::corrupt:
      return "check the file with 'linnet verify'";
    case core::Fault::unsupported:
      return "use a newer linnet, or convert the model again";
    case core::Fault::limit:
      return "change --ctx, or ask for less: a shorter prompt, --cache-type int8, fewer tokens";
    case core::Fault::io:
      return "check the path, the permissions and the space on the disk";
    case core::Fault::mismatch:
      return "copy or convert the file again";
  }
  return "";
}

}  // namespace linnet::tools
