#include <tuple>

#include "engine/text/blanks.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/gguf_token_fields.h"

// WordPiece of GGUF files. Their tokens that begin a word begin with U+2581, the others have lost
// their "##"; those in brackets are as BERT writes them.
namespace linnet::convert {
namespace {

using core::Result;
using core::say;
using text::kBlankSign;
using text::TokenType;

std::string as_in_bert(const std::string& token) {
  if (token.starts_with(kBlankSign)) return token.substr(kBlankSign.size());
  if (token.empty() || (token.starts_with('[') && token.ends_with(']'))) return token;
  return "##" + token;
}

// Types as llama.cpp numbers them.
Result<TokenType> type_of(const GgufTokenizerFields& fields, std::size_t i, std::int64_t type) {
  constexpr TokenType kTypes[]{TokenType::unknown, TokenType::control, TokenType::added,
                               TokenType::unused};
  if (type >= 2 && type <= 5) return kTypes[type - 2];
  return fields.unsupported(say("token ", i, " is of type ", type));
}

}  // namespace

Result<Vocabulary> read_gguf_wordpiece(const GgufTokenizerFields& fields,
                                       const GgufTokens& tokens) {
  std::vector<std::string> spelled;
  for (const std::string& token : tokens.written.tokens) spelled.push_back(as_in_bert(token));
  Vocabulary v = make_wordpiece(spelled);
  for (std::size_t i = 0; i < tokens.types.size(); ++i) {
    if (tokens.types[i] == 1) continue;
    const Result<TokenType> type = type_of(fields, i, tokens.types[i]);
    if (!type) return type.error();
    v.types[i] = *type;
    v.tokens[i] = tokens.written.tokens[i];
  }
  int mask = -1;
  for (const auto& [name, type, to] :
       {std::tuple("ggml.unknown_token_id", TokenType::unknown, &v.unknown),
        std::tuple("ggml.bos_token_id", TokenType::control, &v.begin),
        std::tuple("ggml.cls_token_id", TokenType::control, &v.begin),
        std::tuple("ggml.seperator_token_id", TokenType::control, &v.end),
        std::tuple("ggml.padding_token_id", TokenType::control, &v.pad),
        std::tuple("ggml.mask_token_id", TokenType::control, &mask)}) {
    const Result<int> id = fields.id(name, *to, v.size());
    if (!id) return id.error();
    *to = *id;
    if (*id < 0) continue;
    v.types[static_cast<std::size_t>(*id)] = type;
    v.tokens[static_cast<std::size_t>(*id)] = tokens.written.tokens[static_cast<std::size_t>(*id)];
  }
  if (v.unknown < 0) return fields.wrong("ggml.unknown_token_id", "is missing");
  // Files seldom say it, and llama.cpp then takes every BERT for an uncased one.
  v.bert.lower = fields.flag("ggml.normalizer.lowercase", true);
  v.bert.strip_accents = fields.flag("ggml.normalizer.strip_accents", v.bert.lower);
  v.add_begin = v.begin >= 0;
  v.add_end = v.end >= 0;
  if (!v.add_begin || !v.add_end) return v;
  v.single = {{v.begin, -1, v.end}, {0, 0, 0}};
  v.pair = {{v.begin, -1, v.end, -2, v.end}, {0, 0, 0, 1, 1}};
  return v;
}

}  // namespace linnet::convert
