#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tools/common/numbers.h"
#include "tools/linnet/answers.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/reading_lines.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using model::Classes;

// Shares of one, from scores; a single score stays as it is.
std::vector<double> probabilities(std::span<const float> scores) {
  if (scores.size() == 1) return {double{scores[0]}};
  const double top = *std::max_element(scores.begin(), scores.end());
  std::vector<double> shares;
  for (const float score : scores) shares.push_back(std::exp(double{score} - top));
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= total;
  return shares;
}

class Classify : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "classify",
        "Say of every line of the input to which class it belongs, with a model that was trained "
        "for that: the class and its probability, with a tab between them (a model of a single "
        "class: its score). A model of tokens writes each token, a slash and its class; one that "
        "answers questions reads pairs, question and text, and writes the answer in the text. An "
        "empty line gives an empty line. A model of pictures or other vectors reads files (-i), "
        "and writes a line for each",
        "linnet classify -m model.linnet -p \"What a film\"");
    Flags flags(*command);
    flags_.declare(flags, true, true);
    flags.group("Output");
    flags.integer("-k,--top-k", top_, 1, 1 << 16, "N", "So many classes of a text, the best first");
    flags_.declare_output(flags, "result, error");
    return command;
  }

  Result<int> run(Output& out) override {
    json_ = flags_.json;
    Result<ReadingLines> lines = ReadingLines::open(flags_, 1);
    if (!lines) return lines.error();
    const model::Reading& reading = lines->model().spec().reading;
    if (reading.classes == Classes::none)
      return Error{Fault::bad_argument,
                   say(flags_.model.path, " was not trained to classify; see linnet embed")};
    return lines->run(out,
                      [&](const ReadLine& line) { return answer(out, *lines, reading, line); });
  }

 private:
  static std::string label(const model::Reading& reading, std::size_t i) {
    return reading.labels.empty() ? say("LABEL_", i) : reading.labels[i];
  }

  Status answer(Output& out, ReadingLines& lines, const model::Reading& reading,
                const ReadLine& line) {
    JsonLine event;
    event.add("event", "result").add("line", line.number - 1);
    std::string text;
    if (!line.text.empty()) {
      const core::Mat scores = reading.classes == Classes::sequence
                                   ? lines.encoder().classes()
                                   : lines.encoder().token_classes();
      if (const Status fine = check_finite(scores); !fine) return fine;
      text = reading.classes == Classes::sequence ? of_text(reading, scores, event)
             : reading.classes == Classes::tokens
                 ? of_tokens(lines.tokenizer(), reading, line, scores, event)
                 : of_span(lines.tokenizer(), line, scores, event);
    }
    out.write(json_ ? event.line() : text + "\n");
    return core::Done{};
  }

  std::string of_text(const model::Reading& reading, const core::Mat& scores, JsonLine& event) {
    const auto count = static_cast<std::size_t>(scores.cols);
    const std::vector<double> shares = probabilities({scores.row(0), count});
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
    order.resize(std::min(count, static_cast<std::size_t>(top_)));
    std::string text;
    JsonArray all;
    for (const std::size_t i : order) {
      if (!text.empty()) text += '\t';
      text += label(reading, i) + "\t" + show_fixed(shares[i], 6);
      JsonLine one;
      one.add("label", label(reading, i)).add("probability", shares[i]);
      all.add(one.add("score", double{scores.row(0)[i]}).object());
    }
    event.raw("classes", all.array());
    return text;
  }

  static std::string of_tokens(const text::Tokenizer& tokenizer, const model::Reading& reading,
                               const ReadLine& line, const core::Mat& scores, JsonLine& event) {
    std::string text;
    JsonArray all;
    const auto add = [&](int at) {
      const std::size_t count = static_cast<std::size_t>(scores.cols);
      const std::vector<double> shares = probabilities({scores.row(at), count});
      const auto best =
          static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
      const int id = line.framed.ids[static_cast<std::size_t>(at)];
      const std::string_view piece = word_of(tokenizer, id);
      const std::string answer = count == 1 ? show_fixed(shares[0], 6) : label(reading, best);
      if (!text.empty()) text += ' ';
      text += std::string(piece) + "/" + answer;
      JsonLine one;
      one.add("token", piece).add("id", id).add("label", label(reading, best));
      all.add(one.add("probability", shares[best]).object());
    };
    for (const auto& part : {line.framed.first, line.framed.second})
      for (int at = part.begin; at < part.end; ++at) add(at);
    event.raw("tokens", all.array());
    return text;
  }

  // The stretch of the second text, of at most so many tokens, whose begin and end score best.
  static std::string of_span(const text::Tokenizer& tokenizer, const ReadLine& line,
                             const core::Mat& scores, JsonLine& event) {
    constexpr int kLongestAnswer = 30;
    const bool pair = line.framed.second.end > line.framed.second.begin;
    const text::Framed::Part part = pair ? line.framed.second : line.framed.first;
    std::vector<float> starts, ends;
    for (int at = part.begin; at < part.end; ++at) {
      starts.push_back(scores.row(at)[0]);
      ends.push_back(scores.row(at)[1]);
    }
    if (starts.empty()) return "";
    std::size_t start = 0, end = 0;
    for (std::size_t i = 0; i < starts.size(); ++i)
      for (std::size_t j = i; j < std::min(ends.size(), i + kLongestAnswer); ++j)
        if (starts[i] + ends[j] > starts[start] + ends[end]) {
          start = i;
          end = j;
        }
    // A single place is sure, whatever its score.
    const bool several = starts.size() > 1;
    const double share = several ? probabilities(starts)[start] * probabilities(ends)[end] : 1.0;
    const auto first = line.framed.ids.begin() + part.begin;
    const std::vector<int> ids(first + static_cast<std::ptrdiff_t>(start),
                               first + static_cast<std::ptrdiff_t>(end) + 1);
    const std::string answer = tokenizer.decode(ids);
    event.add("answer", answer).add("probability", share);
    return answer + "\t" + show_fixed(share, 6);
  }

  ReadingFlags flags_;
  int top_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_classify() { return std::make_unique<Classify>(); }

}  // namespace linnet::tools
