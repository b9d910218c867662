#include "tools/convert/source_model.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "tools/convert/checkpoint/llama2c.h"
#include "tools/convert/checkpoint/safetensors.h"
#include "tools/convert/config.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr JsonLimits kConfigLimits{};

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](auto end) { return name.ends_with(end); });
}

// Pickle is a program that runs when it is read; it is refused by name and never opened.
Error pickled(const std::string& path) {
  return Error{
      Fault::unsupported,
      say(path, " is a pickle, which may run anything when it is read and is therefore not ",
          "supported; save the model as safetensors (save_pretrained does)")};
}

bool pickle_name(const std::string& name) {
  return ends_with_any(name, {".pt", ".pth", ".ckpt", ".pkl", ".pickle"}) ||
         (name.starts_with("pytorch_model") && name.ends_with(".bin"));
}

// What else could hold the weights of a folder without safetensors.
Error no_weights(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code))
    names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (pickle_name(name)) return pickled(folder + "/" + name);
    if (ends_with_any(name, {".h5", ".msgpack", ".gguf", ".onnx"}))
      return Error{Fault::unsupported,
                   say(folder, "/", name, " is of a kind that is not supported; ",
                       "save the model as safetensors")};
  }
  return Error{Fault::io,
               say(folder, " has no model.safetensors and no model.safetensors.index.json")};
}

Result<std::unique_ptr<Checkpoint>> open_weights(const std::string& folder) {
  const auto has = [&](const char* name) {
    std::error_code code;
    return std::filesystem::exists(folder + "/" + name, code);
  };
  const auto as_checkpoint = [](auto opened) -> Result<std::unique_ptr<Checkpoint>> {
    if (!opened) return opened.error();
    return std::unique_ptr<Checkpoint>(std::move(*opened));
  };
  if (has("model.safetensors"))
    return as_checkpoint(Safetensors::open(folder + "/model.safetensors"));
  const std::string index = "model.safetensors.index.json";
  if (has(index.c_str())) return as_checkpoint(ShardedSafetensors::open(folder + "/" + index));
  return no_weights(folder);
}

Result<Json> read_config(const std::string& path) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  const Result<std::string> text = read_text(*file, kConfigLimits.bytes);
  if (!text) return text.error();
  return parse_json(*text, path, kConfigLimits);
}

// Which family the fields `model_type` and `architectures` speak of.
Result<const Family*> family_of(Config& config, const std::string& path) {
  const std::string type = config.text("model_type", "");
  const std::vector<std::string> architectures = config.texts("architectures");
  const Family* family = find_family(type);
  if (family == nullptr || family->architecture.empty())
    return Error{Fault::unsupported,
                 say(path, ": the model_type '", shown(type), "' is not one of those that are ",
                     "supported (", family_names(), ")")};
  for (const std::string& name : architectures)
    if (name != family->architecture)
      return Error{Fault::unsupported, say(path, ": the architecture '", shown(name),
                                           "' is not supported, only ", family->architecture)};
  return family;
}

// The Spec of a model of that family.
Result<model::Spec> describe(const Family& family, Config& config, const std::string& path) {
  model::Spec spec;
  spec.family = family.name;
  family.describe(config, spec);
  if (const core::Status fine = config.finish(); !fine) return fine.error();
  if (const core::Status fine = model::check(spec); !fine)
    return Error{fine.error().fault, say(path, ": ", fine.error().sentence)};
  return spec;
}

Result<SourceModel> open_folder(const std::string& path,
                                const std::vector<std::string>& ignored_fields) {
  const std::string config_path = path + "/config.json";
  Result<Json> json = read_config(config_path);
  if (!json) return json.error();
  Config config(std::move(*json), config_path, ignored_fields);
  const Result<const Family*> family = family_of(config, config_path);
  if (!family) return family.error();
  Result<model::Spec> spec = describe(**family, config, config_path);
  if (!spec) return spec.error();
  Result<std::unique_ptr<Checkpoint>> checkpoint = open_weights(path);
  if (!checkpoint) return checkpoint.error();
  return SourceModel{path, true, *family, std::move(*checkpoint), std::move(*spec)};
}

Result<SourceModel> open_llama2c(const std::string& path) {
  Result<std::unique_ptr<Llama2c>> checkpoint = Llama2c::open(path);
  if (!checkpoint) return checkpoint.error();
  const Family* family = find_family("llama2.c");
  Config config((*checkpoint)->config(), path);
  Result<model::Spec> spec = describe(*family, config, path);
  if (!spec) return spec.error();
  return SourceModel{path, false, family, std::move(*checkpoint), std::move(*spec)};
}

// Kinds of files that people try and that are refused by name: by their first bytes.
core::Status check_kind(const std::string& path) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::array<char, 4> magic{};
  if (file->size() < 4) return core::Done{};
  if (const core::Status got = file->read(0, std::as_writable_bytes(std::span(magic))); !got)
    return got;
  const std::string_view head(magic.data(), magic.size());
  if (head == "GGUF")
    return Error{Fault::unsupported, say(path, " is a GGUF file, which is not supported; give the ",
                                         "folder of the original model")};
  // A zip archive, or protocol 2 to 5 of a bare pickle.
  if (head.starts_with("PK\x03\x04") ||
      (head[0] == '\x80' && head[1] >= '\x02' && head[1] <= '\x05'))
    return pickled(path);
  if (path.ends_with(".safetensors"))
    return Error{Fault::unsupported,
                 say(path, " does not say what its tensors are; give the folder ",
                     "that has config.json beside it")};
  return core::Done{};
}

}  // namespace

Result<SourceModel> open_source(const std::string& path,
                                const std::vector<std::string>& ignored_fields) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) {
    const std::size_t end = path.find_last_not_of('/');
    return open_folder(end == std::string::npos ? "/" : path.substr(0, end + 1), ignored_fields);
  }
  if (const core::Status fine = check_kind(path); !fine) return fine.error();
  return open_llama2c(path);
}

}  // namespace linnet::convert
