#include "engine/text/byte_bpe.h"

#include <string>

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

Result<ByteBpe> ByteBpe::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  ByteBpe bpe;
  auto splitter = Splitter::from(bundle);
  if (!splitter) return splitter.error();
  auto composer = Composer::from(bundle);
  if (!composer) return composer.error();
  auto merges = MergeTable::from(bundle, vocabulary);
  if (!merges) return merges.error();
  auto index = TokenIndex::of(vocabulary);
  if (!index) return index.error();
  auto prefix = Prefix::from(bundle);
  if (!prefix) return prefix.error();
  auto whole_words = read_flag(bundle, "tokenizer.whole_words");
  if (!whole_words) return whole_words.error();

  bpe.splitter_ = std::move(*splitter);
  bpe.composer_ = *composer;
  bpe.merges_ = std::move(*merges);
  bpe.index_ = std::move(*index);
  bpe.prefix_ = *prefix;
  bpe.whole_words_ = *whole_words;
  if (Status found = bpe.find_bytes(vocabulary); !found) return found.error();
  return bpe;
}

Status ByteBpe::find_bytes(const Vocabulary& vocabulary) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const int id = index_.find(vocabulary, {&c, 1});
    if (id < 0 && vocabulary.unknown() < 0)
      return Error{Fault::corrupt, say("the tokenizer has neither a token for the byte ", byte,
                                       " nor one for the unknown")};
    bytes_[static_cast<std::size_t>(byte)] = id;
  }
  return Done{};
}

void ByteBpe::encode(const Vocabulary& vocabulary, std::string_view section, bool first,
                     std::vector<int>& tokens) const {
  if (section.empty()) return;
  std::string composed, prefixed;
  if (!composer_.leaves(section)) section = composed = composer_(section);
  if (prefix_.before(section, first)) {
    prefixed.reserve(section.size() + 1);
    prefixed += ' ';
    prefixed += section;
    section = prefixed;
  }
  MergeScratch scratch;
  splitter_.each_word(
      section, [&](std::string_view word) { encode_word(vocabulary, word, scratch, tokens); });
}

void ByteBpe::encode_word(const Vocabulary& vocabulary, std::string_view word,
                          MergeScratch& scratch, std::vector<int>& tokens) const {
  if (whole_words_)
    if (const int id = index_.find(vocabulary, word); id >= 0) return tokens.push_back(id);
  scratch.clear();
  for (std::size_t at = 0; at < word.size(); ++at)
    scratch.append(bytes_[static_cast<unsigned char>(word[at])], static_cast<int>(at), 1);
  merge(scratch, [&](const Symbol& left, const Symbol& right) -> Joined {
    const int rank = left.id < 0 || right.id < 0 ? -1 : merges_.find(left.id, right.id);
    if (rank < 0) return {};
    // Exact: ranks stay below 2^21.
    return {merges_[rank].merged, -static_cast<float>(rank)};
  });
  for (int i = 0; i >= 0; i = scratch.symbols[static_cast<std::size_t>(i)].next) {
    const int id = scratch.symbols[static_cast<std::size_t>(i)].id;
    tokens.push_back(id >= 0 ? id : vocabulary.unknown());
  }
}

}  // namespace linnet::text
