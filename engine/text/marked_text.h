#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linnet::text {

// A text of which only some parts may hold special tokens: the marks around the turns of a
// conversation may, what a person wrote may not. It is spelled as one text nevertheless, for words
// reach across the parts ("[INST] " and "Hello" have the token " Hello"). Always UTF-8: what is not
// becomes U+FFFD.
class MarkedText {
 public:
  struct Part {
    std::size_t end;  // in text(); the next one begins there
    bool marks;       // special tokens are found in it
  };

  void add_marks(std::string_view text) { add(text, true); }
  void add_plain(std::string_view text) { add(text, false); }

  const std::string& text() const { return text_; }
  std::span<const Part> parts() const { return parts_; }

 private:
  void add(std::string_view text, bool marks);

  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace linnet::text
