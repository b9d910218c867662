#include <algorithm>
#include <array>
#include <utility>

#include "engine/text/chat_format.h"

// The formats that models are trained on. In marks, {begin} and {end} stand for those tokens of the
// vocabulary.
namespace linnet::text {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

enum class Begins { yes, no, as_texts };  // with the begin token; as_texts: where plain texts do

struct Known {
  std::string_view name;
  Begins begins;
  std::string_view system_before, system_after, user_before, user_after, assistant_before,
      assistant_after, answer;
  bool system_inside;
  ChatTrim trim;
  std::array<std::string_view, 3> tokens;  // the last one ends an answer
  std::string_view perhaps = {};           // a special token where the vocabulary has it
};

constexpr Known kKnown[]{
    {"chatml",
     Begins::as_texts,
     "<|im_start|>system\n",
     "<|im_end|>\n",
     "<|im_start|>user\n",
     "<|im_end|>\n",
     "<|im_start|>assistant\n",
     "<|im_end|>\n",
     "<|im_start|>assistant\n",
     false,
     ChatTrim::nothing,
     {"<|im_start|>", "<|im_end|>"}},
    {"gemma",
     Begins::yes,
     "",
     "\n\n",
     "<start_of_turn>user\n",
     "<end_of_turn>\n",
     "<start_of_turn>model\n",
     "<end_of_turn>\n",
     "<start_of_turn>model\n",
     true,
     ChatTrim::texts,
     {"<start_of_turn>", "<end_of_turn>"}},
    {"llama2",
     Begins::no,
     "<<SYS>>\n",
     "\n<</SYS>>\n\n",
     "{begin}[INST] ",
     " [/INST]",
     " ",
     " {end}",
     "",
     true,
     ChatTrim::turns,
     {"{begin}", "{end}"}},
    {"llama3",
     Begins::yes,
     "<|start_header_id|>system<|end_header_id|>\n\n",
     "<|eot_id|>",
     "<|start_header_id|>user<|end_header_id|>\n\n",
     "<|eot_id|>",
     "<|start_header_id|>assistant<|end_header_id|>\n\n",
     "<|eot_id|>",
     "<|start_header_id|>assistant<|end_header_id|>\n\n",
     false,
     ChatTrim::texts,
     {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}},
    {"mistral",
     Begins::yes,
     "",
     "\n\n",
     "[INST] ",
     " [/INST]",
     "",
     "{end}",
     "",
     true,
     ChatTrim::nothing,
     {"{end}"}},
    {"mistral-v1",
     Begins::yes,
     "",
     "\n\n",
     " [INST] ",
     " [/INST]",
     " ",
     "{end}",
     "",
     true,
     ChatTrim::nothing,
     {"{end}"}},
    {"mistral-v3",
     Begins::yes,
     "",
     "\n\n",
     "[INST] ",
     "[/INST]",
     " ",
     "{end}",
     "",
     true,
     ChatTrim::nothing,
     {"[INST]", "[/INST]", "{end}"}},
    {"phi3",
     Begins::as_texts,
     "<|system|>\n",
     "<|end|>\n",
     "<|user|>\n",
     "<|end|>\n",
     "<|assistant|>\n",
     "<|end|>\n",
     "<|assistant|>\n",
     false,
     ChatTrim::nothing,
     {"<|user|>", "<|assistant|>", "<|end|>"},
     "<|system|>"},
    {"zephyr",
     Begins::as_texts,
     "<|system|>\n",
     "{end}\n",
     "<|user|>\n",
     "{end}\n",
     "<|assistant|>\n",
     "{end}\n",
     "<|assistant|>\n",
     false,
     ChatTrim::nothing,
     {"{end}"}},
};

const Known* find(std::string_view name) {
  const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](const Known& format) { return format.name == name; });
  return known == std::end(kKnown) ? nullptr : known;
}

// `marks` with the texts of those tokens.
std::string filled(std::string_view marks, const Tokenizer& tokenizer) {
  std::string text(marks);
  for (const auto& [name, id] : {std::pair(std::string_view("{begin}"), tokenizer.begin()),
                                 std::pair(std::string_view("{end}"), tokenizer.end())})
    if (const std::size_t at = text.find(name); at != std::string::npos)
      text.replace(at, name.size(), tokenizer.piece(id));
  return text;
}

// The number of a special token that is written like that, or -1.
int special_token(const std::string& text, const Tokenizer& tokenizer) {
  MarkedText marks;
  marks.add_marks(text);
  const std::vector<int> ids = tokenizer.encode(marks);
  if (ids.size() != 1 || !tokenizer.is_special(ids.front())) return -1;
  return tokenizer.piece(ids.front()) == text ? ids.front() : -1;  // not the unknown token
}

}  // namespace

std::string chat_format_names() {
  std::string names;
  for (const Known& known : kKnown) names += say(names.empty() ? "" : ", ", known.name);
  return names;
}

std::vector<std::string_view> chat_format_tokens(std::string_view name) {
  std::vector<std::string_view> tokens;
  if (const Known* known = find(name))
    for (const std::string_view token : known->tokens)
      if (!token.empty() && token.front() != '{') tokens.push_back(token);
  if (const Known* known = find(name); known != nullptr && !known->perhaps.empty())
    tokens.push_back(known->perhaps);
  return tokens;
}

Result<ChatFormat> known_chat_format(std::string_view name, const Tokenizer& tokenizer,
                                     std::optional<bool> begins) {
  const Known* known = find(name);
  if (known == nullptr)
    return Error{Fault::bad_argument, say("--chat-format: there is no format '", name,
                                          "'; known are ", chat_format_names())};
  const auto fill = [&](std::string_view marks) { return filled(marks, tokenizer); };
  ChatFormat format;
  format.name = known->name;
  for (const std::string_view token : known->tokens) {
    if (token.empty()) continue;
    const int id = special_token(fill(token), tokenizer);
    if (id < 0)
      return Error{Fault::bad_argument, say("the chat format ", name, " needs ",
                                            token == "{begin}" ? "a begin token"
                                            : token == "{end}" ? "an end token"
                                                               : say("the special token ", token),
                                            ", which the vocabulary lacks")};
    format.ends = {id};
  }
  const bool usual =
      known->begins == Begins::yes || (known->begins == Begins::as_texts && tokenizer.adds_begin());
  if (begins.value_or(usual) && known->user_before.find("{begin}") == std::string_view::npos &&
      tokenizer.begin() >= 0)
    format.begin = fill("{begin}");
  format.system_before = fill(known->system_before);
  format.system_after = fill(known->system_after);
  format.user_before = fill(known->user_before);
  format.user_after = fill(known->user_after);
  format.assistant_before = fill(known->assistant_before);
  format.assistant_after = fill(known->assistant_after);
  format.answer = fill(known->answer);
  format.system_inside = known->system_inside;
  format.trim = known->trim;
  for (const std::string* marks :
       {&format.begin, &format.system_before, &format.system_after, &format.user_before,
        &format.user_after, &format.assistant_before, &format.assistant_after, &format.answer})
    if (static_cast<std::int64_t>(marks->size()) > core::limits::kMarkBytes)
      return Error{Fault::limit, say("a mark of the chat format ", name, " is ", marks->size(),
                                     " bytes long; at most ", core::limits::kMarkBytes)};
  return format;
}

}  // namespace linnet::text
