#include <algorithm>

#include "engine/core/limits.h"
#include "engine/encode/encoder.h"
#include "kernels/kernels.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/bench_work.h"

namespace linnet::tools {
namespace {

using core::say;

core::Status time_reading(const Model& model, int length, int batch, int threads,
                          const ReadingRuns& runs, const OnTiming& on_timing, const Stop& stop) {
  const encode::EncoderOptions options{
      .positions = length,
      .sequences = batch,
      .rows = static_cast<int>(std::min(std::int64_t{batch} * length, core::limits::kContext)),
      .threads = threads,
      .processors = runs.processors,
      .cache = runs.cache};
  if (const core::Status fits = check_memory(model, options); !fits) return fits;
  core::Result<encode::Encoder> encoder = encode::Encoder::open(model.transformer(), options);
  if (!encoder) return encoder.error();
  const std::vector<int> tokens = invented_tokens(length, model.spec().vocab);
  const std::vector<encode::Sequence> texts(static_cast<std::size_t>(batch), {.tokens = tokens});
  const double rows = 1.0 * batch * length;
  const Timing timing{.name = say("text ", length, batch > 1 ? say(", batch ", batch) : ""),
                      .threads = threads,
                      .seconds = {},
                      .amount = rows,
                      .unit = "tokens",
                      .kernels = kernels::active().name,
                      .work = times(work_of(model).encoder, 1, rows)};
  return repeat(timing, runs.repeats, tied_to(*encoder, on_timing), stop,
                [&] { return timed([&] { return encoder->encode(texts); }); });
}

}  // namespace

core::Status time_readings(const Model& model, const ReadingRuns& runs, const OnTiming& on_timing,
                           const Stop& stop) {
  for (const int threads : runs.threads)
    for (const int batch : runs.batches)
      for (const int length : runs.texts) {
        if (stop()) return core::Done{};
        const core::Status done =
            time_reading(model, length, batch, threads, runs, on_timing, stop);
        if (!done) return done;
      }
  return core::Done{};
}

}  // namespace linnet::tools
