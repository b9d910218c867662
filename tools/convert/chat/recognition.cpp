#include "tools/convert/chat/recognition.h"

#include <algorithm>
#include <array>

#include "tools/convert/chat/template_text.h"

namespace linnet::convert {
namespace {

constexpr std::size_t kLongestTemplate = 64 << 10;
// A text of so many bytes that nobody asked for is taken for one that the format does not have.
constexpr std::size_t kLongText = 24;

struct Rule {
  std::string_view format;
  std::array<std::string_view, 5> parts;  // of TemplateText::code
  // What stands around the format's system text where that is a turn of its own.
  std::string_view system_before = {}, system_after = {};
  bool lines_outside = false;  // line ends stand outside of tags, and nothing else
};

constexpr std::string_view kImSystem = "<|im_start|>system\n", kImEnd = "<|im_end|>\n";
constexpr std::string_view kPhiSystem = "<|system|>\n", kPhiEnd = "<|end|>\n";

constexpr Rule kRules[]{
    {"chatml",
     {"'<|im_start|>'+message.role+'\n'+message.content+'<|im_end|>\n'",
      "'<|im_start|>assistant\n'}}"},
     kImSystem,
     kImEnd},
    {"chatml",
     {"'<|im_start|>user\n'+message.content+'<|im_end|>\n'", "'<|im_start|>assistant\n'}}"},
     kImSystem,
     kImEnd},
    {"llama3",
     {"'<|start_header_id|>'+message.role+'<|end_header_id|>\n\n'+message.content|trim+"
      "'<|eot_id|>'",
      "'<|start_header_id|>assistant<|end_header_id|>\n\n'}}"},
     "<|start_header_id|>system<|end_header_id|>\n\n",
     "<|eot_id|>"},
    {"gemma",
     {"'<start_of_turn>'+role+'\n'+message.content|trim+'<end_of_turn>\n'",
      "'<start_of_turn>model\n'}}"}},
    {"gemma",
     {"'<start_of_turn>'+role+'\n'+(first_user_prefix if loop.first else'')",
      "messages[0].content+'\n\n'", "{{message.content|trim}}", "{{'<end_of_turn>\n'}}",
      "'<start_of_turn>model\n'}}"}},
    {"llama2",
     {"{{bos_token+'[INST] '+content.strip()+' [/INST]'}}", "{{' '+content.strip()+' '+eos_token}}",
      "'<<SYS>>\n'+system_message+'\n<</SYS>>\n\n'+message.content"}},
    {"mistral", {"{{'[INST] '+message.content+' [/INST]'}}", "{{message.content+eos_token}}"}},
    {"mistral-v1",
     {"{{' [INST] '+message.content+' [/INST]'}}", "{{' '+message.content+eos_token}}"}},
    {"mistral-v3",
     {"{{'[INST] '+message.content+'[/INST]'}}", "{{' '+message.content|trim+eos_token}}"}},
    {"phi3",
     {"'<|'+message.role+'|>\n'+message.content+'<|end|>\n'", "'<|assistant|>\n'}}"},
     kPhiSystem,
     kPhiEnd},
    {"phi3",
     {"{{'<|user|>\n'+message.content+'<|end|>\n'}}", "{{'<|assistant|>\n'}}"},
     kPhiSystem,
     kPhiEnd},
    {"phi3",
     {"{{'<|user|>\n'+message.content+'<|end|>\n<|assistant|>\n'}}",
      "{{message.content+'<|end|>\n'}}"},
     kPhiSystem,
     kPhiEnd},
    {"zephyr",
     {"{{'<|user|>\n'+message.content+eos_token}}\n", "{{'<|assistant|>'}}\n"},
     {},
     {},
     true},
    {"zephyr", {"{{'<|user|>\n'+message.content+eos_token+'\n'}}", "{{'<|assistant|>\n'}}"}},
};

// Whether nothing is written behind what opens the answer, if that is what a template of the rule
// ends with.
bool answers_end(const Rule& rule, const TemplateText& text) {
  std::size_t last = 0;
  std::string_view at_end;
  for (const std::string_view part : rule.parts)
    if (const std::size_t at = text.code.rfind(part);
        !part.empty() && at != std::string::npos && at >= last) {
      last = at;
      at_end = part;
    }
  const bool opens = at_end.find("assistant") != std::string_view::npos ||
                     at_end.find("<start_of_turn>model") != std::string_view::npos;
  // What is written if somebody switches thinking off (Qwen3) is not written otherwise.
  if (text.has("enable_thinking is false")) return true;
  return !opens || text.code.find("{{", last + at_end.size()) == std::string::npos;
}

bool fits(const Rule& rule, const TemplateText& text) {
  const auto there = [&](std::string_view part) { return text.has(part); };
  const bool outside = rule.lines_outside
                           ? text.outside.find_first_not_of('\n') == std::string::npos
                           : text.outside.empty();
  return outside && std::all_of(rule.parts.begin(), rule.parts.end(), there) &&
         answers_end(rule, text);
}

// The system text of a model that has one of its own: written as a whole turn, or put in the place
// of the one that is not there.
std::optional<std::string> own_system(const Rule& rule, const TemplateText& text) {
  for (const std::string& one : text.texts)
    if (!rule.system_before.empty() && one.starts_with(rule.system_before) &&
        one.ends_with(rule.system_after) &&
        one.size() > rule.system_before.size() + rule.system_after.size())
      return one.substr(rule.system_before.size(),
                        one.size() - rule.system_before.size() - rule.system_after.size());
  constexpr std::string_view kSet = "{%set system_message='", kEnd = "'%}";
  const std::size_t at = text.code.find(kSet);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + kSet.size(), end = text.code.find(kEnd, begin);
  if (end == std::string::npos || end == begin) return std::nullopt;
  return text.code.substr(begin, end - begin);
}

// Whether it has a text that neither the format nor its own system text explains.
bool says_more(const Rule& rule, const TemplateText& text, const std::string& system) {
  for (const std::string& one : text.texts) {
    const auto known = [&](std::string_view part) {
      return part.find("'" + one + "'") != std::string_view::npos;
    };
    if (one.size() >= kLongText && (system.empty() || one.find(system) == std::string::npos) &&
        !one.starts_with("<|start_header_id|>") &&
        std::none_of(rule.parts.begin(), rule.parts.end(), known))
      return true;
  }
  return false;
}

std::string left_out(const Rule& rule, const TemplateText& text) {
  std::string all;
  const auto add = [&](bool there, std::string_view what) {
    if (there) all += (all.empty() ? "" : "; ") + std::string(what);
  };
  add(text.has("tools"), "its texts for tools");
  add(text.has("strftime_now") || text.has("date_string"),
      "the dates that it writes into the system text");
  add(text.has("think"), "that it takes thoughts (<think>) out of earlier answers");
  add(text.has("System role not supported") ||
          text.has("Only user and assistant roles are supported!"),
      "that it refuses a system text");
  add(text.has("image"), "the places of pictures");
  add(rule.format == "mistral-v3",
      "that a system text moves along before the last text of the user");
  return all;
}

}  // namespace

std::optional<RecognisedTemplate> recognise_template(std::string_view source) {
  if (source.size() > kLongestTemplate) return std::nullopt;
  const TemplateText text = read_template(source);
  if (text.has(std::string_view("\0", 1))) return std::nullopt;  // an escape that nobody undid
  const Rule* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const Rule& one) { return fits(one, text); });
  if (rule == std::end(kRules)) return std::nullopt;
  RecognisedTemplate found{rule->format, text.has("bos_token"), own_system(*rule, text)};
  // A system text stands within the user's turn or there is none.
  if (rule->format.starts_with("mistral") && text.has("'system'") &&
      !text.has("[INST] '+system_message+'\n\n'+message.content+"))
    return std::nullopt;
  if (!text.has("tools") && says_more(*rule, text, found.system.value_or(""))) return std::nullopt;
  // The library's own templates of older versions hold theirs behind a condition.
  if (text.has("false==true")) found.system.reset();
  found.left_out = left_out(*rule, text);
  return found;
}

}  // namespace linnet::convert
