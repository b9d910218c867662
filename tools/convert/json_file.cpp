#include "tools/convert/json_file.h"

#include "tools/convert/checkpoint/input_file.h"

namespace linnet::convert {
namespace {

core::Result<std::string> text_of(const std::string& path, const JsonLimits& limits) {
  const core::Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  return read_text(*file, limits.bytes);
}

}  // namespace

core::Result<Json> read_json(const std::string& path, const JsonLimits& limits) {
  const core::Result<std::string> text = text_of(path, limits);
  if (!text) return text.error();
  return parse_json(*text, path, limits);
}

core::Result<Json> read_json_list(const std::string& path, const JsonLimits& limits) {
  const core::Result<std::string> text = text_of(path, limits);
  if (!text) return text.error();
  return parse_json("{\"list\":" + *text + "}", path, limits);
}

}  // namespace linnet::convert
