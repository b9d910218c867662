#include "tools/linnet/dialogue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/text/conversation.h"

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using text::Speaker;
using text::Turn;

Dialogue::Dialogue(const text::ChatFormat& format, const text::Tokenizer& tokenizer,
                   generate::Session& session, std::optional<std::string> system)
    : format_(format), tokenizer_(tokenizer), session_(session), system_(std::move(system)) {
  std::set_union(format.ends.begin(), format.ends.end(), tokenizer.ends().begin(),
                 tokenizer.ends().end(), std::back_inserter(ends_));
}

text::MarkedText Dialogue::turn(std::string_view user) const {
  if (!said_.empty()) return text::next_turn(format_, user);
  std::vector<Turn> turns;
  if (system_ && !system_->empty()) turns.push_back({Speaker::system, *system_});
  turns.push_back({Speaker::user, user});
  return text::conversation(format_, turns, true, !system_.has_value());
}

Result<std::span<const int>> Dialogue::ask(std::string_view user) {
  const std::vector<int> tokens = tokenizer_.encode(turn(user), said_.empty());
  const std::size_t fed = session_.tokens().size();
  const auto context = static_cast<std::size_t>(session_.context());
  if (said_.size() + tokens.size() > context)
    return Error{Fault::limit,
                 say("the conversation has ", said_.size(), " tokens and this turn ", tokens.size(),
                     ", and the context holds ", context, "; see --ctx")};
  said_.insert(said_.end(), tokens.begin(), tokens.end());
  if (said_.size() == fed)
    return Error{Fault::bad_argument, "the turn has no tokens, and the chat format adds none"};
  return std::span<const int>(said_).subspan(fed);
}

void Dialogue::reset() {
  said_.clear();
  session_.truncate(0);
}

}  // namespace linnet::tools
