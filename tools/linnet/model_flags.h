#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/processors.h"
#include "engine/engine.h"
#include "tools/common/declare.h"

// What the commands that open a model have in common: their flags, and whether the machine has the
// memory for it.
namespace linnet::tools {

struct ModelFlags {
  std::string path;
  bool map = true, warm = false, check = false;
  std::optional<std::int64_t> max_memory;
  int context = 0;  // 0: the model's own, or less where memory does not suffice
  int threads = core::default_threads();
  std::string cores = "auto";
  std::vector<int> processors = {};  // what settle_threads makes of it
  std::string cache = "f16";

  // -m
  void declare_file(Flags& flags, bool required = true);
  // -m, or the file alone
  void declare_subject(Flags& flags);
  // --warm, --check
  void declare_opening(Flags& flags);
  // -t, --cores
  void declare_threads(Flags& flags);
  CLI::Option* declare_cores(Flags& flags);
  // The processors that --cores asks for, and as many threads where -t does not say how many.
  // Errors: bad_argument, with the flag.
  core::Status settle_threads();
  // A remark on more threads than processors.
  void remark_on_threads(int count, bool quiet) const;
  // --cache-type
  CLI::Option* declare_cache(Flags& flags);
  // -c, -t, --cores, --cache-type, --max-memory, --no-mmap, --warm, --check
  void declare_session(Flags& flags);

  model::PageType page_type() const;

 private:
  CLI::Option* threads_option_ = nullptr;
};

struct MemoryBudget {
  std::int64_t file = 0;  // bytes of the model file
  generate::MemoryNeed session;
  std::int64_t tables = 0, sampler = 0;
  // What a run takes beside the file, and all of it.
  std::int64_t run() const { return session.total() + tables + sampler; }
  std::int64_t total() const { return file + run(); }
};

// An opened model and what it takes of the heap beside its file (vocabulary, names, shapes).
struct OpenedModel {
  Model model;
  std::int64_t tables;
};

// By how much the heap grew for a model, in whole units of 64 kB: the allocator's own bookkeeping
// moves it by some bytes from run to run, and the figures that are printed should not.
std::int64_t table_bytes(std::int64_t heap);

// The size of a file. Errors: io.
core::Result<std::int64_t> file_bytes(const std::string& path);

// Opens the model, after settle_threads. Errors also: limit, if the file is larger than the memory
// that there is or than
// --max-memory; nothing has been loaded then.
core::Result<OpenedModel> open_model(ModelFlags& flags);

// What a session with these flags takes. Errors: those of Session::needs.
core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const generate::SessionOptions& options);

// The same of an encoder alone.
core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const encode::EncoderOptions& options);

// Opens one, with the threads of the flags. Errors: bad_argument for a model of another kind;
// limit, with the numbers; those of Encoder::open.
core::Result<encode::Encoder> open_encoder(const OpenedModel& opened, const ModelFlags& flags,
                                           encode::EncoderOptions options, bool quiet);

// The options of a session that fits: into the machine's memory, its control group and
// --max-memory. Without --ctx the context is the model's own or the longest that fits, and a remark
// says so unless `quiet`. Errors: limit, with the numbers.
core::Result<generate::SessionOptions> fitting_session(const OpenedModel& opened,
                                                       const ModelFlags& flags, bool quiet);

// The same of lanes, the memory of a search with so many beams included.
core::Result<MemoryBudget> budget_of(const OpenedModel& opened, const ModelFlags& flags,
                                     const generate::LanesOptions& options);

// The lanes for a search with so many beams: as many sources at a time as `batch_tokens` are worth.
generate::LanesOptions lanes_for(const ModelFlags& flags, int beams, int batch_tokens,
                                 bool alignments = false);

// Opens them, for fewer sources where memory does not suffice. Errors: limit, with the numbers;
// those of Lanes::open.
core::Result<generate::Lanes> open_lanes(const OpenedModel& opened, const ModelFlags& flags,
                                         int beams, int batch_tokens, bool quiet,
                                         bool alignments = false);

// Opens a session, and remarks on more threads than processors unless `quiet`.
core::Result<generate::Session> open_session(const OpenedModel& opened, const ModelFlags& flags,
                                             bool quiet);

// A sentence for standard error that is no error.
void remark(const std::string& sentence, bool quiet);

}  // namespace linnet::tools
