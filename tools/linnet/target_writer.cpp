#include "tools/linnet/target_writer.h"

#include <algorithm>

#include "tools/common/numbers.h"
#include "tools/linnet/json_line.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::say;
using generate::Hypothesis;

std::span<const float> attention_of(const Hypothesis& target, std::size_t token) {
  const std::size_t positions =
      target.attention.size() / std::max<std::size_t>(target.log_probs.size(), 1);
  return std::span(target.attention).subspan(token * positions, positions);
}

// Of each token and the end token, the source token that was looked at most.
std::string pairs_of(const Hypothesis& target) {
  std::string text;
  for (std::size_t t = 0; t < target.log_probs.size(); ++t) {
    const std::span<const float> weights = attention_of(target, t);
    const auto most = std::max_element(weights.begin(), weights.end()) - weights.begin();
    text += say(text.empty() ? "" : " ", most, "-", t);
  }
  return text;
}

// One line in, one line out.
std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void TargetFormat::declare(Flags& flags) {
  flags.on("--scores", scores,
           "Write \" ||| \" and the score after each target; with --n-best it is always there, and "
           "the number of the line, from 0, and \" ||| \" before");
  flags.on(
      "--alignments", alignments,
      "Write \" ||| \" and pairs source-target behind: for each token of the target and its end, "
      "the source token with the largest attention; both count from 0, with what stands around "
      "every source. In events all of the attention");
  flags.on("--replace-unknown", replace_unknown,
           "Write the word of the source with the largest attention for an unknown token");
  flags.on("--ids", ids, "Write token ids instead of text");
}

core::Status TargetFormat::check() const {
  if (ids && json)
    return Error{Fault::bad_argument,
                 "--ids and --json exclude each other; the events have the ids"};
  if (ids && replace_unknown)
    return Error{Fault::bad_argument, "--replace-unknown is for text, not for --ids"};
  return core::Done{};
}

TargetText::TargetText(const text::Tokenizer& target, bool replace_unknown)
    : tokenizer_(target),
      replace_(replace_unknown),
      whole_words_(replace_unknown && has_whole_words(target)) {}

void TargetText::begin(const SourceLine& source) {
  source_ = &source;
  decoder_.emplace(tokenizer_);
  last_ = '\0';
}

std::string TargetText::feed(int token, std::span<const float> attention) {
  if (!replace_ || token != tokenizer_.unknown()) return kept(std::string(decoder_->feed(token)));
  std::string text = flush();
  text += kept(word_for(attention));
  decoder_.emplace(tokenizer_, text::DecodeOptions{.special = false, .at_start = last_ == '\0'});
  return text;
}

std::string TargetText::word_for(std::span<const float> attention) {
  const SourceWord* best = nullptr;
  float most = -1;
  for (std::size_t j = 0; j < attention.size() && j < source_->words.size(); ++j)
    if (attention[j] > most && !source_->words[j].text.empty()) {
      most = attention[j];
      best = &source_->words[j];
    }
  if (best == nullptr) return "";
  const bool blank = last_ != '\0' && last_ != ' ' && (whole_words_ || best->begins_word);
  return (blank ? " " : "") + best->text;
}

std::string TargetText::kept(std::string piece) {
  if (!piece.empty()) last_ = piece.back();
  return piece;
}

std::string TargetText::of(const Hypothesis& target, const SourceLine& source) {
  begin(source);
  std::string text;
  for (std::size_t t = 0; t < target.tokens.size(); ++t)
    text += feed(target.tokens[t], attention_of(target, t));
  return text + flush();
}

void TargetWriter::write(const SourceLine& line) {
  if (format_.json) {
    write_event(line);
  } else if (line.targets.empty()) {
    write_target(line, {});
  } else {
    for (const Hypothesis& target : line.targets) write_target(line, target);
  }
}

void TargetWriter::write_target(const SourceLine& line, const Hypothesis& target) {
  begin(line);
  for (std::size_t t = 0; t < target.tokens.size(); ++t)
    put(target.tokens[t], attention_of(target, t));
  write_rest(target);
}

void TargetWriter::begin(const SourceLine& line) {
  if (format_.several) out_.write(say(line.number, " ||| "));
  text_.begin(line);
  line_ = line.number;
  tokens_ = 0;
}

void TargetWriter::put(int token, std::span<const float> attention) {
  const bool first = tokens_++ == 0;
  if (format_.ids) return out_.write(say(first ? "" : " ", token));
  const std::string piece = text_.feed(token, attention);
  if (!format_.json) return out_.write(on_one_line(piece));
  JsonLine event;
  event.add("event", "token").add("line", line_).add("id", token);
  out_.write(event.add("text", piece).line());
}

void TargetWriter::token(int token, std::span<const float> attention) {
  put(token, attention);
  out_.flush();
}

void TargetWriter::end(const SourceLine& line) {
  if (format_.json)
    write_event(line);
  else
    write_rest(line.targets.empty() ? Hypothesis{} : line.targets[0]);
}

// What is held back of the text, and what stands behind it.
void TargetWriter::write_rest(const Hypothesis& target) {
  if (!format_.ids) out_.write(on_one_line(text_.flush()));
  if (format_.several || format_.scores)
    out_.write(say(" ||| ", show_fixed(double{target.score}, 6)));
  if (format_.alignments) out_.write(" ||| " + pairs_of(target));
  out_.write("\n");
}

void TargetWriter::write_event(const SourceLine& line) {
  JsonArray all;
  std::string best;
  for (const Hypothesis& h : line.targets) {
    const std::string text = text_.of(h, line);
    if (&h == line.targets.data()) best = text;
    JsonLine one;
    one.add("text", text).raw("ids", json_ids(h.tokens));
    one.add("score", double{h.score}).add("sum", double{h.sum});
    one.raw("log_probs", json_numbers(h.log_probs));
    if (format_.alignments) {
      JsonArray rows;
      for (std::size_t t = 0; t < h.log_probs.size(); ++t)
        rows.add(json_numbers(attention_of(h, t)));
      one.raw("attention", rows.array());
    }
    all.add(one.add("finish", h.ended ? "end" : "length").object());
  }
  JsonLine event;
  event.add("event", "result").add("line", line.number).add("text", best);
  if (format_.alignments) event.raw("source_ids", json_ids(line.tokens));
  out_.write(event.raw("targets", all.array()).line());
}

}  // namespace linnet::tools
