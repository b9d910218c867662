#include "tools/convert/source_model.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "tools/convert/checkpoint/ctranslate2.h"
#include "tools/convert/checkpoint/gguf.h"
#include "tools/convert/checkpoint/llama2c.h"
#include "tools/convert/checkpoint/npz.h"
#include "tools/convert/checkpoint/safetensors.h"
#include "tools/convert/config.h"
#include "tools/convert/folder.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/json_file.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

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
    if (name.ends_with(".gguf"))
      return Error{Fault::unsupported, say(folder, " has no safetensors, but a GGUF file; give ",
                                           "that itself: ", folder, "/", name)};
    if (ends_with_any(name, {".h5", ".msgpack", ".onnx"}))
      return Error{Fault::unsupported,
                   say(folder, "/", name, " is of a kind that is not supported; ",
                       "save the model as safetensors")};
  }
  return Error{Fault::io,
               say(folder, " has no model.safetensors and no model.safetensors.index.json; ",
                   "no model.npz either")};
}

Result<std::unique_ptr<Checkpoint>> open_weights(const std::string& folder) {
  const auto as_checkpoint = [](auto opened) -> Result<std::unique_ptr<Checkpoint>> {
    if (!opened) return opened.error();
    return std::unique_ptr<Checkpoint>(std::move(*opened));
  };
  if (has_file(folder, "model.safetensors"))
    return as_checkpoint(Safetensors::open(folder + "/model.safetensors"));
  const char* index = "model.safetensors.index.json";
  if (has_file(folder, index)) return as_checkpoint(ShardedSafetensors::open(folder + "/" + index));
  if (has_file(folder, "model.npz")) return as_checkpoint(Npz::open(folder + "/model.npz"));
  return no_weights(folder);
}

// What generation_config.json says of the tokens around sequences is what counts.
core::Status add_generation_config(const std::string& folder, Json& config) {
  if (!has_file(folder, "generation_config.json")) return core::Done{};
  const Result<Json> generation = read_json(folder + "/generation_config.json");
  if (!generation) return generation.error();
  for (const std::string_view name : kGenerationFields) {
    const auto given = generation->find(name);
    if (given != generation->end() && !given->is_null()) config[std::string(name)] = *given;
  }
  return core::Done{};
}

// What stands for the `*` of the family's architecture, or nothing.
std::optional<std::string> reader_of(const Family& family, std::string_view name) {
  std::string_view begin = family.architecture;
  if (!begin.ends_with('*')) return std::nullopt;
  begin.remove_suffix(1);
  for (const std::string_view end : kReaders)
    if (name == std::string(begin) + std::string(end)) return std::string(end);
  return std::nullopt;
}

// Whether that is the family's class. Some were written with other capitals before they came into
// the library (MPTForCausalLM).
bool is_class(const Family& family, std::string_view name) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(family.architecture, name, {}, small, small);
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
    if (!reader_of(*family, name) && !is_class(*family, name))
      return Error{Fault::unsupported, say(path, ": the architecture '", shown(name),
                                           "' is not supported, only ", family->architecture)};
  return family;
}

// A model of that family, with what its config says of it. `folder` is empty for a single file.
Result<SourceModel> describe(const Family& family, Config& config, const std::string& path,
                             const std::string& folder, std::unique_ptr<Checkpoint> checkpoint) {
  Found found{*checkpoint, folder};
  for (const std::string& name : config.texts("architectures"))
    if (const auto reader = reader_of(family, name)) found.architecture = *reader;
  model::Spec spec;
  spec.family = family.name;
  family.describe(config, found, spec);
  if (const core::Status fine = config.finish(); !fine) return fine.error();
  found.notes = config.notes();
  if (const core::Status fine = model::check(spec); !fine)
    return Error{fine.error().fault, say(config.file(), ": ", fine.error().sentence)};
  return SourceModel{
      path, !folder.empty(), &family, std::move(checkpoint), std::move(found), std::move(spec)};
}

Result<SourceModel> open_hugging_face(const std::string& path,
                                      const std::vector<std::string>& ignored_fields) {
  const std::string config_path = path + "/config.json";
  Result<Json> json = read_json(config_path);
  if (!json) return json.error();
  if (json->value("is_encoder_decoder", Json()) == true)
    if (const core::Status added = add_generation_config(path, *json); !added) return added.error();
  Config config(std::move(*json), config_path, ignored_fields);
  const Result<const Family*> family = family_of(config, config_path);
  if (!family) return family.error();
  Result<std::unique_ptr<Checkpoint>> checkpoint = open_weights(path);
  if (!checkpoint) return checkpoint.error();
  return describe(**family, config, path, path, std::move(*checkpoint));
}

// CTranslate2 has no config.json before version 6 of its files.
Result<SourceModel> open_ctranslate2(const std::string& path,
                                     const std::vector<std::string>& ignored_fields) {
  Result<std::unique_ptr<Ctranslate2>> checkpoint = Ctranslate2::open(path + "/model.bin");
  if (!checkpoint) return checkpoint.error();
  Json fields = (*checkpoint)->config();
  Json& beside = fields["config.json"] = Json::object();
  if (has_file(path, "config.json")) {
    Result<Json> json = read_json(path + "/config.json");
    if (!json) return json.error();
    beside = std::move(*json);
  }
  Config config(std::move(fields), path + "/model.bin", ignored_fields);
  return describe(*find_family("ctranslate2"), config, path, path, std::move(*checkpoint));
}

Result<SourceModel> open_folder(const std::string& path,
                                const std::vector<std::string>& ignored_fields) {
  const bool safetensors =
      has_file(path, "model.safetensors") || has_file(path, "model.safetensors.index.json");
  if (!safetensors && has_file(path, "model.bin")) return open_ctranslate2(path, ignored_fields);
  return open_hugging_face(path, ignored_fields);
}

// The files of a checkpoint that has no tensors.
class OneFile : public Checkpoint {
 public:
  explicit OneFile(InputFile file) : file_(std::move(file)) {}
  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int, std::int64_t, std::span<float>) const override { return core::Done{}; }

 private:
  InputFile file_;
};

SourceModel open_tokenizer(const std::string& path, InputFile file) {
  auto checkpoint = std::make_unique<OneFile>(std::move(file));
  Found found{*checkpoint, ""};
  found.tokenizer_file = true;
  return SourceModel{path, false, nullptr, std::move(checkpoint), std::move(found), {}};
}

Result<SourceModel> open_llama2c(const std::string& path) {
  Result<std::unique_ptr<Llama2c>> checkpoint = Llama2c::open(path);
  if (!checkpoint) return checkpoint.error();
  Config config((*checkpoint)->config(), path);
  return describe(*find_family("llama2.c"), config, path, "", std::move(*checkpoint));
}

// A GGUF file without tensors, which has a tokenizer at most.
SourceModel open_vocabulary(const std::string& path, std::unique_ptr<Gguf> file) {
  Json tokenizer = std::move(file->fields()["tokenizer"]);
  Found found{*file, ""};
  model::Spec spec;
  if (const Json& name = file->field("general", "architecture"); name.is_string())
    spec.family = name.get<std::string>();
  found.tokenizer = std::move(tokenizer);
  return SourceModel{path, false, nullptr, std::move(file), std::move(found), std::move(spec)};
}

Result<SourceModel> open_gguf(const std::string& path,
                              const std::vector<std::string>& ignored_fields) {
  Result<std::unique_ptr<Gguf>> file = Gguf::open(path);
  if (!file) return file.error();
  if ((*file)->tensors().empty()) return open_vocabulary(path, std::move(*file));
  const Json &architecture = (*file)->field("general", "architecture"),
             &type = (*file)->field("general", "type");
  const std::string name = architecture.is_string() ? architecture.get<std::string>() : "";
  const Family* family = find_gguf_family(name);
  if (family == nullptr)
    return Error{Fault::unsupported,
                 say(path, ": the architecture '", shown(name), "' is not one ",
                     "of those that are supported (", gguf_family_names(), ")")};
  if (!type.is_null() && type != "model")
    return Error{Fault::unsupported,
                 say(path, ": the field 'general.type' says that this is no ", "whole model")};
  Json fields = std::move((*file)->fields());
  Json tokenizer = std::move(fields["tokenizer"]);
  fields.erase("tokenizer");
  Config config(std::move(fields), path, ignored_fields);
  Result<SourceModel> model = describe(*family, config, path, "", std::move(*file));
  if (model) model->found.tokenizer = std::move(tokenizer);
  return model;
}

// A single file, by its first bytes. Some kinds that people try are refused by name.
Result<SourceModel> open_file(const std::string& path,
                              const std::vector<std::string>& ignored_fields) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::array<char, 4> magic{};
  const auto bytes = std::as_writable_bytes(std::span(magic));
  if (file->size() >= 4)
    if (const core::Status got = file->read(0, bytes); !got) return got.error();
  const std::string_view head(magic.data(), magic.size());
  if (head == "GGUF") return open_gguf(path, ignored_fields);
  if (path.ends_with(".safetensors") || path.ends_with(".npz"))
    return Error{Fault::unsupported,
                 say(path, " does not say what its tensors are; give the folder ",
                     "that has config.json beside it",
                     path.ends_with(".npz") ? " and call the archive model.npz" : "")};
  // A zip archive, or protocol 2 to 5 of a bare pickle.
  if (head.starts_with("PK\x03\x04") ||
      (head[0] == '\x80' && head[1] >= '\x02' && head[1] <= '\x05'))
    return pickled(path);
  if (ends_with_any(path, {".model", ".spm", ".json", ".txt"}))
    return open_tokenizer(path, std::move(*file));
  return open_llama2c(path);
}

}  // namespace

Result<SourceModel> open_source(const std::string& path,
                                const std::vector<std::string>& ignored_fields) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) {
    const std::size_t end = path.find_last_not_of('/');
    return open_folder(end == std::string::npos ? "/" : path.substr(0, end + 1), ignored_fields);
  }
  return open_file(path, ignored_fields);
}

}  // namespace linnet::convert
