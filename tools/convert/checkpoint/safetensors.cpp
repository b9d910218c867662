#include "tools/convert/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/core/checked.h"
#include "engine/core/limits.h"
#include "tools/convert/json.h"

namespace linnet::convert {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::int64_t kLengthBytes = 8;
// A tensor is some ten values: its object, its type, two lists and the numbers in them.
constexpr JsonLimits kHeaderLimits{core::limits::kHeadBytes, 16 * core::limits::kTensors, 4};

struct KnownType {
  std::string_view name;
  int bytes;
  SourceType type;
};
constexpr std::array kKnownTypes{
    KnownType{"F32", 4, SourceType::f32},      KnownType{"F16", 2, SourceType::f16},
    KnownType{"BF16", 2, SourceType::bf16},    KnownType{"F64", 8, SourceType::other},
    KnownType{"I64", 8, SourceType::other},    KnownType{"U64", 8, SourceType::other},
    KnownType{"I32", 4, SourceType::other},    KnownType{"U32", 4, SourceType::other},
    KnownType{"I16", 2, SourceType::other},    KnownType{"U16", 2, SourceType::other},
    KnownType{"I8", 1, SourceType::other},     KnownType{"U8", 1, SourceType::other},
    KnownType{"BOOL", 1, SourceType::other},   KnownType{"F8_E4M3", 1, SourceType::other},
    KnownType{"F8_E5M2", 1, SourceType::other}};

Error corrupt(const std::string& file, const std::string& what) {
  return Error{Fault::corrupt, say(file, " ", what)};
}

// One entry of the header. Sentences go on from "FILE: the tensor 'NAME'".
class Entry {
 public:
  Entry(const std::string& name, const Json& json, const std::string& file)
      : json_(json), about_(say(file, ": the tensor '", shown(name), "' ")) {
    placed_.tensor.name = name;
  }

  // `data` is where the tensors' bytes begin in the file, `data_bytes` how many there are.
  Result<PlacedTensor> read(std::int64_t data, std::int64_t data_bytes) {
    std::int64_t begin = 0, end = 0;
    Status step = check_name();
    if (step) step = read_type();
    if (step) step = read_shape();
    if (step) step = read_offsets(begin, end);
    if (!step) return step.error();
    if (begin > end || end > data_bytes)
      return wrong(say("claims the bytes ", begin, " to ", end, " of ", data_bytes));
    Checked needed(type_->bytes);
    for (const std::int64_t size : placed_.tensor.shape) needed = needed * size;
    if (!needed.valid() || needed.value() != end - begin)
      return wrong(say("has ", end - begin, " bytes, which is not what ", type_->name, " of shape ",
                       shape_text(placed_.tensor.shape), " needs"));
    placed_.offset = data + begin;
    placed_.bytes = end - begin;
    return std::move(placed_);
  }

 private:
  Error wrong(const std::string& what, Fault fault = Fault::corrupt) const {
    return Error{fault, about_ + what};
  }

  Status check_name() const {
    const std::string& name = placed_.tensor.name;
    if (name.empty() || std::cmp_greater(name.size(), core::limits::kNameBytes))
      return wrong(say("has a name of ", name.size(), " bytes"));
    if (name.find('\0') != std::string::npos) return wrong("has a NUL in its name");
    if (!json_.is_object() || json_.size() != 3 || !json_.contains("dtype") ||
        !json_.contains("shape") || !json_.contains("data_offsets"))
      return wrong("is not described by exactly dtype, shape and data_offsets");
    return core::Done{};
  }

  Status read_type() {
    const auto* name = json_["dtype"].get_ptr<const std::string*>();
    if (name == nullptr) return wrong("has a dtype that is not a text");
    type_ = std::find_if(kKnownTypes.begin(), kKnownTypes.end(),
                         [&](const KnownType& known) { return known.name == *name; });
    if (type_ == kKnownTypes.end())
      return wrong(say("has the unknown dtype '", shown(*name), "'"), Fault::unsupported);
    placed_.tensor.type = type_->type;
    placed_.tensor.type_name = *name;
    return core::Done{};
  }

  Status read_shape() {
    const Json& shape = json_["shape"];
    if (!shape.is_array() || shape.size() > kTensorRank)
      return wrong(say("has a shape that is not a list of at most ", kTensorRank, " sizes"));
    for (const Json& size : shape) {
      const auto* number = size.get_ptr<const std::uint64_t*>();
      if (number == nullptr || *number < 1 || *number > std::numeric_limits<std::int32_t>::max())
        return wrong(say("has a size that is not between 1 and 2147483647"));
      placed_.tensor.shape.push_back(static_cast<std::int64_t>(*number));
    }
    return core::Done{};
  }

  Status read_offsets(std::int64_t& begin, std::int64_t& end) const {
    const Json& offsets = json_["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2)
      return wrong("has data_offsets that are not a pair");
    for (const auto& [json, number] : {std::pair{&offsets[0], &begin}, {&offsets[1], &end}}) {
      const auto* value = json->get_ptr<const std::uint64_t*>();
      if (value == nullptr || !Checked(*value).valid())
        return wrong("has data_offsets that are not sizes");
      *number = static_cast<std::int64_t>(*value);
    }
    return core::Done{};
  }

  const Json& json_;
  std::string about_;
  PlacedTensor placed_{};
  const KnownType* type_ = nullptr;
};

// The tensors lie one behind the other from `data` to the end of the file.
Status check_cover(const std::vector<PlacedTensor>& tensors, std::int64_t data,
                   std::int64_t file_bytes, const std::string& file) {
  std::vector<const PlacedTensor*> sorted;
  for (const PlacedTensor& placed : tensors) sorted.push_back(&placed);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->offset < b->offset; });
  std::int64_t at = data;
  for (const PlacedTensor* placed : sorted) {
    if (placed->offset != at)
      return Error{Fault::corrupt, say(file, ": the tensor '", shown(placed->tensor.name), "' ",
                                       placed->offset < at ? "overlaps" : "leaves a gap behind",
                                       " the one before it")};
    at += placed->bytes;
  }
  if (at != file_bytes)
    return corrupt(file, say("has ", file_bytes - at, " bytes after its last tensor"));
  return core::Done{};
}

Status check_metadata(const Json& metadata, const std::string& file) {
  const bool texts =
      metadata.is_object() && std::all_of(metadata.begin(), metadata.end(),
                                          [](const Json& value) { return value.is_string(); });
  if (!texts) return corrupt(file, "has __metadata__ that is not an object of texts");
  return core::Done{};
}

Result<std::int64_t> header_length(std::span<const std::byte> head, std::int64_t file_bytes,
                                   const std::string& file) {
  if (std::cmp_less(head.size(), kLengthBytes))
    return corrupt(file, "is too short to be a safetensors file");
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), sizeof length);
  if (length > static_cast<std::uint64_t>(core::limits::kHeadBytes))
    return Error{Fault::limit, say(file, " has a header of ", length, " bytes, more than the ",
                                   core::limits::kHeadBytes, " that are allowed")};
  if (length < 2 || std::cmp_greater(length, file_bytes - kLengthBytes))
    return corrupt(file, say("has a header of ", length, " bytes in a file of ", file_bytes));
  return static_cast<std::int64_t>(length);
}

}  // namespace

Result<std::vector<PlacedTensor>> safetensors_layout(std::span<const std::byte> head,
                                                     std::int64_t file_bytes,
                                                     const std::string& file) {
  const Result<std::int64_t> length = header_length(head, file_bytes, file);
  if (!length) return length.error();
  const std::string_view text(reinterpret_cast<const char*>(head.data()) + kLengthBytes,
                              static_cast<std::size_t>(*length));
  if (text.front() != '{') return corrupt(file, "has a header that does not begin with {");
  Result<Json> json = parse_json(text, say("the header of ", file), kHeaderLimits);
  if (!json) return json.error();

  const std::int64_t data = kLengthBytes + *length;
  std::vector<PlacedTensor> tensors;
  for (const auto& [name, entry] : json->items()) {  // sorted, as the library keeps objects
    if (name == "__metadata__") {
      if (const Status fine = check_metadata(entry, file); !fine) return fine.error();
      continue;
    }
    if (std::cmp_equal(tensors.size(), core::limits::kTensors))
      return Error{Fault::limit, say(file, " has more than ", core::limits::kTensors, " tensors")};
    Result<PlacedTensor> placed = Entry(name, entry, file).read(data, file_bytes - data);
    if (!placed) return placed.error();
    tensors.push_back(std::move(*placed));
  }
  if (const Status whole = check_cover(tensors, data, file_bytes, file); !whole)
    return whole.error();
  return tensors;
}

Result<std::unique_ptr<Safetensors>> Safetensors::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::vector<std::byte> head(static_cast<std::size_t>(std::min(file->size(), kLengthBytes)));
  if (const Status got = file->read(0, head); !got) return got.error();
  if (std::cmp_equal(head.size(), kLengthBytes)) {
    const Result<std::int64_t> length = header_length(head, file->size(), path);
    if (!length) return length.error();
    head.resize(static_cast<std::size_t>(kLengthBytes + *length));
    if (const Status got = file->read(0, head); !got) return got.error();
  }
  Result<std::vector<PlacedTensor>> layout = safetensors_layout(head, file->size(), path);
  if (!layout) return layout.error();
  std::unique_ptr<Safetensors> opened(new Safetensors(std::move(*file)));
  for (PlacedTensor& placed : *layout) {
    opened->tensors_.push_back(std::move(placed.tensor));
    opened->offsets_.push_back(placed.offset);
  }
  return opened;
}

Status Safetensors::read(int tensor, std::int64_t first, std::span<float> to) const {
  const auto i = static_cast<std::size_t>(tensor);
  const SourceType type = tensors_[i].type;
  return read_numbers(file_, type, offsets_[i] + first * (type == SourceType::f32 ? 4 : 2), to);
}

}  // namespace linnet::convert
