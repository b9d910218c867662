#include "engine/core/processors.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "engine/core/limits.h"

namespace linnet::core {
namespace {

constexpr int kMost = 8192;  // the most processors that Linux can be built for
struct Mask {
  static constexpr int kBits = 8 * sizeof(unsigned long);
  std::array<unsigned long, kMost / kBits> words = {};

  void add(int processor) {
    words[static_cast<std::size_t>(processor / kBits)] |= 1ul << (processor % kBits);
  }
  bool has(int processor) const {
    return (words[static_cast<std::size_t>(processor / kBits)] >> (processor % kBits) & 1) != 0;
  }
  cpu_set_t* set() { return reinterpret_cast<cpu_set_t*>(words.data()); }
};

bool read_mask(int thread, Mask& mask) {
  return sched_getaffinity(thread, sizeof mask.words, mask.set()) == 0;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

std::string word_of(const std::string& path, int which = 0) {
  std::ifstream file(path);
  std::string word;
  for (int i = 0; i <= which; ++i) word = "", file >> word;
  return word;
}

// "0,2-3"; nothing for what is no such list.
std::optional<std::vector<int>> parse_list(std::string_view text) {
  std::vector<int> list;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view piece = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t dash = piece.find('-');
    const auto first = number_in<int>(piece.substr(0, dash));
    const auto last = dash == piece.npos ? first : number_in<int>(piece.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= kMost) return std::nullopt;
    for (int processor = *first; processor <= *last; ++processor) list.push_back(processor);
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

std::string folder_of(const std::string& root, int processor) {
  return say(root, "/sys/devices/system/cpu/cpu", processor, "/");
}

// The processors whose number in `file` is at least the `part`-th of the largest; nothing if the
// file of one of them is missing or holds no such number.
std::optional<std::vector<int>> upper_class(std::span<const int> allowed, const char* file,
                                            double part, const std::string& root) {
  std::vector<double> values;
  for (const int processor : allowed) {
    const auto value = number_in<std::int64_t>(word_of(folder_of(root, processor) + file));
    if (!value || *value == 0) return std::nullopt;
    values.push_back(static_cast<double>(*value));
  }
  if (values.empty()) return std::nullopt;
  const double least = part * *std::max_element(values.begin(), values.end());
  std::vector<int> upper;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] >= least) upper.push_back(allowed[i]);
  return upper;
}

std::vector<int> big(std::span<const int> allowed, const std::string& root) {
  // Middle cores of three classes have some 70 to 90 % of the largest capacity, little ones at most
  // some 55 %; the best cores of one class differ by a few percent in frequency.
  if (auto upper = upper_class(allowed, "cpu_capacity", 2.0 / 3, root)) return *upper;
  if (auto upper = upper_class(allowed, "cpufreq/cpuinfo_max_freq", 0.9, root)) return *upper;
  return {allowed.begin(), allowed.end()};
}

std::vector<int> one_of_each_core(std::span<const int> processors, const std::string& root) {
  std::vector<int> chosen;
  for (const int processor : processors) {
    const auto siblings =
        parse_list(word_of(folder_of(root, processor) + "topology/thread_siblings_list"));
    const bool beside = siblings && std::any_of(siblings->begin(), siblings->end(), [&](int s) {
                          return std::find(chosen.begin(), chosen.end(), s) != chosen.end();
                        });
    if (!beside) chosen.push_back(processor);
  }
  return chosen;
}

}  // namespace

std::vector<int> allowed_processors() {
  std::vector<int> allowed;
  Mask mask;
  if (!read_mask(0, mask)) return allowed;
  for (int processor = 0; processor < kMost; ++processor)
    if (mask.has(processor)) allowed.push_back(processor);
  return allowed;
}

Result<std::vector<int>> choose_processors(std::string_view cores, std::span<const int> allowed,
                                           const std::string& root) {
  if (cores == "auto") return one_of_each_core(big(allowed, root), root);
  if (cores == "big") return big(allowed, root);
  if (cores == "all") return std::vector<int>(allowed.begin(), allowed.end());
  const auto list = parse_list(cores);
  if (!list)
    return Error{Fault::bad_argument,
                 say("'", cores, "' is not auto, big, all or a list of processors such as 0,2-3")};
  for (const int processor : *list)
    if (std::find(allowed.begin(), allowed.end(), processor) == allowed.end())
      return Error{Fault::bad_argument,
                   say("processor ", processor, " is not one that this process may run on (",
                       describe_processors(allowed), ")")};
  return *list;
}

std::string describe_processors(std::span<const int> processors) {
  std::string text;
  for (std::size_t i = 0; i < processors.size();) {
    std::size_t last = i;
    while (last + 1 < processors.size() && processors[last + 1] == processors[last] + 1) ++last;
    text += say(text.empty() ? "" : ",", processors[i]);
    if (last > i) text += say(last == i + 1 ? "," : "-", processors[last]);
    i = last + 1;
  }
  return text;
}

int processor_quota(const std::string& root) {
  double least = 0;
  const auto take = [&](const std::string& quota, const std::string& period) {
    const auto part = number_in<std::int64_t>(quota), of = number_in<std::int64_t>(period);
    if (!part || !of || *part == 0 || *of == 0) return;
    const double processors = static_cast<double>(*part) / static_cast<double>(*of);
    least = least == 0 ? processors : std::min(least, processors);
  };
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t one = line.find(':'), two = line.find(':', one + 1);
    if (two == line.npos) continue;
    const std::string controllers = "," + line.substr(one + 1, two - one - 1) + ",";
    // Each group is bounded by those around it.
    for (std::string group = line.substr(two + 1);; group.erase(group.rfind('/'))) {
      if (controllers == ",,") {
        const std::string file = root + "/sys/fs/cgroup" + group + "/cpu.max";
        take(word_of(file), word_of(file, 1));
      } else if (controllers.find(",cpu,") != controllers.npos) {
        const std::string folder = root + "/sys/fs/cgroup/cpu" + group;
        take(word_of(folder + "/cpu.cfs_quota_us"), word_of(folder + "/cpu.cfs_period_us"));
      }
      if (group.find('/') == group.npos) break;
    }
  }
  return static_cast<int>(std::min<double>(limits::kThreads, least + 0.999));
}

int default_threads(int processors) {
  constexpr int kThreads = static_cast<int>(limits::kThreads);
  if (const char* wish = std::getenv("OMP_NUM_THREADS")) {
    const std::string_view all = wish;  // of nested regions, one behind the other
    if (const auto number = number_in<std::int64_t>(all.substr(0, all.find(',')));
        number && *number > 0)
      return static_cast<int>(std::min<std::int64_t>(*number, kThreads));
  }
  const int quota = processor_quota();
  return std::clamp(quota > 0 ? std::min(quota, processors) : processors, 1, kThreads);
}

int default_threads() {
  static const int count = [] {
    const Result<std::vector<int>> chosen = choose_processors("auto", allowed_processors());
    return default_threads(chosen ? static_cast<int>(chosen->size()) : 1);
  }();
  return count;
}

bool pin(int thread, std::span<const int> processors) {
  Mask wanted, got;
  for (const int processor : processors) {
    if (processor < 0 || processor >= kMost) return false;
    wanted.add(processor);
  }
  return sched_setaffinity(thread, sizeof wanted.words, wanted.set()) == 0 &&
         read_mask(thread, got) && got.words == wanted.words;
}

}  // namespace linnet::core
