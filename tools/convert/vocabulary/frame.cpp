#include "tools/convert/vocabulary/frame.h"

#include <optional>

#include "tools/convert/vocabulary/parts.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

// The number of the only token that a template names `name`.
const std::uint64_t* number_of(const Json& step, const std::string& name) {
  const auto all = step.find("special_tokens");
  if (all == step.end() || !all->is_object()) return nullptr;
  const auto token = all->find(name);
  if (token == all->end() || !token->is_object()) return nullptr;
  const auto ids = token->find("ids");
  if (ids == token->end() || !ids->is_array() || ids->size() != 1) return nullptr;
  return (*ids)[0].get_ptr<const std::uint64_t*>();
}

// {"SpecialToken": {"id": name, ...}} or {"Sequence": ...}: the name, or nothing for the sequence.
std::optional<std::string> special_name(const Json& item) {
  const auto special = item.find("SpecialToken");
  if (special == item.end() || !special->is_object()) return std::nullopt;
  const auto id = special->find("id");
  if (id == special->end() || !id->is_string()) return std::nullopt;
  return id->get<std::string>();
}

Status read_template(const Json& step, const std::string& file, Frame& frame) {
  const auto unclear = [&](std::string_view what) {
    return Error{Fault::unsupported,
                 say(file, ": its post-processor ", what, ", which this version does not support")};
  };
  const auto single = step.find("single");
  if (single == step.end() || !single->is_array()) return unclear("has no template for one text");
  bool after_text = false;
  for (const Json& item : *single) {
    const auto name = special_name(item);
    if (!name) {
      if (after_text) return unclear("repeats the text");
      after_text = true;
      continue;
    }
    const std::uint64_t* id = number_of(step, *name);
    if (id == nullptr) return unclear(say("puts '", shown(*name), "' around text"));
    (after_text ? frame.end : frame.begin).push_back(*id);
  }
  return after_text ? Status(Done{}) : unclear("leaves out the text");
}

// RobertaProcessing and BertProcessing: "cls": ["<s>", 0], "sep": ["</s>", 2].
Status read_pair(const Json& step, const char* name, const std::string& file,
                 std::vector<std::uint64_t>& marks) {
  const auto pair = step.find(name);
  if (pair != step.end() && pair->is_array() && pair->size() == 2)
    if (const auto* id = (*pair)[1].get_ptr<const std::uint64_t*>()) {
      marks = {*id};
      return Done{};
    }
  return Error{Fault::corrupt, say(file, ": its post-processor has no token '", name, "'")};
}

}  // namespace

Result<Frame> Frame::read(const Json& json, const std::string& file) {
  auto steps = Parts::of(json, "post_processor", "processors", file);
  if (!steps) return steps.error();
  Frame frame;
  for (std::size_t i = 0; i < steps->size(); ++i) {
    const Json& step = (*steps)[i];
    const std::string& type = steps->type(i);
    Status read = Done{};
    if (type == "TemplateProcessing") {
      read = read_template(step, file, frame);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
      read = read_pair(step, "cls", file, frame.begin);
      if (read) read = read_pair(step, "sep", file, frame.end);
    } else if (type != "ByteLevel") {  // which only corrects offsets
      read = Error{Fault::unsupported, say(file, ": its post-processor has the step '", shown(type),
                                           "', which this version does not support")};
    }
    if (!read) return read.error();
  }
  return frame;
}

}  // namespace linnet::convert
