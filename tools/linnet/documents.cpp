#include "tools/linnet/documents.h"

#include <algorithm>

namespace linnet::tools {
namespace {

std::string_view stripped(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string_view> documents_of(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> documents;
  std::size_t begin = 0;  // of the document
  const auto end_at = [&](std::size_t end) {
    const std::string_view document = stripped(text.substr(begin, end - begin));
    if (!document.empty()) documents.push_back(document);
  };
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    if (text.substr(line, end - line) == separator) {
      end_at(line);
      begin = std::min(end + 1, text.size());
    }
    line = end + 1;
  }
  end_at(text.size());
  return documents;
}

}  // namespace linnet::tools
