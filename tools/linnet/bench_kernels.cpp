#include "kernels/kernels.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/problems.h"

namespace linnet::tools {
namespace {

using core::say;
using kernels::Table;

constexpr double kLeastSeconds = 0.02;
constexpr int kWidth = 2048;  // inputs and outputs of a matrix: 4 MB of int8
constexpr int kKeys = 1024, kHead = 64;

class KernelRuns {
 public:
  KernelRuns(const Table& table, int repeats, const OnTiming& on_timing, const Stop& stop)
      : table_(table), repeats_(repeats), on_timing_(on_timing), stop_(stop) {}

  void run() {
    for (const int tokens : {1, 4, 64}) products(tokens);
    for (const int rows : {1, 64}) {
      attention("f16 attention", kernels::PageType::f16, rows);
      attention("int8 attention", kernels::PageType::int8, rows);
    }
  }

 private:
  void products(int tokens) {
    if (stop_()) return;
    const double work = 2.0 * kWidth * kWidth * tokens;
    const std::string size =
        say(" ", kWidth, " x ", kWidth, ", ", tokens, tokens == 1 ? " token" : " tokens");
    MatmulProblem problem(kWidth, kWidth, tokens, 1);
    const kernels::MatmulInt i8 = problem.i8(table_, kernels::ScaleFormat::bf16, false);
    time("int8 matmul" + size, with_weights(i8, {.i8 = work}), [&] { table_.matmul_i8(i8); });
    const kernels::MatmulInt i4 = problem.i4(table_, kernels::ScaleFormat::bf16, false);
    time("int4 matmul" + size, with_weights(i4, {.i4 = work}), [&] { table_.matmul_i4(i4); });
    const kernels::MatmulF16 f16 = problem.f16(false);
    time("f16 matmul" + size, with_weights(f16, {.f32 = work}), [&] { table_.matmul_f16(f16); });
    const kernels::MatmulF32 f32 = problem.f32(false);
    time("f32 matmul" + size, with_weights(f32, {.f32 = work}), [&] { table_.matmul_f32(f32); });
  }

  void attention(const char* name, kernels::PageType type, int rows) {
    if (stop_()) return;
    AttendProblem problem(table_, type, kHead, kKeys, rows, 1);
    const kernels::Attend attend = problem.attend();
    const auto bytes = static_cast<double>(problem.pages().size());
    time(say(name, ", ", kKeys, " keys of ", kHead, ", ", rows, rows == 1 ? " query" : " queries"),
         {.bytes = bytes, .f32 = 4.0 * kKeys * kHead * rows, .footprint = bytes},
         [&] { table_.attend(attend); });
  }

  template <class Problem>
  static Work with_weights(const Problem& problem, Work work) {
    work.bytes = work.footprint =
        static_cast<double>(problem.panels) * static_cast<double>(problem.panel_stride);
    return work;
  }

  template <class Call>
  void time(const std::string& name, const Work& work, const Call& call) {
    if (stop_()) return;
    const int calls = calls_for(kLeastSeconds, call);
    const Work all = times(work, calls, calls);
    const Timing timing{.name = name,
                        .seconds = {},
                        .amount = (all.f32 + all.i8 + all.i4) / 1e9,
                        .unit = "Gop",
                        .kernels = table_.name,
                        .work = all};
    (void)repeat(timing, repeats_, on_timing_, stop_, [&] {
      return timed([&]() -> core::Status {
        for (int i = 0; i < calls; ++i) call();
        return core::Done{};
      });
    });
  }

  const Table& table_;
  int repeats_;
  const OnTiming& on_timing_;
  const Stop& stop_;
};

}  // namespace

void time_kernels(const Table& table, int repeats, const OnTiming& on_timing, const Stop& stop) {
  KernelRuns(table, repeats, on_timing, stop).run();
}

}  // namespace linnet::tools
