#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/text/chat_format.h"
#include "tools/convert/chat/recognition.h"

// Any bytes as a chat template: it is none of the known ones, or one of them by name.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linnet;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto recognised = convert::recognise_template(source);
  if (!recognised) return 0;
  if (text::chat_format_tokens(recognised->format).empty()) std::abort();
  return 0;
}
