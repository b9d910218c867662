#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

// Which processors there are, which of them are worth having, and how threads are tied to them.
// Processors have the numbers that Linux gives them; lists are in ascending order.
namespace linnet::core {

// Those that this thread may run on: its affinity mask. Empty if the system does not tell.
std::vector<int> allowed_processors();

// What `--cores` asks for, of those in `allowed`:
//   auto  the big ones, one hardware thread of each core
//   big   the fastest class, where there are several (ARM big.LITTLE, efficiency cores): those with
//         at least two thirds of the largest /sys/.../cpu_capacity or, where that is not told, nine
//         tenths of the highest cpufreq/cpuinfo_max_freq; all, where nothing is told
//   all   all
//   LIST  these, as "0,2-3"
// `root` is put before every path. Errors: bad_argument, for what is none of these and for a
// processor outside `allowed`; the sentence names it.
Result<std::vector<int>> choose_processors(std::string_view cores, std::span<const int> allowed,
                                           const std::string& root = "");

// "0,2-3"
std::string describe_processors(std::span<const int> processors);

// How many processors' time the control groups (versions 1 and 2) of this process allow, rounded
// up; 0 if they do not limit it. `root` is put before every path.
int processor_quota(const std::string& root = "");

// How many threads to use on so many processors if nobody says: OMP_NUM_THREADS, otherwise one for
// each, not more than the quota; at most limits::kThreads.
int default_threads(int processors);
// The same on the processors that "auto" chooses.
int default_threads();

// Ties a thread of this process (its Linux thread id; 0: the calling one) to processors and makes
// sure of it. False if the system refuses.
bool pin(int thread, std::span<const int> processors);

}  // namespace linnet::core
