#pragma once

#include <string>
#include <string_view>

#include "engine/text/tokenizer.h"

namespace linnet::text {

// Decodes token by token and gives out whole characters only: a character whose bytes come in
// several tokens appears with the last of them. Its output is always valid UTF-8, bytes that never
// become a character turn into U+FFFD. Allocates nothing after construction.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, const DecodeOptions& options = {});

  // The text that `id` completes, often empty. Valid until the next call.
  std::string_view feed(int id);
  // What is still held back, as U+FFFD; but a blank that the end of a text loses stays. Valid until
  // the next call; feed() may go on after it.
  std::string_view flush();

 private:
  Tokenizer tokenizer_;
  bool special_;
  bool at_start_;
  bool finishes_;
  Unfinished so_far_;
  std::string held_;  // at most three bytes between calls: the beginning of a character
  std::string text_;  // given out
};

}  // namespace linnet::text
