#include "engine/text/conversation.h"

#include "engine/text/blanks.h"

namespace linnet::text {
namespace {

std::string_view trimmed(std::string_view text) {
  return without_blanks_after(without_blanks_before(text));
}

void add_turn(const std::string& before, std::string_view text, const std::string& after,
              MarkedText& to) {
  to.add_marks(before);
  to.add_plain(text);
  to.add_marks(after);
}

// `system` stands inside, if it is there.
void add_user(const ChatFormat& format, std::optional<std::string_view> system,
              std::string_view text, MarkedText& to) {
  to.add_marks(format.user_before);
  if (system) add_turn(format.system_before, *system, format.system_after, to);
  if (format.trim == ChatTrim::turns && system)
    text = without_blanks_after(text);
  else if (format.trim != ChatTrim::nothing)
    text = trimmed(text);
  to.add_plain(text);
  to.add_marks(format.user_after);
}

}  // namespace

MarkedText conversation(const ChatFormat& format, std::span<const Turn> turns, bool open,
                        bool own_system) {
  std::optional<std::string_view> system;
  if (own_system && format.system) system = *format.system;
  if (!turns.empty() && turns.front().speaker == Speaker::system) {
    system = turns.front().text;
    turns = turns.subspan(1);
  }
  MarkedText to;
  to.add_marks(format.begin);
  if (system && !format.system_inside) {
    if (format.trim != ChatTrim::nothing) system = trimmed(*system);
    add_turn(format.system_before, *system, format.system_after, to);
    system.reset();
  }
  for (const Turn& turn : turns) {
    if (turn.speaker == Speaker::user) {
      add_user(format, system, turn.text, to);
      system.reset();
    } else {
      add_turn(format.assistant_before,
               format.trim == ChatTrim::nothing ? turn.text : trimmed(turn.text),
               format.assistant_after, to);
    }
  }
  if (open) to.add_marks(format.answer);
  return to;
}

MarkedText next_turn(const ChatFormat& format, std::string_view user) {
  MarkedText to;
  to.add_marks(without_blanks_before(format.assistant_after));
  add_user(format, std::nullopt, user, to);
  to.add_marks(format.answer);
  return to;
}

}  // namespace linnet::text
