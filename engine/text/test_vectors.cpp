#include "engine/text/test_vectors.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/limits.h"

namespace linnet::text {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::size_t kShownIds = 8, kShownBytes = 60;

std::string shown(std::span<const std::int32_t> ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == kShownIds) return text + say(" ... (", ids.size(), " ids)");
    text += say(i == 0 ? "" : " ", ids[i]);
  }
  return ids.empty() ? "nothing" : text;
}

std::string shown(std::string_view text) {
  std::string printable(text.substr(0, kShownBytes));
  std::replace_if(
      printable.begin(), printable.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return '"' + printable + (text.size() > kShownBytes ? "\"..." : "\"");
}

}  // namespace

Result<int> check_test_vectors(const core::Bundle& bundle, std::string_view prefix,
                               const Tokenizer& tokenizer) {
  const std::string name(prefix);
  const auto texts = bundle.get(name + "test_texts", core::Strings{});
  if (!texts) return texts.error();
  const auto ids = bundle.get(name + "test_ids", std::span<const std::int32_t>{});
  if (!ids) return ids.error();
  const auto ends = bundle.get(name + "test_ends", std::span<const std::int32_t>{});
  if (!ends) return ends.error();
  const auto all = static_cast<std::int64_t>(ids->size());
  const bool rising = std::is_sorted(ends->begin(), ends->end());
  if (ends->size() != texts->ends.size() || !rising ||
      (ends->empty() ? all != 0 : ends->front() < 0 || ends->back() != all))
    return Error{Fault::corrupt, say(name, "test_ends does not divide ", all, " ids among ",
                                     texts->size(), " texts")};
  std::size_t begin = 0;
  for (int i = 0; i < texts->size(); ++i) {
    const auto end = static_cast<std::size_t>((*ends)[static_cast<std::size_t>(i)]);
    const std::string_view text = (*texts)[i];
    const std::span<const std::int32_t> expected = ids->subspan(begin, end - begin);
    const std::vector<int> got = tokenizer.encode(text, {.add_begin = false, .add_end = false});
    if (!std::equal(got.begin(), got.end(), expected.begin(), expected.end()))
      return Error{Fault::mismatch,
                   say("test vector ", i + 1, ": the tokenizer makes ", shown(got), " of ",
                       shown(text), ", and it should be ", shown(expected))};
    begin = end;
  }
  return texts->size();
}

Result<int> check_test_vectors(const core::Bundle& bundle) {
  const auto has = [&](const char* name) {
    const auto texts = bundle.get(name, core::Strings{});
    return !texts || texts->size() > 0;
  };
  if (!has("tokenizer.test_texts") && !has("source_tokenizer.test_texts")) return 0;
  const Result<Tokenizer> tokenizer = Tokenizer::from(bundle);
  if (!tokenizer) return tokenizer.error();
  Result<int> count = check_test_vectors(bundle, "tokenizer.", *tokenizer);
  if (!count) return count;
  const Result<std::optional<Tokenizer>> source = Tokenizer::from_source(bundle);
  if (!source) return source.error();
  if (!*source) return count;
  const Result<int> more = check_test_vectors(bundle, "source_tokenizer.", **source);
  if (!more) return Error{more.error().fault, "the source tokenizer: " + more.error().sentence};
  return *count + *more;
}

}  // namespace linnet::text
