#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/core/checked.h"
#include "engine/core/limits.h"
#include "tools/convert/checkpoint/ctranslate2.h"

namespace linnet::convert {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::uint32_t kNewestBinary = 6;

struct ItemType {
  SourceType type;
  const char* name;
  int bytes;
};
// By the number that stands in the file.
constexpr std::array kItemTypes{
    ItemType{SourceType::f32, "float32", 4}, ItemType{SourceType::i8, "int8", 1},
    ItemType{SourceType::i16, "int16", 2},   ItemType{SourceType::other, "int32", 4},
    ItemType{SourceType::f16, "float16", 2}, ItemType{SourceType::bf16, "bfloat16", 2}};

// A u16 length that counts the final NUL, and the bytes.
std::string read_name(FileCursor& cursor, const char* of) {
  const auto length = cursor.number<std::uint16_t>(of);
  if (cursor.fine() && (length < 1 || length > core::limits::kNameBytes + 1))
    cursor.refuse(Fault::corrupt, say(of, " of ", length, " bytes at byte ", cursor.at()));
  std::string text = cursor.text(length, of);
  if (cursor.fine() && text.find('\0') != text.size() - 1)
    cursor.refuse(Fault::corrupt,
                  say(of, " before byte ", cursor.at(), " does not end with its only NUL"));
  if (!cursor.fine()) return {};
  text.pop_back();
  return text;
}

// The type that the file says, in either of its two ways, and the bytes of the variable.
const ItemType* read_type(FileCursor& cursor, int version, const std::string& about,
                          Checked& bytes) {
  const std::size_t said = cursor.number<std::uint8_t>("a type");
  const auto count = cursor.number<std::uint32_t>("a size");
  const std::size_t of_item_bytes[]{kItemTypes.size(), 1, 2, kItemTypes.size(), 0};
  const std::size_t type = version >= 4 ? said : said < 5 ? of_item_bytes[said] : kItemTypes.size();
  bytes = version >= 4 ? Checked(count) : Checked(count) * said;
  if (type < kItemTypes.size()) return &kItemTypes[type];
  cursor.refuse(Fault::unsupported, say(about, "has the unknown type ", said));
  return nullptr;
}

void read_variable(FileCursor& cursor, Ctranslate2Layout& layout) {
  Ctranslate2Variable variable{};
  SourceTensor& tensor = variable.tensor;
  tensor.name = read_name(cursor, "the name of a variable");
  const std::string about = say("the variable '", shown(tensor.name), "' ");
  const int rank = cursor.number<std::uint8_t>("a rank");
  if (rank > kTensorRank) cursor.refuse(Fault::corrupt, say(about, "has the rank ", rank));
  Checked values = 1;
  for (int i = 0; i < rank && cursor.fine(); ++i) {
    const auto size = cursor.number<std::uint32_t>("a size");
    if (size < 1 || size > std::numeric_limits<std::int32_t>::max())
      cursor.refuse(Fault::corrupt, say(about, "has the size ", size));
    tensor.shape.push_back(size);
    values = values * size;
  }
  Checked bytes = 0;
  const ItemType* type = read_type(cursor, layout.version, about, bytes);
  if (!cursor.fine()) return;
  const Checked needed = values * type->bytes;
  if (!needed.valid() || !bytes.valid() || needed.value() != bytes.value())
    return cursor.refuse(Fault::corrupt,
                         say(about, "has a number of bytes that is not what ", type->name,
                             " of shape ", shape_text(tensor.shape), " needs"));
  tensor.type = type->type;
  tensor.type_name = type->name;
  variable.offset = cursor.at();
  variable.bytes = bytes.value();
  cursor.skip(variable.bytes, say("the variable '", shown(tensor.name), "'"));
  if (layout.revision == 1) tensor.name = name_of_revision_2(tensor.name);
  variable.origin = tensor.name;
  layout.variables.push_back(std::move(variable));
}

void sort_by_name(std::vector<Ctranslate2Variable>& variables, std::size_t sorted) {
  const auto by_name = [](const auto& a, const auto& b) { return a.tensor.name < b.tensor.name; };
  const auto middle = variables.begin() + static_cast<std::ptrdiff_t>(sorted);
  std::sort(middle, variables.end(), by_name);
  std::inplace_merge(variables.begin(), middle, variables.end(), by_name);
}

// The first `count` variables are sorted.
const Ctranslate2Variable* find(const std::vector<Ctranslate2Variable>& variables,
                                std::size_t count, const std::string& name) {
  const auto end = variables.begin() + static_cast<std::ptrdiff_t>(count);
  const auto at = std::lower_bound(variables.begin(), end, name,
                                   [](const auto& variable, const std::string& wanted) {
                                     return variable.tensor.name < wanted;
                                   });
  return at != end && at->tensor.name == name ? &*at : nullptr;
}

void read_aliases(FileCursor& cursor, Ctranslate2Layout& layout) {
  const auto count = cursor.number<std::uint32_t>("the number of aliases");
  const std::size_t variables = layout.variables.size();
  if (count > core::limits::kTensors)
    cursor.refuse(Fault::limit, say(count, " aliases are more than ", core::limits::kTensors));
  for (std::uint32_t i = 0; i < count && cursor.fine(); ++i) {
    const std::string name = read_name(cursor, "an alias");
    const std::string of = read_name(cursor, "the name behind an alias");
    if (!cursor.fine()) return;
    const Ctranslate2Variable* variable = find(layout.variables, variables, of);
    if (variable == nullptr)
      return cursor.refuse(Fault::corrupt, say("the alias '", shown(name), "' is one of '",
                                               shown(of), "', which is no variable"));
    Ctranslate2Variable alias = *variable;
    alias.tensor.name = name;
    layout.variables.push_back(std::move(alias));
  }
  sort_by_name(layout.variables, variables);
}

void check_names(FileCursor& cursor, const Ctranslate2Layout& layout) {
  const auto& all = layout.variables;
  const auto twice = std::adjacent_find(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.tensor.name == b.tensor.name;
  });
  if (twice != all.end())
    cursor.refuse(Fault::corrupt,
                  say("the variable '", shown(twice->tensor.name), "' is there twice"));
}

bool replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return at != std::string::npos;
}

}  // namespace

std::string name_of_revision_2(std::string name) {
  replace(name, "transformer/", "");
  replace(name, ":0", "");
  replace(name, "w_embs", "embeddings/weight");
  replace(name, "kernel", "weight");
  replace(name, "LayerNorm", "layer_norm");
  replace(name, "dense", "projection");
  if (!replace(name, "conv1d_", "linear_")) replace(name, "conv1d", "linear_0");
  const bool own = name.starts_with("encoder") || replace(name, "masked_multi_head", "multi_head");
  replace(name, "multi_head", own ? "self_attention" : "attention");
  return name;
}

Result<Ctranslate2Layout> ctranslate2_layout(const ReadBytes& read, std::int64_t file_bytes,
                                             const std::string& file) {
  FileCursor cursor(read, file_bytes, file);
  Ctranslate2Layout layout;
  const auto version = cursor.number<std::uint32_t>("its version");
  if (version < 1 || version > kNewestBinary)
    cursor.refuse(Fault::unsupported, say("the version ", version, " of CTranslate2 files is not ",
                                          "supported, only 1 to ", kNewestBinary));
  layout.version = static_cast<int>(version);
  if (version >= 2) {
    layout.spec = read_name(cursor, "the name of its spec");
    const auto revision = cursor.number<std::uint32_t>("its revision");
    if (revision > 1000) cursor.refuse(Fault::corrupt, say("has the revision ", revision));
    layout.revision = static_cast<int>(revision);
  }
  const auto count = cursor.number<std::uint32_t>("the number of variables");
  if (count > core::limits::kTensors)
    cursor.refuse(Fault::limit, say(count, " variables are more than ", core::limits::kTensors));
  for (std::uint32_t i = 0; i < count && cursor.fine(); ++i) read_variable(cursor, layout);
  sort_by_name(layout.variables, 0);
  if (version >= 3) read_aliases(cursor, layout);
  check_names(cursor, layout);
  if (cursor.remaining() > 0)
    cursor.refuse(Fault::corrupt,
                  say("there are ", cursor.remaining(), " bytes after the end of the model"));
  if (!cursor.fine()) return cursor.problem();
  return layout;
}

}  // namespace linnet::convert
