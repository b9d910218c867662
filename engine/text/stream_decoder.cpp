#include "engine/text/stream_decoder.h"

#include "engine/text/utf8.h"

namespace linnet::text {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, const DecodeOptions& options)
    : tokenizer_(tokenizer), special_(options.special), at_start_(options.at_start) {
  const auto longest = static_cast<std::size_t>(core::limits::kTokenBytes) + 4;
  held_.reserve(longest);
  text_.reserve(longest * kReplacementBytes.size());
}

std::string_view StreamDecoder::feed(int id) {
  tokenizer_.append(id, special_, at_start_, held_);
  text_.clear();
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    if (c.state == Character::State::cut) break;
    const auto bytes = static_cast<std::size_t>(c.bytes);
    text_ += c.state == Character::State::whole ? rest.substr(0, bytes) : kReplacementBytes;
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
