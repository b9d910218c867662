#include "engine/text/sentencepiece_bpe.h"

#include <cmath>

#include "engine/text/utf8.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

namespace {

// SentencePiece's own sign for a blank, U+2581; in a text it counts as one.
constexpr std::string_view kBlankSign = "\xE2\x96\x81";

// Whether no token that text can turn into has a blank after something else. Then nothing is ever
// joined across the start of a word, and each word can be encoded on its own.
bool words_are_apart(const Vocabulary& vocabulary) {
  for (int id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.piece(id);
    const std::size_t word = token.find_first_not_of(' ');
    const TokenType type = vocabulary.type(id);
    if (type != TokenType::normal && type != TokenType::user_defined) continue;
    if (word != token.npos && token.find(' ', word) != token.npos) return false;
  }
  return true;
}

Result<std::span<const float>> read_scores(const core::Bundle& bundle,
                                           const Vocabulary& vocabulary) {
  auto scores = bundle.get("tokenizer.scores", std::span<const float>{});
  if (!scores) return scores;
  if (scores->size() != static_cast<std::size_t>(vocabulary.size()))
    return Error{Fault::corrupt, say("the tokenizer has ", vocabulary.size(), " tokens but ",
                                     scores->size(), " scores")};
  for (std::size_t id = 0; id < scores->size(); ++id)
    if (!std::isfinite((*scores)[id]))
      return Error{Fault::corrupt, say("the score of token ", id, " is not a finite number")};
  return scores;
}

}  // namespace

Result<SentencePieceBpe> SentencePieceBpe::from(const core::Bundle& bundle,
                                                const Vocabulary& vocabulary) {
  SentencePieceBpe bpe;
  if (bundle.setting("tokenizer.merges") != nullptr) {
    auto merges = MergeTable::from(bundle, vocabulary);
    if (!merges) return merges.error();
    bpe.merges_ = std::move(*merges);
  } else {
    auto scores = read_scores(bundle, vocabulary);
    if (!scores) return scores.error();
    bpe.scores_ = *scores;
  }
  if (!vocabulary.spells_every_byte() && vocabulary.unknown() < 0)
    return Error{Fault::corrupt,
                 "the tokenizer has neither a token for every byte nor one for the unknown"};
  auto index = TokenIndex::of(vocabulary);
  if (!index) return index.error();
  auto prefix = Prefix::from(bundle);
  if (!prefix) return prefix.error();
  auto collapse = read_flag(bundle, "tokenizer.collapse_blanks");
  if (!collapse) return collapse.error();
  auto split = read_flag(bundle, "tokenizer.split_blanks");
  if (!split) return split.error();
  auto fuse = read_flag(bundle, "tokenizer.fuse_unknown");
  if (!fuse) return fuse.error();

  bpe.index_ = std::move(*index);
  bpe.user_defined_ = TokenFinder(vocabulary, {TokenType::user_defined});
  bpe.prefix_ = *prefix;
  bpe.collapse_blanks_ = *collapse;
  bpe.split_blanks_ = *split;
  bpe.fuse_unknown_ = *fuse;
  bpe.words_are_apart_ = words_are_apart(vocabulary);
  return bpe;
}

void SentencePieceBpe::encode(const Vocabulary& vocabulary, std::string_view section, bool first,
                              std::vector<int>& tokens) const {
  const std::string text = normalised(section, first);
  MergeScratch scratch;
  bool after_unknown = false;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = chunk_end(text, from);
    const std::string_view chunk = std::string_view(text).substr(from, end - from);
    spell(vocabulary, chunk, scratch);
    join(vocabulary, chunk, scratch);
    if (split_blanks_) after_unknown = false;
    emit(vocabulary, chunk, scratch, after_unknown, tokens);
    from = end;
  }
}

// The blank before it, runs of blanks made one where the model wants that, U+2581 as ' '.
std::string SentencePieceBpe::normalised(std::string_view section, bool first) const {
  if (collapse_blanks_)
    section.remove_prefix(std::min(section.find_first_not_of(' '), section.size()));
  if (section.empty()) return {};
  std::string text;
  text.reserve(section.size() + 1);
  if (prefix_.before(section.starts_with(kBlankSign) ? " " : section, first)) text += ' ';
  bool after_blank = false;
  while (!section.empty()) {
    const bool blank = section.front() == ' ';
    if (section.starts_with(kBlankSign)) {
      text += ' ';
      section.remove_prefix(kBlankSign.size());
    } else {
      if (!(collapse_blanks_ && blank && after_blank)) text += section.front();
      section.remove_prefix(1);
    }
    after_blank = blank;
  }
  if (collapse_blanks_) text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// Where a piece of text ends that can be encoded without looking further.
std::size_t SentencePieceBpe::chunk_end(std::string_view text, std::size_t from) const {
  std::size_t end = text.npos;
  if (split_blanks_) {
    end = text.find(' ', from + 1);
  } else if (words_are_apart_) {
    const std::size_t word = text.find_first_not_of(' ', from);
    end = word == text.npos ? word : text.find(' ', word);
  }
  return std::min(end, text.size());
}

// Begins the chain: a symbol for each user-defined token and for each other character.
void SentencePieceBpe::spell(const Vocabulary& vocabulary, std::string_view chunk,
                             MergeScratch& scratch) const {
  scratch.clear();
  for (std::size_t at = 0; at < chunk.size();) {
    const std::string_view rest = chunk.substr(at);
    const int begin = static_cast<int>(at);
    if (const int id = user_defined_.longest(vocabulary, rest); id >= 0) {
      const int bytes = static_cast<int>(vocabulary.piece(id).size());
      scratch.append(id, begin, bytes, true);
      at += static_cast<std::size_t>(bytes);
      continue;
    }
    const int bytes = first_character(rest).bytes;
    const auto character = rest.substr(0, static_cast<std::size_t>(bytes));
    scratch.append(index_.find(vocabulary, character), begin, bytes);
    at += character.size();
  }
}

void SentencePieceBpe::join(const Vocabulary& vocabulary, std::string_view chunk,
                            MergeScratch& scratch) const {
  if (merges_)
    return merge(scratch, [&](const Symbol& left, const Symbol& right) -> Joined {
      const int rank = left.id < 0 || right.id < 0 ? -1 : merges_->find(left.id, right.id);
      if (rank < 0) return {};
      // Exact: ranks stay below 2^21.
      return {(*merges_)[rank].merged, -static_cast<float>(rank)};
    });
  merge(scratch, [&](const Symbol& left, const Symbol& right) -> Joined {
    const auto both = static_cast<std::size_t>(left.bytes + right.bytes);
    const int id =
        index_.find(vocabulary, chunk.substr(static_cast<std::size_t>(left.begin), both));
    if (id < 0) return {};
    return {id, scores_[static_cast<std::size_t>(id)]};
  });
}

// Appends the tokens of the chain; a symbol without one becomes its bytes or the unknown token.
void SentencePieceBpe::emit(const Vocabulary& vocabulary, std::string_view chunk,
                            const MergeScratch& scratch, bool& after_unknown,
                            std::vector<int>& tokens) const {
  const bool bytes = vocabulary.spells_every_byte();
  for (int i = 0; i >= 0; i = scratch.symbols[static_cast<std::size_t>(i)].next) {
    const Symbol& symbol = scratch.symbols[static_cast<std::size_t>(i)];
    const bool unknown = symbol.id < 0;
    if (!unknown) {
      tokens.push_back(symbol.id);
    } else if (bytes) {
      const auto text = chunk.substr(static_cast<std::size_t>(symbol.begin),
                                     static_cast<std::size_t>(symbol.bytes));
      for (const char c : text)
        tokens.push_back(vocabulary.byte_token(static_cast<unsigned char>(c)));
    } else if (!(after_unknown && fuse_unknown_)) {
      tokens.push_back(vocabulary.unknown());
    }
    after_unknown = unknown;
  }
}

}  // namespace linnet::text
