#include "engine/io/head_reader.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/io/format.h"

namespace linnet::io {
namespace {

// What is wrong with a name; nothing if it is well formed.
std::string_view fault_of(std::string_view name) {
  if (name.empty()) return "an empty name";
  if (!core::is_utf8(name)) return "a name that is not UTF-8";
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), control)) return "a name with a control character";
  return {};
}

}  // namespace

core::Status HeadReader::room_for(std::string_view what, std::uint32_t count, std::int64_t least,
                                  std::int64_t most) const {
  if (count > most) return corrupt("the file has ", count, " ", what, ", but ", most, " at most");
  if (!(core::Checked(count) * least).at_most(remaining()))
    return corrupt("the head is too short for ", count, " ", what);
  return core::Done{};
}

core::Result<std::string_view> HeadReader::name(std::string_view what, std::uint32_t number,
                                                std::uint32_t bytes) {
  if (bytes > core::limits::kNameBytes)
    return corrupt(what, " ", number, " has a name of ", bytes, " bytes; ",
                   core::limits::kNameBytes, " are allowed");
  const std::string_view read = text(bytes);
  skip_padding(kRecordAlignment);
  if (const core::Status whole = arrived(what, " ", number); !whole) return whole.error();
  if (const std::string_view fault = fault_of(read); !fault.empty())
    return corrupt(what, " ", number, " has ", fault);
  return read;
}

}  // namespace linnet::io
