#include "tools/linnet/prompt.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/limits.h"
#include "engine/text/utf8.h"
#include "tools/common/numbers.h"
#include "tools/common/signals.h"
#include "tools/linnet/model_flags.h"

namespace linnet::tools {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::say;
using core::Status;

// Reads to the end; a signal ends it too.
core::Result<std::string> read_all(int descriptor, const std::string& name) {
  std::string text;
  std::string piece(1 << 16, '\0');
  while (!signals::stop()) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got == 0) break;
    if (got < 0 && errno != EINTR)
      return Error{Fault::io, say(name, " cannot be read: ", std::strerror(errno))};
    if (got > 0) text.append(piece, 0, static_cast<std::size_t>(got));
    if (static_cast<std::int64_t>(text.size()) > core::limits::kPromptBytes)
      return Error{Fault::limit, say(name, " has more than the ", core::limits::kPromptBytes,
                                     " bytes that are allowed")};
  }
  return text;
}

void drop_last_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

core::Result<std::vector<int>> parse_ids(const std::string& text, const std::string& name) {
  constexpr const char* kBetween = ", \t\r\n";
  std::vector<int> ids;
  for (std::size_t at = 0; (at = text.find_first_not_of(kBetween, at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::optional<std::int64_t> id = parse_integer(word);
    if (!id || *id < 0 || *id >= core::limits::kVocabulary)
      return Error{Fault::bad_argument, say(name, ": '", word, "' is not a token id")};
    ids.push_back(static_cast<int>(*id));
    at = end;
  }
  return ids;
}

void PromptFlags::declare(Flags& flags) {
  auto* from_text = flags.text("-p,--prompt", text, "TEXT",
                               "Text to continue; empty: begin a new one; -: read standard input");
  auto* from_file =
      flags.text("-f,--file", file, "FILE",
                 "Read the prompt from a file, - for standard input, which is also "
                 "read where no prompt is given and it is not a terminal; without a byte "
                 "order mark and the last line end");
  auto* from_ids =
      flags.text("--prompt-ids", ids, "LIST", "Token ids as the prompt, apart by commas or blanks");
  exclude(from_file, from_text);
  exclude(from_file, from_ids);
  exclude(from_ids, from_text);
  flags.on("--parse-special", parse_special,
           "Read the names of special tokens in the prompt as those tokens, not as plain text");
  flags.on("--strict-utf8", strict_utf8,
           "Refuse a prompt that is not UTF-8 instead of repairing it");
  flags.choice("--truncate", truncate, {"no", "left", "right"},
               "Cut a prompt that is longer than the context on that side, leaving room for -n "
               "tokens or half the context; otherwise it is refused");
}

core::Result<std::string> read_text(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return Error{Fault::io, say(path, " cannot be opened: ", std::strerror(errno))};
  core::Result<std::string> text = read_all(descriptor, path);
  ::close(descriptor);
  return text;
}

core::Result<std::string> valid_text(std::string text, const std::string& name, bool strict,
                                     bool quiet) {
  if (text::is_utf8(text)) return text;
  if (strict) return Error{Fault::bad_argument, say(name, " is not valid UTF-8")};
  remark(name + " is not valid UTF-8; what is broken is read as U+FFFD", quiet);
  return text::repaired(text);
}

core::Result<Prompt> read_prompt(const PromptFlags& flags, bool quiet) {
  if (flags.ids) {
    core::Result<std::vector<int>> ids = parse_ids(*flags.ids, "--prompt-ids");
    if (!ids) return ids.error();
    return Prompt{.text = {}, .ids = std::move(*ids)};
  }
  if (flags.text && *flags.text != "-") {
    core::Result<std::string> valid =
        valid_text(*flags.text, "the prompt", flags.strict_utf8, quiet);
    if (!valid) return valid.error();
    return Prompt{.text = std::move(*valid), .ids = {}};
  }
  if (!flags.file && !flags.text && isatty(STDIN_FILENO) == 1) return Prompt{};
  const std::string path = flags.file.value_or("-");
  core::Result<std::string> text = read_text(path);
  if (!text) return text.error();
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  drop_last_line_end(*text);
  core::Result<std::string> valid =
      valid_text(std::move(*text), path == "-" ? "standard input" : path, flags.strict_utf8, quiet);
  if (!valid) return valid.error();
  return Prompt{.text = std::move(*valid), .ids = {}};
}

core::Result<std::vector<int>> tokens_of(const Prompt& prompt, const PromptFlags& flags,
                                         const text::Tokenizer* tokenizer, int vocab) {
  std::vector<int> ids = prompt.ids;
  if (tokenizer == nullptr && !prompt.text.empty())
    return Error{Fault::bad_argument,
                 "the model has no tokenizer; give the prompt as token ids with --prompt-ids"};
  if (ids.empty() && tokenizer != nullptr)
    ids = tokenizer->encode(
        prompt.text,
        {.parse_special = flags.parse_special, .add_begin = std::nullopt, .add_end = false});
  if (ids.empty() && tokenizer != nullptr && tokenizer->begin() >= 0) ids = {tokenizer->begin()};
  if (ids.empty())
    return Error{Fault::bad_argument,
                 "the prompt is empty, and the model has no begin token to start from"};
  for (const int id : ids)
    if (id >= vocab)
      return Error{Fault::bad_argument, say("the prompt has the token ", id,
                                            ", and the model's vocabulary ends at ", vocab - 1)};
  return ids;
}

Status fit_prompt(std::vector<int>& tokens, const PromptFlags& flags, int context, int wanted,
                  int begin) {
  const int count = static_cast<int>(tokens.size());
  if (count <= context) return Done{};
  if (flags.truncate == "no")
    return Error{Fault::limit, say("the prompt has ", count, " tokens and the context holds ",
                                   context, "; see --ctx and --truncate")};
  const int room = wanted < 0 ? context / 2 : std::min(wanted, context / 2);
  const int kept = std::max(1, context - room);
  if (flags.truncate == "right") {
    tokens.resize(static_cast<std::size_t>(kept));
  } else {
    const int first = tokens.front() == begin ? 1 : 0;
    tokens.erase(tokens.begin() + first, tokens.begin() + first + count - kept);
  }
  return Done{};
}

}  // namespace linnet::tools
