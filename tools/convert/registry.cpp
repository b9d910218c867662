#include <algorithm>
#include <array>

#include "tools/convert/family.h"

namespace linnet::convert {

extern const Family kGpt2, kLlama, kLlama2c;

namespace {

const std::array kFamilies{&kGpt2, &kLlama, &kLlama2c};

}  // namespace

const Family* find_family(std::string_view name) {
  const auto* found = std::find_if(kFamilies.begin(), kFamilies.end(),
                                   [&](const Family* family) { return family->name == name; });
  return found == kFamilies.end() ? nullptr : *found;
}

std::string family_names() {
  std::string names;
  for (const Family* family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family->name;
  }
  return names;
}

bool matches(std::string_view pattern, std::string_view name, std::string_view* number) {
  while (!pattern.empty()) {
    if (pattern.front() != '*') {
      if (name.empty() || name.front() != pattern.front()) return false;
      name.remove_prefix(1);
    } else {
      const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
      if (digits == 0) return false;
      if (number != nullptr) *number = name.substr(0, digits);
      name.remove_prefix(digits);
    }
    pattern.remove_prefix(1);
  }
  return name.empty();
}

Source source_of(const Family& family, std::string_view ours) {
  const std::size_t dot = ours.rfind('.');
  const std::string_view stem = ours.substr(0, dot), last = ours.substr(dot + 1);
  for (const Module& module : family.modules) {
    std::string_view number;
    if (!matches(module.ours, stem, &number)) continue;
    std::string name(module.theirs);
    if (const std::size_t star = name.find('*'); star != std::string::npos)
      name.replace(star, 1, number);
    name += last == "bias" ? ".bias" : ".weight";
    return {name, module.transposed, module.part, module.parts};
  }
  return {"", false, 0, 1};
}

}  // namespace linnet::convert
