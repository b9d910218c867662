#include <algorithm>
#include <map>
#include <utility>

#include "engine/core/limits.h"
#include "tools/convert/checkpoint/safetensors.h"
#include "tools/convert/json.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr JsonLimits kIndexLimits{core::limits::kHeadBytes, 2 * core::limits::kTensors, 4};
constexpr std::size_t kShards = 1024;

// Tensor -> file name, as the index has it.
using WeightMap = std::map<std::string, std::string>;

Result<WeightMap> read_weight_map(const InputFile& index) {
  const std::string& file = index.path();
  const Result<std::string> text = read_text(index, kIndexLimits.bytes);
  if (!text) return text.error();
  const Result<Json> json = parse_json(*text, file, kIndexLimits);
  if (!json) return json.error();
  const auto found = json->find("weight_map");
  if (found == json->end() || !found->is_object() || found->empty())
    return Error{Fault::corrupt, say(file, " has no weight_map")};
  WeightMap map;
  for (const auto& [tensor, shard] : found->items()) {
    const auto* name = shard.get_ptr<const std::string*>();
    if (name == nullptr || name->empty() || *name == "." || *name == ".." ||
        name->find('/') != std::string::npos || name->find('\0') != std::string::npos)
      return Error{Fault::corrupt, say(file, ": the file of the tensor '", shown(tensor),
                                       "' is not the name of a file beside it")};
    map.emplace(tensor, *name);
  }
  return map;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

}  // namespace

Status ShardedSafetensors::add_shard(const std::string& name, const std::string& path) {
  Result<std::unique_ptr<Safetensors>> shard = Safetensors::open(path);
  if (!shard)
    return Error{shard.error().fault,
                 say(index_.path(), ": the part '", shown(name), "': ", shard.error().sentence)};
  const FileId id = (*shard)->files().front()->id();
  for (std::size_t i = 0; i < shards_.size(); ++i)
    if (shards_[i]->files().front()->id() == id)
      return Error{Fault::corrupt, say(index_.path(), " names one file as two parts, '",
                                       shown(names_[i]), "' and '", shown(name), "'")};
  names_.push_back(name);
  shards_.push_back(std::move(*shard));
  return core::Done{};
}

Status ShardedSafetensors::merge() {
  std::map<std::string_view, Place> all;
  for (std::size_t s = 0; s < shards_.size(); ++s) {
    const std::vector<SourceTensor>& tensors = shards_[s]->tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const Place place{static_cast<int>(s), static_cast<int>(t)};
      const auto [first, fresh] = all.emplace(tensors[t].name, place);
      if (!fresh)
        return Error{
            Fault::corrupt,
            say(index_.path(), ": the tensor '", shown(tensors[t].name), "' is in both '",
                names_[static_cast<std::size_t>(first->second.shard)], "' and '", names_[s], "'")};
    }
  }
  if (std::cmp_greater(all.size(), core::limits::kTensors))
    return Error{Fault::limit,
                 say(index_.path(), " has more than ", core::limits::kTensors, " tensors")};
  for (const auto& [name, place] : all) {
    const Safetensors& shard = *shards_[static_cast<std::size_t>(place.shard)];
    tensors_.push_back(shard.tensors()[static_cast<std::size_t>(place.tensor)]);
    places_.push_back(place);
  }
  return core::Done{};
}

Result<std::unique_ptr<ShardedSafetensors>> ShardedSafetensors::open(const std::string& path) {
  Result<InputFile> index = InputFile::open(path);
  if (!index) return index.error();
  const Result<WeightMap> map = read_weight_map(*index);
  if (!map) return map.error();
  std::vector<std::string> names;
  for (const auto& [tensor, shard] : *map) names.push_back(shard);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.size() > kShards)
    return Error{Fault::limit, say(path, " names more than ", kShards, " files")};

  std::unique_ptr<ShardedSafetensors> opened(new ShardedSafetensors(std::move(*index)));
  for (const std::string& name : names)
    if (const Status added = opened->add_shard(name, folder_of(path) + name); !added)
      return added.error();
  if (const Status merged = opened->merge(); !merged) return merged.error();

  for (const auto& [tensor, shard] : *map) {
    const int at = opened->find(tensor);
    if (at < 0 || opened->names_[static_cast<std::size_t>(
                      opened->places_[static_cast<std::size_t>(at)].shard)] != shard)
      return Error{Fault::corrupt,
                   say(path, ": the tensor '", shown(tensor), "' is not in '", shown(shard), "'")};
  }
  for (const SourceTensor& tensor : opened->tensors_)
    if (!map->contains(tensor.name))
      return Error{Fault::corrupt, say(path, " does not list the tensor '", shown(tensor.name),
                                       "', which one of its files has")};
  return opened;
}

std::vector<const InputFile*> ShardedSafetensors::files() const {
  std::vector<const InputFile*> all{&index_};
  for (const auto& shard : shards_) all.push_back(shard->files().front());
  return all;
}

Status ShardedSafetensors::read(int tensor, std::int64_t first, std::span<float> to) const {
  const Place place = places_[static_cast<std::size_t>(tensor)];
  return shards_[static_cast<std::size_t>(place.shard)]->read(place.tensor, first, to);
}

}  // namespace linnet::convert
