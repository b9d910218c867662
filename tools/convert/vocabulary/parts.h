#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// The members of json[part], in order: none if it is null, those of a sequence (of sequences), or
// the one that it is.
class Parts {
 public:
  static core::Result<Parts> of(const Json& json, const char* part, const char* list,
                                const std::string& file) {
    Parts parts;
    const auto found = json.find(part);
    if (found != json.end() && !parts.add(*found, list))
      return core::Error{core::Fault::corrupt,
                         core::say(file, ": the ", part, " is not an object with a type")};
    return parts;
  }
  std::size_t size() const { return parts_.size(); }
  const Json& operator[](std::size_t i) const { return *parts_[i]; }
  const std::string& type(std::size_t i) const { return types_[i]; }
  bool are(std::initializer_list<std::string_view> types) const {
    return std::equal(types_.begin(), types_.end(), types.begin(), types.end());
  }

 private:
  bool add(const Json& json, const char* list) {
    if (json.is_null()) return true;
    const auto type = json.find("type");
    if (type == json.end() || !type->is_string()) return false;
    if (*type != "Sequence") {
      parts_.push_back(&json);
      types_.push_back(type->get<std::string>());
      return true;
    }
    const auto items = json.find(list);
    if (items == json.end() || !items->is_array()) return false;
    for (const Json& item : *items)
      if (!add(item, list)) return false;
    return true;
  }

  std::vector<const Json*> parts_;
  std::vector<std::string> types_;
};

}  // namespace linnet::convert
