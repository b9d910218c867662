#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/text/framer.h"
#include "tools/common/output.h"
#include "tools/linnet/model_flags.h"

// What the commands that run an encoder alone have in common: a model, and lines of text for it, or
// files where it reads vectors.
namespace linnet::tools {

struct ReadingFlags {
  ModelFlags model;
  std::optional<std::string> text;
  std::vector<std::string> inputs = {};  // none: standard input
  std::string pairs = "no";
  int side = 0;  // pixels of a picture; 0: what the model was made for
  bool truncate = false, parse_special = false, json = false, quiet = false;

  // -m and what goes with it, -p, -i, --truncate; --pairs if the command reads pairs, --side if it
  // reads pictures.
  void declare(Flags& flags, bool reads_pairs, bool reads_pictures);
  // --json, --quiet
  void declare_output(Flags& flags, const std::string& events);
};

// The tokens that a text may have where -c does not say: longer ones are rare, and memory grows
// with them.
int usual_positions(const model::Spec& spec);

// A line of the input, or a file of vectors.
struct ReadLine {
  std::int64_t number;     // from 1
  std::string text;        // or the name of the file
  std::size_t second = 0;  // where the second text of a pair begins in it
  text::Framed framed;     // its tokens; none for an empty line
};

// An opened model that reads, and its input.
class ReadingLines {
 public:
  // Errors: those of open_model and open_encoder; unsupported, if the model has no vocabulary;
  // bad_argument for flags that are not for what it reads.
  // `words`: places whose words are asked for together.
  static core::Result<ReadingLines> open(ReadingFlags& flags, int words);

  const Model& model() const { return opened_.model; }
  encode::Encoder& encoder() { return encoder_; }
  // Of a model that reads text.
  const text::Tokenizer& tokenizer() const { return *opened_.model.tokenizer(); }

  // Encodes line after line, and calls each(line) for it, also for an empty one, which is not
  // encoded, or file after file; flushes what was written for it. Returns the exit code. Errors:
  // those of the lines and of `each`, with the number of the line.
  using Each = std::function<core::Status(const ReadLine& line)>;
  core::Result<int> run(Output& out, const Each& each);

 private:
  ReadingLines(const ReadingFlags& flags, OpenedModel opened, std::optional<text::Framer> framer,
               encode::Encoder encoder)
      : flags_(flags),
        opened_(std::move(opened)),
        framer_(std::move(framer)),
        encoder_(std::move(encoder)) {}
  static core::Result<ReadingLines> open_files(ReadingFlags& flags, OpenedModel opened);
  core::Status frame(ReadLine& line) const;
  core::Status work(ReadLine& line, const Each& each);
  core::Status work_on_file(const ReadLine& line, const Each& each);
  core::Result<int> run_files(Output& out, const Each& each);

  const ReadingFlags& flags_;
  OpenedModel opened_;
  std::optional<text::Framer> framer_;  // none: it reads vectors
  encode::Encoder encoder_;
};

}  // namespace linnet::tools
