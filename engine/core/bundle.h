#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/weight.h"

// What a weight file contains, without the file: typed settings and named weights. Everything in a
// Bundle is a view; `keeper` owns the bytes (a mapping, or buffers of a test or converter).
namespace linnet::core {

// A list of byte strings laid end to end: string i is text[ends[i-1], ends[i]) (ends[-1] = 0).
struct Strings {
  std::span<const std::uint32_t> ends;  // non-decreasing, ends.back() == size of text
  const char* text = nullptr;

  int size() const { return static_cast<int>(ends.size()); }
  std::string_view operator[](int i) const {
    const std::uint32_t begin = i == 0 ? 0 : ends[static_cast<std::size_t>(i) - 1];
    return {text + begin, ends[static_cast<std::size_t>(i)] - begin};
  }
};

// The order of the alternatives is the type number in the file (engine/io/FORMAT.md).
using Value = std::variant<std::int64_t,                   // 0 integer or truth value (0, 1)
                           double,                         // 1
                           std::string_view,               // 2 UTF-8 text
                           std::span<const std::byte>,     // 3 bytes
                           std::span<const std::int32_t>,  // 4 integers
                           std::span<const float>,         // 5 floats
                           Strings>;                       // 6 byte strings

struct Setting {
  std::string_view name;
  Value value;
};

struct NamedWeight {
  std::string_view name;
  Weight weight;
  // Bytes at weight.panels: panel_count() panels for a matrix, 4 * in for a vector.
  std::int64_t bytes = 0;
  bool vector = false;  // stored plainly, not as panels
  // What the file says of those bytes (engine/io/checksum.h); nothing if they were made in memory.
  std::optional<std::uint64_t> checksum = std::nullopt;
};

struct Bundle {
  std::vector<Setting> settings;     // sorted by name, names unique
  std::vector<NamedWeight> weights;  // sorted by name, names unique
  std::shared_ptr<const void> keeper;

  // Null if there is none of that name.
  const Value* setting(std::string_view name) const;
  const NamedWeight* weight(std::string_view name) const;

  // The setting of that name and type, or `otherwise` where there is none; an Error (corrupt) that
  // names it where the file has it as another type.
  template <class T>
  Result<T> get(std::string_view name, T otherwise) const {
    const Value* value = setting(name);
    if (value == nullptr) return otherwise;
    if (const T* right = std::get_if<T>(value)) return *right;
    return Error{Fault::corrupt, say("the setting '", name, "' has the wrong type")};
  }
};

}  // namespace linnet::core
