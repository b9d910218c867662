#include "tools/linnet/json_line.h"

#include <cmath>

#include "engine/text/utf8.h"
#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escaped(std::string& json, char c) {
  switch (c) {
    case '"':
      json += "\\\"";
      return;
    case '\\':
      json += "\\\\";
      return;
    case '\n':
      json += "\\n";
      return;
    case '\r':
      json += "\\r";
      return;
    case '\t':
      json += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7F) {
    json += c;
  } else {
    json += "\\u00";
    json += kHex[byte >> 4];
    json += kHex[byte & 15];
  }
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string json = "\"";
  for (const char c : text::repaired(text)) append_escaped(json, c);
  return json + "\"";
}

std::string json_number(double value) { return std::isfinite(value) ? show_number(value) : "null"; }

JsonLine& JsonLine::raw(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ",";
  fields_ += "\"";
  fields_ += name;
  fields_ += "\":";
  fields_ += json;
  return *this;
}

std::string json_ids(std::span<const int> ids) {
  JsonArray array;
  for (const int id : ids) array.add(std::to_string(id));
  return array.array();
}

std::string json_numbers(std::span<const float> numbers) {
  JsonArray array;
  for (const float number : numbers) array.add(json_number(double{number}));
  return array.array();
}

}  // namespace linnet::tools
