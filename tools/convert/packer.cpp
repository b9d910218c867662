#include "tools/convert/packer.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/core/arena.h"
#include "engine/core/bundle_builder.h"
#include "engine/core/crew.h"
#include "tools/convert/kept_rows.h"

namespace linnet::convert {
namespace {

using core::Dtype;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using kernels::kPanel;
using kernels::QuantizationError;

// From here on a float rounds to infinity in half precision: halfway to the next power of two.
constexpr float kHalfOverflow = 65520.0f;

// Every number must be finite, and be held by the type.
Status check_values(const std::string& input, const SourceTensor& theirs, Dtype dtype,
                    std::span<const float> values) {
  const bool finite =
      std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  if (!finite)
    return Error{Fault::corrupt,
                 say(input, ": the tensor '", theirs.name, "' holds NaN or infinity")};
  if (dtype != Dtype::f16) return core::Done{};
  const auto large = std::find_if(values.begin(), values.end(),
                                  [](float v) { return std::fabs(v) >= kHalfOverflow; });
  if (large == values.end()) return core::Done{};
  return Error{Fault::unsupported,
               say(input, ": the tensor '", theirs.name, "' holds ", *large,
                   ", which half precision cannot hold (--type f32, int8 or int4)")};
}

void add_half_error(QuantizationError& error, const float* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double given = values[i];
    const double difference = given - double{kernels::from_f16(kernels::to_f16(values[i]))};
    error.squared += difference * difference;
    error.squared_total += given * given;
    error.largest = std::max(error.largest, std::fabs(difference));
  }
}

void pack_panel(std::byte* panel, Dtype dtype, const float* rows, int count, int in,
                QuantizationError& error) {
  switch (dtype) {
    case Dtype::f16:
      kernels::pack_panel_f16(panel, rows, count, in);
      add_half_error(error, rows, std::int64_t{count} * in);
      return;
    case Dtype::i8:
      kernels::pack_panel_i8(panel, rows, count, in, error);
      return;
    case Dtype::i4:
      kernels::pack_panel_i4(panel, rows, count, in, error);
      return;
    default:
      kernels::pack_panel_f32(panel, rows, count, in);
      return;
  }
}

void add(QuantizationError& sum, const QuantizationError& part) {
  sum.squared += part.squared;
  sum.squared_total += part.squared_total;
  sum.largest = std::max(sum.largest, part.largest);
}

class Packer {
 public:
  Packer(const Checkpoint& checkpoint, const PlannedTensor& tensor, const std::string& input,
         int threads)
      : checkpoint_(checkpoint),
        tensor_(tensor),
        input_(input),
        crew_({.threads = threads, .whole = true}) {}

  Result<QuantizationError> run(const Sink& sink) {
    const auto& [name, out, in, vector, quantizable] = tensor_.shape;
    const std::int64_t fit = kSlabValues / in / kPanel * kPanel;
    const int step =
        static_cast<int>(std::clamp<std::int64_t>(fit, kPanel, kernels::round_up(out, kPanel)));
    rows_.resize(static_cast<std::size_t>(step) * static_cast<std::size_t>(in));
    const std::int64_t most = kernels::panels_of(step) * stride();
    core::Arena memory;
    if (!memory.allocate(most))
      return Error{Fault::limit, say("no memory for ", most, " bytes of the tensor '", name, "'")};
    packed_ = memory.carve<std::byte>(most);
    for (int row = 0; row < out; row += step)
      if (const Status done = slab(row, std::min(step, out - row), sink); !done)
        return done.error();
    return error_;
  }

 private:
  std::int64_t stride() const { return core::panel_bytes(tensor_.dtype, tensor_.shape.in); }

  Status slab(int row, int count, const Sink& sink) {
    if (tensor_.kept) return kept_slab(row, count, sink);
    const int in = tensor_.shape.in;
    const std::span<float> rows =
        std::span(rows_).first(static_cast<std::size_t>(count) * static_cast<std::size_t>(in));
    const SourceTensor& theirs = checkpoint_.tensors()[static_cast<std::size_t>(tensor_.source)];
    if (const Status got = read_rows(checkpoint_, tensor_, row, count, rows); !got) return got;
    if (const Status fine = check_values(input_, theirs, tensor_.dtype, rows); !fine) return fine;
    if (tensor_.shape.vector) return sink(std::as_bytes(rows));
    return pack(count, sink, [&](std::byte* panel, int first, int some, QuantizationError& error) {
      pack_panel(panel, tensor_.dtype, rows.data() + std::int64_t{first} * in, some, in, error);
    });
  }

  Status kept_slab(int row, int count, const Sink& sink) {
    KeptRows rows(tensor_, row, count);
    if (const Status got = rows.read(checkpoint_, input_); !got) return got;
    return pack(count, sink, [&](std::byte* panel, int first, int some, QuantizationError& error) {
      rows.pack(panel, first, some, error);
    });
  }

  // Fills the panels of `count` rows and hands them over: pack_rows(panel, first, rows, error).
  template <class PackRows>
  Status pack(int count, const Sink& sink, const PackRows& pack_rows) {
    const int panels = kernels::panels_of(count);
    std::vector<QuantizationError> errors(static_cast<std::size_t>(panels));
    crew_.run([&](core::Team team) {
      const core::Share share = team.share(panels);
      for (int p = share.first; p < share.last; ++p)
        pack_rows(packed_ + p * stride(), p * kPanel, std::min(kPanel, count - p * kPanel),
                  errors[static_cast<std::size_t>(p)]);
    });
    for (const QuantizationError& error : errors) add(error_, error);
    return sink({packed_, static_cast<std::size_t>(panels * stride())});
  }

  const Checkpoint& checkpoint_;
  const PlannedTensor& tensor_;
  const std::string& input_;
  core::Crew crew_;
  std::vector<float> rows_;      // of one slab
  std::byte* packed_ = nullptr;  // its panels
  QuantizationError error_;
};

}  // namespace

Status read_rows(const Checkpoint& checkpoint, const PlannedTensor& tensor, int row, int count,
                 std::span<float> to) {
  const bool vector = tensor.shape.vector;
  const std::int64_t last = vector ? tensor.shape.in : row + count;
  const auto in = static_cast<std::size_t>(vector ? 1 : tensor.shape.in);
  std::vector<float> strip;
  for (std::int64_t r = vector ? 0 : row; r < last;) {
    // As many as lie side by side in theirs.
    const auto some = static_cast<std::size_t>(std::min(last - r, tensor.count - r % tensor.count));
    const std::span<float> part = to.first(some * in);
    to = to.subspan(part.size());
    if (!tensor.transposed) {
      const std::int64_t width = vector ? 1 : tensor.width;
      if (const Status got = checkpoint.read(tensor.source, tensor.row(r) * width, part); !got)
        return got;
    } else {
      strip.resize(some);
      for (std::size_t i = 0; i < in; ++i) {
        const std::int64_t at = static_cast<std::int64_t>(i) * tensor.width + tensor.row(r);
        if (const Status got = checkpoint.read(tensor.source, at, strip); !got) return got;
        for (std::size_t s = 0; s < some; ++s) part[s * in + i] = strip[s];
      }
    }
    if (tensor.offset != 0.0f)
      for (float& value : part) value += tensor.offset;
    r += static_cast<std::int64_t>(some);
  }
  return core::Done{};
}

Result<QuantizationError> pack_tensor(const Checkpoint& checkpoint, const PlannedTensor& tensor,
                                      const std::string& input, int threads, const Sink& sink) {
  return Packer(checkpoint, tensor, input, threads).run(sink);
}

std::int64_t packed_bytes(const PlannedTensor& tensor) {
  if (tensor.shape.vector) return 4 * std::int64_t{tensor.shape.in};
  return core::matrix_bytes(tensor.dtype, tensor.shape.out, tensor.shape.in);
}

}  // namespace linnet::convert
