#include "engine/generate/beam_group.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/generate/log_softmax.h"

namespace linnet::generate {

void Shortlist::add(int beam, float sum, std::span<const float> log_probs,
                    std::span<const float> cost) {
  constexpr std::size_t kBlock = 128;
  for (std::size_t first = 0; first < log_probs.size(); first += kBlock) {
    const std::size_t last = std::min(first + kBlock, log_probs.size());
    // Sums round in the order of their terms, so most blocks need no second look.
    if (cost.empty() && !(sum + largest(log_probs.subspan(first, last - first)) > least()))
      continue;
    for (std::size_t i = first; i < last; ++i) {
      const float total = sum + log_probs[i];
      const float rank = cost.empty() ? total : total - cost[i];
      if (rank > least()) insert({total, log_probs[i], beam, static_cast<int>(i)}, rank);
    }
  }
}

// What a candidate's rank must be above to be kept.
float Shortlist::least() const {
  return count_ == best_.size() ? ranks_.back() : -std::numeric_limits<float>::infinity();
}

// Behind those of equal rank, which came first.
void Shortlist::insert(const Candidate& candidate, float rank) {
  std::size_t at = count_ < best_.size() ? count_++ : count_ - 1;
  for (; at > 0 && ranks_[at - 1] < rank; --at) {
    best_[at] = best_[at - 1];
    ranks_[at] = ranks_[at - 1];
  }
  best_[at] = candidate;
  ranks_[at] = rank;
}

BeamGroup::BeamGroup(const BeamOptions& options, Place place, int size, int ends, int most_tokens)
    : options_(options),
      place_(place),
      size_(size),
      most_tokens_(most_tokens),
      shortlist_(std::max(2, 1 + ends) * size) {
  const auto all = static_cast<std::size_t>(size) * static_cast<std::size_t>(most_tokens);
  tokens_.resize(all);
  next_tokens_.resize(all);
  log_probs_.resize(all);
  next_log_probs_.resize(all);
  sums_.resize(static_cast<std::size_t>(size));
  next_sums_.resize(static_cast<std::size_t>(size));
  parents_.resize(static_cast<std::size_t>(size));
  const auto wanted = std::max(1l, std::lround(static_cast<double>(size) * options.patience));
  ended_.resize(static_cast<std::size_t>(std::max<long>(wanted, 1)));
  for (Ended& target : ended_) {
    target.tokens.resize(static_cast<std::size_t>(most_tokens));
    target.log_probs.resize(static_cast<std::size_t>(most_tokens));
  }
}

void BeamGroup::begin(std::span<const int> given, int max_tokens) {
  max_tokens_ = max_tokens;
  given_ = chosen_ = static_cast<int>(given.size());
  std::copy(given.begin(), given.end(), tokens_.begin());
  std::fill_n(log_probs_.begin(), given.size(), 0.0f);
  sums_[0] = 0;
  running_ = 1;
  ended_count_ = 0;
  done_ = false;
}

float BeamGroup::score(float sum, int tokens) const {
  const double n = std::max(1, tokens);
  const double base = options_.norm == LengthNorm::mean ? n : (5 + n) / 6;
  const double penalized = double{sum} - double{options_.word_penalty} * n;
  return static_cast<float>(penalized / std::pow(base, double{options_.length_penalty}));
}

void BeamGroup::choose(std::span<const std::span<float>> log_probs, std::span<const float> cost,
                       std::span<const std::int32_t> ends) {
  shortlist_.clear();
  for (int beam = 0; beam < running_; ++beam) {
    const auto at = static_cast<std::size_t>(beam);
    shortlist_.add(beam, sums_[at], log_probs[at], cost);
  }
  advance(ends);
}

void BeamGroup::take(int token, float log_prob, std::span<const std::int32_t> ends) {
  shortlist_.clear();
  if (token >= 0) shortlist_.take({sums_[0] + log_prob, log_prob, 0, token});
  advance(ends);
}

void BeamGroup::advance(std::span<const std::int32_t> ends) {
  next_running_ = 0;
  int rank = 0;
  for (const Candidate& candidate : shortlist_.best()) {
    const bool by_token = std::find(ends.begin(), ends.end(), candidate.token) != ends.end();
    if (by_token || chosen_ + 1 >= max_tokens_) {
      if (rank < size_) end(candidate, by_token);
    } else if (next_running_ < size_) {
      go_on(candidate);
    }
    ++rank;
  }
  ++chosen_;
  running_ = next_running_;
  for (int beam = running_; beam < size_; ++beam) parents_[static_cast<std::size_t>(beam)] = beam;
  tokens_.swap(next_tokens_);
  log_probs_.swap(next_log_probs_);
  sums_.swap(next_sums_);
  look_whether_done();
}

void BeamGroup::go_on(const Candidate& candidate) {
  const int beam = next_running_++;
  const auto at = static_cast<std::size_t>(beam);
  std::copy_n(row(tokens_, candidate.beam), count(), row(next_tokens_, beam));
  std::copy_n(row(log_probs_, candidate.beam), count(), row(next_log_probs_, beam));
  row(next_tokens_, beam)[chosen_] = candidate.token;
  row(next_log_probs_, beam)[chosen_] = candidate.log_prob;
  next_sums_[at] = candidate.sum;
  parents_[at] = candidate.beam;
}

// Keeps it if it is among the best that have ended.
void BeamGroup::end(const Candidate& candidate, bool by_token) {
  float reached = score(candidate.sum, chosen_ + 1);
  const int beam = beam_of_source(candidate.beam);
  if (options_.coverage_penalty > 0)
    reached += static_cast<float>(double{options_.coverage_penalty} *
                                  place_.trail->coverage(place_.source, chosen_, beam));
  if (ended_count_ == ended_.size() && !(reached > ended_.back().score)) return;
  std::size_t at = ended_count_ < ended_.size() ? ended_count_++ : ended_count_ - 1;
  // The entry that falls out gives its memory to the new one.
  for (; at > 0 && ended_[at - 1].score < reached; --at) std::swap(ended_[at], ended_[at - 1]);
  Ended& target = ended_[at];
  std::copy_n(row(tokens_, candidate.beam), count(), target.tokens.begin());
  std::copy_n(row(log_probs_, candidate.beam), count(), target.log_probs.begin());
  target.tokens[count()] = candidate.token;
  target.log_probs[count()] = candidate.log_prob;
  target.count = chosen_ + 1;
  target.sum = candidate.sum;
  target.score = reached;
  target.by_token = by_token;
  target.beam = beam;
}

void BeamGroup::look_whether_done() {
  done_ = running_ == 0;
  if (done_ || ended_count_ < ended_.size()) return;
  // A beam of one is greedy search: what it has ended is what it would have written.
  if (options_.early == EarlyStopping::first || options_.beams == 1) {
    done_ = true;
    return;
  }
  const bool may_grow = options_.early == EarlyStopping::never && options_.length_penalty > 0;
  const float reachable = score(sums_[0], may_grow ? max_tokens_ : chosen_);
  done_ = !(reachable > ended_.back().score);
}

}  // namespace linnet::generate
