#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/session.h"
#include "engine/text/chat_format.h"

namespace linnet::tools {

// A conversation that stays in one session: every turn feeds only what is new. All but `system`
// outlive this.
class Dialogue {
 public:
  // `system`: absent: the format's own one, if it has one; empty: none.
  Dialogue(const text::ChatFormat& format, const text::Tokenizer& tokenizer,
           generate::Session& session, std::optional<std::string> system);

  // What is to be fed before the answer to that text. Valid until the next call. Errors: limit, if
  // the context has no room for it; nothing has changed then.
  core::Result<std::span<const int>> ask(std::string_view user);
  // A token of the answer; the session need not have it yet.
  void add(int token) { said_.push_back(token); }
  // Forgets all of it.
  void reset();

  // Every token that ends an answer; sorted.
  std::span<const int> ends() const { return ends_; }

 private:
  text::MarkedText turn(std::string_view user) const;

  const text::ChatFormat& format_;
  const text::Tokenizer& tokenizer_;
  generate::Session& session_;
  std::optional<std::string> system_;
  std::vector<int> ends_;
  std::vector<int> said_;  // the conversation; the session has the beginning of it
};

}  // namespace linnet::tools
