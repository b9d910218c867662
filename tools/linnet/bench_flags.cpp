#include "tools/linnet/bench_flags.h"

#include <algorithm>

#include "kernels/kernels.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_kind.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using kernels::Table;

// What can be measured.
constexpr unsigned kTables = 1, kDecoder = 2, kTranslator = 4, kReader = 8;
constexpr unsigned kWriter = kDecoder | kTranslator, kModel = kWriter | kReader;
constexpr const char* subject_named(unsigned subject) {
  if (subject == kTables) return "kernels";
  if (subject == kReader) return "an encoder alone";
  return subject == kDecoder ? "a decoder alone" : "an encoder-decoder";
}

unsigned subject_of(const Model& model) {
  const ModelKind kind = kind_of(model);
  if (kind == ModelKind::encoder) return kReader;
  return kind == ModelKind::decoder ? kDecoder : kTranslator;
}

bool all_zero(const std::vector<int>& lengths) {
  return std::all_of(lengths.begin(), lengths.end(), [](int n) { return n == 0; });
}

constexpr int kLongest = static_cast<int>(core::limits::kContext);

}  // namespace

void BenchFlags::declare(Flags& flags, bool& json) {
  declare_subject(flags);
  declare_sizes(flags);
  flags.group("Output");
  CLI::Option* events =
      flags.on("--json", json, "Write events instead of a markdown table: timing, machine, error");
  exclude(flags.on("--csv", csv, "Write comma-separated values, the first line their names"),
          events);
  flags.on("--quiet", quiet, "No remarks on standard error");
}

void BenchFlags::declare_subject(Flags& flags) {
  constexpr int kMost = static_cast<int>(core::limits::kVocabulary);
  flags.group("What to measure");
  model.declare_file(flags, false);
  model.declare_opening(flags);
  flags.integers("--shape", shape, 1, kMost, "LIST",
                 "Random weights instead of a file: width, layers, heads, key and value heads, "
                 "hidden width, vocabulary");
  flags.integers("--seq2seq-shape", translator_shape, 1, kMost, "LIST",
                 "The same for the encoder-decoder of Vaswani et al. (2017): width, encoder "
                 "layers, decoder layers, heads, hidden width, vocabulary");
  type_option_ =
      flags.choice("--type", type, {"int8", "int4", "f16", "f32"}, "Type of the random weights");
  flags.on("--kernels", kernels, "Every table of kernels instead of a model, on one thread");
}

CLI::Option* BenchFlags::own(CLI::Option* option, const char* name, unsigned subjects) {
  own_.push_back({option, name, subjects});
  return option;
}

void BenchFlags::declare_sizes(Flags& flags) {
  const auto list = [&](unsigned subjects, const char* name, const std::string& names,
                        std::vector<int>& values, int low, std::int64_t high,
                        const std::string& help, const std::string& shown = "") {
    const int most = static_cast<int>(high);
    return own(flags.integers(names, values, low, most, "LIST", help, shown), name, subjects);
  };
  flags.group("How");
  threads_option_ = list(kModel, "--threads", "-t,--threads", threads, 1, core::limits::kThreads,
                         "Numbers of threads; the default is one for each of --cores");
  own(model.declare_cores(flags), "--cores", kModel);
  flags.text("--isa", isa_, "LIST",
             "Tables of kernels, as LINNET_ISA names them; all: every one that this machine runs "
             "[the one in use; with --kernels all]");
  list(kModel, "--batch", "--batch", batches, 1, core::limits::kBatch,
       "Numbers of sequences that go through the model together. The figure of a row is the tokens "
       "of all of them in a second");
  beams_option_ =
      list(kWriter, "--beam-size", "-b,--beam-size", beams, 1, core::limits::kBeam,
           "Beam sizes; 1: greedy search. With a decoder alone, the figure is steps times beams in "
           "a second, as if each beam were a sequence of a batch, and there is no beam in a batch",
           "1; for an encoder-decoder 1,4");
  flags.integer("--repeats", repeats, 1, 1000, "N", "Measured repetitions of each row");
  own(model.declare_cache(flags), "--cache-type", kModel);
  flags.group("How, for a decoder alone");
  list(kDecoder, "--prompt", "-p,--prompt", runs.prompts, 0, kLongest,
       "Lengths of prompts, in tokens");
  list(kDecoder, "--max-tokens", "-n,--max-tokens", runs.generations, 0, kLongest,
       "Tokens to generate one by one");
  list(kDecoder, "--depth", "-d,--depth", runs.depths, 0, kLongest,
       "Tokens that stand in the context before each prompt and each generation; the time to put "
       "them there does not count");
  flags.group("How, for an encoder-decoder");
  list(kTranslator, "--source-tokens", "--source-tokens", translations.sources, 1, kLongest,
       "Lengths of sources, in tokens");
  list(kTranslator, "--target-tokens", "--target-tokens", translations.targets, 1, kLongest,
       "Lengths of targets, which do not end before. The figure of a row is the tokens of its "
       "sources and of its best targets in a second");
  flags.group("How, for an encoder alone");
  list(kReader, "--text-tokens", "--text-tokens", readings.texts, 1, kLongest,
       "Lengths of texts, in tokens, which it reads to their last hidden states");
}

core::Status BenchFlags::refuse_others(unsigned subject) const {
  for (const Own& flag : own_)
    if (given(flag.option) && (flag.subjects & subject) == 0)
      return Error{Fault::bad_argument, say(flag.name, " is not for ", subject_named(subject))};
  return core::Done{};
}

core::Status BenchFlags::check_subject() const {
  if (!model.path.empty() + !shape.empty() + !translator_shape.empty() + kernels != 1)
    return Error{Fault::bad_argument,
                 "bench needs one of --model, --shape, --seq2seq-shape and --kernels"};
  if (given(type_option_) && (kernels || !model.path.empty()))
    return Error{Fault::bad_argument, "--type is for random weights"};
  if (!kernels) return core::Done{};
  return refuse_others(kTables);
}

core::Status BenchFlags::complete(const Model& subject) {
  const unsigned kind = subject_of(subject);
  if (const core::Status fine = refuse_others(kind); !fine) return fine;
  if (kind == kReader && subject.spec().vocab == 0)
    return Error{Fault::unsupported, "of encoders alone, bench measures those that read tokens"};
  if (kind == kDecoder)
    if (const core::Status fine = check_decoder(); !fine) return fine;
  if (const core::Status fine = model.settle_threads(); !fine) return fine;
  if (!given(threads_option_))
    threads = {core::default_threads(static_cast<int>(model.processors.size()))};
  const auto fill = [&](auto& all) {
    all.threads = threads;
    all.processors = model.processors;
    all.batches = batches;
    all.repeats = repeats;
    all.cache = model.page_type();
  };
  fill(runs);
  fill(translations);
  fill(readings);
  runs.beams = translations.beams = beams;
  return core::Done{};
}

core::Status BenchFlags::check_decoder() {
  if (!given(beams_option_)) beams = {1};
  if (all_zero(runs.prompts) && all_zero(runs.generations))
    return Error{Fault::bad_argument,
                 "there is nothing to measure: --prompt and --max-tokens are 0"};
  const auto [batch, largest_batch] = std::minmax_element(batches.begin(), batches.end());
  const auto [beam, largest_beam] = std::minmax_element(beams.begin(), beams.end());
  if (*batch > 1 && *beam > 1)
    return Error{Fault::bad_argument,
                 "a decoder alone is not searched in batches: --batch or --beam-size must be 1"};
  if (*largest_batch > core::limits::kBeam)
    return Error{Fault::limit, say("--batch: a decoder alone makes at most ", core::limits::kBeam,
                                   " sequences together")};
  if (*largest_batch > 1 && *largest_beam > 1)
    remark("a decoder alone is not searched in batches: rows with both are left out", quiet);
  return core::Done{};
}

Result<std::vector<const Table*>> BenchFlags::tables() const {
  if (isa_.empty() && !kernels) return std::vector<const Table*>{&linnet::kernels::active()};
  const std::string names = isa_.empty() ? "all" : isa_;
  std::vector<const Table*> tables;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    const std::string name = names.substr(begin, end - begin);
    begin = end + 1;
    const Table* table = linnet::kernels::find(name);
    if (name == "all") {
      for (const Table* each : linnet::kernels::built())
        if (linnet::kernels::runs_here(*each)) tables.push_back(each);
    } else if (table == nullptr || !linnet::kernels::runs_here(*table)) {
      return Error{Fault::bad_argument,
                   say("--isa: '", name, "' cannot be measured: ", unusable(name))};
    } else {
      tables.push_back(table);
    }
  }
  return tables;
}

}  // namespace linnet::tools
