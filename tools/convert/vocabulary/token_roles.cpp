#include "tools/convert/vocabulary/token_roles.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/folder.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/spelling.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

class RoleReader {
 public:
  RoleReader(std::string file, const Json& json, Vocabulary& to)
      : file_(std::move(file)), json_(json), to_(to) {}

  // {"32000": {"content": "<pad>", ...}, ...}
  Status read_added_tokens() {
    const Json* list = look("added_tokens_decoder");
    if (list == nullptr || !list->is_object()) return Done{};
    for (const auto& [number, item] : list->items()) {
      auto token = read_added_token(item, file_, {});
      if (!token) return token.error();
      const char* end = number.data() + number.size();
      const auto parsed = std::from_chars(number.data(), end, token->id);
      if (parsed.ec != std::errc() || parsed.ptr != end)
        return Error{Fault::corrupt, say(file_, ": the added token '", shown(token->content),
                                         "' has the number '", shown(number), "'")};
      if (Status fine = add(*token); !fine) return fine;
    }
    return Done{};
  }

  // {"<pad>": 32000, ...}: all that there is in added_tokens.json.
  Status read_added_numbers() {
    for (const auto& [content, number] : json_.items()) {
      const auto* id = number.get_ptr<const std::uint64_t*>();
      if (id == nullptr || *id >= static_cast<std::uint64_t>(core::limits::kVocabulary))
        return Error{Fault::corrupt, say(file_, ": the added token '", shown(content),
                                         "' has no number that could be one")};
      // Without further words the library takes them as special.
      const AddedToken token{.id = static_cast<int>(*id), .content = content, .special = true};
      if (Status fine = add(token); !fine) return fine;
    }
    return Done{};
  }

  Status read_names() {
    for (const auto& [name, id] :
         {std::pair("bos_token", &to_.begin), std::pair("eos_token", &to_.end)}) {
      const auto content = text_of(look(name));
      if (!content || content->empty()) continue;
      const int found = find(*content);
      if (found < 0)
        return Error{Fault::corrupt, say(file_, ": the ", name, " '", shown(*content),
                                         "' is not in the vocabulary")};
      make_special(found);
      if (*id < 0) *id = found;
    }
    for (const char* name : {"pad_token", "unk_token", "sep_token", "cls_token", "mask_token"}) {
      const auto content = text_of(look(name));
      const int found = content && !content->empty() ? find(*content) : -1;
      if (found < 0) continue;
      make_special(found);
      if (std::string_view(name) == "pad_token" && to_.pad < 0) to_.pad = found;
    }
    return Done{};
  }

  // RoBERTa's two files do not say what stands around texts; the class of its tokenizer does.
  Status read_roberta() {
    const auto kind = text_of(look("tokenizer_class")), model = text_of(look("model_type"));
    const bool roberta = (kind && kind->starts_with("Roberta")) || (model && *model == "roberta");
    const int begin = find("<s>"), end = find("</s>");
    if (!roberta || begin < 0 || end < 0 || to_.kind != text::kByteBpe) return Done{};
    for (const int id : {begin, end}) make_special(id);
    to_.begin = begin;
    to_.end = end;
    to_.add_begin = to_.add_end = true;
    to_.single = {{begin, -1, end}, {0, 0, 0}};
    to_.pair = {{begin, -1, end, end, -2, end}, {0, 0, 0, 0, 0, 0}};
    return Done{};
  }

  Status read_adding() {
    for (const auto& [name, id, flag] : {std::tuple("add_bos_token", to_.begin, &to_.add_begin),
                                         std::tuple("add_eos_token", to_.end, &to_.add_end)}) {
      const Json* value = look(name);
      const bool* adds = value == nullptr ? nullptr : value->get_ptr<const bool*>();
      if (adds != nullptr) *flag = *adds && id >= 0;
    }
    return Done{};
  }

  // Numbers instead of names: "bos_token_id": 1, "eos_token_id": 2 or [2, 7].
  Status read_numbers() {
    if (const Json* begin = look("bos_token_id"); begin != nullptr && to_.begin < 0) {
      auto id = number_of(*begin, "bos_token_id");
      if (!id) return id.error();
      to_.begin = *id;
    }
    const Json* ends = look("eos_token_id");
    if (ends == nullptr) return Done{};
    const Json list = ends->is_array() ? *ends : Json::array({*ends});
    for (const Json& item : list) {
      auto id = number_of(item, "eos_token_id");
      if (!id) return id.error();
      if (to_.end < 0) to_.end = *id;
      if (std::find(to_.ends.begin(), to_.ends.end(), *id) == to_.ends.end())
        to_.ends.push_back(*id);
    }
    return Done{};
  }

 private:
  const Json* look(const char* name) const {
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  // "</s>" or {"content": "</s>", ...}
  static std::optional<std::string> text_of(const Json* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) {
      const auto content = value->find("content");
      if (content == value->end()) return std::nullopt;
      value = &*content;
    }
    if (!value->is_string()) return std::nullopt;
    return value->get<std::string>();
  }

  Result<int> number_of(const Json& value, const char* name) const {
    const auto* id = value.get_ptr<const std::uint64_t*>();
    if (id != nullptr && *id < static_cast<std::uint64_t>(to_.size())) return static_cast<int>(*id);
    return Error{Fault::corrupt, say(file_, ": ", name, " is ", shown(value.dump()),
                                     ", outside the vocabulary of ", to_.size(), " tokens")};
  }

  int find(const std::string& content) const {
    const auto found = std::find(to_.tokens.begin(), to_.tokens.end(), content);
    return found == to_.tokens.end() ? -1 : static_cast<int>(found - to_.tokens.begin());
  }

  void make_special(int id) {
    TokenType& type = to_.types[static_cast<std::size_t>(id)];
    if (type != TokenType::unknown) type = TokenType::control;
  }

  // A token that the vocabulary has already stays what it is, unless it was an ordinary one.
  Status add(const AddedToken& token) {
    const auto i = static_cast<std::size_t>(token.id);
    if (i >= to_.tokens.size() || to_.types[i] == TokenType::unused)
      return add_token(token, file_, to_);
    if (to_.tokens[i] != token.content && to_.tokens[i] != with_blanks(token.content))
      return Error{Fault::corrupt, say(file_, ": the added token '", shown(token.content),
                                       "' has the number of '", shown(to_.tokens[i]), "'")};
    if (to_.types[i] != TokenType::normal) return Done{};
    return add_token(token, file_, to_);
  }

  std::string file_;
  const Json& json_;
  Vocabulary& to_;
};

}  // namespace

Status read_token_roles(const std::string& folder, bool tokens_are_whole, Vocabulary& vocabulary) {
  using Read = Status (RoleReader::*)();
  const auto read = [&](const char* name, std::initializer_list<Read> steps) -> Status {
    if (!has_file(folder, name)) return Done{};
    const std::string file = (std::filesystem::path(folder) / name).string();
    auto json = read_json_file(file);
    if (!json) return json.error();
    RoleReader reader(file, *json, vocabulary);
    for (const Read step : steps)
      if (Status done = (reader.*step)(); !done) return done;
    return Done{};
  };

  Status done = Done{};
  if (!tokens_are_whole) {
    done = read("tokenizer_config.json", {&RoleReader::read_added_tokens});
    if (done) done = read("added_tokens.json", {&RoleReader::read_added_numbers});
  }
  if (done)
    done = read("tokenizer_config.json", {&RoleReader::read_names, &RoleReader::read_adding});
  if (done) done = read("special_tokens_map.json", {&RoleReader::read_names});
  if (done) done = read("generation_config.json", {&RoleReader::read_numbers});
  if (done) done = read("config.json", {&RoleReader::read_numbers});
  if (done && !tokens_are_whole)
    for (const char* name : {"tokenizer_config.json", "config.json"})
      if (done) done = read(name, {&RoleReader::read_roberta});
  return done;
}

}  // namespace linnet::convert
