#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/core/result.h"
#include "engine/text/tokenizer.h"

namespace linnet::text {

// What is done to the blanks around the texts of turns.
enum class ChatTrim {
  nothing,
  texts,  // they go; a system text inside a user's turn stays as it is
  turns,  // they go around all that stands in a user's turn, a system text inside of it included
};

// How a conversation is written for a model that was trained on such ones, as data. Settings, those
// that are absent empty:
//
//   chat.format            text     what people call it ("chatml"); absent: the model has none
//   chat.begin             text     before the whole conversation
//   chat.system_before,
//     .system_after        text     marks around the system text
//   chat.user_before,
//     .user_after          text     around each text of the user
//   chat.assistant_before,
//     .assistant_after     text     around each text of the model
//   chat.answer            text     opens the turn that the model is to write
//   chat.system_inside     flag     the system text and its marks stand in the first turn of the
//                                   user, before the text; otherwise before that turn
//   chat.trim              text     nothing | texts | turns (ChatTrim); absent: nothing
//   chat.system            text     the system text where none is given; absent: there is no such
//                                   turn then
//   chat.ends              ints     special tokens that end the model's turn, beside those that end
//                                   its texts
//
// Special tokens stand in marks by their text.
struct ChatFormat {
  std::string name;
  std::string begin;
  std::string system_before, system_after;
  std::string user_before, user_after;
  std::string assistant_before, assistant_after;
  std::string answer;
  bool system_inside = false;
  ChatTrim trim = ChatTrim::nothing;
  std::optional<std::string> system = std::nullopt;
  std::vector<int> ends = {};  // sorted
};

// What the file says; nothing where it has no chat.format. `tokenizer` is that of the same bundle.
// Errors: corrupt, with the setting that is wrong: its type, a mark of more than limits::kMarkBytes
// bytes, a system text of more than limits::kSystemBytes, an end that is no special token (such a
// one could be typed); unsupported, for a chat.trim that is not known.
core::Result<std::optional<ChatFormat>> read_chat_format(const core::Bundle& bundle,
                                                         const Tokenizer& tokenizer);
void write_chat_format(const ChatFormat& format, core::BundleBuilder& builder);

// "chatml, gemma, ..."
std::string chat_format_names();
// The special tokens that a known format is made of, by their text; none for an unknown name.
std::vector<std::string_view> chat_format_tokens(std::string_view name);
// A known format for that vocabulary. It begins with the begin token where models of that format
// do, or as `begins` says. Errors: bad_argument, if there is none of that name or the vocabulary
// lacks a special token that it needs.
core::Result<ChatFormat> known_chat_format(std::string_view name, const Tokenizer& tokenizer,
                                           std::optional<bool> begins = std::nullopt);

}  // namespace linnet::text
