#include <algorithm>
#include <set>
#include <utility>

#include "engine/core/checked.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "tools/convert/checkpoint/gguf.h"

namespace linnet::convert {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::uint32_t kOldest = 2, kNewest = 3;
constexpr std::int64_t kDefaultAlignment = 32, kLargestAlignment = 1 << 16;
// Of fields; a vocabulary of 256 000 tokens with scores, types and merges has some 2^20 values.
constexpr std::uint64_t kFields = 1 << 16, kValues = 1 << 22;
constexpr std::int64_t kHeadBytes = 64 << 20;
constexpr std::uint64_t kTextBytes = 16 << 20;

enum Type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, truth, text, list, u64, i64, f64 };
constexpr int kTypeBytes[]{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};  // at least

class LayoutReader {
 public:
  LayoutReader(const ReadBytes& read, std::int64_t file_bytes, const std::string& file)
      : cursor_(read, file_bytes, file) {}

  Result<GgufLayout> run() {
    read_head();
    layout_.fields = Json::object();
    for (std::uint64_t i = 0; i < fields_ && cursor_.fine(); ++i) read_field();
    const std::int64_t alignment = find_alignment();
    for (std::uint64_t i = 0; i < tensors_ && cursor_.fine(); ++i) read_tensor();
    if (cursor_.fine()) place_tensors(alignment);
    if (cursor_.fine()) sort_tensors();
    if (!cursor_.fine()) return cursor_.problem();
    return std::move(layout_);
  }

 private:
  void corrupt(const std::string& what) { cursor_.refuse(Fault::corrupt, what); }
  void unsupported(const std::string& what) { cursor_.refuse(Fault::unsupported, what); }

  void read_head() {
    if (cursor_.text(4, "its first four bytes") != "GGUF") corrupt("is not a GGUF file");
    const auto version = cursor_.number<std::uint32_t>("its version");
    if (version != 0 && version << 16 == 0)
      unsupported("is a big-endian GGUF file, which is not supported");
    if (version < kOldest || version > kNewest)
      unsupported(say("the version ", version, " of GGUF files is not supported, only ", kOldest,
                      " and ", kNewest));
    tensors_ = cursor_.number<std::uint64_t>("the number of tensors");
    fields_ = cursor_.number<std::uint64_t>("the number of fields");
    if (tensors_ > static_cast<std::uint64_t>(core::limits::kTensors))
      cursor_.refuse(Fault::limit,
                     say(tensors_, " tensors are more than ", core::limits::kTensors));
    if (fields_ > kFields)
      cursor_.refuse(Fault::limit, say(fields_, " fields are more than ", kFields));
  }

  std::string read_text(const char* of, std::uint64_t most = kTextBytes) {
    const auto bytes = cursor_.number<std::uint64_t>(of);
    if (bytes > most && bytes <= static_cast<std::uint64_t>(cursor_.remaining()))
      cursor_.refuse(Fault::limit, say(of, " at byte ", cursor_.at(), " has ", bytes, " bytes, ",
                                       most, " are allowed"));
    if (cursor_.at() > kHeadBytes)
      cursor_.refuse(Fault::limit, say("its head is longer than ", kHeadBytes, " bytes"));
    return cursor_.text(bytes, of);
  }

  std::string read_name(const char* of) {
    const std::int64_t at = cursor_.at();
    std::string name = read_text(of, static_cast<std::uint64_t>(core::limits::kNameBytes));
    const bool control = std::any_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (name.empty() || control || !core::is_utf8(name))
      corrupt(say(of, " at byte ", at, " is ",
                  name.empty() ? "empty"
                  : control    ? "not printable"
                               : "not UTF-8"));
    return name;
  }

  void read_field() {
    const std::string key = read_name("the key of a field");
    const std::string about = say("the field '", shown(key), "' ");
    const auto type = cursor_.number<std::uint32_t>("the type of a field");
    Json value = type == list ? read_list(about) : read_value(type, about);
    if (!cursor_.fine()) return;
    const std::size_t dot = std::min(key.find('.'), key.size());
    Json& section = layout_.fields[key.substr(0, dot)];
    const bool plain = dot == key.size();
    if (plain ? !section.is_null() : !section.is_null() && !section.is_object())
      return corrupt(say(about, "is there twice"));
    if (plain) {
      section = std::move(value);
    } else if (!section.emplace(key.substr(dot + 1), std::move(value)).second) {
      corrupt(say(about, "is there twice"));
    }
  }

  Json read_list(const std::string& about) {
    const auto type = cursor_.number<std::uint32_t>("the type of a list");
    const auto length = cursor_.number<std::uint64_t>("the length of a list");
    if (!cursor_.fine()) return {};
    if (type == list) return unsupported(say(about, "is a list of lists")), Json();
    if (type > f64) return unsupported(say(about, "is a list of the unknown type ", type)), Json();
    const Checked bytes = Checked(length) * kTypeBytes[type];
    if (!bytes.at_most(cursor_.remaining()))
      return corrupt(say(about, "is a list of ", length, " values, more than the file can hold")),
             Json();
    if (type == u8 || type == i8) {
      if (length > kTextBytes)
        cursor_.refuse(Fault::limit, say(about, "is a list of more than ", kTextBytes, " bytes"));
      const std::string all = cursor_.text(length, "a list of bytes");
      return Json::binary({all.begin(), all.end()});
    }
    values_ += length;
    if (values_ > kValues)
      cursor_.refuse(Fault::limit, say("its fields have more than ", kValues, " values"));
    Json values = Json::array();
    if (!cursor_.fine()) return values;
    values.get_ref<Json::array_t&>().reserve(static_cast<std::size_t>(length));
    for (std::uint64_t i = 0; i < length && cursor_.fine(); ++i)
      values.push_back(read_value(type, about));
    return values;
  }

  Json read_value(std::uint32_t type, const std::string& about) {
    switch (type) {
      case u8:
        return std::uint64_t{cursor_.number<std::uint8_t>("a field")};
      case i8:
        return std::int64_t{cursor_.number<std::int8_t>("a field")};
      case u16:
        return std::uint64_t{cursor_.number<std::uint16_t>("a field")};
      case i16:
        return std::int64_t{cursor_.number<std::int16_t>("a field")};
      case u32:
        return std::uint64_t{cursor_.number<std::uint32_t>("a field")};
      case i32:
        return std::int64_t{cursor_.number<std::int32_t>("a field")};
      case u64:
        return cursor_.number<std::uint64_t>("a field");
      case i64:
        return cursor_.number<std::int64_t>("a field");
      case f32:
        return double{cursor_.number<float>("a field")};
      case f64:
        return cursor_.number<double>("a field");
      case text:
        return read_text("a text");
      case truth: {
        const auto value = cursor_.number<std::uint8_t>("a field");
        if (value > 1) corrupt(say(about, "is ", int{value}, ", neither true nor false"));
        return value == 1;
      }
      default:
        unsupported(say(about, "is of the unknown type ", type));
        return {};
    }
  }

  std::int64_t find_alignment() {
    const Json& fields = layout_.fields;
    const auto general = fields.find("general");
    if (general == fields.end() || !general->is_object()) return kDefaultAlignment;
    const auto found = general->find("alignment");
    if (found == general->end()) return kDefaultAlignment;
    const auto* value = found->get_ptr<const std::uint64_t*>();
    const bool fine = value != nullptr && *value >= 1 && *value <= kLargestAlignment &&
                      (*value & (*value - 1)) == 0;
    if (fine) return static_cast<std::int64_t>(*value);
    corrupt(say("the field 'general.alignment' is ",
                shown(found->dump(-1, ' ', true, Json::error_handler_t::replace)),
                " and must be a power of two up to ", kLargestAlignment));
    return kDefaultAlignment;
  }

  void read_tensor() {
    GgufTensor placed{};
    SourceTensor& tensor = placed.tensor;
    tensor.name = read_name("the name of a tensor");
    const std::string about = say("the tensor '", shown(tensor.name), "' ");
    const auto rank = cursor_.number<std::uint32_t>("a rank");
    if (rank < 1 || rank > kTensorRank) corrupt(say(about, "has the rank ", rank));
    Checked values = 1;
    for (std::uint32_t i = 0; i < rank && cursor_.fine(); ++i) {
      const auto size = cursor_.number<std::uint64_t>("a size");
      if (size < 1 || size > static_cast<std::uint64_t>(core::limits::kDimension))
        corrupt(say(about, "has the size ", size));
      tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(size));
      values = values * size;
    }
    read_type(placed, about);
    const auto offset = cursor_.number<std::uint64_t>("an offset");
    if (!cursor_.fine()) return;
    const GgufType& type = *placed.type;
    if (tensor.shape.back() % type.values != 0)
      return corrupt(say(about, "has rows of ", tensor.shape.back(), " values, which are not ",
                         type.name, " blocks of ", type.values));
    const Checked bytes =
        values.valid() ? Checked(values.value() / type.values) * type.bytes : values;
    if (!bytes.at_most(cursor_.remaining()) || !Checked(offset).at_most(cursor_.remaining()))
      return corrupt(say(about, "would lie beyond the end of the file"));
    placed.bytes = bytes.value();
    placed.offset = static_cast<std::int64_t>(offset);
    layout_.tensors.push_back(std::move(placed));
  }

  void read_type(GgufTensor& placed, const std::string& about) {
    const auto number = cursor_.number<std::uint32_t>("a type");
    if (!cursor_.fine()) return;
    placed.type = find_gguf_type(number);
    if (placed.type == nullptr) {
      const std::string_view name = name_of_other_gguf_type(number);
      return unsupported(say(about, "is of the type ", name.empty() ? "number " : "",
                             name.empty() ? say(number) : std::string(name),
                             ", which this version does not support"));
    }
    placed.tensor.type = placed.type->type;
    placed.tensor.type_name = placed.type->name;
  }

  // Offsets count from here, or from the next multiple of the alignment; behind one another, the
  // tensors must fill the file.
  void place_tensors(std::int64_t alignment) {
    std::vector<GgufTensor*> order;
    for (GgufTensor& tensor : layout_.tensors) order.push_back(&tensor);
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return a->offset < b->offset; });
    const std::int64_t size = cursor_.at() + cursor_.remaining();
    const Checked start = Checked(cursor_.at()).rounded_up(alignment);
    std::int64_t end = order.empty() ? cursor_.at() : start.value();
    for (GgufTensor* tensor : order) {
      const Checked offset = start + tensor->offset;
      const std::int64_t wanted = Checked(end).rounded_up(alignment).value();
      if (offset.value() != wanted)
        return corrupt(say("the tensor '", shown(tensor->tensor.name), "' begins at byte ",
                           offset.value(), " and not where the one before it ends, at ", wanted));
      tensor->offset = wanted;
      end = wanted + tensor->bytes;
      if (end > size)
        return corrupt(say("the file ends within the tensor '", shown(tensor->tensor.name), "'"));
    }
    const std::int64_t last = Checked(end).rounded_up(alignment).value();
    if (size > last) corrupt(say("there are ", size - last, " bytes after the end of the tensors"));
  }

  void sort_tensors() {
    auto& all = layout_.tensors;
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.tensor.name < b.tensor.name; });
    const auto twice = std::adjacent_find(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.tensor.name == b.tensor.name;
    });
    if (twice != all.end())
      corrupt(say("the tensor '", shown(twice->tensor.name), "' is there twice"));
  }

  FileCursor cursor_;
  GgufLayout layout_;
  std::uint64_t tensors_ = 0, fields_ = 0, values_ = 0;
};

}  // namespace

Result<GgufLayout> gguf_layout(const ReadBytes& read, std::int64_t file_bytes,
                               const std::string& file) {
  return LayoutReader(read, file_bytes, file).run();
}

}  // namespace linnet::convert
