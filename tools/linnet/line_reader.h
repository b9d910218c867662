#pragma once

#include <cstdint>
#include <string>

#include "engine/core/result.h"

namespace linnet::tools {

// Lines from a file or from standard input, as they arrive: a program that waits for the answer to
// one line before it writes the next gets it.
class LineReader {
 public:
  // "-" is standard input. Errors: io.
  static core::Result<LineReader> open(const std::string& path);
  // One line that is given, nothing to read.
  static LineReader of(std::string line);
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&& other) noexcept;
  ~LineReader();

  enum class Got { line, nothing_yet, end };
  // The next line without its end (LF or CR LF); a byte order mark before the first one is dropped.
  // Waits for it only if `wait`. A signal ends the lines. Errors: io; limit, for a line of more
  // than limits::kPromptBytes bytes.
  core::Result<Got> next(std::string& line, bool wait);

  const std::string& name() const { return name_; }
  std::int64_t lines() const { return lines_; }  // read so far

 private:
  LineReader() = default;
  core::Result<bool> fill(bool wait);
  Got take(std::string& line, std::size_t length, std::size_t end);

  int descriptor_ = -1;
  bool owned_ = false, ended_ = false;
  std::string name_, buffer_;
  std::size_t begin_ = 0, searched_ = 0;  // the next line begins here, and has no end before there
  std::int64_t lines_ = 0;
};

}  // namespace linnet::tools
