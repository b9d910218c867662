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

constexpr int kShapeNumbers = 6;

class Bench : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "bench",
        "Measure the speed of a model, of random weights in the shape of a Llama, or of every "
        "table of kernels. Each row is the median of several repetitions, with "
        "the slowest and the fastest",
        "linnet bench --shape 768,12,12,12,2048,32000 -t 1,2");
    Flags flags(*command);
    flags.group("What to measure");
    model_.declare_file(flags, false);
    flags.integers("--shape", shape_, 1, static_cast<int>(core::limits::kVocabulary), "LIST",
                   "Random weights instead of a file: width, layers, heads, key and value heads, "
                   "hidden width, vocabulary");
    flags.choice("--type", type_, {"int8", "f16", "f32"}, "Type of the random weights");
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
    flags.group("Output");
    flags.on("--json", json_, "Write events instead of a markdown table: timing, error");
    flags.on("--quiet", quiet_, "No remarks on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    const int subjects = (model_.path.empty() ? 0 : 1) + (shape_.empty() ? 0 : 1) + kernels_;
    if (subjects != 1)
      return Error{Fault::bad_argument, "bench needs one of --model, --shape and --kernels"};
    const auto all_zero = [](const std::vector<int>& lengths) {
      return std::all_of(lengths.begin(), lengths.end(), [](int n) { return n == 0; });
    };
    if (!kernels_ && all_zero(runs_.prompts) && all_zero(runs_.generations))
      return Error{Fault::bad_argument,
                   "there is nothing to measure: --prompt and --max-tokens "
                   "are 0"};
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
    runs_.cache = model_.page_type();
    describe(out, *model);
    heading(out, "tokens/s");
    if (const core::Status done = time_model(*model, runs_, show, stop); !done) return done.error();
    return signals::exit_code();
  }

 private:
  Result<Model> subject() {
    if (shape_.empty()) {
      Result<OpenedModel> opened = open_model(model_);
      if (!opened) return opened.error();
      return std::move(opened->model);
    }
    if (shape_.size() != kShapeNumbers)
      return Error{Fault::bad_argument,
                   say("--shape has ", shape_.size(), " numbers and needs ", kShapeNumbers)};
    if (shape_[0] % shape_[2] != 0)
      return Error{Fault::bad_argument, "--shape: the heads must divide the width"};
    const model::Spec spec = llama_spec({.d_model = shape_[0],
                                         .layers = shape_[1],
                                         .heads = shape_[2],
                                         .kv_heads = shape_[3],
                                         .d_ff = shape_[4],
                                         .vocab = shape_[5],
                                         .context = static_cast<int>(core::limits::kContext)});
    if (const core::Status fine = model::check(spec); !fine)
      return Error{Fault::bad_argument, "--shape: " + fine.error().sentence};
    const core::Dtype type = type_ == "int8"  ? core::Dtype::i8
                             : type_ == "f16" ? core::Dtype::f16
                                              : core::Dtype::f32;
    const std::int64_t bytes = random_model_bytes(spec, type);
    const MemoryLimits limits = memory_limits();
    if (limits.available && bytes > *limits.available)
      return Error{Fault::limit, say("--shape: these weights need ", show_bytes(bytes), " (", bytes,
                                     " bytes) and there are ", show_bytes(*limits.available), " (",
                                     *limits.available, " bytes)")};
    return Model::from(random_model(spec, type, 1), "--shape");
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
  std::vector<int> shape_;
  std::string type_ = "int8", subject_;
  std::int64_t parameters_ = 0;
  bool kernels_ = false, quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<Bench>(); }

}  // namespace linnet::tools
