#include "engine/core/bundle_builder.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace linnet::core {
namespace {

constexpr std::align_val_t kBlockAlignment{kernels::kAlignment};

template <class Entry>
std::vector<Entry> sorted_by_name(std::vector<Entry> entries) {
  const auto by_name = [](const Entry& a, const Entry& b) { return a.name < b.name; };
  const auto same_name = [](const Entry& a, const Entry& b) { return a.name == b.name; };
  std::sort(entries.begin(), entries.end(), by_name);
  assert(std::adjacent_find(entries.begin(), entries.end(), same_name) == entries.end());
  (void)same_name;
  return entries;
}

}  // namespace

struct BundleBuilder::Storage {
  struct Free {
    void operator()(std::byte* block) const { ::operator delete(block, kBlockAlignment); }
  };
  std::vector<std::unique_ptr<std::byte, Free>> blocks;
};

// A copy of the bytes, or as many zeros where `from` is null. As in a file, zeros follow up to the
// next multiple of kernels::kAlignment.
std::byte* BundleBuilder::store(const void* from, std::int64_t bytes) {
  if (storage_ == nullptr) storage_ = std::make_shared<Storage>();
  const auto size = static_cast<std::size_t>(kernels::round_up(bytes, kernels::kAlignment));
  auto* block = static_cast<std::byte*>(::operator new(size, kBlockAlignment));
  storage_->blocks.emplace_back(block);
  std::memset(block, 0, size);
  if (from != nullptr) std::memcpy(block, from, static_cast<std::size_t>(bytes));
  return block;
}

template <class T>
std::span<const T> BundleBuilder::store(std::span<const T> from) {
  const auto* copy = store(from.data(), static_cast<std::int64_t>(from.size_bytes()));
  return {reinterpret_cast<const T*>(copy), from.size()};
}

std::string_view BundleBuilder::store(std::string_view text) {
  const std::span<const char> copy = store(std::span<const char>(text));
  return {copy.data(), copy.size()};
}

void BundleBuilder::keep_setting(std::string_view name, Value value) {
  settings_.push_back({store(name), std::move(value)});
}

void BundleBuilder::add_setting(std::string_view name, std::string_view text) {
  keep_setting(name, Value(store(text)));
}
void BundleBuilder::add_setting(std::string_view name, std::span<const std::byte> bytes) {
  keep_setting(name, Value(store(bytes)));
}
void BundleBuilder::add_setting(std::string_view name, std::span<const std::int32_t> integers) {
  keep_setting(name, Value(store(integers)));
}
void BundleBuilder::add_setting(std::string_view name, std::span<const float> floats) {
  keep_setting(name, Value(store(floats)));
}

void BundleBuilder::add_setting(std::string_view name, std::span<const std::string> strings) {
  std::string text;
  std::vector<std::uint32_t> ends;
  for (const std::string& string : strings) {
    text += string;
    ends.push_back(static_cast<std::uint32_t>(text.size()));
  }
  add_setting(name, Strings{ends, text.data()});
}

void BundleBuilder::add_setting(std::string_view name, const Strings& strings) {
  const std::size_t length = strings.ends.empty() ? 0 : strings.ends.back();
  const std::string_view text = store(std::string_view(strings.text, length));
  keep_setting(name, Value(Strings{store(strings.ends), text.data()}));
}

void BundleBuilder::copy_setting(std::string_view name, const Value& value) {
  std::visit([&](const auto& held) { add_setting(name, held); }, value);
}

std::byte* BundleBuilder::keep_weight(std::string_view name, const Weight& shape, bool vector,
                                      const void* from) {
  assert(shape.out >= 1 && shape.in >= 1);
  NamedWeight named{.name = store(name), .weight = shape, .bytes = 0, .vector = vector};
  named.bytes =
      vector ? std::int64_t{shape.in} * 4 : matrix_bytes(shape.dtype, shape.out, shape.in);
  assert(named.bytes > 0);
  std::byte* bytes = store(from, named.bytes);
  named.weight.panels = bytes;
  weights_.push_back(named);
  return bytes;
}

void BundleBuilder::add_matrix(std::string_view name, Dtype dtype, int out, int in,
                               std::span<const std::byte> panels) {
  assert(static_cast<std::int64_t>(panels.size()) == matrix_bytes(dtype, out, in));
  keep_weight(name, {.dtype = dtype, .out = out, .in = in}, false, panels.data());
}

std::span<std::byte> BundleBuilder::add_matrix(std::string_view name, Dtype dtype, int out,
                                               int in) {
  std::byte* bytes = keep_weight(name, {.dtype = dtype, .out = out, .in = in}, false, nullptr);
  return {bytes, static_cast<std::size_t>(matrix_bytes(dtype, out, in))};
}

void BundleBuilder::add_vector(std::string_view name, std::span<const float> values) {
  const int length = static_cast<int>(values.size());
  keep_weight(name, {.dtype = Dtype::f32, .out = 1, .in = length}, true, values.data());
}

Bundle BundleBuilder::build() const {
  return {sorted_by_name(settings_), sorted_by_name(weights_), storage_};
}

}  // namespace linnet::core
