#include "tools/linnet/token_writer.h"

#include "tools/linnet/json_line.h"

namespace linnet::tools {

core::Status check_stops(const std::vector<std::string>& stop_strings) {
  for (const std::string& stop : stop_strings)
    if (stop.empty())
      return core::Error{core::Fault::bad_argument, "--stop needs a text that is not empty"};
  return core::Done{};
}

TokenWriter::TokenWriter(Output& out, TokenFormat format, const text::Tokenizer* tokenizer,
                         bool at_start, const std::vector<std::string>& stop_strings)
    : out_(out), format_(format), stops_(stop_strings) {
  if (tokenizer != nullptr)
    decoder_.emplace(*tokenizer, text::DecodeOptions{.special = false, .at_start = at_start});
}

generate::Go TokenWriter::write(int token) {
  ids_.push_back(token);
  print(token, decoder_ ? stops_.push(decoder_->feed(token)) : std::string());
  out_.flush();
  return stops_.stopped() || out_.failed() ? generate::Go::stop : generate::Go::on;
}

void TokenWriter::print(int token, const std::string& piece) {
  text_ += piece;
  switch (format_) {
    case TokenFormat::text:
      out_.write(piece);
      break;
    case TokenFormat::ids:
      out_.write(core::say(ids_.size() > 1 ? " " : "", token));
      break;
    case TokenFormat::json:
      out_.write(JsonLine().add("event", "token").add("id", token).add("text", piece).line());
      break;
  }
}

void TokenWriter::finish() {
  if (decoder_ && !stops_.stopped()) {
    std::string rest = stops_.push(decoder_->flush());
    if (!stops_.stopped()) rest += stops_.finish();
    text_ += rest;
    if (format_ == TokenFormat::text) out_.write(rest);
  }
  const bool line_open =
      format_ == TokenFormat::text ? !text_.empty() && text_.back() != '\n' : !ids_.empty();
  if (format_ != TokenFormat::json && line_open) out_.write("\n");
  out_.flush();
}

}  // namespace linnet::tools
