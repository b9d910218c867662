#include "engine/core/limits.h"
#include "engine/text/pretokenize.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/bpe_tables.h"

// vocab.json and merges.txt, the two files of GPT-2.
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

Status read_merges(std::string_view rest, const WrittenTokens& written, const std::string& file,
                   std::vector<std::int32_t>& merges) {
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    if (Status added = add_merge(written, line, number, file, merges); !added) return added;
  }
  return Done{};
}

}  // namespace

Result<Vocabulary> read_gpt2_files(const std::string& vocabulary, const std::string& merges) {
  auto json = read_json_file(vocabulary);
  if (!json) return json.error();
  auto written = read_written_tokens(*json, vocabulary);
  if (!written) return written.error();
  auto text = read_tokenizer_file(merges);
  if (!text) return text.error();

  Vocabulary v;
  v.kind = text::kByteBpe;
  v.pattern = text::kGpt2Pattern;
  add_byte_level_tokens(*written, v);
  if (Status read = read_merges(*text, *written, merges, v.merges); !read) return read.error();
  // GPT-2 itself has this one mark, and no third file that would say so.
  if (const int end = written->find("<|endoftext|>"); end >= 0) {
    v.types[static_cast<std::size_t>(end)] = text::TokenType::control;
    v.begin = v.end = end;
  }
  return v;
}

}  // namespace linnet::convert
