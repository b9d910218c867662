// What bench stands on: the work of a model, the limits of a machine, and what the machine tells.
#include <doctest/doctest.h>

#include <filesystem>

#include "kernels/kernels.h"
#include "tests/support/scratch.h"
#include "tools/linnet/bench_limits.h"
#include "tools/linnet/bench_report.h"
#include "tools/linnet/bench_work.h"
#include "tools/linnet/board.h"
#include "tools/linnet/caches.h"
#include "tools/linnet/random_model.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using namespace linnet::tools;

// Files of a machine that is not there.
class Machine {
 public:
  void has(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root() + path;
    std::filesystem::create_directories(file.parent_path());
    scratch_.write(path.substr(1), text);
  }
  void has_cache(int processor, int index, int level, const std::string& type,
                 const std::string& size, const std::string& shared) const {
    const std::string folder =
        core::say("/sys/devices/system/cpu/cpu", processor, "/cache/index", index, "/");
    has(folder + "level", std::to_string(level) + "\n");
    has(folder + "type", type + "\n");
    has(folder + "size", size + "\n");
    has(folder + "shared_cpu_list", shared + "\n");
  }
  std::string root() const { return scratch_.path(""); }

 private:
  Scratch scratch_;
};

Model llama(bool tied, core::Dtype type) {
  const auto model = Model::from(random_model(llama_spec({.d_model = 64,
                                                          .layers = 3,
                                                          .heads = 4,
                                                          .kv_heads = 2,
                                                          .d_ff = 96,
                                                          .vocab = 320,
                                                          .tied_head = tied}),
                                              type, 1),
                                 "random");
  REQUIRE(model);
  return *model;
}

TEST_CASE("The work of a token is two operations for each weight but those that are looked up") {
  const double layer = 64.0 * 64 * 2 + 64.0 * 32 * 2 + 64.0 * 96 * 3, head = 64.0 * 320;
  const ModelWork untied = work_of(llama(false, core::Dtype::i8));
  const auto decoder = [](const ModelWork& work) { return work.decoder + work.last; };
  CHECK(decoder(untied).i8 == 2 * 3 * layer);
  CHECK(untied.last.i8 == 2 * (layer - 64.0 * 32 * 2));
  CHECK(untied.head.i8 == 2 * head);
  CHECK(untied.all().f32 == 0);
  CHECK(untied.encoder.bytes == 0);
  // A tied head is the embedding, read as a whole.
  CHECK(work_of(llama(true, core::Dtype::i8)).head.i8 == 2 * head);
  const ModelWork four = work_of(llama(false, core::Dtype::i4));
  CHECK(decoder(four).i4 == 2 * 3 * layer);
  CHECK(four.decoder.bytes < untied.decoder.bytes);
  const ModelWork floats = work_of(llama(false, core::Dtype::f32));
  CHECK(decoder(floats).f32 == 2 * 3 * layer);
  const double norms = 4.0 * 64 * 2 * 3;  // the last one counts as part of the decoder, too
  CHECK(decoder(floats).bytes == 4 * 3 * layer + norms + 4 * 64);
}

TEST_CASE(
    "Steps read the weights each time, a prompt once and its last layer and logits for one token") {
  const ModelWork work = work_of(llama(false, core::Dtype::i8));
  const Work steps = work.steps(10, 40), prompt = work.prompt(10);
  CHECK(steps.bytes == 10 * work.all().bytes);
  CHECK(steps.i8 == 40 * work.all().i8);
  CHECK(prompt.bytes == work.all().bytes);
  CHECK(prompt.i8 == 10 * work.decoder.i8 + work.last.i8 + work.head.i8);
  CHECK(steps.footprint == prompt.footprint);
}

TEST_CASE("The keys and values of a source are no work of the decoder's steps") {
  const auto model = Model::from(random_model(translator_spec({.d_model = 64,
                                                               .encoder_layers = 1,
                                                               .decoder_layers = 2,
                                                               .heads = 4,
                                                               .d_ff = 128,
                                                               .vocab = 320}),
                                              core::Dtype::i8, 1),
                                 "random");
  REQUIRE(model);
  const ModelWork work = work_of(*model);
  CHECK(work.encoder.i8 == 2 * (4 * 64 * 64 + 2 * 64 * 128));
  CHECK(work.memory.i8 == 2 * 2 * (2 * 64 * 64));
  CHECK((work.decoder + work.last).i8 == 2 * 2 * (6 * 64 * 64 + 2 * 64 * 128));
  CHECK(work.head.i8 == 2 * 64 * 320);
}

TEST_CASE("The limit is what takes longer, to read or to multiply, and says what that is") {
  Limits limits{.bandwidth = 100, .f32 = 10, .i8 = 40, .i4 = 80};
  const Work reading{.bytes = 1000, .i8 = 200}, multiplying{.bytes = 100, .f32 = 10, .i8 = 200},
      floats{.bytes = 10, .f32 = 20};
  CHECK(limits.seconds(reading) == 10);
  CHECK(limits.reason(reading) == std::string("memory"));
  CHECK(limits.seconds(multiplying) == 6);
  CHECK(limits.reason(multiplying) == std::string("dot"));
  CHECK(limits.reason(floats) == std::string("fma"));
  limits.cached = true;
  CHECK(limits.reason(reading) == std::string("cache"));
}

TEST_CASE(
    "A meter reads at least four caches, at most a quarter of the memory, and measures once") {
  constexpr std::int64_t kMega = 1 << 20;
  CHECK(LimitMeter(3 * kMega, 1000 * kMega).buffer_bytes() == 12 * kMega);
  CHECK(LimitMeter(3 * kMega, 40 * kMega).buffer_bytes() == 10 * kMega);
  CHECK(LimitMeter(0, 1000 * kMega).buffer_bytes() >= 16 * kMega);
  LimitMeter meter(kMega, 100 * kMega);
  for (const int threads : {1, 2}) {
    const Limits small = meter.limits(kernels::active(), threads, 1000),
                 large = meter.limits(kernels::active(), threads, 2e6),
                 again = meter.limits(kernels::active(), threads, 2e6);
    CHECK(small.cached);
    CHECK_FALSE(large.cached);
    for (const double rate : {small.bandwidth, large.bandwidth, large.f32, large.i8, large.i4})
      CHECK(rate > 0);
    CHECK(again.bandwidth == large.bandwidth);
    CHECK(small.i8 == large.i8);
  }
}

TEST_CASE("The last level of caches counts each cache of it once") {
  const Machine machine;
  CHECK(last_level_cache(machine.root()) == 0);
  for (const int processor : {0, 1, 2, 3}) {
    const std::string pair = processor < 2 ? "0-1" : "2-3", own = std::to_string(processor);
    machine.has_cache(processor, 0, 1, "Data", "32K", own);
    machine.has_cache(processor, 1, 1, "Instruction", "64K", own);
    machine.has_cache(processor, 2, 2, "Unified", "512K", pair);
  }
  CHECK(last_level_cache(machine.root()) == 1024 << 10);
  machine.has_cache(0, 3, 3, "Unified", "8192K", "0-3");
  CHECK(last_level_cache(machine.root()) == 8192 << 10);
}

TEST_CASE("A board tells its frequencies and temperatures, and silence is no mistake") {
  const Machine machine;
  CHECK(board_state(machine.root()).empty());
  CHECK(describe(BoardState()) == "");
  machine.has("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1500000\n");
  machine.has("/sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "nothing\n");
  machine.has("/sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq", "1800000\n");
  machine.has("/sys/devices/system/cpu/cpufreq/scaling_cur_freq", "7\n");
  machine.has("/sys/class/thermal/thermal_zone1/temp", "-5500\n");
  machine.has("/sys/class/thermal/thermal_zone0/temp", "54321\n");
  machine.has("/sys/class/thermal/thermal_zone0/type", "soc-thermal\n");
  machine.has("/sys/class/thermal/thermal_zone2/type", "broken\n");
  const BoardState state = board_state(machine.root());
  CHECK(state.megahertz == std::vector<double>{1500, 1800});
  CHECK(describe(state) ==
        "processors at 1500 to 1800 MHz, soc-thermal 54.3 °C, thermal_zone1 -5.5 °C");
}

TEST_CASE("A machine has slowed down when its fastest processor lost more than a tenth") {
  const BoardState fast{.megahertz = {1000, 2000}, .zones = {}};
  CHECK_FALSE(slowed_down(fast, {.megahertz = {500, 1800}, .zones = {}}));
  CHECK(slowed_down(fast, {.megahertz = {1790, 1000}, .zones = {}}));
  CHECK_FALSE(slowed_down(fast, {}));
  CHECK_FALSE(slowed_down({}, fast));
}

TEST_CASE("A CSV field stands in quotes where it must") {
  CHECK(csv_field("prompt 128") == "prompt 128");
  CHECK(csv_field("generation 64, batch 4") == "\"generation 64, batch 4\"");
  CHECK(csv_field("a \"b\"") == "\"a \"\"b\"\"\"");
  CHECK(csv_field("two\nlines") == "\"two\nlines\"");
}

}  // namespace
