#include "engine/io/setting_table.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/io/format.h"

namespace linnet::io {
namespace {

using core::Result;
using core::Setting;
using core::Value;

Value read_strings(BoundedReader& reader) {
  const auto count = reader.number<std::uint32_t>();
  const auto ends = reader.array<std::uint32_t>(count);
  const std::string_view text = reader.text(reader.remaining());
  return core::Strings{ends, text.data()};
}

// Leaves something unread or reads past the end if the length does not suit the type.
Value read_value(BoundedReader& reader, std::uint32_t type) {
  const std::int64_t size = reader.remaining();
  switch (type) {
    case 0:
      return reader.number<std::int64_t>();
    case 1:
      return reader.number<double>();
    case 2:
      return reader.text(size);
    case 3:
      return reader.bytes(size);
    case 4:
      return reader.array<std::int32_t>(size / 4);
    case 5:
      return reader.array<float>(size / 4);
    default:
      return read_strings(reader);
  }
}

// What a value of the right length may still do wrong; nothing if it does not.
struct FaultOf {
  std::int64_t size;  // of the value in the file, in bytes

  std::string_view operator()(std::string_view text) const {
    return core::is_utf8(text) ? "" : "is not UTF-8";
  }
  std::string_view operator()(const core::Strings& strings) const {
    const std::int64_t text = size - 4 - static_cast<std::int64_t>(strings.ends.size_bytes());
    const bool ordered = std::is_sorted(strings.ends.begin(), strings.ends.end());
    if (ordered && (strings.ends.empty() ? 0 : strings.ends.back()) == text) return "";
    return "has strings that do not fill its text";
  }
  std::string_view operator()(const auto&) const { return ""; }
};

Result<Setting> read_setting(HeadReader& reader, std::uint32_t number) {
  const auto type = reader.number<std::uint32_t>();
  const auto name_bytes = reader.number<std::uint32_t>();
  const auto value_bytes = reader.number<std::uint64_t>();
  const Result<std::string_view> name = reader.name("setting", number, name_bytes);
  if (!name) return name.error();
  if (type >= std::variant_size_v<Value>)
    return reader.unsupported("the setting '", *name, "' has the unknown type ", type);
  if (!core::Checked(value_bytes).at_most(core::limits::kSettingBytes))
    return reader.corrupt("the setting '", *name, "' has ", value_bytes, " bytes; ",
                          core::limits::kSettingBytes, " are allowed");
  const auto bytes = reader.bytes(value_bytes);
  reader.skip_padding(kRecordAlignment);
  if (const core::Status whole = reader.arrived("the setting '", *name, "'"); !whole)
    return whole.error();
  BoundedReader value_reader(bytes);
  const Value value = read_value(value_reader, type);
  if (!value_reader.ok() || value_reader.remaining() != 0)
    return reader.corrupt("the setting '", *name, "' cannot be ", value_bytes, " bytes long");
  const FaultOf fault_of{static_cast<std::int64_t>(value_bytes)};
  if (const std::string_view fault = std::visit(fault_of, value); !fault.empty())
    return reader.corrupt("the setting '", *name, "' ", fault);
  return Setting{*name, value};
}

}  // namespace

Result<std::vector<Setting>> read_settings(HeadReader& reader, std::uint32_t count) {
  const core::Status room = reader.room_for(
      "settings", count, kSettingRecordBytes + kRecordAlignment, core::limits::kSettings);
  if (!room) return room.error();
  std::vector<Setting> settings;
  settings.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Result<Setting> setting = read_setting(reader, i);
    if (!setting) return setting.error();
    if (i > 0 && setting->name == settings.back().name)
      return reader.corrupt("the setting '", setting->name, "' is there twice");
    if (i > 0 && setting->name < settings.back().name)
      return reader.corrupt("the setting '", setting->name, "' is not in sorted order");
    settings.push_back(*setting);
  }
  return settings;
}

}  // namespace linnet::io
