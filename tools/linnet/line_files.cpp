#include "tools/linnet/line_files.h"

#include <algorithm>

#include "tools/linnet/prompt.h"

namespace linnet::tools {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string_view> alternatives_of(std::string_view line) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find('\t', at), line.size());
    if (end > at) parts.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  if (parts.empty()) parts.push_back(line.substr(0, 0));
  return parts;
}

LineFile::LineFile(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), lines_(lines_of(text_)) {}

core::Result<std::unique_ptr<LineFile>> LineFile::read(const std::string& path,
                                                       const Prepare& prepare, bool quiet) {
  const std::string name = path == "-" ? "standard input" : path;
  core::Result<std::string> text = read_text(path);
  if (!text) return text.error();
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  text = valid_text(std::move(*text), name, false, quiet);
  if (!text) return text.error();
  std::unique_ptr<LineFile> file(new LineFile(name, prepare(std::move(*text))));
  for (std::size_t line = 0; line < file->size(); ++line)
    if (static_cast<std::int64_t>((*file)[line].size()) > kLineBytes)
      return core::Error{core::Fault::limit,
                         core::say(name, ": line ", line + 1, " has more than the ", kLineBytes,
                                   " bytes that are allowed")};
  return file;
}

}  // namespace linnet::tools
