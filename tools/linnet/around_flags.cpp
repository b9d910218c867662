#include "tools/linnet/around_flags.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::say;

core::Status put(const char* flag, const std::vector<std::string>& tokens,
                 const text::Tokenizer& tokenizer, std::vector<std::int32_t>& ids) {
  if (!tokens.empty()) ids.clear();
  for (const std::string& token : tokens) {
    core::Result<std::vector<int>> found = spelled_tokens(flag, token, tokenizer);
    const auto number = token.size() < 8 ? parse_unsigned(token) : std::nullopt;
    if (number && std::cmp_less(*number, tokenizer.size()) && (!found || found->size() != 1))
      found = std::vector<int>{static_cast<int>(*number)};
    if (!found) return found.error();
    if (found->size() != 1)
      return Error{Fault::bad_argument, say(flag, ": '", token, "' is not one token")};
    ids.push_back(found->front());
  }
  return core::Done{};
}

}  // namespace

core::Result<std::vector<int>> spelled_tokens(const char* flag, const std::string& text,
                                              const text::Tokenizer& tokenizer) {
  for (int id = 0; id < tokenizer.size(); ++id)
    if (tokenizer.piece(id) == text) return std::vector<int>{id};
  std::vector<int> ids =
      tokenizer.encode(text, {.parse_special = true, .add_begin = false, .add_end = false});
  const bool known =
      !ids.empty() && std::find(ids.begin(), ids.end(), tokenizer.unknown()) == ids.end();
  if (known && (tokenizer.unknown() >= 0 || tokenizer.decode(ids, {.special = true}) == text))
    return ids;
  return Error{Fault::bad_argument, say(flag, ": '", text, "' is not in the vocabulary")};
}

void AroundFlags::declare(Flags& flags) {
  flags.texts("--source-begin", source_begin, "TOKEN",
              "Put this token, or the token of this number, in front of every source in place of "
              "what the model says: its language, in multilingual models. May be given more than "
              "once");
  flags.texts("--target-begin", target_begin, "TOKEN", "Begin every target likewise");
}

core::Result<model::Sequences> AroundFlags::of(const Model& model) const {
  model::Sequences around = model.spec().sequences;
  if (const core::Status fine =
          put("--source-begin", source_begin, *model.source_tokenizer(), around.source_begin);
      !fine)
    return fine.error();
  if (const core::Status fine =
          put("--target-begin", target_begin, *model.tokenizer(), around.forced_first);
      !fine)
    return fine.error();
  return around;
}

}  // namespace linnet::tools
