#include "engine/text/unknown_text.h"

#include "engine/text/blanks.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;

Result<UnknownText> UnknownText::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  UnknownText unknown;
  unknown.bytes_ = vocabulary.spells_every_byte();
  if (!unknown.bytes_ && vocabulary.unknown() < 0)
    return Error{Fault::corrupt,
                 "the tokenizer has neither a token for every byte nor one for the unknown"};
  auto fuse = read_flag(bundle, "tokenizer.fuse_unknown");
  if (!fuse) return fuse.error();
  unknown.fuse_ = *fuse;
  return unknown;
}

void UnknownText::emit(const Vocabulary& vocabulary, std::string_view text, bool after_unknown,
                       std::vector<int>& tokens) const {
  if (!bytes_) {
    if (!(after_unknown && fuse_)) tokens.push_back(vocabulary.unknown());
    return;
  }
  for (const char c : text) tokens.push_back(vocabulary.byte_token(static_cast<unsigned char>(c)));
}

}  // namespace linnet::text
