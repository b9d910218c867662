#pragma once

#include <string>
#include <vector>

#include "tools/linnet/bench_runs.h"
#include "tools/linnet/model_flags.h"

namespace linnet::tools {

// The command line of `bench`, and what of it goes together.
struct BenchFlags {
  ModelFlags model;
  std::vector<int> shape, translator_shape;
  std::string type = "int8";
  bool kernels = false;

  std::vector<int> threads = {core::default_threads()}, batches = {1}, beams = {1, 4};
  int repeats = 3;
  ModelRuns runs = {.prompts = {16, 128}, .generations = {64}, .depths = {0}};
  TranslationRuns translations = {.sources = {32}, .targets = {33}};
  ReadingRuns readings = {.texts = {16, 128}};
  bool csv = false, quiet = false;

  // The flags write into this, which stays where it is.
  void declare(Flags& flags, bool& json);

  // Errors: bad_argument, if not exactly one thing is to be measured, or if flags are given that
  // say nothing about kernels.
  core::Status check_subject() const;
  // The same for such a model. Fills in what depends on its kind.
  core::Status complete(const Model& model);
  // Those of --isa. Errors: bad_argument, if one of them cannot run.
  core::Result<std::vector<const linnet::kernels::Table*>> tables() const;

 private:
  // A flag that says something about some subjects only.
  struct Own {
    CLI::Option* option;
    const char* name;
    unsigned subjects;
  };

  void declare_subject(Flags& flags);
  void declare_sizes(Flags& flags);
  CLI::Option* own(CLI::Option* option, const char* name, unsigned subjects);
  core::Status refuse_others(unsigned subject) const;
  core::Status check_decoder();

  std::vector<Own> own_;
  CLI::Option *type_option_ = nullptr, *beams_option_ = nullptr, *threads_option_ = nullptr;
  std::string isa_;
};

}  // namespace linnet::tools
