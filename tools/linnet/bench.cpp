#include <algorithm>

#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/common/signals.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/random_model.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::size_t kShapeNumbers = 6;  // of either kind of shape

class Bench : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "bench",
        "Measure the speed of a model, of random weights in the shape of a Llama or of an "
        "encoder-decoder, or of every table of kernels. Each row is the median of several "
        "repetitions, with the slowest and the fastest",
        "linnet bench --shape 768,12,12,12,2048,32000 -t 1,2");
    Flags flags(*command);
    flags.group("What to measure");
    model_.declare_file(flags, false);
    flags.integers("--shape", shape_, 1, static_cast<int>(core::limits::kVocabulary), "LIST",
                   "Random weights instead of a file: width, layers, heads, key and value heads, "
                   "hidden width, vocabulary");
    flags.integers("--seq2seq-shape", translator_shape_, 1,
                   static_cast<int>(core::limits::kVocabulary), "LIST",
                   "The same for the encoder-decoder of Vaswani et al. (2017): width, encoder "
                   "layers, decoder layers, heads, hidden width, vocabulary");
    flags.choice("--type", type_, {"int8", "int4", "f16", "f32"}, "Type of the random weights");
    flags.on("--kernels", kernels_, "Every table of kernels instead of a model, on one thread");
    flags.group("How");
    const int most = static_cast<int>(core::limits::kContext);
    flags.integers("-p,--prompt", runs_.prompts, 0, most, "LIST", "Lengths of prompts, in tokens");
    flags.integers("-n,--max-tokens", runs_.generations, 0, most, "LIST",
                   "Tokens to generate one by one from an empty context");
    flags.integers("-t,--threads", runs_.threads, 1, static_cast<int>(core::limits::kThreads),
                   "LIST", "Numbers of threads");
    flags.integer("--repeats", runs_.repeats, 1, 1000, "N", "Measured repetitions of each row");
    flags.choice("--cache-type", model_.cache, {"f16", "f32"}, "How keys and values are kept");
    flags.group("How, for an encoder-decoder");
    flags.integers("--source-tokens", translations_.sources, 1, most, "LIST",
                   "Lengths of sources, in tokens");
    flags.integers("--target-tokens", translations_.targets, 1, most, "LIST",
                   "Lengths of targets, which do not end before. The figure of a row is the tokens "
                   "of its sources and of its best targets in a second");
    flags.integers("--batch", translations_.batches, 1, static_cast<int>(core::limits::kBatch),
                   "LIST", "Numbers of sources that are translated together");
    flags.integers("-b,--beam-size", translations_.beams, 1, static_cast<int>(core::limits::kBeam),
                   "LIST", "Beam sizes; 1: greedy search");
    flags.group("Output");
    flags.on("--json", json_, "Write events instead of a markdown table: timing, error");
    flags.on("--quiet", quiet_, "No remarks on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    const int subjects =
        !model_.path.empty() + !shape_.empty() + !translator_shape_.empty() + kernels_;
    if (subjects != 1)
      return Error{Fault::bad_argument,
                   "bench needs one of --model, --shape, --seq2seq-shape and --kernels"};
    const auto all_zero = [](const std::vector<int>& lengths) {
      return std::all_of(lengths.begin(), lengths.end(), [](int n) { return n == 0; });
    };
    if (!kernels_ && all_zero(runs_.prompts) && all_zero(runs_.generations))
      return Error{Fault::bad_argument,
                   "there is nothing to measure: --prompt and --max-tokens are 0"};
    const auto stop = [&] { return signals::stop() || out.failed(); };
    const OnTiming show = [&](const Timing& timing) { row(out, timing); };
    if (kernels_) {
      heading(out, "Gop/s");
      time_kernels(runs_.repeats, show, stop);
      return signals::exit_code();
    }
    for (const int threads : runs_.threads)
      if (threads > usable_processors())
        remark(say(threads, " threads share ", usable_processors(), " processors"), quiet_);
    const Result<Model> model = subject();
    if (!model) return model.error();
    describe(out, *model);
    heading(out, "tokens/s");
    const core::Status done = time(*model, show, stop);
    if (!done) return done.error();
    return signals::exit_code();
  }

 private:
  core::Status time(const Model& model, const OnTiming& show, const std::function<bool()>& stop) {
    runs_.cache = translations_.cache = model_.page_type();
    if (!model.transformer().translates()) return time_model(model, runs_, show, stop);
    translations_.threads = runs_.threads;
    translations_.repeats = runs_.repeats;
    translations_.cancel = &signals::stop();
    return time_translations(model, translations_, show, stop);
  }

  Result<Model> subject() {
    if (!shape_.empty()) return invented("--shape", shape_, 2, llama_of);
    if (!translator_shape_.empty())
      return invented("--seq2seq-shape", translator_shape_, 3, translator_of);
    Result<OpenedModel> opened = open_model(model_);
    if (!opened) return opened.error();
    return std::move(opened->model);
  }

  static model::Spec llama_of(const std::vector<int>& n) {
    return llama_spec({.d_model = n[0],
                       .layers = n[1],
                       .heads = n[2],
                       .kv_heads = n[3],
                       .d_ff = n[4],
                       .vocab = n[5],
                       .context = static_cast<int>(core::limits::kContext)});
  }

  static model::Spec translator_of(const std::vector<int>& n) {
    return translator_spec({.d_model = n[0],
                            .encoder_layers = n[1],
                            .decoder_layers = n[2],
                            .heads = n[3],
                            .d_ff = n[4],
                            .vocab = n[5],
                            .positions = static_cast<int>(core::limits::kContext)});
  }

  // Random weights in the shape that the numbers after `flag` say, of which numbers[heads] has to
  // divide the first.
  Result<Model> invented(const std::string& flag, const std::vector<int>& numbers,
                         std::size_t heads, model::Spec (*spec_of)(const std::vector<int>&)) const {
    if (numbers.size() != kShapeNumbers)
      return Error{Fault::bad_argument,
                   say(flag, " has ", numbers.size(), " numbers and needs ", kShapeNumbers)};
    if (numbers[0] % numbers[heads] != 0)
      return Error{Fault::bad_argument, flag + ": the heads must divide the width"};
    const model::Spec spec = spec_of(numbers);
    if (const core::Status fine = model::check(spec); !fine)
      return Error{Fault::bad_argument, flag + ": " + fine.error().sentence};
    const core::Dtype type = *core::type_named(type_);
    const std::int64_t bytes = random_model_bytes(spec, type);
    const MemoryLimits limits = memory_limits();
    if (limits.available && bytes > *limits.available)
      return Error{Fault::limit, say(flag, ": these weights need ", show_bytes(bytes), " (", bytes,
                                     " bytes) and there are ", show_bytes(*limits.available), " (",
                                     *limits.available, " bytes)")};
    return Model::from(random_model(spec, type, 1), flag);
  }

  void describe(Output& out, const Model& model) {
    std::int64_t bytes = 0, parameters = 0;
    for (const core::NamedWeight& tensor : model.bundle().weights) {
      bytes += tensor.bytes;
      parameters += std::int64_t{tensor.weight.out} * tensor.weight.in;
    }
    subject_ = model_.path.empty() ? "random " + type_ : model_.path;
    parameters_ = parameters;
    if (!json_)
      out.write(say(subject_, ", ", parameters, " parameters, ", show_bytes(bytes),
                    " of weights, keys and values as ", model_.cache, "\n\n"));
  }

  void heading(Output& out, const char* unit) const {
    if (json_) return;
    out.write(say("| test | kernels | threads | ", unit, " | slowest | fastest |\n",
                  "| --- | --- | ---: | ---: | ---: | ---: |\n"));
    out.flush();
  }

  void row(Output& out, const Timing& t) const {
    if (json_) {
      JsonLine line;
      line.add("event", "timing").add("test", t.name).add("kernels", t.kernels);
      line.add("threads", t.threads).add("unit", t.unit + "/s").add("median", t.median());
      line.add("slowest", t.slowest()).add("fastest", t.fastest());
      line.add("repeats", t.seconds.size());
      if (!kernels_) line.add("model", subject_).add("parameters", parameters_);
      out.write(line.line());
    } else {
      out.write(say("| ", t.name, " | ", t.kernels, " | ", t.threads, " | ",
                    show_fixed(t.median(), 1), " | ", show_fixed(t.slowest(), 1), " | ",
                    show_fixed(t.fastest(), 1), " |\n"));
    }
    out.flush();
  }

  ModelFlags model_;
  ModelRuns runs_{.prompts = {16, 128}, .generations = {64}, .threads = {core::default_threads()}};
  TranslationRuns translations_{
      .sources = {32}, .targets = {33}, .batches = {1}, .beams = {1, 4}, .threads = {}};
  std::vector<int> shape_, translator_shape_;
  std::string type_ = "int8", subject_;
  std::int64_t parameters_ = 0;
  bool kernels_ = false, quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<Bench>(); }

}  // namespace linnet::tools
