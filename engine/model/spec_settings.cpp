#include "engine/model/spec_settings.h"

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

namespace linnet::model {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Reads one setting into one field; the first thing that is wrong is kept and the rest is skipped.
class FieldReader {
 public:
  FieldReader(const core::Bundle& bundle, std::string& problem)
      : bundle_(bundle), problem_(problem) {}

  template <class T>
  void operator()(const std::string& name, T& field) const {
    const core::Value* value = bundle_.setting(name);
    if (value == nullptr || !problem_.empty()) return;
    if (!read(name, *value, field) && problem_.empty())
      problem_ = say("the setting '", name, "' has the wrong type");
  }

 private:
  bool read(const std::string& name, const core::Value& value, int& field) const {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return false;
    if (*number < 0 || *number > std::numeric_limits<int>::max())
      problem_ = say("the setting '", name, "' is ", *number, ", which is out of range");
    else
      field = static_cast<int>(*number);
    return true;
  }
  bool read(const std::string& name, const core::Value& value, bool& field) const {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return false;
    if (*number != 0 && *number != 1)
      problem_ = say("the setting '", name, "' is ", *number, " and must be 0 or 1");
    field = *number == 1;
    return true;
  }
  bool read(const std::string& name, const core::Value& value,
            std::floating_point auto& field) const {
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr) return false;
    field = static_cast<std::remove_reference_t<decltype(field)>>(*number);
    if (!std::isfinite(field)) problem_ = say("the setting '", name, "' is not a finite number");
    return true;
  }
  bool read(const std::string&, const core::Value& value, std::string& field) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text != nullptr) field = *text;
    return text != nullptr;
  }
  bool read(const std::string& name, const core::Value& value, std::vector<float>& field) const {
    const auto* numbers = std::get_if<std::span<const float>>(&value);
    if (numbers == nullptr) return false;
    field.assign(numbers->begin(), numbers->end());
    for (const float number : field)
      if (!std::isfinite(number))
        problem_ = say("the setting '", name, "' holds a value that is not a finite number");
    return true;
  }
  bool read(const std::string&, const core::Value& value, std::vector<std::int32_t>& field) const {
    const auto* numbers = std::get_if<std::span<const std::int32_t>>(&value);
    if (numbers != nullptr) field.assign(numbers->begin(), numbers->end());
    return numbers != nullptr;
  }
  bool read(const std::string&, const core::Value& value, std::vector<std::string>& field) const {
    const auto* strings = std::get_if<core::Strings>(&value);
    if (strings == nullptr) return false;
    field.clear();
    for (int i = 0; i < strings->size(); ++i) field.emplace_back((*strings)[i]);
    return true;
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  bool read(const std::string& name, const core::Value& value, Enum& field) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) return false;
    for (std::size_t i = 0; i < Names<Enum>::all.size(); ++i)
      if (Names<Enum>::all[i] == *text) {
        field = static_cast<Enum>(i);
        return true;
      }
    problem_ = say("the setting '", name, "' is '", *text, "', which this version does not know");
    return true;
  }

  const core::Bundle& bundle_;
  std::string& problem_;
};

}  // namespace

core::Result<Spec> read_spec(const core::Bundle& bundle) {
  Spec spec;
  std::string problem;
  for_each_field(spec, FieldReader(bundle, problem));
  if (!problem.empty()) return Error{Fault::corrupt, problem};
  if (const core::Status fine = check(spec); !fine) return fine.error();
  return spec;
}

}  // namespace linnet::model
