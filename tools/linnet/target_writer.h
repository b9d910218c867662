#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/text/stream_decoder.h"
#include "tools/common/declare.h"
#include "tools/common/output.h"
#include "tools/linnet/translation.h"

namespace linnet::tools {

// How targets are written.
struct TargetFormat {
  bool json = false, ids = false, scores = false, alignments = false;
  bool several = false;          // targets of a source: each with the number of its line
  bool replace_unknown = false;  // by the word of the source that was looked at most

  // All but json and several.
  void declare(Flags& flags);
  // Errors: bad_argument, with the flags that exclude each other.
  core::Status check() const;
};

// The text of a target, token by token.
class TargetText {
 public:
  // The tokenizer outlives this.
  TargetText(const text::Tokenizer& target, bool replace_unknown);

  // Before a target of that source, which stays where it is.
  void begin(const SourceLine& source);
  // What a token adds, whole characters only. `attention` [source tokens] may be empty if nothing
  // is replaced.
  std::string feed(int token, std::span<const float> attention);
  std::string flush() { return kept(std::string(decoder_->flush())); }

  // All of it.
  std::string of(const generate::Hypothesis& target, const SourceLine& source);

 private:
  std::string word_for(std::span<const float> attention);
  std::string kept(std::string piece);

  const text::Tokenizer& tokenizer_;
  bool replace_, whole_words_;
  const SourceLine* source_ = nullptr;
  std::optional<text::StreamDecoder> decoder_;
  char last_ = '\0';  // written; 0: nothing yet
};

// Writes targets, as lines or as events.
class TargetWriter {
 public:
  // Both others outlive this.
  TargetWriter(Output& out, TargetFormat format, const text::Tokenizer& target)
      : out_(out), format_(format), text_(target, format.replace_unknown) {}

  // All targets of a line.
  void write(const SourceLine& line);

  // Or its only target while it is made: begin, each token, and the rest when all of it is known.
  void begin(const SourceLine& line);
  void token(int token, std::span<const float> attention);
  void end(const SourceLine& line);

 private:
  void put(int token, std::span<const float> attention);
  void write_target(const SourceLine& line, const generate::Hypothesis& target);
  void write_rest(const generate::Hypothesis& target);
  void write_event(const SourceLine& line);

  Output& out_;
  const TargetFormat format_;
  TargetText text_;
  std::int64_t line_ = 0;
  int tokens_ = 0;
};

}  // namespace linnet::tools
