#include "engine/io/verify.h"

#include "engine/io/checksum.h"
#include "engine/io/values.h"

namespace linnet::io {
namespace {

core::Status verify(const core::NamedWeight& tensor, std::string_view name) {
  const std::span<const std::byte> data(tensor.weight.panels,
                                        static_cast<std::size_t>(tensor.bytes));
  if (tensor.checksum && *tensor.checksum != checksum(data))
    return core::Error{core::Fault::mismatch,
                       core::say(name, ": the checksum of the tensor '", tensor.name,
                                 "' is wrong: the file is damaged")};
  if (const std::string_view fault = fault_of_values(tensor); !fault.empty())
    return core::Error{core::Fault::corrupt,
                       core::say(name, ": the tensor '", tensor.name, "' ", fault)};
  return core::Done{};
}

}  // namespace

core::Status verify(const core::Bundle& bundle, std::string_view name) {
  for (const core::NamedWeight& tensor : bundle.weights)
    if (const core::Status sound = verify(tensor, name); !sound) return sound;
  return core::Done{};
}

}  // namespace linnet::io
