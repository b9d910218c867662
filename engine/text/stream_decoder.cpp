#include "engine/text/stream_decoder.h"

#include "engine/text/utf8.h"

namespace linnet::text {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, const DecodeOptions& options)
    : tokenizer_(tokenizer),
      special_(options.special),
      at_start_(options.at_start),
      finishes_(tokenizer.finishes()) {
  const auto longest = static_cast<std::size_t>(core::limits::kTokenBytes) + 4;
  held_.reserve(longest);
  // One byte becomes a replacement of three, or behind a mark a capital of 16 times as many.
  text_.reserve(longest * (finishes_ ? 33 : kReplacementBytes.size()) + 1);
}

std::string_view StreamDecoder::feed(int id) {
  tokenizer_.append(id, special_, at_start_, held_);
  text_.clear();
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    if (c.state == Character::State::cut) break;
    const auto bytes = static_cast<std::size_t>(c.bytes);
    const std::string_view character =
        c.state == Character::State::whole ? rest.substr(0, bytes) : kReplacementBytes;
    if (finishes_)
      tokenizer_.finish(character, so_far_, text_);
    else
      text_ += character;
    rest.remove_prefix(bytes);
  }
  held_.erase(0, held_.size() - rest.size());
  return text_;
}

std::string_view StreamDecoder::flush() {
  text_.clear();
  if (!held_.empty()) text_ = kReplacementBytes;
  held_.clear();
  return text_;
}

}  // namespace linnet::text
