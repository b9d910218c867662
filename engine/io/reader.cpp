#include "engine/io/reader.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/io/head.h"
#include "engine/io/mapped_file.h"
#include "engine/io/verify.h"

namespace linnet::io {
namespace {

core::NamedWeight weight_of(const TensorEntry& tensor, const std::byte* file) {
  return {.name = tensor.name,
          .weight = {.dtype = tensor.dtype,
                     .out = tensor.out,
                     .in = tensor.in,
                     .panels = file + tensor.offset},
          .bytes = tensor.bytes,
          .vector = tensor.vector,
          .checksum = tensor.checksum};
}

}  // namespace

core::Result<core::Bundle> read_model(std::span<const std::byte> file, std::string_view name,
                                      std::shared_ptr<const void> keeper) {
  assert(reinterpret_cast<std::uintptr_t>(file.data()) % kDataAlignment == 0);
  core::Result<Head> head = parse_head(file, std::ssize(file), name);
  if (!head) return head.error();
  core::Bundle bundle;
  bundle.settings = std::move(head->settings);
  bundle.weights.reserve(head->tensors.size());
  for (const TensorEntry& tensor : head->tensors)
    bundle.weights.push_back(weight_of(tensor, file.data()));
  std::sort(bundle.weights.begin(), bundle.weights.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  bundle.keeper = std::move(keeper);
  return bundle;
}

core::Result<core::Bundle> read_model(const std::string& path, const ReadOptions& options) {
  const auto file = MappedFile::open(path, options.map ? Access::map : Access::read);
  if (!file) return file.error();
  if (options.warm) (*file)->warm();
  core::Result<core::Bundle> bundle = read_model((*file)->bytes(), path, *file);
  if (bundle && options.verify)
    if (const core::Status sound = verify(*bundle, path); !sound) return sound.error();
  return bundle;
}

}  // namespace linnet::io
