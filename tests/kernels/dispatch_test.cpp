#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/kernels.h"
#include "tests/support/child.h"
#include "tests/support/fastest.h"

namespace {

using namespace linnet;

// LINNET_ISA for one scope.
class Forced {
 public:
  explicit Forced(const char* name) {
    if (const char* before = std::getenv(kName)) before_ = before, was_set_ = true;
    ::setenv(kName, name, 1);
  }
  ~Forced() {
    if (was_set_) {
      ::setenv(kName, before_.c_str(), 1);
    } else {
      ::unsetenv(kName);
    }
  }
  Forced(const Forced&) = delete;
  Forced& operator=(const Forced&) = delete;

 private:
  static constexpr const char* kName = "LINNET_ISA";
  std::string before_;
  bool was_set_ = false;
};

// What a new process chooses under LINNET_ISA: 0 if it is `want`.
int chosen(const char* forced, const kernels::Table& want) {
  return support::in_child([&] {
           ::setenv("LINNET_ISA", forced, 1);
           return &kernels::active() == &want ? 0 : 1;
         })
      .code;
}

}  // namespace

TEST_CASE("reference comes first, needs nothing, and every table has its own name") {
  REQUIRE(!kernels::built().empty());
  CHECK(std::string(kernels::built()[0]->name) == "reference");
  CHECK(kernels::built()[0]->needs == 0);
  std::set<std::string> names;
  for (const kernels::Table* table : kernels::built()) {
    CHECK(names.insert(table->name).second);
    CHECK(kernels::find(table->name) == table);
  }
  CHECK(kernels::find("") == nullptr);
  CHECK(kernels::find("avx2 ") == nullptr);
}

TEST_CASE("every table has every kernel") {
  for (const kernels::Table* table : kernels::built()) {
    CAPTURE(std::string(table->name));
    CHECK((table->matmul_f32 && table->matmul_f16 && table->matmul_i8 && table->quantize));
    CHECK((table->attend && table->store_key_value && table->rotate));
    CHECK((table->rms_norm && table->layer_norm && table->softmax));
    CHECK((table->activate && table->activate_gated && table->add && table->scale));
  }
}

TEST_CASE("a table runs here exactly if the CPU has all that it needs") {
  kernels::Table impossible{};
  impossible.name = "impossible";
  impossible.needs = ~kernels::cpu::features();
  CHECK(!kernels::runs_here(impossible));
  for (const kernels::Table* table : kernels::built())
    CHECK(kernels::runs_here(*table) ==
          ((table->needs & kernels::cpu::features()) == table->needs));
}

#if defined(__x86_64__)
TEST_CASE("the features found are those that the compiler's own library finds") {
  __builtin_cpu_init();
  const std::uint32_t found = kernels::cpu::features();
  CHECK(((found & kernels::cpu::kAvx2) != 0) == (__builtin_cpu_supports("avx2") != 0));
  CHECK(((found & kernels::cpu::kFma) != 0) == (__builtin_cpu_supports("fma") != 0));
  CHECK(((found & kernels::cpu::kAvx512Vnni) != 0) == (__builtin_cpu_supports("avx512vnni") != 0));
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  CHECK(((found & kernels::cpu::kAvx512) != 0) == avx512);
}
#endif

// Before anything in this program has asked for the active table: the children choose anew.
TEST_CASE("LINNET_ISA names the active table, and without it the fastest is chosen") {
  CHECK(chosen("", support::fastest_table()) == 0);
  CHECK(chosen("nonsense", support::fastest_table()) == 0);
  for (const kernels::Table* table : kernels::built()) {
    CAPTURE(std::string(table->name));
    CHECK(chosen(table->name, kernels::runs_here(*table) ? *table : support::fastest_table()) == 0);
  }
}

TEST_CASE("a forced table that was not built or does not run here is told") {
  {
    const Forced forced("nonsense");
    CHECK(kernels::forced_but_missing() == "nonsense");
  }
  for (const kernels::Table* table : kernels::built()) {
    const Forced forced(table->name);
    CHECK(kernels::forced_but_missing() ==
          (kernels::runs_here(*table) ? std::string_view() : std::string_view(table->name)));
  }
  const Forced none("");
  CHECK(kernels::forced_but_missing().empty());
}

TEST_CASE("threads that ask at the same time get the same table, and use() changes it for all") {
  std::vector<const kernels::Table*> seen(8, nullptr);
  {
    std::vector<std::jthread> threads;
    for (const kernels::Table*& table : seen)
      threads.emplace_back([&table] { table = &kernels::active(); });
  }
  for (const kernels::Table* table : seen) CHECK(table == &kernels::active());

  const kernels::Table& before = kernels::active();
  kernels::use(*kernels::find("reference"));
  CHECK(&kernels::active() == kernels::find("reference"));
  kernels::use(before);
  CHECK(&kernels::active() == &before);
}
