#include "tools/convert/vocabulary/frame.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/core/limits.h"
#include "tools/convert/vocabulary/parts.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::int64_t kFirst = -1, kSecond = -2;

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

// {"SpecialToken": {"id": "[SEP]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}}.
struct Item {
  bool special = false;
  std::string name;
  std::int32_t type = 0;

  static std::optional<Item> of(const Json& json) {
    for (const char* kind : {"SpecialToken", "Sequence"}) {
      const auto found = json.find(kind);
      if (found == json.end() || !found->is_object()) continue;
      const auto id = found->find("id"), type = found->find("type_id");
      if (id == found->end() || !id->is_string()) return std::nullopt;
      Item item{std::string_view(kind) == "SpecialToken", id->get<std::string>(), 0};
      if (type == found->end()) return item;
      const auto* number = type->get_ptr<const std::uint64_t*>();
      if (number == nullptr || *number >= static_cast<std::uint64_t>(core::limits::kTokenTypes))
        return std::nullopt;
      item.type = static_cast<std::int32_t>(*number);
      return item;
    }
    return std::nullopt;
  }
};

class TemplateReader {
 public:
  TemplateReader(const Json& step, const std::string& file) : step_(step), file_(file) {}

  Status read(Frame& frame) {
    if (Status read = read_form("single", frame.single); !read) return read;
    const auto text = std::find(frame.single.ids.begin(), frame.single.ids.end(), kFirst);
    if (text == frame.single.ids.end()) return unclear("leaves out the text");
    frame.begin.assign(frame.single.ids.begin(), text);
    frame.end.assign(text + 1, frame.single.ids.end());
    // A model that is never given two texts may say odd things of them.
    Frame::Form pair;
    if (read_form("pair", pair) &&
        std::find(pair.ids.begin(), pair.ids.end(), kFirst) != pair.ids.end() &&
        std::find(pair.ids.begin(), pair.ids.end(), kSecond) != pair.ids.end())
      frame.pair = std::move(pair);
    return Done{};
  }

 private:
  Error unclear(std::string_view what) const {
    return {Fault::unsupported,
            say(file_, ": its post-processor ", what, ", which this version does not support")};
  }

  Status read_form(const char* name, Frame::Form& form) const {
    const auto items = step_.find(name);
    if (items == step_.end() || !items->is_array()) return unclear("has no template for one text");
    for (const Json& json : *items) {
      const auto item = Item::of(json);
      if (!item) return unclear("has a template with an unknown part");
      form.types.push_back(item->type);
      if (!item->special) {
        const std::int64_t text = item->name == "B" ? kSecond : kFirst;
        if (std::find(form.ids.begin(), form.ids.end(), text) != form.ids.end())
          return unclear("repeats the text");
        form.ids.push_back(text);
        continue;
      }
      const std::uint64_t* id = number_of(step_, item->name);
      if (id == nullptr || *id >= static_cast<std::uint64_t>(core::limits::kVocabulary))
        return unclear(say("puts '", shown(item->name), "' around text"));
      form.ids.push_back(static_cast<std::int64_t>(*id));
    }
    return Done{};
  }

  const Json& step_;
  const std::string& file_;
};

// "cls": ["<s>", 0]
Status read_mark(const Json& step, const char* name, const std::string& file, std::int64_t& mark) {
  const auto pair = step.find(name);
  if (pair != step.end() && pair->is_array() && pair->size() == 2)
    if (const auto* id = (*pair)[1].get_ptr<const std::uint64_t*>();
        id != nullptr && *id < static_cast<std::uint64_t>(core::limits::kVocabulary)) {
      mark = static_cast<std::int64_t>(*id);
      return Done{};
    }
  return Error{Fault::corrupt, say(file, ": its post-processor has no token '", name, "'")};
}

// BertProcessing and RobertaProcessing, which has the mark between two texts twice, and no types.
Status read_marks(const Json& step, bool roberta, const std::string& file, Frame& frame) {
  std::int64_t begin = 0, end = 0;
  if (Status read = read_mark(step, "cls", file, begin); !read) return read;
  if (Status read = read_mark(step, "sep", file, end); !read) return read;
  frame.begin = {static_cast<std::uint64_t>(begin)};
  frame.end = {static_cast<std::uint64_t>(end)};
  frame.single = {{begin, kFirst, end}, {0, 0, 0}};
  frame.pair = {{begin, kFirst, end, kSecond, end}, {0, 0, 0, 1, 1}};
  if (roberta) frame.pair = {{begin, kFirst, end, end, kSecond, end}, {0, 0, 0, 0, 0, 0}};
  return Done{};
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
      read = TemplateReader(step, file).read(frame);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
      read = read_marks(step, type == "RobertaProcessing", file, frame);
    } else if (type != "ByteLevel") {  // which only corrects offsets
      read = Error{Fault::unsupported, say(file, ": its post-processor has the step '", shown(type),
                                           "', which this version does not support")};
    }
    if (!read) return read.error();
  }
  return frame;
}

}  // namespace linnet::convert
