#include "tools/convert/vocabulary/test_vectors.h"

#include <charconv>
#include <limits>

#include "engine/core/limits.h"
#include "tools/convert/checkpoint/input_file.h"
#include "tools/convert/json.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
constexpr JsonLimits kLineLimits{.bytes = 1 << 20, .values = 1 << 20, .depth = 4};

Result<std::string> contents_of(const std::string& path) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  return read_text(*file, core::limits::kSettingBytes);
}

// Cuts the next line, or whatever ends with `end`, off the front.
std::string_view cut(std::string_view& rest, std::string_view end) {
  const std::size_t at = rest.find(end);
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(at == rest.npos ? rest.size() : at + end.size());
  return piece;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void add(TestVectors& vectors, std::string text, const std::vector<std::int32_t>& ids) {
  vectors.texts.push_back(std::move(text));
  vectors.ids.insert(vectors.ids.end(), ids.begin(), ids.end());
  vectors.ends.push_back(static_cast<std::int32_t>(vectors.ids.size()));
}

Result<std::vector<std::int32_t>> numbers_of(std::string_view line, const std::string& where) {
  std::vector<std::int32_t> ids;
  while (!line.empty()) {
    const std::string_view word = cut(line, " ");
    if (word.empty()) continue;
    std::int32_t id = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (code != std::errc() || end != word.data() + word.size() || id < 0)
      return Error{Fault::corrupt, say(where, ": '", shown(word), "' is not an id")};
    ids.push_back(id);
  }
  return ids;
}

Result<BothTestVectors> read_pair(const std::string& path, std::string_view texts) {
  const std::string answers = answers_beside(path);
  const Result<std::string> lines = contents_of(answers);
  if (!lines) return lines.error();
  BothTestVectors both;
  std::string_view rest = *lines;
  for (int line = 1; !texts.empty(); ++line) {
    if (rest.empty())
      return Error{Fault::corrupt,
                   say(answers, " has ", line - 1, " lines, and ", path, " has more texts")};
    const std::string_view text = cut(texts, kBetween);
    const Result<std::vector<std::int32_t>> ids =
        numbers_of(without_return(cut(rest, "\n")), say(answers, ", line ", line));
    if (!ids) return ids.error();
    add(both.target, std::string(text), *ids);
  }
  if (rest.find_first_not_of("\n") == rest.npos) return both;
  return Error{Fault::corrupt, say(answers, " has more lines than ", path, " has texts")};
}

Status read_line(const Json& line, const std::string& where, BothTestVectors& both) {
  const auto wrong = [&](const std::string& what) {
    return Error{Fault::corrupt, say(where, ": ", what)};
  };
  bool source = false;
  for (const auto& [name, value] : line.items()) {
    if (name == "source" && value.is_boolean())
      source = value.get<bool>();
    else if (name != "text" && name != "ids")
      return wrong(say("'", shown(name), "' is not expected here"));
  }
  const auto text = line.find("text"), ids = line.find("ids");
  if (text == line.end() || !text->is_string()) return wrong("there is no \"text\"");
  if (ids == line.end() || !ids->is_array()) return wrong("there is no list of \"ids\"");
  std::vector<std::int32_t> numbers;
  for (const Json& id : *ids) {
    if (!id.is_number_unsigned() ||
        id.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()})
      return wrong("an id is not a whole number from 0 on");
    numbers.push_back(id.get<std::int32_t>());
  }
  add(source ? both.source : both.target, text->get<std::string>(), numbers);
  return Done{};
}

Result<BothTestVectors> read_lines(const std::string& path, std::string_view rest) {
  BothTestVectors both;
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view line = cut(rest, "\n");
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string where = say(path, ", line ", number);
    const Result<Json> object = parse_json(line, where, kLineLimits);
    if (!object) return object.error();
    if (const Status fine = read_line(*object, where, both); !fine) return fine.error();
  }
  return both;
}

}  // namespace

std::string answers_beside(const std::string& path) {
  return path.substr(0, path.size() - 4) + ".out";
}

Result<BothTestVectors> read_test_vectors(const std::string& path) {
  const Result<std::string> contents = contents_of(path);
  if (!contents) return contents.error();
  Result<BothTestVectors> both =
      path.ends_with(".inp") ? read_pair(path, *contents) : read_lines(path, *contents);
  if (both && both->target.texts.empty() && both->source.texts.empty())
    return Error{Fault::corrupt, say(path, " has no test vectors")};
  return both;
}

void add_settings(const TestVectors& vectors, core::BundleBuilder& builder,
                  std::string_view prefix) {
  if (vectors.texts.empty()) return;
  const std::string name(prefix);
  builder.add_setting(name + "test_texts", std::span<const std::string>(vectors.texts));
  builder.add_setting(name + "test_ids", std::span<const std::int32_t>(vectors.ids));
  builder.add_setting(name + "test_ends", std::span<const std::int32_t>(vectors.ends));
}

}  // namespace linnet::convert
