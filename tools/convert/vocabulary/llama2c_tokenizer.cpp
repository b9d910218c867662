#include <bit>
#include <limits>

#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/spelling.h"
#include "tools/convert/vocabulary/vocabulary.h"

// tokenizer.bin of github.com/karpathy/llama2.c: the length of the longest token, then score,
// length and bytes of each, little-endian. Blanks are already ' '. Its run.c takes for granted that
// token 0 is the unknown, 1 the begin, 2 the end, and that 3 to 258 are the bytes.
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using text::TokenType;

constexpr int kFirstByte = 3;

std::uint32_t take_u32(std::string_view& rest) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(rest[i])} << 8 * i;
  rest.remove_prefix(4);
  return value;
}

}  // namespace

Result<Vocabulary> read_llama2c_tokenizer(const std::string& path, int size) {
  auto contents = read_tokenizer_file(path);
  if (!contents) return contents.error();
  return parse_llama2c_tokenizer(*contents, path, size);
}

Result<Vocabulary> parse_llama2c_tokenizer(std::string_view contents, const std::string& file,
                                           int size) {
  const auto ends_early = [&](int id) {
    return Error{Fault::corrupt, say(file, " ends within token ", id, " of ", size)};
  };

  Vocabulary v;
  std::string_view rest = contents;
  if (rest.size() < 4) return ends_early(0);
  take_u32(rest);
  for (int id = 0; id < size; ++id) {
    if (rest.size() < 8) return ends_early(id);
    v.scores.push_back(std::bit_cast<float>(take_u32(rest)));
    const std::uint32_t length = take_u32(rest);
    if (length > rest.size()) return ends_early(id);
    std::string token(rest.substr(0, length));
    rest.remove_prefix(length);
    v.types.push_back(TokenType::normal);
    if (id >= kFirstByte && id < kFirstByte + 256) {
      if (byte_of(token) != id - kFirstByte)
        return Error{Fault::corrupt, say(file, ": token ", id, " should be the byte ",
                                         id - kFirstByte, " but is '", shown(token), "'")};
      token = static_cast<char>(id - kFirstByte);
      v.types.back() = TokenType::byte;
    }
    v.tokens.push_back(std::move(token));
  }
  if (!rest.empty())
    return Error{Fault::corrupt, say(file, " holds more than the ", size, " tokens of the model")};
  if (size < kFirstByte + 256)
    return Error{Fault::unsupported, say(file, " has only ", size,
                                         " tokens; without one for each "
                                         "byte it is not supported")};
  v.kind = text::kSentencePieceBpe;
  v.types[0] = TokenType::unknown;
  v.types[1] = v.types[2] = TokenType::control;
  // Written there with line ends around them, so that they show in its output.
  v.tokens[0] = "<unk>", v.tokens[1] = "<s>", v.tokens[2] = "</s>";
  v.unknown = 0, v.begin = 1, v.end = 2;
  v.add_begin = true;
  v.prefix = "every";
  v.strip_first = true;
  return v;
}

}  // namespace linnet::convert
