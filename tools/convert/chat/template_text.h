#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linnet::convert {

// A chat template (Jinja, as Hugging Face runs it) brought into one spelling, so that equal ones
// look equal. Nothing of it is run.
struct TemplateText {
  // Tags as `{{...}}` and `{%...%}` and the text between them: no blanks but between words, 'single
  // quotes' with escapes undone, 'joined'+'texts' as one, x['y'] as x.y; no comments.
  std::string code;
  // What stands outside of tags and is written as it is.
  std::string outside;
  // The texts in tags, but not those of exceptions.
  std::vector<std::string> texts;

  bool has(std::string_view part) const { return code.find(part) != std::string::npos; }
};

TemplateText read_template(std::string_view source);

}  // namespace linnet::convert
