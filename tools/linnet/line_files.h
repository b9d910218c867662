#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace linnet::tools {

// Longer lines are refused: comparing two of them takes time and memory that grow with their
// length, edits with its square.
inline constexpr std::int64_t kLineBytes = 256 << 10;

// The lines of a text, without their newlines. What follows the last newline is a line unless it is
// empty.
std::vector<std::string_view> lines_of(std::string_view text);

// What lies between tabs. Empty parts are left out unless all are empty.
std::vector<std::string_view> alternatives_of(std::string_view line);

// A text file in lines. They are views, so it stays where it is.
class LineFile {
 public:
  // What is done to the text before it is cut into lines.
  using Prepare = std::function<std::string(std::string)>;

  // Reads a file, "-" for standard input. A byte order mark is dropped; what is not UTF-8 is
  // replaced, with a remark unless `quiet`. Errors: io, limit (also for a line above kLineBytes).
  static core::Result<std::unique_ptr<LineFile>> read(const std::string& path,
                                                      const Prepare& prepare, bool quiet);

  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  const std::string& name() const { return name_; }
  std::size_t size() const { return lines_.size(); }
  std::string_view operator[](std::size_t line) const { return lines_[line]; }

 private:
  LineFile(std::string name, std::string text);

  std::string name_, text_;
  std::vector<std::string_view> lines_;
};

}  // namespace linnet::tools
