#include "tools/convert/chat/chat.h"

#include <filesystem>
#include <string>

#include "engine/core/bundle_builder.h"
#include "engine/text/utf8.h"
#include "tools/convert/chat/recognition.h"
#include "tools/convert/checkpoint/input_file.h"
#include "tools/convert/vocabulary/bpe_tables.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using text::TokenType;

namespace files = std::filesystem;

struct FoundTemplate {
  std::string file, text;
};

// A template, or the one called "default" of several: [{"name": ..., "template": ...}, ...].
std::optional<std::string> template_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return std::nullopt;
  for (const Json& item : value) {
    if (!item.is_object()) continue;
    const auto name = item.find("name"), text = item.find("template");
    if (name != item.end() && text != item.end() && *name == "default" && text->is_string())
      return text->get<std::string>();
  }
  return std::nullopt;
}

Result<std::optional<FoundTemplate>> template_of_folder(const std::string& folder) {
  std::error_code code;
  const std::string alone = folder + "/chat_template.jinja";
  if (files::exists(alone, code)) {
    const Result<InputFile> file = InputFile::open(alone);
    if (!file) return file.error();
    Result<std::string> text = read_text(*file, kTokenizerJson.bytes);
    if (!text) return text.error();
    if (!text::is_utf8(*text)) return Error{Fault::corrupt, say(alone, " is not UTF-8")};
    return std::optional(FoundTemplate{alone, std::move(*text)});
  }
  const std::string config = folder + "/tokenizer_config.json";
  if (!files::exists(config, code)) return std::optional<FoundTemplate>();
  const Result<Json> json = read_json_file(config);
  if (!json) return json.error();
  const auto value = json->find("chat_template");
  if (value == json->end()) return std::optional<FoundTemplate>();
  // One of another form is an empty one, which is none of those that are known.
  return std::optional(FoundTemplate{config, template_in(*value).value_or("")});
}

Result<std::optional<FoundTemplate>> find_template(const Options& options,
                                                   const SourceModel& model) {
  std::error_code code;
  if (files::is_directory(options.tokenizer, code)) return template_of_folder(options.tokenizer);
  if (model.folder) return template_of_folder(model.path);
  const Json& fields = model.found.tokenizer;
  const auto value = fields.is_object() ? fields.find("chat_template") : fields.end();
  if (!fields.is_object() || value == fields.end()) return std::optional<FoundTemplate>();
  return std::optional(FoundTemplate{model.path, template_in(*value).value_or("")});
}

Result<text::ChatFormat> make_format(std::string_view name, std::optional<bool> begins,
                                     Vocabulary& vocabulary) {
  const std::vector<TokenType> before = vocabulary.types;
  for (const std::string_view token : text::chat_format_tokens(name)) {
    const int id = vocabulary.find(token);
    if (id < 0) continue;
    TokenType& type = vocabulary.types[static_cast<std::size_t>(id)];
    if (type == TokenType::added || type == TokenType::user_defined) type = TokenType::control;
  }
  core::BundleBuilder builder;
  add_settings(vocabulary, builder);
  const Result<text::Tokenizer> tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) return tokenizer.error();
  Result<text::ChatFormat> format = text::known_chat_format(name, *tokenizer, begins);
  if (!format) vocabulary.types = before;  // without the format its marks are as they were
  return format;
}

bool continues_texts(const SourceModel& model) {
  return !model.vocabulary_only() && model.spec.decoder.layers > 0 &&
         model.spec.encoder.layers == 0;
}

}  // namespace

Result<std::optional<text::ChatFormat>> find_chat_format(const Options& options,
                                                         const SourceModel& model,
                                                         const Listener& listener,
                                                         Tokenizers& tokenizers) {
  using Chosen = std::optional<text::ChatFormat>;
  const std::string& wanted = options.chat_format;
  const bool possible = continues_texts(model) && tokenizers.target;
  if (wanted == "none" || (wanted.empty() && !possible)) return Chosen();
  if (!possible)
    return Error{Fault::bad_argument,
                 "--chat-format is for a model that continues texts and has a tokenizer"};
  if (!wanted.empty()) {
    Result<text::ChatFormat> format = make_format(wanted, std::nullopt, *tokenizers.target);
    if (!format) return format.error();
    return Chosen(std::move(*format));
  }
  const Result<std::optional<FoundTemplate>> found = find_template(options, model);
  if (!found) return found.error();
  if (!*found) return Chosen();
  const auto tell = [&](const std::string& what) {
    if (listener.warn) listener.warn(say((*found)->file, ": the chat template ", what));
  };
  const std::string otherwise =
      "; the file will have no chat format, unless --chat-format names one";
  const std::optional<RecognisedTemplate> known = recognise_template((*found)->text);
  if (!known) {
    tell(say("is none of those that are known (", text::chat_format_names(), ")", otherwise));
    return Chosen();
  }
  Result<text::ChatFormat> format = make_format(known->format, known->begins, *tokenizers.target);
  if (!format) {
    tell(say("cannot be followed: ", format.error().sentence, otherwise));
    return Chosen();
  }
  format->system = known->system;
  if (!known->left_out.empty())
    tell(say("is known (", known->format, "); left out: ", known->left_out));
  return Chosen(std::move(*format));
}

}  // namespace linnet::convert
