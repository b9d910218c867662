#include "tools/convert/vocabulary/gguf_token_fields.h"

#include <algorithm>

#include "engine/core/limits.h"

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Error GgufTokenizerFields::wrong(std::string_view name, std::string_view what) const {
  return {Fault::corrupt, say(file_, ": the field 'tokenizer.", name, "' ", what)};
}

Error GgufTokenizerFields::unsupported(std::string_view what) const {
  return {Fault::unsupported, say(file_, ": ", what, ", which this version does not support")};
}

const Json* GgufTokenizerFields::look(std::string_view name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? nullptr : &*found;
}

std::string GgufTokenizerFields::text_of(std::string_view name) const {
  const Json* value = look(name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

bool GgufTokenizerFields::flag(std::string_view name, bool otherwise) const {
  const Json* value = look(name);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
}

Result<const Json*> GgufTokenizerFields::list(std::string_view name,
                                              bool (Json::*is)() const noexcept) const {
  const Json* list = look(name);
  if (list == nullptr) return list;
  if (list->is_array() &&
      std::all_of(list->begin(), list->end(), [&](const Json& item) { return (item.*is)(); }))
    return list;
  return wrong(name, "is not the list that it should be");
}

Result<int> GgufTokenizerFields::id(std::string_view name, int otherwise, int size) const {
  const Json* value = look(name);
  if (value == nullptr) return otherwise;
  if (value->is_number_integer()) {
    const double number = value->get<double>();
    if (number == -1 || number == 4294967295.0) return -1;
    if (number >= 0 && number < size) return static_cast<int>(number);
  }
  return wrong(name, say("is ", shown(value->dump(-1, ' ', true, Json::error_handler_t::replace)),
                         ", outside the vocabulary of ", size, " tokens"));
}

Result<GgufTokens> GgufTokens::read(const GgufTokenizerFields& fields) {
  const Result<const Json*> texts = fields.list("ggml.tokens", &Json::is_string);
  if (!texts) return texts.error();
  if (*texts == nullptr || (*texts)->empty())
    return fields.wrong("ggml.tokens", "is missing or empty");
  const std::size_t size = (*texts)->size();
  if (static_cast<std::int64_t>(size) > core::limits::kVocabulary)
    return Error{Fault::limit, say(fields.file(), ": ", size, " tokens are more than ",
                                   core::limits::kVocabulary)};
  const Result<const Json*> types = fields.list("ggml.token_type", &Json::is_number_integer);
  if (!types) return types.error();
  const Result<const Json*> scores = fields.list("ggml.scores", &Json::is_number);
  if (!scores) return scores.error();
  for (const Json* list : {*types, *scores})
    if (list != nullptr && list->size() != size)
      return fields.wrong(list == *types ? "ggml.token_type" : "ggml.scores",
                          say("has ", list->size(), " items for ", size, " tokens"));
  GgufTokens all;
  for (std::size_t i = 0; i < size; ++i) {
    const auto& token = (**texts)[i].get_ref<const std::string&>();
    all.written.ids.emplace(token, static_cast<int>(i));
    all.written.tokens.push_back(token);
    all.types.push_back(*types == nullptr ? 1 : (**types)[i].get<std::int64_t>());
    if (*scores != nullptr) all.scores.push_back((**scores)[i].get<float>());
  }
  return all;
}

}  // namespace linnet::convert
