#include "tools/convert/vocabulary/vocabulary.h"

#include <filesystem>
#include <optional>

#include "tools/convert/folder.h"
#include "tools/convert/vocabulary/token_roles.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

// The path of the first of these files that the folder has.
std::optional<std::string> find_file(const std::string& folder,
                                     std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (has_file(folder, name)) return (std::filesystem::path(folder) / name).string();
  return std::nullopt;
}

struct Files {
  std::optional<std::string> json, model, tokens, merges, words;

  explicit Files(const std::string& folder)
      : json(find_file(folder, {"tokenizer.json"})),
        model(find_file(folder, {"tokenizer.model", "spiece.model"})),
        tokens(find_file(folder, {"vocab.json", "encoder.json"})),
        merges(find_file(folder, {"merges.txt", "vocab.bpe"})),
        words(find_file(folder, {"vocab.txt"})) {}
  bool any() const { return json || model || (tokens && merges) || words; }
};

Result<Vocabulary> read_files(const Files& files, const std::string& folder,
                              const std::vector<std::string>& ignored_fields, bool& whole) {
  whole = false;
  if (files.json) {
    auto vocabulary = read_tokenizer_json(*files.json, ignored_fields);
    whole = true;
    if (vocabulary || vocabulary.error().fault != Fault::unsupported || !files.model)
      return vocabulary;
    whole = false;
    auto other = read_sentencepiece_model(*files.model);
    return other ? std::move(other) : std::move(vocabulary);
  }
  if (files.model) return read_sentencepiece_model(*files.model);
  if (files.tokens && files.merges) return read_gpt2_files(*files.tokens, *files.merges);
  if (files.words) return read_bert_files(*files.words);
  return Error{Fault::io, say(folder,
                              " has no tokenizer: neither tokenizer.json nor "
                              "tokenizer.model nor spiece.model nor vocab.json with merges.txt nor "
                              "vocab.txt")};
}

}  // namespace

bool has_vocabulary(const std::string& folder) { return Files(folder).any(); }

Result<Vocabulary> read_vocabulary(const std::string& folder,
                                   const std::vector<std::string>& ignored_fields) {
  bool whole = false;
  auto vocabulary = read_files(Files(folder), folder, ignored_fields, whole);
  if (!vocabulary) return vocabulary.error();
  if (Status read = read_token_roles(folder, whole, *vocabulary); !read) return read.error();
  return vocabulary;
}

}  // namespace linnet::convert
