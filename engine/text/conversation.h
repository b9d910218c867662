#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/text/chat_format.h"
#include "engine/text/marked_text.h"

// Conversations as a model of some ChatFormat reads them.
namespace linnet::text {

enum class Speaker { system, user, assistant };

struct Turn {
  Speaker speaker;
  std::string_view text;
};

// All of it. A system text is the first of the turns; where it is not there, the format's own one
// is taken, if it has one and `own_system`. `open`: the model's turn begins at the end.
MarkedText conversation(const ChatFormat& format, std::span<const Turn> turns, bool open,
                        bool own_system = true);

// What follows what the model has said: the marks that close its turn (its own words stay as they
// are, so blanks that the format puts behind them are left out), the user's next text, and the
// opening of the next answer.
MarkedText next_turn(const ChatFormat& format, std::string_view user);

}  // namespace linnet::text
