#pragma once

#include "engine/text/chat_format.h"
#include "tests/support/tiny_writer.h"

namespace linnet::support {

inline text::ChatFormat tiny_chat_format() {
  return {.name = "tiny",
          .begin = "<s>",
          .system_before = "(",
          .system_after = ")",
          .user_before = "u ",
          .user_after = "</s>",
          .assistant_before = "a ",
          .assistant_after = "</s>",
          .answer = "a ",
          .ends = {2}};
}

// A tiny_writer() whose file says how conversations are written.
inline core::Bundle tiny_talker(const text::ChatFormat& format = tiny_chat_format()) {
  core::BundleBuilder builder;
  text::write_chat_format(format, builder);
  return with_settings(tiny_writer(), builder.build());
}

}  // namespace linnet::support
