#include "tools/convert/sentence_pooling.h"

#include <string_view>

#include "tools/convert/folder.h"
#include "tools/convert/json_file.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<model::Pooling> read_kind(const std::string& path) {
  struct Kind {
    std::string_view field;
    model::Pooling pooling;
  };
  constexpr Kind kinds[]{{"pooling_mode_cls_token", model::Pooling::first},
                         {"pooling_mode_mean_tokens", model::Pooling::mean},
                         {"pooling_mode_lasttoken", model::Pooling::last}};
  const Result<Json> fields = read_json(path);
  if (!fields) return fields.error();
  const model::Pooling* found = nullptr;
  for (const auto& [name, value] : fields->items()) {
    if (!std::string_view(name).starts_with("pooling_mode_") || value != true) continue;
    const Kind* known = nullptr;
    for (const Kind& kind : kinds)
      if (kind.field == name) known = &kind;
    if (known == nullptr || found != nullptr)
      return Error{Fault::unsupported,
                   say(path, ": the field '", shown(name), "' asks for a kind of pooling that is ",
                       "not supported")};
    found = &known->pooling;
  }
  return found == nullptr ? model::Pooling::mean : *found;
}

}  // namespace

Result<SentencePooling> read_sentence_pooling(const std::string& folder) {
  SentencePooling made;
  const std::string path = folder + "/modules.json";
  if (!has_file(folder, "modules.json")) return made;
  const Result<Json> modules = read_json_list(path);
  if (!modules) return modules.error();
  for (const Json& module : modules->at("list")) {
    const auto text = [&](const char* name) {
      const auto found = module.is_object() ? module.find(name) : module.end();
      const bool fine = module.is_object() && found != module.end() && found->is_string();
      return fine ? found->get<std::string>() : std::string();
    };
    const std::string type = text("type");
    if (type.ends_with(".Pooling")) {
      const Result<model::Pooling> kind = read_kind(folder + "/" + text("path") + "/config.json");
      if (!kind) return kind.error();
      made.pooling = *kind;
    } else if (type.ends_with(".Normalize")) {
      made.unit_length = true;
    } else if (!type.ends_with(".Transformer")) {
      return Error{Fault::unsupported, say(path, ": the module '", shown(type),
                                           "' is not supported (Transformer, Pooling, Normalize)")};
    }
  }
  return made;
}

}  // namespace linnet::convert
