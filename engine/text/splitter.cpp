#include <utility>

#include "engine/text/pretokenize.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

// Of steps; the longest known list has six.
constexpr int kMostSteps = 16;

Result<Splitter> Splitter::from(const core::Bundle& bundle) {
  Splitter splitter;
  auto classes = CharacterClasses::from(bundle);
  if (!classes) return classes.error();
  splitter.classes_ = *classes;
  auto several = bundle.get("tokenizer.patterns", core::Strings{});
  if (!several) return several.error();
  if (several->size() > kMostSteps)
    return Error{Fault::corrupt,
                 say("the tokenizer cuts words by ", several->size(), " expressions")};
  for (int i = 0; i < several->size(); ++i)
    if (Status added = splitter.add((*several)[i]); !added) return added.error();
  if (!splitter.steps_.empty()) return splitter;
  auto one = bundle.get("tokenizer.pattern", std::string_view());
  if (!one) return one.error();
  if (Status added = splitter.add(*one); !added) return added.error();
  return splitter;
}

Status Splitter::add(std::string_view text) {
  const Pattern* pattern = find_pattern(text);
  if (pattern != nullptr) {
    if (pattern->needs_punctuation && !classes_.knows_punctuation())
      return Error{Fault::corrupt, "the tokenizer does not say which characters are punctuation"};
    steps_.emplace_back(pattern);
    return Done{};
  }
  auto set = SetPattern::parse(text);
  if (!set)
    return Error{Fault::unsupported,
                 say("the tokenizer cuts words by '", text, "', which this build cannot")};
  steps_.emplace_back(std::move(*set));
  return Done{};
}

std::size_t Splitter::first_word(const Step& step, std::string_view rest) const {
  if (const auto* known = std::get_if<const Pattern*>(&step))
    return (*known)->first_word(classes_, rest);
  return std::get_if<SetPattern>(&step)->first_word(rest);
}

}  // namespace linnet::text
