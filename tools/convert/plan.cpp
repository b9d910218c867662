#include "tools/convert/plan.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

class Planner {
 public:
  Planner(const SourceModel& model, core::Dtype dtype)
      : model_(model), dtype_(dtype), used_(model.checkpoint->tensors().size(), false) {}

  Result<std::vector<PlannedTensor>> run() {
    Status status = core::Done{};
    model::for_each_tensor(model_.spec, [&](const model::TensorShape& shape) {
      if (status) status = add(shape);
    });
    if (status && model_.spec.tied_head) status = accept_tied_head();
    if (status) status = check_left_over();
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

  Status add(const model::TensorShape& shape) {
    const Source source = source_of(*model_.family, shape.name);
    assert(!source.name.empty());
    const int found = find(source.name);
    if (found < 0) return wrong(Fault::corrupt, say("the tensor '", source.name, "' is missing"));
    const SourceTensor& tensor = theirs()[static_cast<std::size_t>(found)];
    const std::int64_t outputs = shape.vector ? shape.in : shape.out;
    std::vector<std::int64_t> wanted{outputs * source.parts};
    if (!shape.vector) wanted.push_back(shape.in);
    if (source.transposed) std::reverse(wanted.begin(), wanted.end());
    if (tensor.shape != wanted)
      return wrong(Fault::corrupt, say("the tensor '", tensor.name, "' has the shape ",
                                       shape_text(tensor.shape), " and not ", shape_text(wanted)));
    if (tensor.type == SourceType::other)
      return wrong(Fault::unsupported, say("the tensor '", tensor.name, "' is of type ",
                                           tensor.type_name, "; weights must be F32, F16 or BF16"));
    used_[static_cast<std::size_t>(found)] = true;
    planned_.push_back({shape, shape.quantizable ? dtype_ : core::Dtype::f32, found,
                        source.transposed && !shape.vector, source.part * outputs, wanted.back()});
    return core::Done{};
  }

  // Many checkpoints store the embedding a second time as the head that is tied to it.
  Status accept_tied_head() {
    const Source source = source_of(*model_.family, "head.weight");
    const int head = source.name.empty() ? -1 : find(source.name);
    if (head < 0) return core::Done{};
    const int embedding = planned_.front().source;
    const SourceTensor& a = theirs()[static_cast<std::size_t>(embedding)];
    const SourceTensor& b = theirs()[static_cast<std::size_t>(head)];
    bool equal = a.shape == b.shape && b.type != SourceType::other;
    constexpr std::int64_t kPiece = 1 << 16;
    std::vector<float> x, y;
    for (std::int64_t at = 0, all = a.values(); equal && at < all; at += kPiece) {
      x.resize(static_cast<std::size_t>(std::min(kPiece, all - at)));
      y.resize(x.size());
      if (const Status got = model_.checkpoint->read(embedding, at, x); !got) return got;
      if (const Status got = model_.checkpoint->read(head, at, y); !got) return got;
      equal = std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
    }
    if (!equal)
      return wrong(Fault::corrupt, say("the tensor '", b.name, "' is not the embedding '", a.name,
                                       "', to which the config says that it is tied"));
    used_[static_cast<std::size_t>(head)] = true;
    return core::Done{};
  }

  bool ignorable(const std::string& name) const {
    const std::string full = std::string(model_.family->optional_prefix) + name;
    return std::any_of(
        model_.family->ignored.begin(), model_.family->ignored.end(),
        [&](std::string_view pattern) { return matches(pattern, name) || matches(pattern, full); });
  }

  Status check_left_over() const {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i] && !ignorable(theirs()[i].name))
        return wrong(Fault::unsupported,
                     say("the tensor '", shown(theirs()[i].name), "' is left over: a model of the ",
                         "family '", model_.family->name, "' with this config has no use for it"));
    return core::Done{};
  }

  const SourceModel& model_;
  core::Dtype dtype_;
  std::vector<bool> used_;  // of the checkpoint's tensors
  std::vector<PlannedTensor> planned_;
};

}  // namespace

Result<std::vector<PlannedTensor>> plan(const SourceModel& model, core::Dtype dtype) {
  return Planner(model, dtype).run();
}

}  // namespace linnet::convert
