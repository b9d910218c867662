#include "tools/linnet/bench_runs.h"

#include <algorithm>
#include <chrono>

#include "engine/core/limits.h"
#include "engine/core/result.h"
#include "engine/generate/beam.h"
#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/linnet/problems.h"

namespace linnet::tools {
namespace {

using core::say;
using kernels::Table;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<int> invented_tokens(int count, int vocab) {
  std::vector<int> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back(static_cast<int>(std::int64_t{i} * 7919 % vocab));
  return tokens;
}

// One warming run and `repeats` measured ones; what is stopped midway does not count.
template <class Run>
core::Status repeat(Timing& timing, int repeats, const std::function<bool()>& stop,
                    const Run& run) {
  for (int i = -1; i < repeats && !stop(); ++i) {
    const double begin = seconds();
    if (const core::Status fine = run(); !fine) return fine;
    if (i >= 0 && !stop()) timing.seconds.push_back(seconds() - begin);
  }
  return core::Done{};
}

core::Status feed_one_by_one(generate::Session& session, std::span<const int> tokens) {
  for (const int token : tokens)
    if (const core::Status fed = session.feed({&token, 1}); !fed) return fed;
  return core::Done{};
}

// How often a call must be repeated to last long enough for the clock.
template <class Call>
int calls_for(double least_seconds, const Call& call) {
  for (int calls = 1;; calls *= 2) {
    const double begin = seconds();
    for (int i = 0; i < calls; ++i) call();
    if (seconds() - begin >= least_seconds) return calls;
  }
}

constexpr double kLeastSeconds = 0.02;
constexpr int kWidth = 2048;  // inputs and outputs of a matrix: 4 MB of int8
constexpr int kKeys = 1024, kHead = 64;

class KernelRuns {
 public:
  KernelRuns(const Table& table, int repeats, const OnTiming& on_timing,
             const std::function<bool()>& stop)
      : table_(table), repeats_(repeats), on_timing_(on_timing), stop_(stop) {}

  void run() {
    for (const int tokens : {1, 4, 64}) {
      const double work = 2.0 * kWidth * kWidth * tokens;
      const std::string size =
          say(" ", kWidth, " x ", kWidth, ", ", tokens, tokens == 1 ? " token" : " tokens");
      MatmulProblem problem(kWidth, kWidth, tokens, 1);
      const kernels::MatmulInt i8 = problem.i8(table_, kernels::ScaleFormat::bf16, false);
      time("int8 matmul" + size, work, [&] { table_.matmul_i8(i8); });
      const kernels::MatmulInt i4 = problem.i4(table_, kernels::ScaleFormat::bf16, false);
      time("int4 matmul" + size, work, [&] { table_.matmul_i4(i4); });
      const kernels::MatmulF16 f16 = problem.f16(false);
      time("f16 matmul" + size, work, [&] { table_.matmul_f16(f16); });
      const kernels::MatmulF32 f32 = problem.f32(false);
      time("f32 matmul" + size, work, [&] { table_.matmul_f32(f32); });
    }
    for (const int rows : {1, 64}) {
      const double work = 4.0 * kKeys * kHead * rows;
      AttendProblem problem(table_, kernels::PageType::f16, kHead, kKeys, rows, 1);
      const kernels::Attend attend = problem.attend();
      time(say("attention, ", kKeys, " keys of ", kHead, ", ", rows,
               rows == 1 ? " query" : " queries"),
           work, [&] { table_.attend(attend); });
    }
  }

 private:
  template <class Call>
  void time(const std::string& name, double operations, const Call& call) {
    if (stop_()) return;
    const int calls = calls_for(kLeastSeconds, call);
    Timing timing{.name = name,
                  .seconds = {},
                  .amount = operations * calls / 1e9,
                  .unit = "Gop",
                  .kernels = table_.name};
    const core::Status done = repeat(timing, repeats_, stop_, [&]() -> core::Status {
      for (int i = 0; i < calls; ++i) call();
      return core::Done{};
    });
    if (done && !timing.seconds.empty()) on_timing_(timing);
  }

  const Table& table_;
  int repeats_;
  const OnTiming& on_timing_;
  const std::function<bool()>& stop_;
};

// One row of time_translations().
struct TranslationRow {
  int source, target, batch, beams, threads;

  generate::LanesOptions lanes(const Model& model, model::PageType cache) const {
    const auto start = static_cast<int>(model.spec().sequences.start.size());
    return {.sources = batch,
            .beams = beams,
            .positions = start + target - 1,
            .source_positions = source,
            .source_rows =
                static_cast<int>(std::min(std::int64_t{batch} * source, core::limits::kContext)),
            .threads = threads,
            .cache = cache};
  }
  Timing timing() const {
    return {.name = say(source, " to ", target, " tokens, batch ", batch, ", beam ", beams),
            .threads = threads,
            .seconds = {},
            .amount = static_cast<double>(batch) * (source + target),
            .unit = "tokens",
            .kernels = kernels::active().name};
  }
};

core::Status check_memory(const Model& model, const generate::LanesOptions& options) {
  const core::Result<generate::MemoryNeed> need =
      generate::Lanes::needs(model.transformer(), options);
  if (!need) return need.error();
  const std::int64_t bytes =
      need->total() + generate::BeamSearch::memory(model.transformer(), options);
  const MemoryLimits limits = memory_limits();
  if (!limits.available || bytes <= *limits.available) return core::Done{};
  return core::Error{core::Fault::limit,
                     say(options.sources, " sources with ", options.beams, " beams need ", bytes,
                         " bytes and there are ", *limits.available)};
}

core::Status time_translation(const Model& model, const TranslationRow& row,
                              const TranslationRuns& runs, const OnTiming& on_timing,
                              const std::function<bool()>& stop) {
  const generate::LanesOptions options = row.lanes(model, runs.cache);
  if (const core::Status fits = check_memory(model, options); !fits) return fits;
  core::Result<generate::Lanes> lanes = generate::Lanes::open(model.transformer(), options);
  if (!lanes) return lanes.error();
  core::Result<generate::BeamSearch> search = generate::BeamSearch::make(
      *lanes,
      {.beams = row.beams, .max_tokens = row.target, .constraints = {.min_tokens = row.target}});
  if (!search) return search.error();
  const model::Spec& spec = model.spec();
  const std::vector<int> tokens =
      invented_tokens(row.source, spec.source_vocab > 0 ? spec.source_vocab : spec.vocab);
  const std::vector<generate::BeamSearch::Source> sources(
      static_cast<std::size_t>(row.batch), {.tokens = tokens, .start = spec.sequences.start});
  Timing timing = row.timing();
  const core::Status done = repeat(timing, runs.repeats, stop, [&]() -> core::Status {
    const auto found = search->run(sources, runs.cancel);
    if (!found) return found.error();
    return core::Done{};
  });
  if (done && !timing.seconds.empty()) on_timing(timing);
  return done;
}

}  // namespace

double Timing::median() const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  const double time =
      sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return amount / time;
}
double Timing::slowest() const {
  return amount / *std::max_element(seconds.begin(), seconds.end());
}
double Timing::fastest() const {
  return amount / *std::min_element(seconds.begin(), seconds.end());
}

core::Status time_model(const Model& model, const ModelRuns& runs, const OnTiming& on_timing,
                        const std::function<bool()>& stop) {
  int context = 1;
  for (const std::vector<int>* lengths : {&runs.prompts, &runs.generations})
    for (const int length : *lengths) context = std::max(context, length);
  const std::vector<int> tokens = invented_tokens(context, model.spec().vocab);
  for (const int threads : runs.threads) {
    core::Result<generate::Session> session = generate::Session::open(
        model.transformer(), {.context = context, .threads = threads, .cache = runs.cache});
    if (!session) return session.error();
    const auto measure = [&](const char* what, int length, const auto& feed) -> core::Status {
      if (length == 0 || stop()) return core::Done{};
      Timing timing{.name = say(what, length),
                    .threads = threads,
                    .seconds = {},
                    .amount = static_cast<double>(length),
                    .unit = "tokens",
                    .kernels = kernels::active().name};
      const core::Status done = repeat(timing, runs.repeats, stop, [&] {
        session->truncate(0);
        return feed(std::span(tokens).first(static_cast<std::size_t>(length)));
      });
      if (done && !timing.seconds.empty()) on_timing(timing);
      return done;
    };
    for (const int length : runs.prompts) {
      const core::Status done =
          measure("prompt ", length, [&](std::span<const int> all) { return session->feed(all); });
      if (!done) return done;
    }
    for (const int length : runs.generations) {
      const core::Status done = measure("generation ", length, [&](std::span<const int> all) {
        return feed_one_by_one(*session, all);
      });
      if (!done) return done;
    }
  }
  return core::Done{};
}

core::Status time_translations(const Model& model, const TranslationRuns& runs,
                               const OnTiming& on_timing, const std::function<bool()>& stop) {
  for (const int threads : runs.threads)
    for (const int batch : runs.batches)
      for (const int beams : runs.beams)
        for (const int source : runs.sources)
          for (const int target : runs.targets) {
            if (stop()) return core::Done{};
            const core::Status done = time_translation(
                model, {source, target, batch, beams, threads}, runs, on_timing, stop);
            if (!done) return done;
          }
  return core::Done{};
}

void time_kernels(int repeats, const OnTiming& on_timing, const std::function<bool()>& stop) {
  for (const Table* table : kernels::built())
    if (kernels::runs_here(*table)) KernelRuns(*table, repeats, on_timing, stop).run();
}

}  // namespace linnet::tools
