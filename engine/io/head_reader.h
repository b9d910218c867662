#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/result.h"
#include "engine/io/bounded_reader.h"

namespace linnet::io {

// Reads the head of a file and knows how to complain about it.
class HeadReader : public BoundedReader {
 public:
  HeadReader(std::span<const std::byte> bytes, std::string_view file)
      : BoundedReader(bytes), file_(file) {}

  template <class... Parts>
  core::Error corrupt(const Parts&... parts) const {
    return {core::Fault::corrupt, core::say(file_, ": ", parts...)};
  }
  template <class... Parts>
  core::Error unsupported(const Parts&... parts) const {
    return {core::Fault::unsupported, core::say(file_, ": ", parts...)};
  }

  // An Error if anything that was read so far, up to and with `what`, was not there.
  template <class... Parts>
  core::Status arrived(const Parts&... what) const {
    if (ended()) return corrupt("the head ends inside ", what...);
    if (stray()) return corrupt("the padding in ", what..., " is not zero");
    return core::Done{};
  }

  // Whether `count` records of at least `least` bytes each, of which `most` are allowed, can stand
  // in what remains. Asked before memory for them is taken.
  core::Status room_for(std::string_view what, std::uint32_t count, std::int64_t least,
                        std::int64_t most) const;

  // The name of record `number`, `bytes` long, and its padding. Names stand in sentences, so they
  // must be fit to print.
  core::Result<std::string_view> name(std::string_view what, std::uint32_t number,
                                      std::uint32_t bytes);

 private:
  std::string_view file_;
};

}  // namespace linnet::io
