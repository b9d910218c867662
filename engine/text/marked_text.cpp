#include "engine/text/marked_text.h"

#include "engine/text/utf8.h"

namespace linnet::text {

void MarkedText::add(std::string_view text, bool marks) {
  if (text.empty()) return;
  if (is_utf8(text))
    text_ += text;
  else
    text_ += repaired(text);
  parts_.push_back({text_.size(), marks});
}

}  // namespace linnet::text
