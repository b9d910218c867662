#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linnet::convert {

// What a chat template says, in the words of engine/text/chat_format.h.
struct RecognisedTemplate {
  std::string_view format;            // a name of chat_format_names()
  bool begins = false;                // the conversation begins with the begin token
  std::optional<std::string> system;  // the system text where none is given
  // What it says beyond that and is not followed: a part of a sentence, empty if there is nothing.
  std::string left_out = {};
};

// Recognises a template by the expressions that write its turns, each of which must be there to the
// letter (see read_template), and by the absence of any other text that it would write. Nothing if
// it is none of the known ones.
std::optional<RecognisedTemplate> recognise_template(std::string_view source);

}  // namespace linnet::convert
