#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace linnet::tools {

// A stream of bytes to a file descriptor whose every failure is noticed. After a failure nothing
// more is written and failed() tells, so that a program can stop early; close() says what happened.
class Output {
 public:
  // `name` is what people call it: "standard output", or a path. Takes the descriptor over.
  Output(int descriptor, std::string name);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  // From here on writes into the file of that path instead, which is emptied. Errors: io.
  core::Status redirect(const std::string& path);

  void write(std::string_view bytes);
  // Hands everything so far to the system.
  void flush();
  // Flushes and closes. Errors: io. A reader that went away is not an error.
  core::Status close();

  bool failed() const { return failure_ != 0; }
  // The failure is that a pipe's reader went away.
  bool reader_left() const;

 private:
  int descriptor_;
  std::string name_, buffer_;
  int failure_ = 0;  // errno of the first failure
};

// Whether both paths lead to the same existing file.
bool same_file(const std::string& a, const std::string& b);

// Bytes to standard error; failures are ignored, for there is nobody left to tell.
void tell(std::string_view bytes);

}  // namespace linnet::tools
