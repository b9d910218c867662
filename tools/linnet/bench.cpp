#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/common/signals.h"
#include "tools/linnet/bench_flags.h"
#include "tools/linnet/bench_report.h"
#include "tools/linnet/bench_shapes.h"
#include "tools/linnet/bench_work.h"
#include "tools/linnet/caches.h"
#include "tools/linnet/command.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_kind.h"

namespace linnet::tools {
namespace {

using core::Result;
using core::say;
using kernels::Table;
using Tables = std::vector<const Table*>;

class Bench : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "bench",
        "Measure the speed of a model, of random weights in the shape of a Llama or of an "
        "encoder-decoder, or of every table of kernels. Each row is the median of several "
        "repetitions, with the slowest and the fastest, and which part that is of what this "
        "machine could do at most: to read the weights once in each pass or to multiply with them, "
        "whichever takes longer. That is measured before the first row; keys and values do not "
        "count",
        "linnet bench --shape 768,12,12,12,2048,32000 -t 1,2");
    Flags flags(*command);
    flags_.declare(flags, json_);
    return command;
  }

  Result<int> run(Output& out) override {
    if (const core::Status fine = flags_.check_subject(); !fine) return fine.error();
    const Result<Tables> tables = flags_.tables();
    if (!tables) return tables.error();
    if (flags_.kernels) return run_kernels(out, *tables);
    const Result<Model> model = subject();
    if (!model) return model.error();
    if (const core::Status fine = flags_.complete(*model); !fine) return fine.error();
    return run_model(out, *model, *tables);
  }

 private:
  Result<Model> subject() {
    const core::Dtype type = *core::type_named(flags_.type);
    if (!flags_.shape.empty()) return random_llama(flags_.shape, type);
    if (!flags_.translator_shape.empty()) return random_translator(flags_.translator_shape, type);
    Result<OpenedModel> opened = open_model(flags_.model);
    if (!opened) return opened.error();
    return std::move(opened->model);
  }

  Result<int> run_kernels(Output& out, const Tables& tables) {
    constexpr double kMatrix = 4 << 20;  // bytes, of int8
    LimitMeter meter = make_meter();
    BenchReport report(out, format(), {});
    const Stop stop = stop_of(out);
    for (const Table* table : tables)
      if (!stop()) say_limits(meter.limits(*table, 1, kMatrix), *table, 1);
    const BoardState before = say_board("before", {});
    report.heading("Gop/s");
    for (const Table* table : tables)
      time_kernels(
          *table, flags_.repeats,
          [&](const Timing& timing) {
            report.row(timing, meter.limits(*table, 1, timing.work.footprint));
          },
          stop);
    report.machine(before, say_board("after", before));
    return signals::exit_code();
  }

  Result<int> run_model(Output& out, const Model& model, const Tables& tables) {
    for (const int threads : flags_.threads) flags_.model.remark_on_threads(threads, flags_.quiet);
    BenchReport report(out, format(), described(out, model));
    const Stop stop = stop_of(out);
    LimitMeter meter = make_meter();
    const ModelWork work = work_of(model);
    const double footprint = (model.transformer().reads() ? work.encoder : work.all()).footprint;
    for (const Table* table : tables)
      for (const int threads : flags_.threads)
        if (!stop()) say_limits(meter.limits(*table, threads, footprint), *table, threads);
    const BoardState before = say_board("before", {});
    report.heading("tokens/s");
    core::Status done = core::Done{};
    for (const Table* table : tables) {
      kernels::use(*table);  // nothing computes now
      const OnTiming show = [&](const Timing& timing) {
        report.row(timing, meter.limits(*table, timing.threads, footprint));
      };
      if (done && !stop()) done = time(model, show, stop);
    }
    report.machine(before, say_board("after", before));
    if (!done) return done.error();
    return signals::exit_code();
  }

  core::Status time(const Model& model, const OnTiming& show, const Stop& stop) {
    flags_.runs.cancel = flags_.translations.cancel = &signals::stop();
    switch (kind_of(model)) {
      case ModelKind::decoder:
        return time_model(model, flags_.runs, show, stop);
      case ModelKind::encoder_decoder:
        return time_translations(model, flags_.translations, show, stop);
      case ModelKind::encoder:
        return time_readings(model, flags_.readings, show, stop);
    }
    return core::Done{};
  }

  static Stop stop_of(const Output& out) {
    return [&out] { return signals::stop() || out.failed(); };
  }

  BenchReport::Format format() const {
    if (json_) return BenchReport::Format::json;
    return flags_.csv ? BenchReport::Format::csv : BenchReport::Format::markdown;
  }

  BenchReport::Subject described(Output& out, const Model& model) const {
    std::int64_t bytes = 0, parameters = 0;
    for (const core::NamedWeight& tensor : model.bundle().weights) {
      bytes += tensor.bytes;
      parameters += std::int64_t{tensor.weight.out} * tensor.weight.in;
    }
    const std::string& path = flags_.model.path;
    const std::string name = path.empty() ? "random " + flags_.type : path;
    if (format() == BenchReport::Format::markdown)
      out.write(say(name, ", ", parameters, " parameters, ", show_bytes(bytes),
                    " of weights, keys and values as ", flags_.model.cache, "\n\n"));
    out.flush();
    return {name, parameters};
  }

  LimitMeter make_meter() const {
    return {last_level_cache(), memory_limits().available.value_or(0), flags_.model.processors};
  }

  void say_limits(const Limits& limits, const Table& table, int threads) const {
    remark(say("limits of ", table.name, " on ", threads,
               threads == 1 ? " thread: " : " threads: ", tools::describe(limits)),
           flags_.quiet);
  }

  // As it is now; compares with what it was before.
  BoardState say_board(const char* when, const BoardState& before) const {
    const BoardState state = board_state();
    if (!state.empty()) remark(say(when, ": ", tools::describe(state)), flags_.quiet);
    if (slowed_down(before, state))
      remark("meanwhile the processors have become more than 10 % slower", flags_.quiet);
    return state;
  }

  BenchFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_bench() { return std::make_unique<Bench>(); }

}  // namespace linnet::tools
