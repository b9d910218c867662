#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/text/framer.h"
#include "tools/common/output.h"
#include "tools/linnet/model_flags.h"

// What the commands that run an encoder alone have in common: a model, and lines of text for it.
namespace linnet::tools {

struct ReadingFlags {
  ModelFlags model;
  std::optional<std::string> text;
  std::string input = "-", pairs = "no";
  bool truncate = false, parse_special = false, json = false, quiet = false;

  // -m and what goes with it, -p, -i, --truncate; --pairs if the command reads pairs.
  void declare(Flags& flags, bool reads_pairs);
  // --json, --quiet
  void declare_output(Flags& flags, const std::string& events);
};

// The tokens that a text may have where -c does not say: longer ones are rare, and memory grows
// with them.
int usual_positions(const model::Spec& spec);

// A line of the input.
struct ReadLine {
  std::int64_t number;  // from 1
  std::string text;
  std::size_t second = 0;  // where the second text of a pair begins in it
  text::Framed framed;     // its tokens; none for an empty line
};

// An opened model that reads, and its input.
class ReadingLines {
 public:
  // Errors: those of open_model and open_encoder; unsupported, if the model has no vocabulary.
  // `words`: places whose words are asked for together.
  static core::Result<ReadingLines> open(ReadingFlags& flags, int words);

  const Model& model() const { return opened_.model; }
  encode::Encoder& encoder() { return encoder_; }
  const text::Tokenizer& tokenizer() const { return *opened_.model.tokenizer(); }

  // Encodes line after line, and calls each(line) for it, also for an empty one, which is not
  // encoded; flushes what was written for it. Returns the exit code. Errors: those of the lines and
  // of `each`, with the number of the line.
  using Each = std::function<core::Status(const ReadLine& line)>;
  core::Result<int> run(Output& out, const Each& each);

 private:
  ReadingLines(const ReadingFlags& flags, OpenedModel opened, text::Framer framer,
               encode::Encoder encoder)
      : flags_(flags),
        opened_(std::move(opened)),
        framer_(std::move(framer)),
        encoder_(std::move(encoder)) {}
  core::Status frame(ReadLine& line) const;
  core::Status work(ReadLine& line, const Each& each);

  const ReadingFlags& flags_;
  OpenedModel opened_;
  text::Framer framer_;
  encode::Encoder encoder_;
};

}  // namespace linnet::tools
