#include "engine/text/unigram.h"

#include <algorithm>
#include <cfloat>
#include <string>

#include "engine/text/lost_tokens.h"

namespace linnet::text {

using core::Done;
using core::Result;
using core::Status;

namespace {

constexpr float kUnknownPenalty = 10;

// The bytes of the character that begins with this one, as SentencePiece counts them.
int bytes_from(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

Result<Unigram> Unigram::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  Unigram unigram;
  auto normalizer = Normalizer::from(bundle, vocabulary);
  if (!normalizer) return normalizer.error();
  auto unknown = UnknownText::from(bundle, vocabulary);
  if (!unknown) return unknown.error();
  unigram.normalizer_ = std::move(*normalizer);
  unigram.unknown_ = *unknown;
  if (Status read = unigram.read_pieces(bundle, vocabulary); !read) return read.error();
  return unigram;
}

Status Unigram::read_pieces(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  auto scores = read_scores(bundle, vocabulary);
  if (!scores) return scores.error();
  auto lost = LostTokens::from(bundle, vocabulary);
  if (!lost) return lost.error();
  auto split = read_flag(bundle, "tokenizer.split_blanks");
  if (!split) return split.error();
  scores_ = *scores;
  lost_scores_ = lost->scores;

  std::vector<ByteTrie::Entry> pieces;
  float lowest = FLT_MAX;
  highest_score_ = FLT_MIN;  // SentencePiece begins there, too
  bool apart = true;
  const auto add = [&](std::string_view token, int piece, const float* score) {
    apart = apart && !WordCuts::spans_words(token);
    pieces.push_back({token, piece});
    if (score == nullptr) return;
    lowest = std::min(lowest, *score);
    highest_score_ = std::max(highest_score_, *score);
  };
  for (int id = 0; id < vocabulary.size(); ++id) {
    const TokenType type = vocabulary.type(id);
    if (type == TokenType::normal)
      add(vocabulary.piece(id), id, &scores_[static_cast<std::size_t>(id)]);
    if (type == TokenType::user_defined) add(vocabulary.piece(id), id, nullptr);
  }
  for (int i = 0; i < lost->tokens.size(); ++i)
    add(lost->tokens[i], vocabulary.size() + i, &lost_scores_[static_cast<std::size_t>(i)]);
  unknown_score_ = (lowest == FLT_MAX ? 0 : lowest) - kUnknownPenalty;
  cuts_ = WordCuts(*split, apart);
  trie_ = ByteTrie(std::move(pieces));
  return Done{};
}

void Unigram::encode(const Vocabulary& vocabulary, std::string_view section, bool first,
                     std::vector<int>& tokens) const {
  const std::string text = normalizer_(vocabulary, section, first);
  std::vector<Best> best(1);
  std::vector<int> path;
  bool after_unknown = false;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = cuts_.end(text, from);
    const std::string_view part = std::string_view(text).substr(from, end - from);
    // The sum goes on over the parts, if only for its rounding.
    const double before = cuts_.split() ? 0 : best.back().score;
    if (cuts_.split()) after_unknown = false;
    best.assign(part.size() + 1, {});
    best[0].score = before;
    solve(vocabulary, part, best);
    emit(vocabulary, part, best, path, after_unknown, tokens);
    from = end;
  }
}

// What SentencePiece gives a user-defined token is meant to have it always taken.
double Unigram::score_of(const Vocabulary& vocabulary, int piece, std::size_t bytes) const {
  if (piece >= vocabulary.size())
    return static_cast<double>(lost_scores_[static_cast<std::size_t>(piece - vocabulary.size())]);
  if (vocabulary.type(piece) == TokenType::user_defined)
    return static_cast<double>(
        static_cast<float>(static_cast<double>(static_cast<float>(bytes) * highest_score_) - 0.1));
  return static_cast<double>(scores_[static_cast<std::size_t>(piece)]);
}

// Fills best[i] for each i that a way from 0 over whole characters reaches.
void Unigram::solve(const Vocabulary& vocabulary, std::string_view part,
                    std::vector<Best>& best) const {
  const bool rounded = !cuts_.split();
  for (std::size_t begin = 0; begin < part.size();) {
    const std::string_view rest = part.substr(begin);
    const std::size_t character =
        std::min(static_cast<std::size_t>(bytes_from(rest[0])), rest.size());
    const double before = best[begin].score;
    bool known = false;
    const auto round = [&](double sum) {
      return rounded ? static_cast<double>(static_cast<float>(sum)) : sum;
    };
    const auto consider = [&](std::size_t bytes, int piece, double score) {
      const double sum = round(score + before);
      Best& there = best[begin + bytes];
      if (there.begin >= 0 && !(sum > there.score)) return;
      there.score = sum;
      there.begin = static_cast<int>(begin);
      there.piece = piece;
    };
    trie_.each_prefix(rest, [&](std::size_t bytes, int piece) {
      known = known || bytes == character;
      consider(bytes, piece, score_of(vocabulary, piece, bytes));
    });
    if (!known) consider(character, -1, static_cast<double>(unknown_score_));
    begin += character;
  }
}

// Appends the tokens of the way that reaches the end of `part`.
void Unigram::emit(const Vocabulary& vocabulary, std::string_view part,
                   const std::vector<Best>& best, std::vector<int>& path, bool& after_unknown,
                   std::vector<int>& tokens) const {
  path.clear();
  for (int end = static_cast<int>(part.size()); end > 0;) {
    path.push_back(end);
    end = best[static_cast<std::size_t>(end)].begin;
  }
  for (auto end = path.rbegin(); end != path.rend(); ++end) {
    const Best& last = best[static_cast<std::size_t>(*end)];
    const bool unknown = last.piece < 0;
    if (unknown)
      unknown_.emit(vocabulary,
                    part.substr(static_cast<std::size_t>(last.begin),
                                static_cast<std::size_t>(*end - last.begin)),
                    after_unknown, tokens);
    else
      tokens.push_back(last.piece < vocabulary.size() ? last.piece : vocabulary.unknown());
    after_unknown = unknown;
  }
}

}  // namespace linnet::text
