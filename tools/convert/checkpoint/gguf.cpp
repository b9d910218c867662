#include "tools/convert/checkpoint/gguf.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace linnet::convert {

using core::Result;
using core::Status;

Result<std::unique_ptr<Gguf>> Gguf::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::unique_ptr<Gguf> opened(new Gguf(std::move(*file)));
  const InputFile& bytes = opened->file_;
  Result<GgufLayout> layout = gguf_layout(
      [&](std::int64_t offset, std::span<std::byte> to) { return bytes.read(offset, to); },
      bytes.size(), path);
  if (!layout) return layout.error();
  opened->fields_ = std::move(layout->fields);
  for (GgufTensor& tensor : layout->tensors) {
    opened->tensors_.push_back(std::move(tensor.tensor));
    opened->places_.push_back({tensor.type, tensor.offset});
  }
  return opened;
}

const Json& Gguf::field(std::string_view section, std::string_view name) const {
  static const Json kNone;
  const auto found = fields_.find(section);
  if (found == fields_.end() || !found->is_object()) return kNone;
  const auto value = found->find(name);
  return value == found->end() ? kNone : *value;
}

// The blocks in which `count` values from `first` on lie.
Status Gguf::read_blocks(const Place& place, std::int64_t first, std::int64_t count,
                         std::vector<std::uint8_t>& blocks) const {
  const std::int64_t begin = first / place.type->values;
  const std::int64_t end = (first + count + place.type->values - 1) / place.type->values;
  blocks.resize(static_cast<std::size_t>((end - begin) * place.type->bytes));
  return file_.read(place.offset + begin * place.type->bytes,
                    std::as_writable_bytes(std::span(blocks)));
}

Status Gguf::read(int tensor, std::int64_t first, std::span<float> to) const {
  const Place& place = places_[static_cast<std::size_t>(tensor)];
  const GgufType& type = *place.type;
  if (type.decode == nullptr)
    return read_numbers(file_, type.type, place.offset + first * type.bytes, to);
  std::vector<std::uint8_t> blocks;
  const auto count = static_cast<std::int64_t>(to.size());
  if (const Status got = read_blocks(place, first, count, blocks); !got) return got;
  float values[kLargestGgufBlock];
  auto skipped = static_cast<std::size_t>(first % type.values);
  for (std::size_t at = 0; !to.empty(); at += static_cast<std::size_t>(type.bytes)) {
    type.decode(blocks.data() + at, values);
    const std::size_t some = std::min(to.size(), static_cast<std::size_t>(type.values) - skipped);
    std::copy_n(values + skipped, some, to.begin());
    to = to.subspan(some);
    skipped = 0;
  }
  return core::Done{};
}

Status Gguf::read_groups(int tensor, std::int64_t first, std::span<std::int8_t> to,
                         std::span<std::uint16_t> scales) const {
  const Place& place = places_[static_cast<std::size_t>(tensor)];
  assert(first % 32 == 0 && to.size() == 32 * scales.size());
  std::vector<std::uint8_t> blocks;
  if (const Status got = read_blocks(place, first, static_cast<std::int64_t>(to.size()), blocks);
      !got)
    return got;
  const bool eight = place.type->type == SourceType::i8_groups;
  for (std::size_t g = 0; g < scales.size(); ++g) {
    const std::uint8_t* block = blocks.data() + g * static_cast<std::size_t>(place.type->bytes);
    const GgufGroup group = eight ? group_of_q8_0(block) : group_of_q4_0(block);
    std::copy_n(group.integers, 32, to.begin() + static_cast<std::ptrdiff_t>(32 * g));
    scales[g] = group.scale;
  }
  return core::Done{};
}

}  // namespace linnet::convert
