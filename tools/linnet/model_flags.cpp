#include "tools/linnet/model_flags.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/limits.h"
#include "engine/generate/beam.h"
#include "engine/generate/sampler.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/common/output.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_kind.h"

namespace linnet::tools {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::say;
using core::Status;

constexpr const char* kModelHelp = "Model file, as linnet-convert makes it";
constexpr const char* kRequired = "Model file, as linnet-convert makes it; required";
constexpr int kLeastContext = 16;  // shorter is not worth offering: one page of keys and values

// Whether the budget fits: what has to be allocated into the memory that is available, and that
// together with the file into all the memory there is, and into --max-memory.
Status check(const MemoryBudget& budget, const ModelFlags& flags) {
  const auto refuse = [&](const std::string& what, std::int64_t needed, const char* where,
                          std::int64_t bound) -> Status {
    return Error{Fault::limit,
                 say(flags.path, ": ", what, " needs ", show_bytes(needed), " (", needed,
                     " bytes) and ", where, " ", show_bytes(bound), " (", bound, " bytes)")};
  };
  const std::string all = budget.run() > 0 ? "the model with this context" : "the model";
  if (flags.max_memory && budget.total() > *flags.max_memory)
    return refuse(all, budget.total(), "--max-memory allows", *flags.max_memory);
  const MemoryLimits limits = memory_limits();
  if (limits.total && budget.total() > *limits.total)
    return refuse(all, budget.total(), "this machine has", *limits.total);
  const std::int64_t allocated = budget.run() + (flags.map ? 0 : budget.file);
  if (limits.available && allocated > *limits.available)
    return refuse(flags.map ? "this context" : all, allocated, "there are", *limits.available);
  return Done{};
}

// The longest context that fits, in whole pages; the error of the shortest one if none does.
core::Result<int> longest_context(const OpenedModel& opened, const ModelFlags& flags,
                                  generate::SessionOptions options, int wanted) {
  const auto fits = [&](int context) -> Status {
    options.context = context;
    const core::Result<MemoryBudget> budget = budget_of(opened, flags, options);
    if (!budget) return budget.error();
    return check(*budget, flags);
  };
  if (fits(wanted)) return wanted;
  int low = std::min(wanted, kLeastContext), high = wanted;  // low fits, high does not
  if (const Status least = fits(low); !least) return least.error();
  while (high - low > kLeastContext) {
    const int middle = low + (high - low) / 2 / kLeastContext * kLeastContext;
    if (middle == low) break;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

// What a session, lanes or an encoder need, and what the choice of tokens takes.
template <class Need>
core::Result<MemoryBudget> budget_with(const OpenedModel& opened, const ModelFlags& flags,
                                       const core::Result<Need>& need, std::int64_t sampler) {
  const core::Result<std::int64_t> bytes = file_bytes(flags.path);
  if (!bytes) return bytes.error();
  if (!need) return need.error();
  return MemoryBudget{.file = *bytes,
                      .session = {.cache = need->cache, .workspace = need->workspace},
                      .tables = opened.tables,
                      .sampler = sampler};
}

// Starts the threads of a session or of lanes and remarks on what the system refuses.
template <class Threads>
core::Result<Threads> started(core::Result<Threads> threads, const ModelFlags& flags, bool quiet) {
  if (!threads) return threads;
  threads->start();
  const int wanted = std::min(flags.threads, static_cast<int>(flags.processors.size()));
  if (threads->threads() < wanted)
    remark(say("the system makes only ", threads->threads(), " of ", wanted, " threads"), quiet);
  if (!flags.processors.empty() && threads->processors().empty())
    remark(say("threads cannot be tied to processors ", core::describe_processors(flags.processors),
               " and run where the system wants"),
           quiet);
  return threads;
}

}  // namespace

void ModelFlags::declare_file(Flags& flags, bool required) {
  CLI::Option* model = flags.text("-m,--model", path, "FILE", required ? kRequired : kModelHelp);
  if (required) require(model);
}

void ModelFlags::declare_subject(Flags& flags) {
  require(flags.text("FILE,-m,--model", path, "FILE", kRequired));
}

void ModelFlags::declare_session(Flags& flags) {
  flags.integer("-c,--ctx", context, 0, static_cast<int>(core::limits::kContext), "N",
                "Context: tokens that prompt and answer may have together; 0: the model's own, or "
                "less where memory does not suffice");
  declare_threads(flags);
  declare_cache(flags);
  flags.bytes("--max-memory", max_memory,
              "Refuse to start if model and context need more (900K, 64M, 1.5G)");
  flags.off("--no-mmap", map,
            "Read the model into memory, and compare it with its checksums, instead of using the "
            "file in place");
  declare_opening(flags);
}

void ModelFlags::declare_threads(Flags& flags) {
  threads_option_ =
      flags.integer("-t,--threads", threads, 1, static_cast<int>(core::limits::kThreads), "N",
                    "Threads; the default is one for each of --cores, and honours OMP_NUM_THREADS");
  declare_cores(flags);
}

CLI::Option* ModelFlags::declare_cores(Flags& flags) {
  return flags.text("--cores", cores, "CORES",
                    "Processors to tie the threads to, one each: auto (the big ones, one hardware "
                    "thread of each core), big (the fastest class), all, or a list such as 0,2-3");
}

core::Status ModelFlags::settle_threads() {
  core::Result<std::vector<int>> chosen =
      core::choose_processors(cores, core::allowed_processors());
  if (!chosen) return Error{chosen.error().fault, say("--cores: ", chosen.error().sentence)};
  processors = std::move(*chosen);
  if (!processors.empty() && threads_option_ != nullptr && !given(threads_option_))
    threads = core::default_threads(static_cast<int>(processors.size()));
  return Done{};
}

void ModelFlags::remark_on_threads(int count, bool quiet) const {
  const int there = processors.empty() ? usable_processors() : static_cast<int>(processors.size());
  if (count > there)
    remark(say(count, " threads share ", there, there == 1 ? " processor" : " processors",
               ": no more work at a time"),
           quiet);
}

CLI::Option* ModelFlags::declare_cache(Flags& flags) {
  return flags.choice("--cache-type", cache, {"f16", "f32", "int8"},
                      "How keys and values are kept; int8 takes about half the memory of f16");
}

void ModelFlags::declare_opening(Flags& flags) {
  flags.on("--warm", warm, "Read all of the model before it is used, not as its pages are needed");
  flags.on("--check", check, "Compare the model with its checksums before it is used");
}

model::PageType ModelFlags::page_type() const {
  if (cache == "f32") return model::PageType::f32;
  return cache == "int8" ? model::PageType::int8 : model::PageType::f16;
}

core::Result<std::int64_t> file_bytes(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    return Error{Fault::io, say(path, " cannot be opened: ", std::strerror(errno))};
  return static_cast<std::int64_t>(status.st_size);
}

std::int64_t table_bytes(std::int64_t heap) {
  constexpr std::int64_t kUnit = 64 << 10;
  return kernels::round_up(std::max<std::int64_t>(heap, 1), kUnit);
}

core::Result<OpenedModel> open_model(ModelFlags& flags) {
  if (const Status fine = flags.settle_threads(); !fine) return fine.error();
  const core::Result<std::int64_t> bytes = file_bytes(flags.path);
  if (!bytes) return bytes.error();
  MemoryBudget budget;
  budget.file = *bytes;
  if (const Status fine = check(budget, flags); !fine) return fine.error();
  const std::int64_t before = heap_in_use() + (flags.map ? 0 : *bytes);
  core::Result<Model> model = Model::open(
      flags.path,
      {.map = flags.map, .verify = flags.check || !flags.map, .warm = flags.map && flags.warm});
  if (!model) return model.error();
  return OpenedModel{std::move(*model), table_bytes(heap_in_use() - before)};
}

core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const generate::SessionOptions& options) {
  return budget_with(opened, flags, generate::Session::needs(opened.model.transformer(), options),
                     generate::Sampler::memory(opened.model.spec().vocab));
}

core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const encode::EncoderOptions& options) {
  return budget_with(opened, flags, encode::Encoder::needs(opened.model.transformer(), options), 0);
}

core::Result<encode::Encoder> open_encoder(const OpenedModel& opened, const ModelFlags& flags,
                                           encode::EncoderOptions options, bool quiet) {
  if (const Status fine = need_kind(opened.model, flags.path, ModelKind::encoder); !fine)
    return fine.error();
  options.threads = flags.threads;
  options.processors = flags.processors;
  const core::Result<MemoryBudget> budget = budget_of(opened, flags, options);
  if (!budget) return budget.error();
  if (const Status fine = check(*budget, flags); !fine) return fine.error();
  flags.remark_on_threads(flags.threads, quiet);
  return encode::Encoder::open(opened.model.transformer(), options);
}

core::Result<generate::SessionOptions> fitting_session(const OpenedModel& opened,
                                                       const ModelFlags& flags, bool quiet) {
  generate::SessionOptions options{.context = flags.context,
                                   .threads = flags.threads,
                                   .processors = flags.processors,
                                   .cache = flags.page_type()};
  if (flags.context > 0) {
    const core::Result<MemoryBudget> budget = budget_of(opened, flags, options);
    if (!budget) return budget.error();
    if (const Status fine = check(*budget, flags); !fine) return fine.error();
    const int trained = opened.model.spec().decoder.positions;
    if (flags.context > trained)
      remark(say("the model was made for a context of ", trained, ", not ", flags.context), quiet);
    return options;
  }
  const int wanted = opened.model.spec().decoder.positions;
  const core::Result<int> context = longest_context(opened, flags, options, wanted);
  if (!context) return context.error();
  if (*context < wanted)
    remark(say("the context is ", *context, " instead of the model's ", wanted,
               ", because memory does not suffice for more"),
           quiet);
  options.context = *context;
  return options;
}

core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const generate::LanesOptions& options) {
  return budget_with(opened, flags, generate::Lanes::needs(opened.model.transformer(), options),
                     generate::BeamSearch::memory(opened.model.transformer(), options));
}

generate::LanesOptions lanes_for(const ModelFlags& flags, int beams, int batch_tokens,
                                 bool alignments) {
  constexpr int kUsualSource = 32, kMostSources = 256;
  return {.sources = std::clamp(batch_tokens / kUsualSource, 1, kMostSources),
          .beams = beams,
          .positions = flags.context,
          .source_positions = flags.context,
          .source_rows = batch_tokens,
          .threads = flags.threads,
          .processors = flags.processors,
          .cache = flags.page_type(),
          .alignments = alignments};
}

core::Result<generate::Lanes> open_lanes(const OpenedModel& opened, const ModelFlags& flags,
                                         int beams, int batch_tokens, bool quiet, bool alignments) {
  generate::LanesOptions options = lanes_for(flags, beams, batch_tokens, alignments);
  for (;; options.sources /= 2, options.source_rows /= 2) {
    const core::Result<MemoryBudget> budget = budget_of(opened, flags, options);
    const Status fits = budget ? check(*budget, flags) : Status(budget.error());
    if (fits) break;
    if (options.sources == 1 || fits.error().fault != Fault::limit) return fits.error();
  }
  flags.remark_on_threads(flags.threads, quiet);
  return started(generate::Lanes::open(opened.model.transformer(), options), flags, quiet);
}

core::Result<generate::Session> open_session(const OpenedModel& opened, const ModelFlags& flags,
                                             bool quiet) {
  if (const Status fine = need_kind(opened.model, flags.path, ModelKind::decoder); !fine)
    return fine.error();
  const core::Result<generate::SessionOptions> options = fitting_session(opened, flags, quiet);
  if (!options) return options.error();
  flags.remark_on_threads(flags.threads, quiet);
  return started(generate::Session::open(opened.model.transformer(), *options), flags, quiet);
}

void remark(const std::string& sentence, bool quiet) {
  if (!quiet) tell("linnet: " + sentence + "\n");
}

}  // namespace linnet::tools
