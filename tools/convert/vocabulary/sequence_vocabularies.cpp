#include <algorithm>
#include <filesystem>

#include "engine/text/tokenizer.h"
#include "tools/convert/folder.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/token_roles.h"
#include "tools/convert/vocabulary/vocabulary.h"

// The vocabularies of encoder-decoders, as Hugging Face folders have them.
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  std::string file(const char* name) const {
    return (std::filesystem::path(path_) / name).string();
  }
  bool has(const char* name) const { return has_file(path_, name); }
  bool has(std::initializer_list<const char*> names) const {
    return std::all_of(names.begin(), names.end(), [&](const char* name) { return has(name); });
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool same_contents(const std::string& a, const std::string& b) {
  const auto first = read_tokenizer_file(a), second = read_tokenizer_file(b);
  return first && second && *first == *second;
}

// What a JSON file of the folder says of `name`; null if nothing.
Result<Json> field_of(const Folder& folder, const char* file, const char* name) {
  if (!folder.has(file)) return Json(nullptr);
  auto json = read_json_file(folder.file(file));
  if (!json) return json.error();
  const auto found = json->find(name);
  return found == json->end() ? Json(nullptr) : *found;
}

Status add_special(Vocabulary& v, const std::string& token, const std::string& file) {
  return add_token({.id = v.size(), .content = token, .special = true}, file, v);
}

Result<SequenceVocabularies> read_marian(const Folder& folder) {
  const std::string source = folder.file("source.spm"), target = folder.file("target.spm");
  const std::string numbers = folder.file("vocab.json");
  const bool separate = folder.has("target_vocab.json");
  auto read = read_numbered_pieces(target, separate ? folder.file("target_vocab.json") : numbers);
  if (!read) return read.error();
  if (Status roles = read_token_roles(folder.path(), false, *read); !roles) return roles.error();
  SequenceVocabularies both{std::move(*read), std::nullopt};
  if (!separate && same_contents(source, target)) return both;
  auto other = read_numbered_pieces(source, numbers);
  if (!other) return other.error();
  both.source = std::move(*other);
  return both;
}

// The languages are numbered on from the pieces, in the order in which the files list them.
Status add_languages(const Folder& folder, Vocabulary& v) {
  for (const char* file : {"special_tokens_map.json", "tokenizer_config.json"}) {
    auto list = field_of(folder, file, "additional_special_tokens");
    if (!list) return list.error();
    if (!list->is_array() || list->empty()) continue;
    for (const Json& item : *list) {
      const Json content = item.is_object() ? item.value("content", Json()) : item;
      if (!content.is_string()) continue;
      const auto token = content.get<std::string>();
      if (v.find(token) >= 0) continue;
      if (Status added = add_special(v, token, folder.file(file)); !added) return added;
    }
    return Done{};
  }
  return Done{};
}

Result<SequenceVocabularies> read_m2m(const Folder& folder) {
  auto v = read_numbered_pieces(folder.file("sentencepiece.bpe.model"), folder.file("vocab.json"));
  if (!v) return v.error();
  const int pieces = v->size();
  if (Status roles = read_token_roles(folder.path(), false, *v); !roles) return roles.error();
  if (v->size() == pieces)
    if (Status added = add_languages(folder, *v); !added) return added.error();
  // A text stands between the token of its language, which the model's user names, and the end.
  v->add_begin = false;
  v->add_end = v->end >= 0;
  return SequenceVocabularies{std::move(*v), std::nullopt};
}

// The sentinels of T5's training come behind the pieces, the last of them first.
Status add_sentinels(const Folder& folder, Vocabulary& v) {
  auto said = field_of(folder, "tokenizer_config.json", "extra_ids");
  if (!said) return said.error();
  const auto* number = said->get_ptr<const std::uint64_t*>();
  const std::uint64_t count = number == nullptr ? 100 : *number;
  if (count > 1000)
    return Error{Fault::corrupt,
                 say(folder.file("tokenizer_config.json"), ": extra_ids is ", count)};
  for (std::uint64_t i = count; i-- > 0;) {
    const std::string token = say("<extra_id_", i, ">");
    if (v.find(token) >= 0) continue;
    if (Status added = add_special(v, token, folder.file("spiece.model")); !added) return added;
  }
  return Done{};
}

Result<SequenceVocabularies> read_t5(const Folder& folder) {
  auto v = read_sentencepiece_model(folder.file("spiece.model"));
  if (!v) return v.error();
  if (Status added = add_sentinels(folder, *v); !added) return added.error();
  if (Status roles = read_token_roles(folder.path(), false, *v); !roles) return roles.error();
  return SequenceVocabularies{std::move(*v), std::nullopt};
}

}  // namespace

Result<SequenceVocabularies> read_sequence_vocabularies(
    const std::string& path, const std::vector<std::string>& ignored_fields) {
  const Folder folder(path);
  if (folder.has({"source.spm", "target.spm", "vocab.json"})) return read_marian(folder);
  if (!folder.has("tokenizer.json")) {
    if (folder.has({"sentencepiece.bpe.model", "vocab.json"})) return read_m2m(folder);
    if (folder.has("spiece.model")) return read_t5(folder);
    if (folder.has("sentencepiece.bpe.model"))
      return Error{Fault::unsupported,
                   say(path,
                       " has sentencepiece.bpe.model but no tokenizer.json, which says how its "
                       "pieces are numbered")};
  }
  auto v = read_vocabulary(path, ignored_fields);
  if (!v) return v.error();
  // BART's two files do not say what stands around a text.
  if (!folder.has("tokenizer.json") && v->kind == text::kByteBpe) {
    v->add_begin = v->begin >= 0;
    v->add_end = v->end >= 0;
  }
  return SequenceVocabularies{std::move(*v), std::nullopt};
}

}  // namespace linnet::convert
