#include "tools/convert/token_list.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"
#include "tools/convert/checkpoint/input_file.h"
#include "tools/convert/json.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::int64_t kLargestFile = 64 << 20;
constexpr JsonLimits kLimits{kLargestFile, core::limits::kVocabulary + 2, 2};

// The JSON reader wants an object at the top.
Result<std::vector<std::string>> listed_in(const std::string& text, const std::string& path) {
  const Result<Json> json = parse_json("{\"tokens\":" + text + "}", path, kLimits);
  if (!json) return json.error();
  std::vector<std::string> tokens;
  const auto list = json->find("tokens");
  const bool whole = json->size() == 1 && list->is_array();
  for (std::size_t i = 0; whole && i < list->size(); ++i) {
    const auto* token = (*list)[i].get_ptr<const std::string*>();
    if (token == nullptr) return Error{Fault::corrupt, say(path, ": token ", i, " is not a text")};
    tokens.push_back(*token);
  }
  if (!whole) return Error{Fault::corrupt, say(path, " is not a list of tokens")};
  return tokens;
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<std::vector<std::string>> read_tokens(const std::string& path) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  const Result<std::string> text = read_text(*file, kLargestFile);
  if (!text) return text.error();
  Result<std::vector<std::string>> tokens =
      path.ends_with(".json") ? listed_in(*text, path) : lines_of(*text);
  if (!tokens) return tokens;
  if (std::cmp_greater(tokens->size(), core::limits::kVocabulary))
    return Error{Fault::limit, say(path, " has ", tokens->size(), " tokens, more than the ",
                                   core::limits::kVocabulary, " that are allowed")};
  return tokens;
}

Result<std::vector<std::int32_t>> ids_of(const std::vector<std::string>& tokens,
                                         std::span<const std::string> wanted,
                                         const std::string& file) {
  std::vector<std::int32_t> ids;
  for (const std::string& token : wanted) {
    const auto at = std::find(tokens.begin(), tokens.end(), token);
    if (at == tokens.end())
      return Error{Fault::corrupt, say(file, " has no token '", shown(token), "'")};
    ids.push_back(static_cast<std::int32_t>(at - tokens.begin()));
  }
  return ids;
}

}  // namespace linnet::convert
