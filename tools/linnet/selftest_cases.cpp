#include "tools/linnet/selftest_cases.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "engine/core/result.h"
#include "tools/common/numbers.h"
#include "tools/linnet/problems.h"

namespace linnet::tools {
namespace {

using core::say;
using kernels::kGroup;
using kernels::kTile;
using kernels::PageType;
using kernels::Table;

constexpr std::uint32_t kNaN = 0x7FC00000;

// Runs the kernels of one table and keeps what they give.
class Exercise {
 public:
  explicit Exercise(const Table& table) : table_(table) {}

  std::vector<KernelResult> run() {
    for (const int in : {1, 5, 31, 64, 100, 172})
      for (const int tokens : {1, 2, 3, 4, 5, 6, 7, 9, 13, 22}) matmuls(in, tokens);
    for (const int in : {1, 4, 31, 32, 33, 65, 100})
      for (int width = 1; width <= kTile; ++width) quantize(in, width);
    for (const int d_head : {1, 6, 8, 48, 64, 80})
      for (const int keys : {1, 15, 16, 17, 64, 65, 150}) attends(d_head, keys);
    for (const int pairs : {1, 2, 3, 4, 7, 8, 16, 17, 24}) rotates(pairs);
    for (int n = 1; n <= 40; ++n) rows(n);
    for (const int n : {63, 64, 65, 512, 1000}) rows(n);
    return std::move(results_);
  }

 private:
  void keep(const std::string& name, std::span<const float> values) {
    results_.push_back({name, true, {}});
    for (const float value : values)
      results_.back().bits.push_back(value != value ? kNaN : std::bit_cast<std::uint32_t>(value));
  }
  void keep(const std::string& name, std::span<const std::byte> bytes) {
    std::vector<std::uint32_t> bits((bytes.size() + 3) / 4);
    std::memcpy(bits.data(), bytes.data(), bytes.size());
    results_.push_back({name, false, std::move(bits)});
  }

  void matmuls(int in, int tokens) {
    const bool bias = tokens % 2 == 0;
    const std::string size = say(" of ", in, " inputs for ", tokens, " tokens");
    MatmulProblem problem(48, in, tokens, 1);
    table_.matmul_f32(problem.f32(bias));
    keep("matmul_f32" + size, problem.y());
    table_.matmul_f16(problem.f16(bias));
    keep("matmul_f16" + size, problem.y());
    table_.matmul_i8(problem.i8(table_, kernels::ScaleFormat::bf16, bias));
    keep("matmul_i8" + size, problem.y());
    table_.matmul_i8(problem.i8(table_, kernels::ScaleFormat::f16, bias));
    keep("matmul_i8 with float16 scales" + size, problem.y());
    table_.matmul_i4(problem.i4(table_, kernels::ScaleFormat::bf16, bias));
    keep("matmul_i4" + size, problem.y());
    table_.matmul_i4(problem.i4(table_, kernels::ScaleFormat::f16, bias));
    keep("matmul_i4 with float16 scales" + size, problem.y());
  }

  void quantize(int in, int width) {
    std::vector<float> x = random_floats(std::int64_t{width} * in, 2);
    x.front() = std::numeric_limits<float>::infinity();
    if (width > 1) x.back() = std::numeric_limits<float>::quiet_NaN();
    const auto numbers = static_cast<std::size_t>(kernels::groups_of(in) * width);
    std::vector<std::int8_t> q(numbers * kGroup);
    std::vector<float> scales(numbers);
    std::vector<std::int32_t> offsets(numbers);
    table_.quantize({.x = x.data(),
                     .x_stride = in,
                     .in = in,
                     .width = width,
                     .q = q.data(),
                     .scales = scales.data(),
                     .offsets = offsets.data()});
    const std::string size = say(" of ", width, " x ", in);
    keep("quantize, integers" + size, std::as_bytes(std::span(q)));
    keep("quantize, offsets" + size, std::as_bytes(std::span(offsets)));
    keep("quantize, scales" + size, scales);
  }

  void attends(int d_head, int keys) {
    for (const PageType type : {PageType::f32, PageType::f16, PageType::int8})
      for (const int rows : {1, 2, 5}) {
        if (rows > keys) continue;
        const char* const names[] = {"f32", "f16", "int8"};
        const std::string size = say(" of ", names[static_cast<int>(type)], " heads of ", d_head,
                                     ", ", keys, " keys, ", rows, " queries");
        AttendProblem problem(table_, type, d_head, keys, rows, 3);
        keep("store_key_value" + size, problem.pages());
        table_.attend(problem.attend(rows == 2 ? 0.5f : 0.0f));
        keep("attend" + size, problem.y());
      }
  }

  void rotates(int pairs) {
    const int d_head = 2 * pairs + pairs % 2;  // an odd number of pairs leaves one element alone
    const std::vector<float> cosines = random_floats(pairs, 4), sines = random_floats(pairs, 5);
    for (const bool interleaved : {false, true}) {
      std::vector<float> x = random_floats(3 * d_head, 6);
      table_.rotate({.x = x.data(),
                     .heads = 3,
                     .d_head = d_head,
                     .cosines = cosines.data(),
                     .sines = sines.data(),
                     .pairs = pairs,
                     .interleaved = interleaved});
      keep(say(interleaved ? "rotate interleaved" : "rotate", " of ", pairs, " pairs"), x);
    }
  }

  // The kernels that work on one row of n values.
  void rows(int n) {
    const std::string size = say(" of ", n);
    const std::vector<float> x = random_floats(n, 7), gain = random_floats(n, 8),
                             bias = random_floats(n, 9);
    std::vector<float> y = x;
    table_.rms_norm(y.data(), x.data(), gain.data(), n, 1e-5f);
    keep("rms_norm" + size, y);
    table_.layer_norm(y.data(), x.data(), gain.data(), bias.data(), n, 1e-5f);
    keep("layer_norm" + size, y);
    table_.layer_norm(y.data(), x.data(), gain.data(), nullptr, n, 1e-5f);
    keep("layer_norm without bias" + size, y);
    for (int i = 0; i < n; ++i)
      y[static_cast<std::size_t>(i)] = 20 * x[static_cast<std::size_t>(i)];
    const std::vector<float> wide = y;
    table_.softmax(y.data(), n);
    keep("softmax" + size, y);
    activations(wide, gain, size);
    y = x;
    table_.add(y.data(), bias.data(), n);
    table_.scale(y.data(), 0.3f, n);
    keep("add and scale" + size, y);
  }

  void activations(const std::vector<float>& x, const std::vector<float>& up,
                   const std::string& size) {
    using enum kernels::Activation;
    const int n = static_cast<int>(x.size());
    std::vector<float> y(x.size());
    for (const kernels::Activation f : {relu, gelu, gelu_tanh, silu, tanh}) {
      const std::string which = say("activation ", static_cast<int>(f), size);
      table_.activate(f, y.data(), x.data(), n);
      keep(which, y);
      table_.activate_gated(f, y.data(), x.data(), up.data(), n);
      keep("gated " + which, y);
    }
  }

  const Table& table_;
  std::vector<KernelResult> results_;
};

#if defined(__arm__)
constexpr float kSmallest = std::numeric_limits<float>::min();  // NEON flushes what is smaller
#else
constexpr float kSmallest = 0.0f;
#endif

bool same(std::uint32_t a, std::uint32_t b, bool floats) {
  const auto vanishes = [](std::uint32_t bits) {
    return std::fabs(std::bit_cast<float>(bits)) < kSmallest;
  };
  return a == b || (floats && vanishes(a) && vanishes(b));
}

std::string show(std::uint32_t bits, bool floats) {
  if (!floats) return say("the bits ", bits);
  return show_number(static_cast<double>(std::bit_cast<float>(bits)));
}

}  // namespace

std::vector<KernelResult> exercise(const Table& table) { return Exercise(table).run(); }

// FNV-1a, a word at a time.
std::uint64_t digest(const std::vector<KernelResult>& results) {
  std::uint64_t value = 14695981039346656037u;
  for (const KernelResult& result : results)
    for (const std::uint32_t bits : result.bits) value = (value ^ bits) * 1099511628211u;
  return value;
}

std::string first_difference(const std::vector<KernelResult>& expected,
                             const std::vector<KernelResult>& found) {
  for (std::size_t r = 0; r < expected.size(); ++r) {
    const bool floats = expected[r].floats;
    for (std::size_t i = 0; i < expected[r].bits.size(); ++i) {
      const std::uint32_t a = expected[r].bits[i], b = found[r].bits[i];
      if (!same(a, b, floats))
        return say(expected[r].name, ", value ", i, ": ", show(b, floats), " instead of ",
                   show(a, floats));
    }
  }
  return "";
}

}  // namespace linnet::tools
