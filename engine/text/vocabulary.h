#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

// The words of a model and what each of them is for; the same for every kind of tokenizer.
namespace linnet::text {

// The value is that of the setting `tokenizer.types`.
enum class TokenType : std::uint8_t {
  normal = 0,
  unknown = 1,       // stands for what cannot be spelled
  control = 2,       // begin, end, padding, a chat marker: never the result of spelling plain text
  user_defined = 3,  // found first wherever the (normalised) text has it, and never merged further
  byte = 4,          // one byte of a character that has no token
  unused = 5,        // never the result of spelling; decodes as it stands
  added = 6,         // cuts the text wherever it occurs, before anything else is done to it
};

// Immutable. The tokens stay where the bundle has them: its keeper outlives this.
class Vocabulary {
 public:
  // Reads and checks the settings `tokenizer.tokens`, `types`, `begin`, `end`, `unknown`, `pad` and
  // `ends` (engine/text/tokenizer.h).
  static core::Result<Vocabulary> from(const core::Bundle& bundle);

  int size() const { return tokens_.size(); }
  bool has(int id) const { return id >= 0 && id < size(); }
  // The bytes that a token decodes to. Precondition of this and the next: has(id).
  std::string_view piece(int id) const { return tokens_[id]; }
  TokenType type(int id) const {
    return types_.empty() ? TokenType::normal
                          : static_cast<TokenType>(types_[static_cast<std::size_t>(id)]);
  }

  // Ids, or -1 where the model has no such token.
  int begin() const { return begin_; }
  int end() const { return end_; }
  int unknown() const { return unknown_; }
  int pad() const { return pad_; }
  // Every id after which a text is over; sorted.
  std::span<const std::int32_t> ends() const { return ends_; }

  // The token of type `byte` for each value of a byte, or -1.
  int byte_token(unsigned char byte) const { return bytes_[byte]; }
  bool spells_every_byte() const;

 private:
  core::Status read_tokens(const core::Bundle& bundle);
  core::Status read_ids(const core::Bundle& bundle);
  core::Result<int> read_id(const core::Bundle& bundle, std::string_view name) const;

  core::Strings tokens_;
  std::span<const std::byte> types_;
  int begin_ = -1, end_ = -1, unknown_ = -1, pad_ = -1;
  std::vector<std::int32_t> ends_;
  std::array<std::int32_t, 256> bytes_{};
};

// `tokenizer.scores`: one finite number per token.
core::Result<std::span<const float>> read_scores(const core::Bundle& bundle,
                                                 const Vocabulary& vocabulary);

}  // namespace linnet::text
