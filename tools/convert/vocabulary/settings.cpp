#include <unicode/ranges.h>

#include <span>

#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

core::Status fit(Vocabulary& vocabulary, int model_size) {
  if (vocabulary.size() > model_size)
    return core::Error{core::Fault::corrupt, core::say("the tokenizer has ", vocabulary.size(),
                                                       " tokens but the model only ", model_size)};
  const auto size = static_cast<std::size_t>(model_size);
  vocabulary.tokens.resize(size);
  vocabulary.types.resize(size, text::TokenType::unused);
  if (!vocabulary.scores.empty()) vocabulary.scores.resize(size);

  core::BundleBuilder builder;
  add_settings(vocabulary, builder);
  if (auto tokenizer = text::Tokenizer::from(builder.build()); !tokenizer) return tokenizer.error();
  return core::Done{};
}

void add_settings(const Vocabulary& v, core::BundleBuilder& builder) {
  using Integers = std::span<const std::int32_t>;
  const auto add_id = [&](std::string_view name, int id) {
    if (id >= 0) builder.add_setting(name, id);
  };
  const auto add_ids = [&](std::string_view name, const std::vector<std::int32_t>& ids) {
    if (!ids.empty()) builder.add_setting(name, Integers(ids));
  };
  const auto add_flag = [&](std::string_view name, bool flag) {
    if (flag) builder.add_setting(name, 1);
  };

  builder.add_setting("tokenizer.kind", v.kind);
  builder.add_setting("tokenizer.tokens", std::span<const std::string>(v.tokens));
  builder.add_setting("tokenizer.types", std::as_bytes(std::span(v.types)));
  add_id("tokenizer.begin", v.begin);
  add_id("tokenizer.end", v.end);
  add_id("tokenizer.unknown", v.unknown);
  add_id("tokenizer.pad", v.pad);
  add_ids("tokenizer.ends", v.ends);
  add_flag("tokenizer.add_begin", v.add_begin);
  add_flag("tokenizer.add_end", v.add_end);
  add_ids("tokenizer.strip_left", v.strip_left);
  add_ids("tokenizer.strip_right", v.strip_right);
  if (v.scores.empty())
    builder.add_setting("tokenizer.merges", Integers(v.merges));
  else
    builder.add_setting("tokenizer.scores", std::span<const float>(v.scores));
  builder.add_setting("tokenizer.prefix", std::string_view(v.prefix));
  add_flag("tokenizer.prefix_unless_blank", v.prefix_unless_blank);
  add_flag("tokenizer.strip_first", v.strip_first);
  add_flag("tokenizer.collapse_blanks", v.collapse_blanks);
  add_flag("tokenizer.split_blanks", v.split_blanks);
  add_flag("tokenizer.fuse_unknown", v.fuse_unknown);
  if (v.kind != text::kByteBpe) return;
  builder.add_setting("tokenizer.pattern", std::string_view(v.pattern));
  builder.add_setting("tokenizer.letters", Integers(unicode::kLetters));
  builder.add_setting("tokenizer.numbers", Integers(unicode::kNumbers));
  add_flag("tokenizer.whole_words", v.whole_words);
}

}  // namespace linnet::convert
