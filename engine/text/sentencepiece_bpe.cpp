#include "engine/text/sentencepiece_bpe.h"

#include <string>

#include "engine/text/utf8.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

namespace {

// Whether no token that text can turn into has a blank after something else. Then nothing is ever
// joined across the start of a word, and each word can be encoded on its own.
bool words_are_apart(const Vocabulary& vocabulary, const core::Strings& lost) {
  for (int i = 0; i < lost.size(); ++i)
    if (WordCuts::spans_words(lost[i])) return false;
  for (int id = 0; id < vocabulary.size(); ++id) {
    const TokenType type = vocabulary.type(id);
    if (type != TokenType::normal && type != TokenType::user_defined) continue;
    if (WordCuts::spans_words(vocabulary.piece(id))) return false;
  }
  return true;
}

}  // namespace

Result<SentencePieceBpe> SentencePieceBpe::from(const core::Bundle& bundle,
                                                const Vocabulary& vocabulary) {
  SentencePieceBpe bpe;
  // Merges name all that they need by their ids.
  if (bundle.setting("tokenizer.merges") != nullptr) {
    auto merges = MergeTable::from(bundle, vocabulary);
    if (!merges) return merges.error();
    bpe.merges_ = std::move(*merges);
  } else {
    auto scores = read_scores(bundle, vocabulary);
    if (!scores) return scores.error();
    auto lost = LostTokens::from(bundle, vocabulary);
    if (!lost) return lost.error();
    bpe.scores_ = *scores;
    bpe.lost_ = *lost;
  }
  auto unknown = UnknownText::from(bundle, vocabulary);
  if (!unknown) return unknown.error();
  auto index = TokenIndex::of(vocabulary, bpe.lost_.tokens);
  if (!index) return index.error();
  auto normalizer = Normalizer::from(bundle, vocabulary);
  if (!normalizer) return normalizer.error();
  auto split = read_flag(bundle, "tokenizer.split_blanks");
  if (!split) return split.error();

  bpe.unknown_ = *unknown;
  bpe.index_ = std::move(*index);
  bpe.user_defined_ = TokenFinder(vocabulary, {TokenType::user_defined});
  bpe.normalizer_ = std::move(*normalizer);
  bpe.cuts_ = WordCuts(*split, words_are_apart(vocabulary, bpe.lost_.tokens));
  return bpe;
}

void SentencePieceBpe::encode(const Vocabulary& vocabulary, std::string_view section, bool first,
                              std::vector<int>& tokens) const {
  const std::string text = normalizer_(vocabulary, section, first);
  MergeScratch scratch;
  bool after_unknown = false;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = cuts_.end(text, from);
    const std::string_view chunk = std::string_view(text).substr(from, end - from);
    spell(vocabulary, chunk, scratch);
    join(vocabulary, chunk, scratch);
    if (cuts_.split()) after_unknown = false;
    emit(vocabulary, chunk, scratch, after_unknown, tokens);
    from = end;
  }
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
    if (vocabulary.has(id)) return {id, scores_[static_cast<std::size_t>(id)]};
    return {id, lost_.scores[static_cast<std::size_t>(id - vocabulary.size())]};
  });
}

// Appends the tokens of the chain.
void SentencePieceBpe::emit(const Vocabulary& vocabulary, std::string_view chunk,
                            const MergeScratch& scratch, bool& after_unknown,
                            std::vector<int>& tokens) const {
  for (int i = 0; i >= 0; i = scratch.symbols[static_cast<std::size_t>(i)].next) {
    const Symbol& symbol = scratch.symbols[static_cast<std::size_t>(i)];
    const bool unknown = symbol.id < 0;
    if (unknown)
      unknown_.emit(vocabulary,
                    chunk.substr(static_cast<std::size_t>(symbol.begin),
                                 static_cast<std::size_t>(symbol.bytes)),
                    after_unknown, tokens);
    else
      tokens.push_back(vocabulary.has(symbol.id) ? symbol.id : vocabulary.unknown());
    after_unknown = unknown;
  }
}

}  // namespace linnet::text
