#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

// Byte-pair encoding (Sennrich, Haddow, Birch 2016): neighbours are joined, the best pair first,
// the leftmost of equally good ones, until no two neighbours have a merge.
namespace linnet::text {

// A piece of text in a chain of pieces.
struct Symbol {
  int id = -1;    // its token, or -1
  int begin = 0;  // [begin, begin + bytes) of the text that is being encoded
  int bytes = 0;  // 0: joined to the one before
  int prev = -1, next = -1;
  bool fixed = false;  // never joined to anything
};

// What two neighbours become; id -1: they stay two.
struct Joined {
  int id = -1;
  float score = 0;  // the highest is done first
};

// Scratch memory that one call to encode() uses for all its words.
struct MergeScratch {
  struct Candidate {
    float score;
    int left;   // symbol
    int id;     // of the token that they become
    int bytes;  // of both symbols when they were looked at; if it changed, so did they

    // Whether it is done after `other`.
    bool operator<(const Candidate& other) const {
      return score != other.score ? score < other.score : left > other.left;
    }
  };
  std::vector<Symbol> symbols;
  std::vector<Candidate> heap;

  void append(int id, int begin, int bytes, bool fixed = false) {
    const int at = static_cast<int>(symbols.size());
    if (at > 0) symbols.back().next = at;
    symbols.push_back({id, begin, bytes, at - 1, -1, fixed});
  }
  void clear() {
    symbols.clear();
    heap.clear();
  }
};

// Joins the symbols of `scratch` in place; what is left is the chain from symbol 0 along `next`.
// Time O(n log n). `rule(left, right)` gives the Joined of two symbols.
template <class Rule>
void merge(MergeScratch& scratch, const Rule& rule) {
  std::vector<Symbol>& symbols = scratch.symbols;
  std::vector<MergeScratch::Candidate>& heap = scratch.heap;
  const auto at = [&](int i) -> Symbol& { return symbols[static_cast<std::size_t>(i)]; };

  const auto consider = [&](int left) {
    if (left < 0 || at(left).next < 0) return false;
    const Symbol &a = at(left), &b = at(at(left).next);
    if (a.fixed || b.fixed) return false;
    const Joined joined = rule(a, b);
    if (joined.id < 0) return false;
    heap.push_back({joined.score, left, joined.id, a.bytes + b.bytes});
    return true;
  };

  for (int i = 0; i < static_cast<int>(symbols.size()); ++i) consider(i);
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const MergeScratch::Candidate best = heap.back();
    heap.pop_back();
    Symbol& left = at(best.left);
    if (left.bytes == 0 || left.next < 0) continue;
    Symbol& right = at(left.next);
    if (left.bytes + right.bytes != best.bytes) continue;

    left.id = best.id;
    left.bytes = best.bytes;
    left.next = right.next;
    if (left.next >= 0) at(left.next).prev = best.left;
    right.bytes = 0;
    for (const int neighbour : {left.prev, best.left})
      if (consider(neighbour)) std::push_heap(heap.begin(), heap.end());
  }
}

}  // namespace linnet::text
