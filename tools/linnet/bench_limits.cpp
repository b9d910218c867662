#include "tools/linnet/bench_limits.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "engine/core/crew.h"
#include "kernels/kernels.h"
#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

using core::say;
using kernels::Table;

static_assert(kernels::kReadBlock == 256);

// Where the system does not tell; more than the boards have that do not.
constexpr std::int64_t kUnknownCache = 8 << 20;
constexpr std::int64_t kLeastBuffer = 1 << 20;
// The best of so many counts: a neighbour can only take away.
constexpr int kTries = 5;
constexpr double kLimitSeconds = 0.01;

template <class Run>
double fastest(int tries, const Run& run) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < tries; ++i) {
    const double begin = seconds();
    run();
    best = std::min(best, seconds() - begin);
  }
  return std::max(best, 1e-9);
}

// How often a call must be repeated to last long enough for the clock. Counted on one thread:
// several may wait for one another for longer than that.
template <class Run>
int enough(double least_seconds, const Run& run) {
  int calls = 1;
  while (calls < 1 << 29 && fastest(2, [&] { run(calls); }) < least_seconds) calls *= 2;
  return calls;
}

double peak(std::int64_t (*kernel)(int), int threads, std::span<const int> processors) {
  const int rounds = enough(kLimitSeconds, [&](int calls) { (void)kernel(calls); });
  core::Crew crew({.threads = threads, .processors = processors, .whole = true});
  crew.start();
  const double took = fastest(kTries, [&] {
    crew.run([&](core::Team team) {
      // A team that is smaller than asked for does the work of all.
      const core::Share own = team.share(threads);
      for (int i = own.first; i < own.last; ++i) (void)kernel(rounds);
    });
  });
  return static_cast<double>(kernel(1)) * rounds * threads / took;
}

std::string giga(double value) { return show_fixed(value / 1e9, 1); }

double operations(const Limits& limits, const Work& work) {
  return work.f32 / limits.f32 + work.i8 / limits.i8 + work.i4 / limits.i4;
}

}  // namespace

double Limits::seconds(const Work& work) const {
  return std::max(work.bytes / bandwidth, operations(*this, work));
}

const char* Limits::reason(const Work& work) const {
  if (work.bytes / bandwidth >= operations(*this, work)) return cached ? "cache" : "memory";
  return work.f32 / f32 > work.i8 / i8 + work.i4 / i4 ? "fma" : "dot";
}

std::string describe(const Limits& limits) {
  return say(giga(limits.bandwidth), " GB/s from ", limits.cached ? "the cache, " : "memory, ",
             giga(limits.i8), " Gop/s int8, ", giga(limits.i4), " Gop/s int4, ", giga(limits.f32),
             " Gop/s f32");
}

LimitMeter::LimitMeter(std::int64_t cache, std::int64_t available, std::vector<int> processors)
    : processors_(std::move(processors)),
      cache_(cache > 0 ? cache : kUnknownCache),
      blocks_(std::max(kLeastBuffer, std::min(4 * cache_, available / 4)) / kBlock) {}

Limits LimitMeter::limits(const Table& table, int threads, double footprint) {
  const bool cached = footprint <= static_cast<double>(cache_);
  const auto wanted = static_cast<std::int64_t>(footprint) / kBlock + 1;
  const Peaks& at_best = peaks(table, threads);
  return {.bandwidth = bandwidth(table, threads, cached ? std::min(wanted, blocks_) : blocks_),
          .cached = cached,
          .f32 = at_best.f32,
          .i8 = at_best.i8,
          .i4 = at_best.i4};
}

const LimitMeter::Peaks& LimitMeter::peaks(const Table& table, int threads) {
  const auto [at, fresh] = peaks_.try_emplace({&table, threads});
  if (fresh)
    at->second = {.f32 = peak(table.peak_f32, threads, processors_),
                  .i8 = peak(table.peak_i8, threads, processors_),
                  .i4 = peak(table.peak_i4, threads, processors_)};
  return at->second;
}

// Each thread reads its share again and again.
double LimitMeter::bandwidth(const Table& table, int threads, std::int64_t blocks) {
  if (buffer_ == nullptr) {
    while (!memory_.allocate(buffer_bytes()) && blocks_ > 1) blocks_ /= 2;
    auto* bytes = memory_.carve<std::byte>(buffer_bytes());
    std::memset(bytes, 1, static_cast<std::size_t>(buffer_bytes()));  // or it would be one page
    buffer_ = bytes;
  }
  blocks = std::min(blocks, blocks_);
  const auto [at, fresh] = bandwidths_.try_emplace({&table, threads, blocks});
  if (!fresh) return at->second;
  const int passes = enough(threads * kLimitSeconds, [&](int calls) {
    for (int i = 0; i < calls; ++i) (void)table.read(buffer_, blocks);
  });
  core::Crew crew({.threads = threads, .processors = processors_, .whole = true});
  crew.start();
  const double took = fastest(kTries, [&] {
    crew.run([&](core::Team team) {
      const core::Share own = team.share(static_cast<int>(blocks));
      for (int i = 0; i < passes; ++i)
        (void)table.read(buffer_ + own.first * kBlock, own.last - own.first);
    });
  });
  at->second = static_cast<double>(blocks * kBlock) * passes / took;
  return at->second;
}

}  // namespace linnet::tools
