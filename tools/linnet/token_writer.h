#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/generate/generate.h"
#include "engine/text/stop_strings.h"
#include "engine/text/stream_decoder.h"
#include "tools/common/output.h"

namespace linnet::tools {

// Whether no stop string is empty. Errors: bad_argument.
core::Status check_stops(const std::vector<std::string>& stop_strings);

enum class TokenFormat { text, ids, json };

// Prints tokens as they come: whole characters, numbers, or events. Flushes after each one.
class TokenWriter {
 public:
  // `tokenizer` may be null if the format is not text. `at_start`: the tokens begin a text instead
  // of continuing one. Both others outlive this.
  TokenWriter(Output& out, TokenFormat format, const text::Tokenizer* tokenizer, bool at_start,
              const std::vector<std::string>& stop_strings);

  // Tells to stop when a stop string is complete or nobody reads any more.
  generate::Go write(int token);
  // Prints what was held back, and ends the line.
  void finish();

  // All of it so far, without what is held back.
  const std::string& text() const { return text_; }
  const std::vector<int>& ids() const { return ids_; }
  bool stopped() const { return stops_.stopped(); }

 private:
  void print(int token, const std::string& piece);

  Output& out_;
  TokenFormat format_;
  std::optional<text::StreamDecoder> decoder_;
  text::StopStrings stops_;
  std::string text_;
  std::vector<int> ids_;
};

}  // namespace linnet::tools
