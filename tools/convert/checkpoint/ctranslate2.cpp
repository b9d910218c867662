#include "tools/convert/checkpoint/ctranslate2.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr float kScaleOfVersion1 = 1000.0f;

bool is_quantized(const SourceTensor& tensor) {
  return tensor.type == SourceType::i8 || tensor.type == SourceType::i16;
}

const Ctranslate2Variable* find_variable(const Ctranslate2Layout& layout, std::string_view name) {
  const auto at = std::lower_bound(
      layout.variables.begin(), layout.variables.end(), name,
      [](const auto& variable, std::string_view wanted) { return variable.tensor.name < wanted; });
  return at != layout.variables.end() && at->tensor.name == name ? &*at : nullptr;
}

// Whether it only says how another variable is quantized.
bool is_scale(const Ctranslate2Layout& layout, const std::string& name) {
  constexpr std::string_view kScale = "_scale";
  if (!name.ends_with(kScale)) return false;
  const auto* of = find_variable(layout, name.substr(0, name.size() - kScale.size()));
  return of != nullptr && !of->tensor.shape.empty() && is_quantized(of->tensor);
}

template <class T>
Result<double> read_one(const InputFile& file, std::int64_t offset) {
  T value{};
  if (const Status got = file.read(offset, std::as_writable_bytes(std::span(&value, 1))); !got)
    return got.error();
  return static_cast<double>(value);
}

}  // namespace

Result<std::unique_ptr<Ctranslate2>> Ctranslate2::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::unique_ptr<Ctranslate2> opened(new Ctranslate2(std::move(*file)));
  const InputFile& bytes = opened->file_;
  Result<Ctranslate2Layout> layout = ctranslate2_layout(
      [&](std::int64_t offset, std::span<std::byte> to) { return bytes.read(offset, to); },
      bytes.size(), path);
  if (!layout) return layout.error();
  if (const Status done = opened->sort_out(std::move(*layout)); !done) return done.error();
  return opened;
}

Status Ctranslate2::sort_out(Ctranslate2Layout layout) {
  config_ = Json::object();
  std::map<std::string, Steps> known;  // by origin
  for (Ctranslate2Variable& variable : layout.variables) {
    if (is_scale(layout, variable.tensor.name)) continue;
    // Integers that are no weights, as of a text.
    if (variable.tensor.shape.size() == 1 && is_quantized(variable.tensor))
      variable.tensor.type = SourceType::other;
    if (variable.tensor.shape.empty()) {
      if (const Status added = add_attribute(variable); !added) return added;
      continue;
    }
    Steps& steps = known[variable.origin];
    if (steps == nullptr) {
      Result<std::vector<float>> read = steps_of(layout, variable);
      if (!read) return read.error();
      steps = std::make_shared<const std::vector<float>>(std::move(*read));
    }
    tensors_.push_back(variable.tensor);
    places_.push_back({variable.offset, steps});
  }
  config_["version"] = static_cast<std::uint64_t>(layout.version);
  config_["revision"] = static_cast<std::uint64_t>(layout.revision);
  config_["spec"] = layout.spec;
  return core::Done{};
}

Result<std::vector<float>> Ctranslate2::steps_of(const Ctranslate2Layout& layout,
                                                 const Ctranslate2Variable& variable) const {
  if (!is_quantized(variable.tensor)) return std::vector<float>();
  const auto wrong = [&](const char* what) {
    return Error{Fault::corrupt,
                 say(file_.path(), ": the variable '", variable.tensor.name, "' ", what)};
  };
  const bool by_row = variable.tensor.type == SourceType::i8;
  const auto* scale = find_variable(layout, variable.origin + "_scale");
  if (scale == nullptr && !by_row && layout.version == 1)
    return std::vector<float>{1.0f / kScaleOfVersion1};
  if (scale == nullptr) return wrong("has integers without a scale");
  const std::vector<std::int64_t> wanted =
      by_row ? std::vector<std::int64_t>{variable.tensor.shape.front()}
             : std::vector<std::int64_t>{};
  if (scale->tensor.type != SourceType::f32 || scale->tensor.shape != wanted)
    return wrong("has a scale of another type or shape than its integers need");
  std::vector<float> steps(static_cast<std::size_t>(scale->tensor.values()));
  if (const Status got = file_.read(scale->offset, std::as_writable_bytes(std::span(steps))); !got)
    return got.error();
  for (float& step : steps) {
    const float given = step;
    step = 1.0f / step;
    if (!(given > 0) || !std::isfinite(given) || !std::isfinite(step) || !(step > 0))
      return wrong("has a scale that is not a positive number");
  }
  return steps;
}

Status Ctranslate2::add_attribute(const Ctranslate2Variable& variable) {
  Json& value = config_[variable.tensor.name];
  const auto keep = [&](const Result<double>& number, bool whole) -> Status {
    if (!number) return number.error();
    if (!std::isfinite(*number))
      return Error{Fault::corrupt, say(file_.path(), ": the attribute '", variable.tensor.name,
                                       "' is not a finite number")};
    if (whole)
      value = static_cast<std::int64_t>(*number);
    else
      value = *number;
    return core::Done{};
  };
  switch (variable.tensor.type) {
    case SourceType::i8:
      return keep(read_one<std::int8_t>(file_, variable.offset), true);
    case SourceType::i16:
      return keep(read_one<std::int16_t>(file_, variable.offset), true);
    case SourceType::other:
      return keep(read_one<std::int32_t>(file_, variable.offset), true);
    default:
      break;
  }
  float number = 0;
  if (const Status got =
          read_numbers(file_, variable.tensor.type, variable.offset, std::span(&number, 1));
      !got)
    return got;
  return keep(double{number}, false);
}

Status Ctranslate2::read(int tensor, std::int64_t first, std::span<float> to) const {
  const auto i = static_cast<std::size_t>(tensor);
  const SourceTensor& of = tensors_[i];
  const Place& place = places_[i];
  if (!is_quantized(of))
    return read_numbers(file_, of.type, place.offset + first * (of.type == SourceType::f32 ? 4 : 2),
                        to);
  if (of.type == SourceType::i8) {
    std::vector<std::int8_t> integers(to.size());
    if (const Status got = read_integers(tensor, first, integers); !got) return got;
    const std::int64_t row = of.values() / of.shape.front();
    for (std::size_t j = 0; j < to.size(); ++j)
      to[j] =
          static_cast<float>(integers[j]) *
          (*place.steps)[static_cast<std::size_t>((first + static_cast<std::int64_t>(j)) / row)];
    return core::Done{};
  }
  std::vector<std::int16_t> integers(to.size());
  if (const Status got =
          file_.read(place.offset + 2 * first, std::as_writable_bytes(std::span(integers)));
      !got)
    return got;
  for (std::size_t j = 0; j < to.size(); ++j)
    to[j] = static_cast<float>(integers[j]) * place.steps->front();
  return core::Done{};
}

Status Ctranslate2::read_integers(int tensor, std::int64_t first, std::span<std::int8_t> to) const {
  return file_.read(places_[static_cast<std::size_t>(tensor)].offset + first,
                    std::as_writable_bytes(to));
}

Status Ctranslate2::read_steps(int tensor, std::int64_t row, std::span<float> to) const {
  const std::vector<float>& steps = *places_[static_cast<std::size_t>(tensor)].steps;
  std::copy_n(steps.begin() + static_cast<std::ptrdiff_t>(row), to.size(), to.begin());
  return core::Done{};
}

}  // namespace linnet::convert
