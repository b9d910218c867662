#include "tools/convert/checkpoint/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "kernels/pack.h"

namespace linnet::convert {

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian");

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += core::say(text.size() > 1 ? ", " : "", size);
  return text + "]";
}

int Checkpoint::find(std::string_view name) const {
  const auto at = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const SourceTensor& tensor, std::string_view wanted) { return tensor.name < wanted; });
  return at != tensors_.end() && at->name == name ? static_cast<int>(at - tensors_.begin()) : -1;
}

// Only a reader whose tensors can be of such types is asked.
core::Status Checkpoint::read_integers(int, std::int64_t, std::span<std::int8_t>) const {
  return core::Error{core::Fault::unsupported, "this checkpoint has no integers"};
}
core::Status Checkpoint::read_steps(int, std::int64_t, std::span<float>) const {
  return core::Error{core::Fault::unsupported, "this checkpoint has no integers"};
}

core::Status Checkpoint::read_groups(int, std::int64_t, std::span<std::int8_t>,
                                     std::span<std::uint16_t>) const {
  return core::Error{core::Fault::unsupported, "this checkpoint has no groups"};
}

core::Result<bool> equal_tensors(const Checkpoint& checkpoint, int a, int b) {
  const SourceTensor& first = checkpoint.tensors()[static_cast<std::size_t>(a)];
  const SourceTensor& second = checkpoint.tensors()[static_cast<std::size_t>(b)];
  if (checkpoint.same_place(a, b)) return true;
  if (first.shape != second.shape || first.by_columns != second.by_columns) return false;
  if (first.type == SourceType::other || second.type == SourceType::other) return false;
  constexpr std::int64_t kPiece = 1 << 16;
  std::vector<float> x, y;
  for (std::int64_t at = 0, all = first.values(); at < all; at += kPiece) {
    x.resize(static_cast<std::size_t>(std::min(kPiece, all - at)));
    y.resize(x.size());
    if (const core::Status got = checkpoint.read(a, at, x); !got) return got.error();
    if (const core::Status got = checkpoint.read(b, at, y); !got) return got.error();
    if (std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) != 0) return false;
  }
  return true;
}

core::Status read_numbers(const InputFile& file, SourceType type, std::int64_t offset,
                          std::span<float> to) {
  assert(type == SourceType::f32 || type == SourceType::f16 || type == SourceType::bf16);
  const std::span<std::byte> bytes = std::as_writable_bytes(to);
  if (type == SourceType::f32) return file.read(offset, bytes);
  // The halves go into the back of the same memory and are widened from the front: number i is read
  // from byte 2 (n + i) before anything at or after it has been written.
  const std::span<std::byte> halves = bytes.subspan(bytes.size() / 2);
  if (const core::Status got = file.read(offset, halves); !got) return got;
  for (std::size_t i = 0; i < to.size(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, halves.data() + 2 * i, sizeof half);
    to[i] = type == SourceType::f16 ? kernels::from_f16(half) : kernels::from_bf16(half);
  }
  return core::Done{};
}

}  // namespace linnet::convert
