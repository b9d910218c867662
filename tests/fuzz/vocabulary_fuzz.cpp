#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tools/convert/vocabulary/vocabulary.h"

// Any bytes as somebody's tokenizer file. What is read must make a tokenizer or be refused with a
// sentence that names the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace convert = linnet::convert;
  if (size == 0) return 0;
  const std::string_view contents(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto vocabulary = data[0] == '{'   ? convert::parse_tokenizer_json(contents, "fuzz")
                    : data[0] == 'b' ? convert::parse_llama2c_tokenizer(contents, "fuzz", 260)
                                     : convert::parse_sentencepiece_model(contents, "fuzz");
  if (!vocabulary) {
    if (!vocabulary.error().sentence.starts_with("fuzz")) std::abort();
    return 0;
  }
  const auto fits = convert::fit(*vocabulary, vocabulary->size() + 1);
  if (!fits && fits.error().sentence.empty()) std::abort();
  return 0;
}
