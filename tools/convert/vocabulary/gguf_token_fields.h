#pragma once

#include <string>
#include <string_view>

#include "tools/convert/json.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

// The fields "tokenizer." of a GGUF file and how to refuse them.
class GgufTokenizerFields {
 public:
  // Both outlive this.
  GgufTokenizerFields(const Json& fields, const std::string& file) : fields_(fields), file_(file) {}

  // Null, empty or `otherwise` where there is no such field of that type.
  const Json* look(std::string_view name) const;
  std::string text_of(std::string_view name) const;
  bool flag(std::string_view name, bool otherwise) const;

  // A list whose items all are so; null where the field is absent. Errors: corrupt.
  core::Result<const Json*> list(std::string_view name, bool (Json::*is)() const noexcept) const;
  // The number of a token of `size`; -1 where the file says that there is none. Errors: corrupt.
  core::Result<int> id(std::string_view name, int otherwise, int size) const;

  core::Error wrong(std::string_view name, std::string_view what) const;
  core::Error unsupported(std::string_view what) const;
  const std::string& file() const { return file_; }

 private:
  const Json& fields_;
  const std::string& file_;
};

// The lists with something for each token.
struct GgufTokens {
  WrittenTokens written;
  std::vector<std::int64_t> types;
  std::vector<float> scores;  // none if there is no such list

  static core::Result<GgufTokens> read(const GgufTokenizerFields& fields);
};

// Tokenizer model "bert". Errors: corrupt, unsupported.
core::Result<Vocabulary> read_gguf_wordpiece(const GgufTokenizerFields& fields,
                                             const GgufTokens& tokens);

}  // namespace linnet::convert
