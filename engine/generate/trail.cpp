#include "engine/generate/trail.h"

#include <cassert>
#include <cfloat>
#include <new>

#include "engine/generate/log_softmax.h"

namespace linnet::generate {
namespace {

core::Checked floats(const Trail::Size& s) {
  return core::Checked(s.beams) * s.steps * s.positions;
}
core::Checked links(const Trail::Size& s) { return core::Checked(s.sources) * s.beams * s.steps; }

}  // namespace

core::Checked Trail::bytes_needed(const Size& s) {
  return floats(s) * std::int64_t{sizeof(float)} + links(s) * std::int64_t{sizeof(int)} +
         core::Checked(s.positions) * std::int64_t{sizeof(double)} +
         core::Checked(s.sources) * std::int64_t{sizeof(Source)};
}

bool Trail::allocate(const Size& s) {
  if (!bytes_needed(s).fits_memory()) return false;
  try {
    weights_.resize(static_cast<std::size_t>(floats(s).value()));
    parents_.resize(static_cast<std::size_t>(links(s).value()));
    sums_.resize(static_cast<std::size_t>(s.positions));
    sources_.reserve(static_cast<std::size_t>(s.sources));
  } catch (const std::bad_alloc&) {
    return false;
  }
  beams_ = s.beams;
  steps_ = s.steps;
  return true;
}

void Trail::begin(std::span<const int> lengths) {
  sources_.clear();
  std::size_t first = 0;
  for (const int length : lengths) {
    sources_.push_back({first, length});
    first += static_cast<std::size_t>(length) * static_cast<std::size_t>(beams_ * steps_);
  }
  assert(first <= weights_.size());
}

void Trail::record(int source, int step, int beam, std::span<const float> weights) {
  const Source& s = sources_[static_cast<std::size_t>(source)];
  assert(step < steps_ && static_cast<int>(weights.size()) == s.length);
  std::copy(weights.begin(), weights.end(),
            weights_.begin() + static_cast<std::ptrdiff_t>(at(s, step, beam)));
}

std::span<const float> Trail::at(int source, int step, int beam) const {
  if (empty()) return {};
  const Source& s = sources_[static_cast<std::size_t>(source)];
  return std::span(weights_).subspan(at(s, step, beam), static_cast<std::size_t>(s.length));
}

void Trail::link(int source, int step, std::span<const int> parents) {
  std::copy(parents.begin(), parents.end(),
            parents_.begin() + static_cast<std::ptrdiff_t>(link_at(source, step)));
}

template <class Visit>
void Trail::walk_back(int source, int step, int beam, const Visit& visit) const {
  for (;; --step) {
    visit(step, at(source, step, beam));
    if (step == 0) return;
    beam = parents_[link_at(source, step - 1) + static_cast<std::size_t>(beam)];
  }
}

double Trail::coverage(int source, int step, int beam) {
  const auto length = static_cast<std::size_t>(sources_[static_cast<std::size_t>(source)].length);
  std::fill_n(sums_.begin(), length, 0.0);
  walk_back(source, step, beam, [&](int, std::span<const float> weights) {
    for (std::size_t j = 0; j < length; ++j) sums_[j] += double{weights[j]};
  });
  double all = 0;
  // A weight may have become 0, whose logarithm would forbid the target.
  for (std::size_t j = 0; j < length; ++j)
    if (sums_[j] < 1) all += natural_log(std::max(sums_[j], double{FLT_MIN}));
  return all;
}

std::vector<float> Trail::weights(int source, int step, int beam) const {
  const auto length = sources_[static_cast<std::size_t>(source)].length;
  std::vector<float> all(static_cast<std::size_t>((step + 1) * length));
  walk_back(source, step, beam, [&](int at, std::span<const float> weights) {
    std::copy(weights.begin(), weights.end(), all.begin() + std::ptrdiff_t{at} * length);
  });
  return all;
}

}  // namespace linnet::generate
