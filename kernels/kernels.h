#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/layout.h"

// The contract of every kernel: equation, shapes, alignment, and the order of its arithmetic.
//
// One answer everywhere: each function gives the same bits in every table, so each float operation
// and its order is part of the contract. The notation:
//   fma(a, b, c)   one rounding, everywhere (reference: std::fma). All other operations round on
//                  their own; the build forbids contraction (-ffp-contract=off).
//   16 lanes       a reduction over n elements keeps kPanel partial results; element i goes into
//                  lane i % 16, in order of i. Lanes that n does not reach keep their start value.
//   tree           lanes are combined as l[i] += l[i + 8] for i < 8, then + 4, + 2, + 1.
//   exp, erf, tanh the fixed polynomials of kernels/generic/math.h, not the C library's.
//   round          to nearest, ties to even.
// Nothing here allocates, locks or throws; all functions are reentrant. Outputs come first and may
// alias an input only where the comment says so. Pointers need no alignment beyond their type's
// unless it is stated. No matrix is empty unless it is stated.
namespace linnet::kernels {

// y[t][r] = sum over i of w[r][i] * x[t][i], + bias[r]
// Order: one chain along i, acc = fma(w, x, acc) from acc = +0; then acc + bias[r] if there is one.
template <class W>
struct Matmul {
  const W* w;                 // first panel; float or f16 bits, [in][kPanel]; kAlignment-aligned
  std::int64_t panel_stride;  // bytes from panel to panel
  int panels;                 // >= 0
  const float* x;             // [tokens][x_stride]
  int x_stride;
  int in;
  int tokens;         // >= 0
  const float* bias;  // [panels * kPanel] or null
  float* y;           // [tokens][y_stride], panels * kPanel columns are written
  int y_stride;
};
using MatmulF32 = Matmul<float>;
using MatmulF16 = Matmul<std::uint16_t>;

// The same for int8 or int4 weights and int8 activations in groups of 32 (kernels/layout.h):
//   y[t][r] = sum over g of isum(g, r, t) * (w_scale[g][r] * x_scale[g][t]), + bias[r]
// isum is exact; -128 * (sum of a group's x) is at hand as its offset, for sums of x * (w + 128)
// or, a sixteenth of it, of x * (w + 8). Order: one chain along g, acc = fma(float(isum), w_scale *
// x_scale, acc) from +0; then acc + bias[r] if there is one. int8 lies in [-127, 127] on both
// sides, int4 in [-8, 7].
struct MatmulInt {
  const std::byte* w;  // first panel, kAlignment-aligned
  std::int64_t panel_stride;
  int panels;  // >= 0
  ScaleFormat scale_format;
  int groups;
  const std::int8_t* x;  // tiles, kAlignment-aligned
  const float* x_scales;
  const std::int32_t* x_offsets;
  int tokens;         // >= 0
  const float* bias;  // [panels * kPanel] or null
  float* y;           // [tokens][y_stride], panels * kPanel columns are written
  int y_stride;
};

// Quantises `width` (1 to kTile) rows into one tile of int8 activations.
// Per row and group: top = the largest |x| (compared as the bits of |x|, so that a NaN wins).
//   top finite and >= 1e-30:  scale = top * (1.0f / 127),  q = round(x * (127 / top))
//   top smaller:              scale = 0, q = 0
//   top infinite or NaN:      scale = NaN, q = 0
// q lies in [-127, 127]; inputs past `in` count as 0.
struct Quantize {
  const float* x;  // [width][x_stride]
  int x_stride;
  int in;
  int width;
  std::int8_t* q;         // [groups_of(in) * kGroup / kQuad][width][kQuad]
  float* scales;          // [groups_of(in)][width]
  std::int32_t* offsets;  // [groups_of(in)][width]: -128 * (sum of the group's q)
};

// Fused attention of `rows` queries over one head's pages, with a running maximum (Milakov and
// Gimelshein, 2018; Dao et al., 2022): row r sees the keys j in [first[r], last[r]).
//   y[r] = sum over j of softmax_j(scale * (q[r] . k[j]) + bias[r][j]) * v[j]
// Order, for each row: blocks of kKeyBlock keys, aligned at multiples of kKeyBlock, ascending.
// In each block, over its visible keys:
//   s[j]   one chain along d, acc = fma(q[d], k[d][j], acc) from +0; int8 only: acc = acc * the
//          scale of key j; s = acc * scale; if there is a soft cap, s = cap * tanh(s / cap); if
//          there is a bias, s = s + bias[j]
//   top    = max(old top, all s[j]), starting at -infinity
//   fade   = exp(old top - top); 0 for the first block of the row
//   total  16 lanes, l = l * fade, then l += p[j] into lane j % 16, with p[j] = exp(s[j] - top)
//   w[j]   p[j]; int8 only: p[j] * the scale of value j
//   acc[d] = acc[d] * fade, then acc[d] = fma(w[j], v[j][d], acc[d]) in order of j
// An int8 key or value counts as its integers in k[d][j] and v[j][d].
// Finally y[d] = acc[d] * (1 / tree(total)). A row that sees no key gives zeros. A NaN score makes
// the whole row NaN.
struct Attend {
  const float* q;  // [rows][q_stride], d_head columns
  int q_stride;
  int rows;          // >= 0
  const int* first;  // [rows], >= 0
  const int* last;   // [rows], <= 16 * number of pages
  const std::byte* const*
      pages;                  // page p holds positions [16 p, 16 p + 16) of every layer and head
  std::int64_t key_offset;    // bytes from a page to this head's keys [d_head][kPage]; a multiple
                              // of kAlignment, like the next
  std::int64_t value_offset;  // bytes to its values [kPage][value_stride(d_head)]
  PageType type;
  int d_head;  // 1 to kMaxHead
  float scale;
  float soft_cap;     // 0: none
  const float* bias;  // [rows][bias_stride], indexed by key position, or null
  int bias_stride;
  float* y;  // [rows][y_stride], d_head columns are written; may not alias q
  int y_stride;
};

// Writes one position's key and value of one head into a page. f16: rounded to nearest even. int8:
// key and value each quantised on their own, as a group of Quantize is; so a key or value with an
// infinity or a NaN has the scale NaN, which makes NaN of every row of queries that sees it.
// The padding of the value row is written as zeros.
struct StoreKeyValue {
  const float* key;    // [d_head]
  const float* value;  // [d_head]
  std::byte* page;
  std::int64_t key_offset, value_offset;
  PageType type;
  int d_head;
  int slot;  // position % kPage
};

// Rotary position embedding (Su et al., 2021) of one row of `heads` heads, in place:
//   (a, b) -> (a cos - b sin, b cos + a sin), as fma(a, cos, -(b * sin)) and fma(b, cos, a * sin)
// for pair i of each head: elements (2 i, 2 i + 1) if interleaved, else (i, i + pairs).
// Elements past 2 * pairs stay as they are.
struct Rotate {
  float* x;  // [heads][d_head]
  int heads, d_head;
  const float* cosines;  // [pairs]
  const float* sines;    // [pairs]
  int pairs;             // <= d_head / 2
  bool interleaved;
};

// Element by element, exp as above:
//   relu       x > 0 ? x : 0                (NaN stays NaN)
//   gelu       (0.5 x) * (1 + erf(x * 0.70710678f))
//   gelu_tanh  x / (1 + exp(-2 u)), u = 0.79788456f * fma(0.044715f * x, x * x, x); the same
//              function as x/2 (1 + tanh u)
//   silu       x / (1 + exp(-x))
//   tanh       1 - 2 / (exp(2 x) + 1)
enum class Activation : std::uint8_t { relu, gelu, gelu_tanh, silu, tanh };

struct Table {
  const char* name;
  std::uint32_t needs;  // cpu::Feature bits without which nothing here may be called

  void (*matmul_f32)(const MatmulF32&);
  void (*matmul_f16)(const MatmulF16&);
  void (*matmul_i8)(const MatmulInt&);
  void (*matmul_i4)(const MatmulInt&);
  void (*quantize)(const Quantize&);

  void (*attend)(const Attend&);
  void (*store_key_value)(const StoreKeyValue&);
  void (*rotate)(const Rotate&);

  // total = tree of 16 lanes, l = fma(x, x, l); s = 1 / sqrt(total / n + eps);
  // y = (x * s) * gain. y may be x. (Zhang and Sennrich, 2019.)
  void (*rms_norm)(float* y, const float* x, const float* gain, int n, float eps);
  // mean = tree(lanes of x) / n; total = tree of l = fma(x - mean, x - mean, l);
  // s = 1 / sqrt(total / n + eps); y = fma((x - mean) * s, gain, bias), without bias
  // ((x - mean) * s) * gain. y may be x. (Ba, Kiros and Hinton, 2016.)
  void (*layer_norm)(float* y, const float* x, const float* gain, const float* bias, int n,
                     float eps);
  // In place: top = max(x); x = exp(x - top), total = tree of 16 lanes of it; x = x * (1 / total).
  // A NaN anywhere makes everything NaN.
  void (*softmax)(float* x, int n);
  // y = f(x); y may be x.
  void (*activate)(Activation f, float* y, const float* x, int n);
  // y = f(gate) * up; y may be gate or up. (Shazeer, 2020.)
  void (*activate_gated)(Activation f, float* y, const float* gate, const float* up, int n);
  void (*add)(float* y, const float* x, int n);  // y = y + x
  void (*scale)(float* y, float factor, int n);  // y = y * factor

  // What measurements compare with; nothing of a model. Each multiplies and adds numbers that stay
  // in registers, enough of them side by side to keep the units busy, `rounds` (> 0) times, and
  // returns how many operations that were: two for each product and its sum.
  std::int64_t (*peak_f32)(int rounds);
  std::int64_t (*peak_i8)(int rounds);  // of int8 weights, as matmul_i8 does it
  std::int64_t (*peak_i4)(int rounds);
  // The sum of the int32 of `blocks` (>= 0) blocks of kReadBlock bytes, kAlignment-aligned, read
  // from front to back; it wraps around.
  std::uint32_t (*read)(const std::byte* from, std::int64_t blocks);
};
inline constexpr int kReadBlock = 256;

// The table in use: the fastest that runs here, or the one that LINNET_ISA names. Chosen once, at
// the first call; thread-safe. If LINNET_ISA names one that was not built or does not run here, the
// fastest is used and forced_but_missing() tells (the programs refuse to go on).
const Table& active();
// What LINNET_ISA asked for in vain, or an empty view.
std::string_view forced_but_missing();
// Every table of this build, from plain to fast; "reference" comes first.
std::span<const Table* const> built();
// By name; null if it was not built.
const Table* find(std::string_view name);
// Whether this CPU and its operating system offer everything that the table needs.
bool runs_here(const Table& table);
// Makes `table` the active one. For tests and benchmarks; not while another thread computes.
void use(const Table& table);

}  // namespace linnet::kernels
