#include "tools/convert/plan.h"

#include <fnmatch.h>

#include <algorithm>
#include <cassert>
#include <set>

#include "tools/convert/row_scales.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

bool fits(const std::string& pattern, std::string_view tensor) {
  return fnmatch(pattern.c_str(), std::string(tensor).c_str(), 0) == 0;
}

class Planner {
 public:
  Planner(const SourceModel& model, const Types& types)
      : model_(model), types_(types), used_(model.checkpoint->tensors().size(), false) {}

  Result<std::vector<PlannedTensor>> run() {
    Status status = core::Done{};
    model::for_each_tensor(model_.spec, [&](const model::TensorShape& shape) {
      if (status) status = add(shape);
    });
    if (status) status = check_left_over();
    if (status) status = check_exceptions();
    if (!status) return status.error();
    return std::move(planned_);
  }

 private:
  const std::vector<SourceTensor>& theirs() const { return model_.checkpoint->tensors(); }
  Error wrong(Fault fault, const std::string& what) const {
    return Error{fault, say(model_.path, ": ", what)};
  }

  // By its full name, or without the prefix that some checkpoints leave out.
  int find(const std::string& name) const {
    const int found = model_.checkpoint->find(name);
    const std::string_view prefix = model_.family->optional_prefix;
    if (found >= 0 || prefix.empty() || !name.starts_with(prefix)) return found;
    return model_.checkpoint->find(std::string_view(name).substr(prefix.size()));
  }

  // Appends what the checkpoint has of that source.
  void find_all(const Source& source, std::vector<int>& places) const {
    if (source.name.find('*') == std::string::npos) {
      if (const int found = find(source.name); found >= 0) places.push_back(found);
      return;
    }
    for (std::size_t i = 0; i < theirs().size(); ++i)
      if (matches(source.name, theirs()[i].name)) places.push_back(static_cast<int>(i));
  }

  std::vector<Source> sources(std::string_view ours) const {
    return sources_of(*model_.family, model_.found, ours);
  }

  // What is tied to the embedding of tokens may stand in its place or beside it.
  std::vector<Source> all_sources(const std::string& ours) const {
    std::vector<Source> all = sources(ours);
    if (ours != "embed.tokens.weight") return all;
    const auto add = [&](std::string_view tied) {
      const std::vector<Source> more = sources(tied);
      all.insert(all.end(), more.begin(), more.end());
    };
    if (model_.spec.encoder.layers > 0 && model_.spec.source_vocab == 0) add("embed.source.weight");
    if (model_.spec.tied_head) add("head.weight");
    return all;
  }

  Status add(const model::TensorShape& shape) {
    const std::vector<Source> named = all_sources(shape.name);
    assert(!named.empty());
    std::vector<int> places;
    const Source* source = nullptr;
    for (const Source& one : named) {
      find_all(one, places);
      if (source == nullptr && !places.empty()) source = &one;
    }
    if (source == nullptr)
      return wrong(Fault::corrupt, say("the tensor '", named.front().name, "' is missing"));
    if (const Status fine = add(shape, *source, places.front()); !fine) return fine;
    for (const int place : places) {
      if (const Status same = check_equal(places.front(), place); !same) return same;
      used_[static_cast<std::size_t>(place)] = true;
    }
    return core::Done{};
  }

  Status add(const model::TensorShape& shape, const Source& source, int place) {
    const SourceTensor& tensor = theirs()[static_cast<std::size_t>(place)];
    const std::int64_t outputs = shape.vector ? shape.in : shape.out;
    const FusedRows rows = source.fused != nullptr
                               ? *source.fused
                               : FusedRows{source.part * outputs, outputs, outputs * source.parts};
    assert(outputs % rows.count == 0);
    std::vector<std::int64_t> wanted{outputs / rows.count * rows.block};
    if (!shape.vector) wanted.push_back(shape.in);
    const bool transposed = !shape.vector && source.transposed != tensor.by_columns;
    if (transposed) std::reverse(wanted.begin(), wanted.end());
    if (flat(tensor.shape, wanted.size()) != wanted)
      return wrong(Fault::corrupt, say("the tensor '", tensor.name, "' has the shape ",
                                       shape_text(tensor.shape), " and not ", shape_text(wanted)));
    if (tensor.type == SourceType::other)
      return wrong(Fault::unsupported,
                   say("the tensor '", tensor.name, "' is of type ", shown(tensor.type_name),
                       "; weights must be F32, F16 or BF16"));
    const bool gain = shape.vector && shape.name.ends_with(".gain");
    planned_.push_back(
        {.shape = shape,
         .dtype = shape.quantizable ? types_.of(shape.name, tensor.type) : core::Dtype::f32,
         .source = place,
         .transposed = transposed,
         .first = rows.first,
         .width = wanted.back(),
         .count = rows.count,
         .block = rows.block,
         .offset = gain ? model_.found.gain_offset : 0.0f});
    return keep_integers(planned_.back(), tensor.type);
  }

  // The same numbers in the same order with at most so many dimensions: leading ones are left out,
  // and then what is inside is flattened (a convolution over patches is a matrix).
  static std::vector<std::int64_t> flat(std::vector<std::int64_t> shape, std::size_t dimensions) {
    while (shape.size() > dimensions && shape.front() == 1) shape.erase(shape.begin());
    while (shape.size() > dimensions && dimensions > 1) {
      const std::int64_t inner = shape.back();
      shape.pop_back();
      shape.back() *= inner;
    }
    return shape;
  }

  Status keep_integers(PlannedTensor& tensor, SourceType theirs) const {
    const bool four = theirs == SourceType::i4_groups,
               groups = four || theirs == SourceType::i8_groups;
    if (!groups && theirs != SourceType::i8) return core::Done{};
    const bool apart = tensor.count < tensor.shape.out;  // in several blocks
    if (tensor.dtype != (four ? core::Dtype::i4 : core::Dtype::i8) || tensor.transposed || apart)
      return core::Done{};
    tensor.kept = true;
    if (groups) {
      tensor.dtype = four ? core::Dtype::i4h : core::Dtype::i8h;
      return core::Done{};
    }
    std::vector<float> steps(static_cast<std::size_t>(tensor.shape.out));
    if (const Status got = model_.checkpoint->read_steps(tensor.source, tensor.first, steps); !got)
      return got;
    const RowScales scales = choose_scales(steps);
    tensor.dtype = scales.dtype;
    tensor.scale_change = scales.largest_change;
    return core::Done{};
  }

  // Many checkpoints store a tensor under several names.
  Status check_equal(int first, int second) const {
    const Result<bool> equal = equal_tensors(*model_.checkpoint, first, second);
    if (!equal) return equal.error();
    if (!*equal)
      return wrong(Fault::corrupt,
                   say("the tensor '", theirs()[static_cast<std::size_t>(second)].name,
                       "' is not equal to '", theirs()[static_cast<std::size_t>(first)].name,
                       "', to which the config says that it is tied"));
    return core::Done{};
  }

  bool ignorable(const std::string& name) const {
    const std::string full = std::string(model_.family->optional_prefix) + name;
    const auto known = [&](std::string_view pattern) {
      const std::string named = with_words(pattern, model_.found);
      return matches(named, name) || matches(named, full);
    };
    const auto& always = model_.family->ignored;
    const auto& here = model_.found.ignored;
    return std::any_of(always.begin(), always.end(), known) ||
           std::any_of(here.begin(), here.end(), known);
  }

  Status check_left_over() const {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i] && !ignorable(theirs()[i].name))
        return wrong(Fault::unsupported,
                     say("the tensor '", shown(theirs()[i].name), "' is left over: a model of the ",
                         "family '", model_.family->name, "' with this config has no use for it"));
    return core::Done{};
  }

  Status check_exceptions() const {
    for (const auto& exception : types_.exceptions) {
      const std::string& pattern = exception.first;
      const bool meant = std::any_of(planned_.begin(), planned_.end(), [&](const auto& tensor) {
        return tensor.shape.quantizable && fits(pattern, tensor.shape.name);
      });
      if (!meant)
        return Error{Fault::bad_argument,
                     say("--tensor-type: this model has no linear layer or embedding '", pattern,
                         "'; linnet info lists the names")};
    }
    return core::Done{};
  }

  const SourceModel& model_;
  const Types& types_;
  std::vector<bool> used_;  // of the checkpoint's tensors
  std::vector<PlannedTensor> planned_;
};

}  // namespace

core::Dtype Types::of(std::string_view tensor, SourceType theirs) const {
  const bool four = theirs == SourceType::i4_groups;
  core::Dtype type = all.value_or(four ? core::Dtype::i4 : core::Dtype::i8);
  for (const auto& [pattern, other] : exceptions)
    if (fits(pattern, tensor)) type = other;
  return type;
}

Result<Types> types_of(std::optional<core::Dtype> all, const std::vector<std::string>& exceptions) {
  Types types{.all = all};
  for (const std::string& text : exceptions) {
    const std::size_t equals = std::min(text.rfind('='), text.size());
    const auto type =
        core::type_named(std::string_view(text).substr(std::min(equals + 1, text.size())));
    if (equals == 0 || !type || *type == core::Dtype::i8h || *type == core::Dtype::i4h)
      return Error{Fault::bad_argument,
                   say("--tensor-type: '", text,
                       "' is not PATTERN=TYPE, where TYPE is f32, f16, int8 or int4")};
    types.exceptions.emplace_back(text.substr(0, equals), *type);
  }
  return types;
}

Result<std::vector<PlannedTensor>> plan(const SourceModel& model, const Types& types) {
  return Planner(model, types).run();
}

std::string quantized_anew(const SourceModel& model, std::span<const PlannedTensor> tensors) {
  std::set<std::string> kinds;
  int count = 0;
  for (const PlannedTensor& tensor : tensors) {
    const SourceTensor& theirs =
        model.checkpoint->tensors()[static_cast<std::size_t>(tensor.source)];
    const bool quantized = theirs.type == SourceType::blocks ||
                           theirs.type == SourceType::i8_groups ||
                           theirs.type == SourceType::i4_groups;
    if (!quantized || tensor.kept || !core::grouped(tensor.dtype)) continue;
    kinds.insert(theirs.type_name);
    ++count;
  }
  if (count == 0) return {};
  std::string list;
  for (const std::string& kind : kinds) list += say(list.empty() ? "" : ", ", kind);
  return say(count, count == 1 ? " tensor" : " tensors", " of type ", list,
             count == 1 ? " is" : " are", " turned into numbers and quantized anew");
}

}  // namespace linnet::convert
