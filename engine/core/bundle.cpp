#include "engine/core/bundle.h"

#include <algorithm>

namespace linnet::core {
namespace {

// The entry of that name in a list sorted by name, or null.
template <class Entry>
const Entry* find(const std::vector<Entry>& entries, std::string_view name) {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), name,
                       [](const Entry& entry, std::string_view n) { return entry.name < n; });
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

const Value* Bundle::setting(std::string_view name) const {
  const Setting* found = find(settings, name);
  return found == nullptr ? nullptr : &found->value;
}

const NamedWeight* Bundle::weight(std::string_view name) const { return find(weights, name); }

}  // namespace linnet::core
