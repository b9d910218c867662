#include <unicode/ranges.h>

#include <algorithm>
#include <span>

#include "engine/text/framer.h"
#include "engine/text/pretokenize.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {
namespace {

// A name is built for each setting; the builder copies it.
class Settings {
 public:
  Settings(core::BundleBuilder& builder, std::string_view prefix)
      : builder_(builder), prefix_(prefix) {}

  template <class Value>
  void add(std::string_view name, const Value& value) {
    builder_.add_setting(core::say(prefix_, name), value);
  }
  void add_id(std::string_view name, int id) {
    if (id >= 0) add(name, id);
  }
  void add_ids(std::string_view name, const std::vector<std::int32_t>& ids) {
    if (!ids.empty()) add(name, std::span<const std::int32_t>(ids));
  }
  void add_changes(const Changes& changes) {
    add_ids("changed", changes.changed);
    if (!changes.changes.empty()) add("changes", std::span<const std::string>(changes.changes));
  }
  void add_flag(std::string_view name, bool flag) {
    if (flag) add(name, 1);
  }

 private:
  core::BundleBuilder& builder_;
  std::string_view prefix_;
};

void add_wordpiece(const Vocabulary& v, Settings& to) {
  to.add_ids("dropped", dropped_characters(v.bert));
  to.add_changes(changed_characters(v.bert));
  to.add_ids("punctuation", word_marks());
  to.add_flag("split_chinese", v.bert.split_chinese);
  to.add_flag("split_hangul", v.bert.strip_accents);
  to.add("longest_word", v.longest_word);
  to.add_flag("cleanup", v.cleanup);
}

bool needs_punctuation(const Vocabulary& v) {
  const auto needs = [](const std::string& text) {
    const text::Pattern* pattern = text::find_pattern(text);
    return pattern != nullptr && pattern->needs_punctuation;
  };
  return v.patterns.empty() ? needs(v.pattern)
                            : std::any_of(v.patterns.begin(), v.patterns.end(), needs);
}

}  // namespace

int Vocabulary::find(std::string_view token) const {
  const auto found = std::find(tokens.begin(), tokens.end(), token);
  return found == tokens.end() ? -1 : static_cast<int>(found - tokens.begin());
}

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
  const core::Bundle bundle = builder.build();
  const auto tokenizer = text::Tokenizer::from(bundle);
  if (!tokenizer) return tokenizer.error();
  if (const auto framer = text::Framer::from(bundle, *tokenizer); !framer) return framer.error();
  return core::Done{};
}

void add_settings(const Vocabulary& v, core::BundleBuilder& builder, std::string_view prefix) {
  using Integers = std::span<const std::int32_t>;
  Settings to(builder, prefix);
  to.add("kind", v.kind);
  to.add("tokens", std::span<const std::string>(v.tokens));
  to.add("types", std::as_bytes(std::span(v.types)));
  to.add_id("begin", v.begin);
  to.add_id("end", v.end);
  to.add_id("unknown", v.unknown);
  to.add_id("pad", v.pad);
  to.add_ids("ends", v.ends);
  to.add_flag("add_begin", v.add_begin);
  to.add_flag("add_end", v.add_end);
  to.add_ids("strip_left", v.strip_left);
  to.add_ids("strip_right", v.strip_right);
  to.add_flag("strip_first", v.strip_first);
  to.add_ids("single", v.single.ids);
  to.add_ids("single_types", v.single.types);
  to.add_ids("pair", v.pair.ids);
  to.add_ids("pair_types", v.pair.types);
  if (v.kind == text::kWords || v.kind == text::kCharacters) return;
  if (v.kind == text::kWordPiece) return add_wordpiece(v, to);
  if (v.scores.empty())
    to.add("merges", Integers(v.merges));
  else
    to.add("scores", std::span<const float>(v.scores));
  to.add("prefix", std::string_view(v.prefix));
  to.add_flag("prefix_unless_blank", v.prefix_unless_blank);
  to.add_flag("suffix", v.suffix);
  to.add_flag("strip_last", v.strip_last);
  to.add_flag("capital_marks", v.capital_marks);
  if (v.capital_marks) to.add("capital_map", std::as_bytes(std::span(v.capital_map)));
  to.add_flag("collapse_blanks", v.collapse_blanks);
  to.add_flag("split_blanks", v.split_blanks);
  to.add_flag("fuse_unknown", v.fuse_unknown);
  if (v.kind != text::kByteBpe) {
    to.add_flag("quotes", v.albert.quotes);
    to.add_ids("dropped", dropped_characters(v.albert));
    to.add_changes(changed_characters(v.albert));
    to.add_flag("split_hangul", v.albert.strip_accents);
  }
  if (!v.char_map.empty()) to.add("char_map", std::as_bytes(std::span(v.char_map)));
  if (!v.lost_tokens.empty()) {
    to.add("lost_tokens", std::span<const std::string>(v.lost_tokens));
    to.add("lost_scores", std::span<const float>(v.lost_scores));
  }
  if (v.kind != text::kByteBpe) return;
  if (v.patterns.empty())
    to.add("pattern", std::string_view(v.pattern));
  else
    to.add("patterns", std::span<const std::string>(v.patterns));
  if (needs_punctuation(v)) to.add("punctuation", Integers(unicode::kPunctuation));
  to.add("letters", Integers(unicode::kLetters));
  to.add("numbers", Integers(unicode::kNumbers));
  to.add_flag("whole_words", v.whole_words);
  if (!v.composes) return;
  to.add_ids("pairs", canonical_pairs());
  to.add_ids("combining", combining_runs());
  to.add_changes(canonical_parts());
}

}  // namespace linnet::convert
