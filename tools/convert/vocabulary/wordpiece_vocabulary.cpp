#include <filesystem>
#include <utility>

#include "engine/text/tokenizer.h"
#include "tools/convert/config.h"
#include "tools/convert/folder.h"
#include "tools/convert/token_list.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/vocabulary.h"

// BERT's list of tokens, one per line, and what the file beside it says.
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

// The name of a mark: "[CLS]" or {"content": "[CLS]", ...}.
std::string name_in(const Json& json, const char* field, const char* otherwise) {
  const auto found = json.find(field);
  if (found == json.end()) return otherwise;
  if (found->is_string()) return found->get<std::string>();
  const auto content = found->is_object() ? found->find("content") : found->end();
  return found->is_object() && content != found->end() && content->is_string()
             ? content->get<std::string>()
             : std::string(otherwise);
}

// As BertTokenizer has it where nothing is said.
Status read_settings(const Json& json, const std::string& file, Vocabulary& v) {
  const auto flag = [&](const char* name, bool otherwise) {
    const auto found = json.find(name);
    return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
  };
  if (!flag("do_basic_tokenize", true))
    return Error{Fault::unsupported,
                 say(file, ": 'do_basic_tokenize' is false, which this version does not support")};
  v.bert.lower = flag("do_lower_case", true);
  v.bert.strip_accents = flag("strip_accents", v.bert.lower);
  v.bert.split_chinese = flag("tokenize_chinese_chars", true);
  v.unknown = mark_as(TokenType::unknown, name_in(json, "unk_token", "[UNK]"), v);
  v.begin = mark_as(TokenType::control, name_in(json, "cls_token", "[CLS]"), v);
  v.end = mark_as(TokenType::control, name_in(json, "sep_token", "[SEP]"), v);
  v.pad = mark_as(TokenType::control, name_in(json, "pad_token", "[PAD]"), v);
  mark_as(TokenType::control, name_in(json, "mask_token", "[MASK]"), v);
  v.add_begin = v.begin >= 0;
  v.add_end = v.end >= 0;
  if (!v.add_begin || !v.add_end) return Done{};
  v.single = {{v.begin, -1, v.end}, {0, 0, 0}};
  v.pair = {{v.begin, -1, v.end, -2, v.end}, {0, 0, 0, 1, 1}};
  return Done{};
}

}  // namespace

Vocabulary make_wordpiece(const std::vector<std::string>& tokens, std::string_view inside) {
  Vocabulary v;
  v.kind = text::kWordPiece;
  v.strip_first = true;
  v.cleanup = true;
  for (const std::string& token : tokens) {
    const bool within = !inside.empty() && token.starts_with(inside);
    const std::string_view rest = std::string_view(token).substr(within ? inside.size() : 0);
    // No word has a blank, nor nothing in it.
    const bool reachable = !rest.empty() && rest.find(' ') == rest.npos;
    v.tokens.push_back(!reachable ? token : within ? std::string(rest) : say(" ", rest));
    v.types.push_back(reachable ? TokenType::normal : TokenType::unused);
  }
  return v;
}

int mark_as(TokenType type, const std::string& token, Vocabulary& v) {
  int id = v.find(say(" ", token));
  if (id < 0) id = v.find(token);
  if (id < 0 || token.empty()) return -1;
  v.tokens[static_cast<std::size_t>(id)] = token;
  v.types[static_cast<std::size_t>(id)] = type;
  return id;
}

Result<Vocabulary> read_bert_files(const std::string& path) {
  auto contents = read_tokenizer_file(path);
  if (!contents) return contents.error();
  Vocabulary v = make_wordpiece(lines_of(*contents));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const std::string file = (folder / "tokenizer_config.json").string();
  Json json = Json::object();
  if (has_file(folder.string(), "tokenizer_config.json")) {
    auto read = read_json_file(file);
    if (!read) return read.error();
    json = std::move(*read);
  }
  if (Status read = read_settings(json, file, v); !read) return read.error();
  if (v.unknown < 0) return Error{Fault::corrupt, say(path, " has no token for unknown words")};
  return v;
}

}  // namespace linnet::convert
