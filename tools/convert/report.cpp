#include "tools/convert/report.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/common/numbers.h"

namespace linnet::convert {
namespace {

using core::say;
using tools::show_bytes;
using tools::show_fixed;

std::string scientific(double value) {
  if (value == 0) return "0";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::scientific, 1);
  return {text.data(), end.ptr};
}

std::string percent(double share) { return share == 0 ? "0" : show_fixed(100 * share, 3) + " %"; }

std::string shape_of(const PackedTensor& tensor) {
  return tensor.vector ? say(tensor.in) : say(tensor.out, " x ", tensor.in);
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string line(const std::string& name, const std::string& type, const std::string& shape,
                 const std::string& relative, const std::string& largest) {
  return say(left(name, 32), " ", left(type, 4), right(shape, 15), right(relative, 14),
             right(largest, 12), "\n");
}

}  // namespace

std::string report_table(const Report& report) {
  const std::string vectors =
      report.test_vectors > 0 ? say(report.test_vectors, " test vectors hold\n") : "";
  if (report.tensors.empty()) return vectors;
  std::string text = line("tensor", "type", "shape", "rms error", "largest");
  const PackedTensor* worst = nullptr;
  for (const PackedTensor& tensor : report.tensors) {
    text += line(tensor.name, std::string(name_of(tensor.type)), shape_of(tensor),
                 percent(relative_error(tensor.error)), scientific(tensor.error.largest));
    if (worst == nullptr || relative_error(tensor.error) > relative_error(worst->error))
      worst = &tensor;
  }
  const kernels::QuantizationError sum = report.error();
  text += line(say("all ", report.tensors.size()), "", show_bytes(report.bytes()),
               percent(relative_error(sum)), scientific(sum.largest));
  if (worst != nullptr && relative_error(worst->error) > 0)
    text += say("worst: ", worst->name, ", ", percent(relative_error(worst->error)), "\n");
  if (report.kept() > 0 && report.scale_change() == 0)
    text += say("the integers and scales of ", report.kept(), " tensors are kept as they are\n");
  else if (report.kept() > 0)
    text +=
        say("the integers of ", report.kept(), " tensors are kept; rounding the scales of ",
            "their rows to 16 bits moved them by at most ", percent(report.scale_change()), "\n");
  if (!report.chat_format.empty()) text += say("chat format: ", report.chat_format, "\n");
  return text + vectors;
}

Event tensor_event(const PackedTensor& tensor) {
  Event event{{"event", "tensor"},
              {"name", tensor.name},
              {"type", name_of(tensor.type)},
              {"shape", tensor.vector ? Event{tensor.in} : Event{tensor.out, tensor.in}},
              {"bytes", tensor.bytes},
              {"relative_error", relative_error(tensor.error)},
              {"largest_error", tensor.error.largest}};
  if (tensor.kept) event["scale_change"] = tensor.scale_change;
  return event;
}

Event result_event(const Report& report, const std::string& output) {
  const kernels::QuantizationError sum = report.error();
  Event event{{"event", "result"},
              {"output", output},
              {"family", report.family},
              {"tokenizer", report.tokenizer},
              {"test_vectors", report.test_vectors},
              {"tensors", report.tensors.size()},
              {"bytes", report.bytes()},
              {"relative_error", relative_error(sum)},
              {"largest_error", sum.largest}};
  if (report.kept() > 0) event["scale_change"] = report.scale_change();
  if (!report.chat_format.empty()) event["chat_format"] = report.chat_format;
  return event;
}

}  // namespace linnet::convert
