#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace linnet::io {

// XXH3, 64 bits, seed 0.
std::uint64_t checksum(std::span<const std::byte> bytes);

// The same over bytes that arrive in pieces.
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace linnet::io
