#include "engine/text/vocabulary.h"

#include <algorithm>
#include <cmath>

#include "engine/core/limits.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

Result<Vocabulary> Vocabulary::from(const core::Bundle& bundle) {
  Vocabulary vocabulary;
  vocabulary.bytes_.fill(-1);
  if (Status read = vocabulary.read_tokens(bundle); !read) return read.error();
  if (Status read = vocabulary.read_ids(bundle); !read) return read.error();
  return vocabulary;
}

bool Vocabulary::spells_every_byte() const {
  return std::find(bytes_.begin(), bytes_.end(), -1) == bytes_.end();
}

Status Vocabulary::read_tokens(const core::Bundle& bundle) {
  auto tokens = bundle.get("tokenizer.tokens", core::Strings{});
  if (!tokens) return tokens.error();
  auto types = bundle.get("tokenizer.types", std::span<const std::byte>{});
  if (!types) return types.error();
  tokens_ = *tokens;
  types_ = *types;
  if (tokens_.ends.empty()) return Error{Fault::corrupt, "the tokenizer has no tokens"};
  if (tokens_.ends.size() > static_cast<std::size_t>(core::limits::kVocabulary))
    return Error{Fault::corrupt, say("the tokenizer has ", tokens_.ends.size(), " tokens; at most ",
                                     core::limits::kVocabulary, " are allowed")};
  if (!types_.empty() && types_.size() != tokens_.ends.size())
    return Error{Fault::corrupt, say("the tokenizer has ", tokens_.ends.size(), " tokens but ",
                                     types_.size(), " token types")};

  for (int id = 0; id < size(); ++id) {
    const std::string_view token = piece(id);
    if (static_cast<std::int64_t>(token.size()) > core::limits::kTokenBytes)
      return Error{Fault::corrupt,
                   say("token ", id, " of the tokenizer is ", token.size(), " bytes long; at most ",
                       core::limits::kTokenBytes, " are allowed")};
    if (static_cast<int>(type(id)) > static_cast<int>(TokenType::added))
      return Error{Fault::corrupt, say("token ", id, " of the tokenizer has the unknown type ",
                                       static_cast<int>(type(id)))};
    if (token.empty() && type(id) != TokenType::unused && type(id) != TokenType::control)
      return Error{Fault::corrupt, say("token ", id, " of the tokenizer is empty")};
    if (type(id) != TokenType::byte) continue;
    if (token.size() != 1)
      return Error{Fault::corrupt, say("token ", id, " of the tokenizer should be one byte but is ",
                                       token.size(), " bytes long")};
    std::int32_t& known = bytes_[static_cast<unsigned char>(token[0])];
    if (known >= 0)
      return Error{Fault::corrupt,
                   say("tokens ", known, " and ", id, " of the tokenizer are the same byte")};
    known = id;
  }
  return Done{};
}

Result<int> Vocabulary::read_id(const core::Bundle& bundle, std::string_view name) const {
  auto id = bundle.get<std::int64_t>(name, -1);
  if (!id) return id.error();
  if (*id < -1 || *id >= size())
    return Error{Fault::corrupt, say("the setting '", name, "' is ", *id,
                                     ", outside the vocabulary of ", size(), " tokens")};
  return static_cast<int>(*id);
}

Status Vocabulary::read_ids(const core::Bundle& bundle) {
  const auto read = [&](std::string_view name, int& id) -> Status {
    Result<int> value = read_id(bundle, name);
    if (!value) return value.error();
    id = *value;
    return Done{};
  };
  if (Status done = read("tokenizer.begin", begin_); !done) return done;
  if (Status done = read("tokenizer.end", end_); !done) return done;
  if (Status done = read("tokenizer.unknown", unknown_); !done) return done;
  if (Status done = read("tokenizer.pad", pad_); !done) return done;

  auto ends = bundle.get("tokenizer.ends", std::span<const std::int32_t>{});
  if (!ends) return ends.error();
  if (ends->size() > static_cast<std::size_t>(size()))
    return Error{Fault::corrupt, say("the setting 'tokenizer.ends' names ", ends->size(),
                                     " tokens of a vocabulary of ", size())};
  for (const std::int32_t id : *ends)
    if (!has(id))
      return Error{Fault::corrupt, say("the setting 'tokenizer.ends' names ", id,
                                       ", outside the vocabulary of ", size(), " tokens")};
  ends_.assign(ends->begin(), ends->end());
  if (end_ >= 0) ends_.push_back(end_);
  std::sort(ends_.begin(), ends_.end());
  ends_.erase(std::unique(ends_.begin(), ends_.end()), ends_.end());
  return Done{};
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

}  // namespace linnet::text
