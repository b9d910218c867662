#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/text/tokenizer.h"
#include "tools/common/declare.h"

namespace linnet::tools {

// Where the prompt comes from and how it becomes tokens.
struct PromptFlags {
  std::optional<std::string> text, file, ids;
  bool parse_special = false, strict_utf8 = false;
  std::string truncate = "no";

  void declare(Flags& flags);
};

// The prompt as it was given: text, or token ids where the user gave those.
struct Prompt {
  std::string text;
  std::vector<int> ids;
};

// Reads it: the flags' text or file, else standard input unless that is a terminal. Of a file or of
// standard input, a byte order mark and the last end of line are dropped. Errors: io, limit,
// bad_argument.
core::Result<Prompt> read_prompt(const PromptFlags& flags, bool quiet);

// What some editors put before UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The whole of a file, "-" for standard input, of at most limits::kPromptBytes. Errors: io, limit.
core::Result<std::string> read_text(const std::string& path);

// Token ids, apart by commas or blanks. Errors: bad_argument, with `name`, which says where they
// stand.
core::Result<std::vector<int>> parse_ids(const std::string& text, const std::string& name);

// `text`, with U+FFFD for what is not UTF-8 and a remark about it unless `quiet`, or where `strict`
// an Error (bad_argument). `name` says what it is.
core::Result<std::string> valid_text(std::string text, const std::string& name, bool strict,
                                     bool quiet);

// The tokens that are fed: the prompt's, or the begin token for an empty one. `tokenizer` may be
// null. Errors: bad_argument.
core::Result<std::vector<int>> tokens_of(const Prompt& prompt, const PromptFlags& flags,
                                         const text::Tokenizer* tokenizer, int vocab);

// Cuts tokens that are more than the context: on the side that --truncate says, so that `wanted`
// further tokens (-1: any number), but at most half a context, find room. A begin token stays.
// Errors: limit, with both numbers, where --truncate was not given.
core::Status fit_prompt(std::vector<int>& tokens, const PromptFlags& flags, int context, int wanted,
                        int begin);

}  // namespace linnet::tools
