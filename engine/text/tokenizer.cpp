#include "engine/text/tokenizer.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>
#include <variant>

#include "engine/text/blanks.h"
#include "engine/text/byte_bpe.h"
#include "engine/text/plain_words.h"
#include "engine/text/sentencepiece_bpe.h"
#include "engine/text/token_finder.h"
#include "engine/text/unigram.h"
#include "engine/text/utf8.h"
#include "engine/text/vocabulary.h"
#include "engine/text/wordpiece.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

struct Tokenizer::State {
  std::shared_ptr<const void> keeper;
  Vocabulary vocabulary;
  // A further kind is one more alternative: from(bundle, vocabulary) and encode() like these.
  std::variant<SentencePieceBpe, ByteBpe, Unigram, WordPiece, Words, Characters> kind;
  TokenFinder added, special;                         // special: the added ones too
  std::vector<std::int32_t> strip_left, strip_right;  // sorted
  bool add_begin = false, add_end = false;
  bool strip_first = false, strip_all_first = false, strip_last = false, cleanup = false;
  bool capital_marks = false;
  CharMap capitals;

  Status read_kind(const core::Bundle& bundle);
  Status read_flags(const core::Bundle& bundle);
  Status read_strip(const core::Bundle& bundle);
  TokenFinder::Found next_in(const MarkedText& text, std::size_t from) const;
  using Next = std::function<TokenFinder::Found(std::size_t from)>;
  void encode(std::string_view text, bool at_start, const Next& next,
              std::vector<int>& tokens) const;
};

namespace {

bool contains(std::span<const std::int32_t> sorted, int id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

// The endings and marks before which the library `tokenizers` drops a blank.
bool hangs_on(std::string_view piece) {
  for (const std::string_view start :
       {" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"})
    if (piece.starts_with(start)) return true;
  return false;
}

template <class Kind, class Variant>
Status read_into(Variant& kind, const core::Bundle& bundle, const Vocabulary& vocabulary) {
  auto read = Kind::from(bundle, vocabulary);
  if (!read) return read.error();
  kind.template emplace<Kind>(std::move(*read));
  return Done{};
}

Result<std::vector<std::int32_t>> read_ids(const core::Bundle& bundle, std::string_view name,
                                           const Vocabulary& vocabulary) {
  auto ids = bundle.get(name, std::span<const std::int32_t>{});
  if (!ids) return ids.error();
  std::vector<std::int32_t> sorted(ids->begin(), ids->end());
  std::sort(sorted.begin(), sorted.end());
  for (const std::int32_t id : sorted)
    if (!vocabulary.has(id))
      return Error{Fault::corrupt,
                   say("the setting '", name, "' names ", id, ", outside the vocabulary of ",
                       vocabulary.size(), " tokens")};
  return sorted;
}

}  // namespace

Status Tokenizer::State::read_kind(const core::Bundle& bundle) {
  auto name = bundle.get("tokenizer.kind", std::string_view());
  if (!name) return name.error();
  if (*name == kSentencePieceBpe) return read_into<SentencePieceBpe>(kind, bundle, vocabulary);
  if (*name == kByteBpe) return read_into<ByteBpe>(kind, bundle, vocabulary);
  if (*name == kSentencePieceUnigram) return read_into<Unigram>(kind, bundle, vocabulary);
  if (*name == kWordPiece) return read_into<WordPiece>(kind, bundle, vocabulary);
  if (*name == kWords) return read_into<Words>(kind, bundle, vocabulary);
  if (*name == kCharacters) return read_into<Characters>(kind, bundle, vocabulary);
  return Error{Fault::unsupported,
               say("the tokenizer is of the kind '", *name, "', which this build lacks")};
}

Status Tokenizer::State::read_flags(const core::Bundle& bundle) {
  const std::pair<std::string_view, bool*> flags[] = {
      {"tokenizer.add_begin", &add_begin},
      {"tokenizer.add_end", &add_end},
      {"tokenizer.strip_first", &strip_first},
      {"tokenizer.strip_last", &strip_last},
      {"tokenizer.capital_marks", &capital_marks},
      {"tokenizer.cleanup", &cleanup},
      {"tokenizer.collapse_blanks", &strip_all_first}};
  for (const auto& [name, flag] : flags) {
    auto value = read_flag(bundle, name);
    if (!value) return value.error();
    *flag = *value;
  }
  auto map = CharMap::from(bundle, "tokenizer.capital_map");
  if (!map) return map.error();
  capitals = *map;
  if (add_begin && vocabulary.begin() < 0)
    return Error{Fault::corrupt, "the tokenizer adds a begin token but has none"};
  if (add_end && vocabulary.end() < 0)
    return Error{Fault::corrupt, "the tokenizer adds an end token but has none"};
  return Done{};
}

Status Tokenizer::State::read_strip(const core::Bundle& bundle) {
  auto left = read_ids(bundle, "tokenizer.strip_left", vocabulary);
  if (!left) return left.error();
  auto right = read_ids(bundle, "tokenizer.strip_right", vocabulary);
  if (!right) return right.error();
  strip_left = std::move(*left);
  strip_right = std::move(*right);
  return Done{};
}

// Appends the tokens of `text`, valid UTF-8: those that next(from) finds from there on, and the
// sections between.
void Tokenizer::State::encode(std::string_view text, bool at_start, const Next& next,
                              std::vector<int>& tokens) const {
  for (std::size_t from = 0; from < text.size();) {
    const TokenFinder::Found found = next(from);
    std::string_view section = text.substr(from, found.begin - from);
    if (contains(strip_left, found.id)) section = without_blanks_after(section);
    if (!section.empty())
      std::visit(
          [&](const auto& k) { k.encode(vocabulary, section, at_start && from == 0, tokens); },
          kind);
    if (found.id < 0) return;
    tokens.push_back(found.id);
    from = found.begin + vocabulary.piece(found.id).size();
    if (contains(strip_right, found.id))
      from = text.size() - without_blanks_before(text.substr(from)).size();
  }
}

Result<Tokenizer> Tokenizer::from(const core::Bundle& bundle) {
  auto vocabulary = Vocabulary::from(bundle);
  if (!vocabulary) return vocabulary.error();
  auto state = std::make_shared<State>();
  state->keeper = bundle.keeper;
  state->vocabulary = std::move(*vocabulary);
  if (Status read = state->read_kind(bundle); !read) return read.error();
  if (Status read = state->read_flags(bundle); !read) return read.error();
  if (Status read = state->read_strip(bundle); !read) return read.error();
  state->added = TokenFinder(state->vocabulary, {TokenType::added});
  state->special =
      TokenFinder(state->vocabulary, {TokenType::added, TokenType::control, TokenType::unknown});
  return Tokenizer(std::move(state));
}

Result<std::optional<Tokenizer>> Tokenizer::from_source(const core::Bundle& bundle) {
  constexpr std::string_view kOurs = "source_tokenizer.", kCut = "source_";
  if (bundle.setting("source_tokenizer.kind") == nullptr) return std::optional<Tokenizer>();
  core::Bundle source;
  source.keeper = bundle.keeper;
  for (const core::Setting& setting : bundle.settings)
    if (setting.name.starts_with(kOurs))
      source.settings.push_back({setting.name.substr(kCut.size()), setting.value});
  auto tokenizer = from(source);
  if (!tokenizer)
    return Error{tokenizer.error().fault,
                 say("the source tokenizer: ", tokenizer.error().sentence)};
  return std::optional<Tokenizer>(std::move(*tokenizer));
}

std::vector<int> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  assert(static_cast<std::int64_t>(text.size()) <= core::limits::kPromptBytes);
  std::vector<int> tokens;
  std::string replaced;
  if (!is_utf8(text)) text = replaced = repaired(text);
  if (options.add_begin.value_or(adds_begin()) && begin() >= 0) tokens.push_back(begin());
  const TokenFinder& finder = options.parse_special ? state_->special : state_->added;
  state_->encode(
      text, true, [&](std::size_t from) { return finder.next(state_->vocabulary, text, from); },
      tokens);
  if (options.add_end.value_or(adds_end()) && end() >= 0) tokens.push_back(end());
  return tokens;
}

// The first token that cuts the text, each looked for inside of one part.
TokenFinder::Found Tokenizer::State::next_in(const MarkedText& text, std::size_t from) const {
  for (const MarkedText::Part& part : text.parts()) {
    if (part.end <= from) continue;
    const std::string_view until = std::string_view(text.text()).substr(0, part.end);
    const TokenFinder::Found found = (part.marks ? special : added).next(vocabulary, until, from);
    if (found.id >= 0) return found;
    from = part.end;
  }
  return {-1, text.text().size()};
}

std::vector<int> Tokenizer::encode(const MarkedText& text, bool at_start) const {
  std::vector<int> tokens;
  state_->encode(
      text.text(), at_start, [&](std::size_t from) { return state_->next_in(text, from); }, tokens);
  return tokens;
}

std::string Tokenizer::decode(std::span<const int> ids, const DecodeOptions& options) const {
  std::string text;
  bool at_start = options.at_start;
  for (const int id : ids) append(id, options.special, at_start, text);
  if (!finishes()) return text;
  std::string finished;
  Unfinished so_far;
  for (std::string_view rest = text; !rest.empty();) {
    const auto bytes = static_cast<std::size_t>(first_character(rest).bytes);
    finish(rest.substr(0, bytes), so_far, finished);
    rest.remove_prefix(bytes);
  }
  return finished;
}

bool Tokenizer::finishes() const { return state_->capital_marks || state_->strip_last; }

void Tokenizer::finish(std::string_view character, Unfinished& so_far, std::string& text) const {
  if (so_far.blank) text += ' ';
  const std::size_t before = text.size();
  // A blank ends a word of capitals even while it is held back.
  if (state_->capital_marks)
    so_far.capitals.add(character, state_->capitals, text);
  else
    text += character;
  // A map may make something else of a blank.
  so_far.blank = state_->strip_last && text.size() > before && text.ends_with(' ');
  if (so_far.blank) text.pop_back();
}

void Tokenizer::append(int id, bool special, bool& at_start, std::string& text) const {
  const bool mark = is_special(id);
  if (mark && !special) return;
  // Of these only the tokens of words have the blank that stands before them.
  const bool added = state_->vocabulary.has(id) && state_->vocabulary.type(id) == TokenType::added;
  if ((mark || added) && std::holds_alternative<WordPiece>(state_->kind)) {
    if (!at_start) text += ' ';
    at_start = false;
  }
  text += mark ? piece(id) : added_by(id, at_start);
}

// The part of the token's bytes that it adds.
std::string_view Tokenizer::added_by(int id, bool& at_start) const {
  std::string_view text = piece(id);
  if (!at_start || text.empty()) {
    if (state_->cleanup && hangs_on(text)) text.remove_prefix(1);
    return text;
  }
  if (state_->strip_all_first)
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  else if (state_->strip_first && text.starts_with(' '))
    text.remove_prefix(1);
  at_start = state_->strip_all_first && text.empty();
  return text;
}

int Tokenizer::size() const { return state_->vocabulary.size(); }

std::string_view Tokenizer::piece(int id) const {
  return state_->vocabulary.has(id) ? state_->vocabulary.piece(id) : std::string_view();
}

bool Tokenizer::is_special(int id) const {
  if (!state_->vocabulary.has(id)) return false;
  const TokenType type = state_->vocabulary.type(id);
  return type == TokenType::control || type == TokenType::unknown;
}

int Tokenizer::begin() const { return state_->vocabulary.begin(); }
int Tokenizer::end() const { return state_->vocabulary.end(); }
int Tokenizer::unknown() const { return state_->vocabulary.unknown(); }
int Tokenizer::pad() const { return state_->vocabulary.pad(); }
std::span<const int> Tokenizer::ends() const { return state_->vocabulary.ends(); }
bool Tokenizer::is_end(int id) const { return contains(ends(), id); }
bool Tokenizer::adds_begin() const { return state_->add_begin; }
bool Tokenizer::adds_end() const { return state_->add_end; }

}  // namespace linnet::text
