#include <span>
#include <vector>

#include "tools/common/numbers.h"
#include "tools/linnet/answers.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/npy.h"
#include "tools/linnet/reading_lines.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

class Embed : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command =
        add_command(program, "embed",
                    "Turn every line of the input into a vector with a model that reads (an "
                    "encoder alone): its numbers, one line for each text. An empty line gives an "
                    "empty line. A model of pictures or other vectors reads files (-i), and writes "
                    "a line for each",
                    "linnet embed -m model.linnet -p \"A text\"");
    Flags flags(*command);
    flags_.declare(flags, true, true);
    flags.group("Vectors");
    flags.choice("--pooling", pooling_, {"auto", "mean", "first", "last"},
                 "What stands for a text: the mean of its tokens, the first or the last of them; "
                 "auto: what the model's file says");
    flags.choice("--normalize", normalize_, {"auto", "yes", "no"},
                 "Whether vectors are scaled to length 1; auto: what the model's file says");
    flags.group("Output");
    flags.text("--npy", npy_, "FILE",
               "Write all vectors into one NumPy file instead, float32 [lines, width]; zeros for "
               "an empty line");
    flags_.declare_output(flags, "result, error");
    return command;
  }

  Result<int> run(Output& out) override {
    json_ = flags_.json;
    Result<ReadingLines> lines = ReadingLines::open(flags_, 1);
    if (!lines) return lines.error();
    if (!npy_.empty() && same_file(npy_, flags_.model.path))
      return Error{Fault::bad_argument, say("--npy: ", npy_, " is the model")};
    for (const std::string& input : flags_.inputs)
      if (!npy_.empty() && input != "-" && same_file(npy_, input))
        return Error{Fault::bad_argument, say("--npy: ", npy_, " is one of the inputs")};
    const model::Reading& reading = lines->model().spec().reading;
    const model::Pooling pooling = pooling_ == "mean"    ? model::Pooling::mean
                                   : pooling_ == "first" ? model::Pooling::first
                                   : pooling_ == "last"  ? model::Pooling::last
                                                         : reading.pooling;
    const bool unit = normalize_ == "auto" ? reading.unit_length : normalize_ == "yes";
    width_ = lines->model().spec().encoder.d_model;
    const Result<int> code = lines->run(out, [&](const ReadLine& line) -> Status {
      core::Mat vector;
      if (!line.text.empty()) {
        places_ = lines->encoder().hidden(0).rows;
        vector = lines->encoder().pooled(pooling, unit);
      }
      if (const Status fine = check_finite(vector); !fine) return fine;
      write(out, line, vector);
      return core::Done{};
    });
    if (!code || npy_.empty()) return code;
    if (const Status written = write_npy(npy_, all_, width_); !written) return written.error();
    return code;
  }

 private:
  // No rows: the vector of an empty line.
  void write(Output& out, const ReadLine& line, const core::Mat& vector) {
    const auto width = static_cast<std::size_t>(width_);
    const std::span<const float> numbers =
        vector.rows > 0 ? std::span<const float>(vector.row(0), width) : std::span<const float>();
    if (!npy_.empty()) {
      all_.insert(all_.end(), numbers.begin(), numbers.end());
      if (numbers.empty()) all_.resize(all_.size() + width);
    } else if (flags_.json) {
      JsonLine event;
      event.add("event", "result").add("line", line.number - 1);
      event.add("tokens", vector.rows > 0 ? places_ : 0);
      out.write(event.raw("embedding", json_numbers(numbers)).line());
    } else {
      std::string text;
      for (const float number : numbers) {
        if (!text.empty()) text += ' ';
        text += show_number(double{number});
      }
      out.write(text + "\n");
    }
  }

  ReadingFlags flags_;
  std::string pooling_ = "auto", normalize_ = "auto", npy_;
  int width_ = 0, places_ = 0;
  std::vector<float> all_;
};

}  // namespace

std::unique_ptr<Command> make_embed() { return std::make_unique<Embed>(); }

}  // namespace linnet::tools
