#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"

namespace linnet::core {

// Collects settings and weights in memory: the settings of a file that is about to be written, or
// the whole model of a test. Copies whatever it is given. Names are unique among the settings and
// among the weights, sizes are honest; a breach is a mistake of the caller's.
class BundleBuilder {
 public:
  void add_setting(std::string_view name, std::integral auto value) {
    keep_setting(name, Value(static_cast<std::int64_t>(value)));
  }
  void add_setting(std::string_view name, std::floating_point auto value) {
    keep_setting(name, Value(static_cast<double>(value)));
  }
  void add_setting(std::string_view name, std::string_view text);
  void add_setting(std::string_view name, std::span<const std::byte> bytes);
  void add_setting(std::string_view name, std::span<const std::int32_t> integers);
  void add_setting(std::string_view name, std::span<const float> floats);
  void add_setting(std::string_view name, std::span<const std::string> strings);
  void add_setting(std::string_view name, const Strings& strings);
  // A setting of any type, as it stands in another bundle.
  void copy_setting(std::string_view name, const Value& value);

  // A packed matrix [out, in]; `panels` holds matrix_bytes(dtype, out, in) bytes.
  void add_matrix(std::string_view name, Dtype dtype, int out, int in,
                  std::span<const std::byte> panels);
  // The same, zeroed, for the caller to fill. Aligned to kernels::kAlignment; lives as long as this
  // builder or any bundle of it.
  std::span<std::byte> add_matrix(std::string_view name, Dtype dtype, int out, int in);
  void add_vector(std::string_view name, std::span<const float> values);

  // Everything so far, sorted by name. The bundle keeps the bytes alive without the builder; the
  // builder may go on.
  Bundle build() const;

 private:
  struct Storage;
  std::byte* store(const void* from, std::int64_t bytes);
  template <class T>
  std::span<const T> store(std::span<const T> from);
  std::string_view store(std::string_view text);
  void keep_setting(std::string_view name, Value value);
  std::byte* keep_weight(std::string_view name, const Weight& shape, bool vector, const void* from);

  std::vector<Setting> settings_;
  std::vector<NamedWeight> weights_;
  std::shared_ptr<Storage> storage_;
};

// The bytes of a packed matrix [out, in]; both at least 1.
constexpr std::int64_t matrix_bytes(Dtype dtype, int out, int in) {
  return kernels::panels_of(out) * panel_bytes(dtype, in);
}

}  // namespace linnet::core
