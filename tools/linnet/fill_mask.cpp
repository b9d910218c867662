#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/generate/log_softmax.h"
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

constexpr int kMostMasks = 64;
constexpr std::string_view kUsualMasks[]{"[MASK]", "<mask>"};

class FillMask : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "fill-mask",
        "Guess the words that are masked in every line of the input, with a model that was trained "
        "for that. The best words for a mask and their probabilities, with blanks between them; "
        "tabs between several masks. An empty line gives an empty line",
        "linnet fill-mask -m model.linnet -p \"A [MASK] of bread\"");
    Flags flags(*command);
    flags_.declare(flags, true, false);
    flags.text(
        "--mask", mask_, "TEXT",
        "How a mask is written; the default is the one that the model has, [MASK] or <mask>");
    flags.group("Output");
    flags.integer("-k,--top-k", top_, 1, 1 << 20, "N", "So many words for each mask");
    flags_.declare_output(flags, "result, error");
    return command;
  }

  Result<int> run(Output& out) override {
    json_ = flags_.json;
    flags_.parse_special = true;
    Result<ReadingLines> lines = ReadingLines::open(flags_, kMostMasks);
    if (!lines) return lines.error();
    if (lines->model().spec().head != model::Head::logits)
      return Error{Fault::bad_argument,
                   say(flags_.model.path, " was not trained to guess words; see linnet embed")};
    const Result<int> mask = find_mask(lines->tokenizer());
    if (!mask) return mask.error();
    const auto vocab = static_cast<std::size_t>(lines->model().spec().vocab);
    row_.resize(vocab);
    room_.resize(vocab);
    return lines->run(out, [&](const ReadLine& line) { return answer(out, *lines, *mask, line); });
  }

 private:
  Result<int> find_mask(const text::Tokenizer& tokenizer) const {
    for (int id = 0; id < tokenizer.size(); ++id) {
      if (!tokenizer.is_special(id)) continue;
      const std::string_view piece = tokenizer.piece(id);
      const auto* usual = std::find(std::begin(kUsualMasks), std::end(kUsualMasks), piece);
      if (mask_.empty() ? usual != std::end(kUsualMasks) : piece == mask_) return id;
    }
    if (!mask_.empty())
      return Error{Fault::bad_argument, say("--mask: the model has no mark '", mask_, "'")};
    return Error{Fault::unsupported, say(flags_.model.path, " has no mask (--mask)")};
  }

  Status answer(Output& out, ReadingLines& lines, int mask, const ReadLine& line) {
    std::vector<int> places;
    const std::vector<int>& ids = line.framed.ids;
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == mask) places.push_back(static_cast<int>(i));
    if (!line.text.empty() && places.empty())
      return Error{Fault::bad_argument,
                   say("there is no ", lines.tokenizer().piece(mask), " in it")};
    if (places.size() > kMostMasks)
      return Error{Fault::limit,
                   say("it has ", places.size(), " masks; ", kMostMasks, " are the most")};
    std::string text;
    JsonArray masks;
    if (!places.empty()) {
      const core::Mat logits = lines.encoder().words(0, places);
      for (int row = 0; row < logits.rows; ++row) {
        std::copy_n(logits.row(row), row_.size(), row_.begin());
        if (!generate::log_softmax(row_, room_)) return not_numbers();
        if (row > 0) text += '\t';
        text += best_words(lines.tokenizer(), masks);
      }
    }
    JsonLine event;
    event.add("event", "result").add("line", line.number - 1).raw("masks", masks.array());
    out.write(json_ ? event.line() : text + "\n");
    return core::Done{};
  }

  // Of the log-probabilities in row_.
  std::string best_words(const text::Tokenizer& tokenizer, JsonArray& masks) const {
    std::vector<int> order(row_.size());
    std::iota(order.begin(), order.end(), 0);
    const auto count = std::min(order.size(), static_cast<std::size_t>(top_));
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end(), [&](int a, int b) {
                        const float x = row_[static_cast<std::size_t>(a)];
                        const float y = row_[static_cast<std::size_t>(b)];
                        return x > y || (x == y && a < b);
                      });
    order.resize(count);
    std::string text;
    JsonArray words;
    for (const int id : order) {
      const std::string_view piece = word_of(tokenizer, id);
      const double share = std::exp(double{row_[static_cast<std::size_t>(id)]});
      if (!text.empty()) text += ' ';
      text += std::string(piece) + " " + show_fixed(share, 6);
      JsonLine word;
      words.add(word.add("token", piece).add("id", id).add("probability", share).object());
    }
    masks.add(words.array());
    return text;
  }

  ReadingFlags flags_;
  std::string mask_;
  int top_ = 5;
  std::vector<float> row_, room_;
};

}  // namespace

std::unique_ptr<Command> make_fill_mask() { return std::make_unique<FillMask>(); }

}  // namespace linnet::tools
