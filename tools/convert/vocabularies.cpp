#include "tools/convert/vocabularies.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "engine/text/tokenizer.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

Result<Vocabulary> read_given_tokenizer(const std::string& path, int size) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return read_vocabulary(path);
  if (path.ends_with(".json")) return read_tokenizer_json(path);
  if (path.ends_with(".model")) return read_sentencepiece_model(path);
  return read_llama2c_tokenizer(path, size);
}

int find(const std::vector<std::string>& tokens, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto at = std::find(tokens.begin(), tokens.end(), name); at != tokens.end())
      return static_cast<int>(at - tokens.begin());
  return -1;
}

// Tokens that are a vocabulary by themselves. Those that stand around texts (`marks`), and those
// with a name that everybody gives to such, are no part of a text.
Vocabulary plain(const std::vector<std::string>& tokens, bool by_characters,
                 std::initializer_list<std::vector<std::int32_t>> marks) {
  Vocabulary v;
  v.kind = by_characters ? text::kCharacters : text::kWords;
  v.tokens = tokens;
  v.types.assign(tokens.size(), TokenType::normal);
  v.unknown = find(tokens, {"<unk>", "<UNK>", "[UNK]"});
  v.begin = find(tokens, {"<s>", "<bos>", "[BOS]"});
  v.end = find(tokens, {"</s>", "<eos>", "[EOS]"});
  v.pad = find(tokens, {"<pad>", "<blank>", "[PAD]"});
  const auto mark = [&](int id, TokenType type) {
    if (id >= 0) v.types[static_cast<std::size_t>(id)] = type;
  };
  for (const std::vector<std::int32_t>& ids : marks)
    for (const std::int32_t id : ids) mark(id, TokenType::control);
  for (const int id : {v.begin, v.end, v.pad}) mark(id, TokenType::control);
  mark(v.unknown, TokenType::unknown);
  v.strip_first = !by_characters;
  if (!by_characters)  // a word decodes to itself with the blank before it
    for (std::size_t id = 0; id < v.tokens.size(); ++id)
      if (v.types[id] == TokenType::normal) v.tokens[id].insert(0, " ");
  return v;
}

Vocabularies plain_vocabularies(const SourceModel& model) {
  const Found& found = model.found;
  const model::Sequences& s = model.spec.sequences;
  Vocabularies both;
  if (!found.target_tokens.empty())
    both.target = plain(found.target_tokens, found.target_by_characters, {s.start, s.ends});
  if (!found.source_tokens.empty())
    both.source =
        plain(found.source_tokens, found.source_by_characters, {s.source_begin, s.source_end});
  return both;
}

Status fit_all(Vocabularies& both, const SourceModel& model, const std::string& path) {
  const model::Spec& spec = model.spec;
  const int source_size = spec.source_vocab > 0 ? spec.source_vocab : spec.vocab;
  Status fits = core::Done{};
  if (both.target) fits = fit(*both.target, spec.vocab);
  if (fits && both.source) fits = fit(*both.source, source_size);
  if (fits) return fits;
  return Error{fits.error().fault, say(path, ": ", fits.error().sentence)};
}

}  // namespace

Result<Vocabularies> find_vocabularies(const Options& options, const SourceModel& model) {
  Vocabularies both;
  if (!options.tokenizer.empty()) {
    Result<Vocabulary> given = read_given_tokenizer(options.tokenizer, model.spec.vocab);
    if (!given) return given.error();
    both.target = std::move(*given);
  } else if (!model.found.target_tokens.empty() || !model.found.source_tokens.empty()) {
    both = plain_vocabularies(model);
  } else if (model.folder && has_vocabulary(model.path)) {
    Result<Vocabulary> read = read_vocabulary(model.path);
    if (!read) return read.error();
    both.target = std::move(*read);
  }
  const std::string& path = options.tokenizer.empty() ? model.path : options.tokenizer;
  if (const Status fits = fit_all(both, model, path); !fits) return fits.error();
  return both;
}

}  // namespace linnet::convert
