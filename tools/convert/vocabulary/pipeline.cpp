#include "tools/convert/vocabulary/pipeline.h"

#include <utility>
#include <vector>

#include "engine/text/pretokenize.h"
#include "tools/convert/config.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr const char* kBlankSign = "\xE2\x96\x81";

// The members of json[part], in order: none if it is null, those of a sequence (of sequences), or
// the one that it is.
class Parts {
 public:
  static Result<Parts> of(const Json& json, const char* part, const char* list,
                          const std::string& file) {
    Parts parts;
    const auto found = json.find(part);
    if (found != json.end() && !parts.add(*found, list))
      return Error{Fault::corrupt, say(file, ": the ", part, " is not an object with a type")};
    return parts;
  }
  std::size_t size() const { return parts_.size(); }
  const Json& operator[](std::size_t i) const { return *parts_[i]; }
  const std::string& type(std::size_t i) const { return types_[i]; }
  bool are(std::initializer_list<std::string_view> types) const {
    return std::equal(types_.begin(), types_.end(), types.begin(), types.end());
  }

 private:
  bool add(const Json& json, const char* list) {
    if (json.is_null()) return true;
    const auto type = json.find("type");
    if (type == json.end() || !type->is_string()) return false;
    if (*type != "Sequence") {
      parts_.push_back(&json);
      types_.push_back(type->get<std::string>());
      return true;
    }
    const auto items = json.find(list);
    if (items == json.end() || !items->is_array()) return false;
    for (const Json& item : *items)
      if (!add(item, list)) return false;
    return true;
  }

  std::vector<const Json*> parts_;
  std::vector<std::string> types_;
};

class PipelineReader {
 public:
  PipelineReader(const std::string& file, const std::vector<std::string>& ignored, Pipeline& to)
      : file_(file), ignored_(ignored), to_(to) {}

  Status read(const Json& json) {
    auto normalizers = Parts::of(json, "normalizer", "normalizers", file_);
    if (!normalizers) return normalizers.error();
    auto pre_tokenizers = Parts::of(json, "pre_tokenizer", "pretokenizers", file_);
    if (!pre_tokenizers) return pre_tokenizers.error();
    auto decoders = Parts::of(json, "decoder", "decoders", file_);
    if (!decoders) return decoders.error();
    if (Status done = read_normalizers(*normalizers); !done) return done;
    if (Status done = read_pre_tokenizers(*pre_tokenizers); !done) return done;
    return read_decoders(*decoders);
  }

 private:
  Error refused(std::string_view what) const {
    return {Fault::unsupported, say(file_, ": ", what, ", which this version does not support")};
  }
  Error refused(const char* part, const std::string& type) const {
    return refused(say("its ", part, " has the step '", shown(type), "'"));
  }
  Config fields(const Json& json, const char* part) const {
    Config config(json, say(file_, ": ", part), ignored_);
    config.harmless("type");
    return config;
  }

  // Prepend and Replace, as for Llama 2: U+2581 before the text and for every blank.
  Status read_normalizers(const Parts& steps) {
    bool prepends = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Config step = fields(steps[i], "normalizer");
      if (steps.type(i) == "Prepend") {
        step.only("prepend", kBlankSign);
        prepends = true;
      } else if (steps.type(i) == "Replace") {
        step.only("pattern", Json{{"String", " "}});
        step.only("content", kBlankSign);
        marks_blanks_ = true;
      } else {
        return refused("normalizer", steps.type(i));
      }
      if (Status fine = step.finish(); !fine) return fine;
      to_.normalises = true;
    }
    if (prepends && !marks_blanks_) return refused("its normalizer puts U+2581 before text only");
    if (prepends) to_.prefix = "every";
    return Done{};
  }

  Status read_pre_tokenizers(const Parts& steps) {
    if (steps.are({})) {
      if (!marks_blanks_) return refused("it has neither a normalizer nor a pre-tokenizer");
      return Done{};
    }
    if (steps.are({"Metaspace"})) return read_metaspace(steps[0]);
    if (steps.are({"ByteLevel"})) return read_byte_level(steps[0]);
    if (steps.are({"Split", "ByteLevel"})) return read_split(steps[0], steps[1]);
    return refused("pre_tokenizer", steps.type(steps.size() > 1 ? 1 : 0));
  }

  Status read_metaspace(const Json& json) {
    if (to_.normalises) return refused("it has a normalizer before the pre-tokenizer 'Metaspace'");
    Config step = fields(json, "pre_tokenizer");
    step.harmless("str_rep");
    step.only("replacement", kBlankSign);
    const bool prepends = step.flag("add_prefix_space", true);
    const std::string scheme = step.text("prepend_scheme", prepends ? "always" : "never");
    to_.split_blanks = step.flag("split", true);
    if (Status fine = step.finish(); !fine) return fine;
    if (scheme != "always" && scheme != "first" && scheme != "never")
      return refused(say("its pre-tokenizer has the prepend_scheme '", shown(scheme), "'"));
    to_.prefix = scheme == "always" ? "every" : scheme == "first" ? "first" : "none";
    to_.prefix_unless_blank = true;
    return Done{};
  }

  Status read_byte_level(const Json& json) {
    Config step = fields(json, "pre_tokenizer");
    step.harmless("trim_offsets");
    step.only("use_regex", true);
    const bool prepends = step.flag("add_prefix_space", true);
    to_.prefix = prepends ? "every" : "none";
    to_.prefix_unless_blank = prepends;
    to_.pattern = text::kGpt2Pattern;
    return finish_byte_level(step);
  }

  Status read_split(const Json& split_json, const Json& byte_json) {
    Config split = fields(split_json, "pre_tokenizer");
    if (auto pattern = split.section("pattern")) to_.pattern = pattern->text("Regex", "");
    // The known expressions match all of a text, so that keeping what lies between the matches and
    // dropping it is the same.
    const std::string behavior = split.text("behavior", "");
    const bool invert = split.flag("invert", false);
    if (Status fine = split.finish(); !fine) return fine;
    if (!(behavior == "Isolated" && !invert) && !(behavior == "Removed" && invert))
      return refused(say("its pre-tokenizer splits with the behavior '", shown(behavior), "'"));
    Config step = fields(byte_json, "pre_tokenizer");
    step.harmless("trim_offsets");
    step.only("use_regex", false);
    step.only("add_prefix_space", false);
    // Absent means true for both.
    if (!step.has("use_regex") || !step.has("add_prefix_space"))
      return refused("its pre-tokenizer splits words twice");
    return finish_byte_level(step);
  }

  Status finish_byte_level(const Config& step) {
    if (Status fine = step.finish(); !fine) return fine;
    if (to_.normalises) return refused("it has a normalizer before the pre-tokenizer 'ByteLevel'");
    if (text::find_pattern(to_.pattern) == nullptr)
      return refused(say("its pre-tokenizer splits by the expression '", shown(to_.pattern), "'"));
    to_.byte_level = true;
    return Done{};
  }

  Status read_decoders(const Parts& steps) {
    if (to_.byte_level && !steps.are({"ByteLevel"}))
      return refused("decoder", steps.size() == 0 ? "none" : steps.type(0));
    if (to_.byte_level) return Done{};
    bool unmarks_blanks = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Config step = fields(steps[i], "decoder");
      const std::string& type = steps.type(i);
      if (type == "Replace") {
        step.only("pattern", Json{{"String", kBlankSign}});
        step.only("content", " ");
        unmarks_blanks = true;
      } else if (type == "Metaspace") {
        step.harmless("str_rep");
        step.harmless("split");
        step.only("replacement", kBlankSign);
        const bool prepended = step.flag("add_prefix_space", true);
        to_.strip_first = step.text("prepend_scheme", prepended ? "always" : "never") != "never";
        unmarks_blanks = true;
      } else if (type == "ByteFallback") {
        to_.byte_fallback = true;
      } else if (type == "Strip") {
        step.only("content", " ");
        step.only("start", 1);
        step.only("stop", 0);
        to_.strip_first = true;
      } else if (type != "Fuse") {
        return refused("decoder", type);
      }
      if (Status fine = step.finish(); !fine) return fine;
    }
    return unmarks_blanks ? Status(Done{}) : refused("its decoder leaves U+2581 in the text");
  }

  const std::string& file_;
  const std::vector<std::string>& ignored_;
  Pipeline& to_;
  bool marks_blanks_ = false;
};

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
    auto& mark = after_text ? frame.end : frame.begin;
    if (mark) return unclear("puts several tokens on one side of the text");
    mark = *id;
  }
  return after_text ? Status(Done{}) : unclear("leaves out the text");
}

// RobertaProcessing and BertProcessing: "cls": ["<s>", 0], "sep": ["</s>", 2].
Status read_pair(const Json& step, const char* name, const std::string& file,
                 std::optional<std::uint64_t>& mark) {
  const auto pair = step.find(name);
  if (pair != step.end() && pair->is_array() && pair->size() == 2)
    if (const auto* id = (*pair)[1].get_ptr<const std::uint64_t*>()) {
      mark = *id;
      return Done{};
    }
  return Error{Fault::corrupt, say(file, ": its post-processor has no token '", name, "'")};
}

}  // namespace

Result<Pipeline> Pipeline::read(const Json& json, const std::string& file,
                                const std::vector<std::string>& ignored_fields) {
  Pipeline pipeline;
  if (Status read = PipelineReader(file, ignored_fields, pipeline).read(json); !read)
    return read.error();
  return pipeline;
}

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
