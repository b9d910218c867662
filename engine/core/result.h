#pragma once

#include <cassert>
#include <locale>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

namespace linnet::core {

// What kind of thing was wrong with something given to us. The programs turn it into their exit
// code (tools/common/exit_code.h).
enum class Fault {
  bad_argument,  // an option or a parameter is out of range                     exit 2
  corrupt,       // a file contradicts itself or its format                      exit 3
  unsupported,   // a file is well formed but asks for what this build lacks     exit 3
  limit,         // memory, context or a published limit does not suffice       exit 4
  io,            // the operating system refused: missing file, full disk        exit 5
  mismatch,      // a verification failed: checksum, self-test                   exit 6
};

// A fault and one sentence for a person, which names the file or flag and the thing in it.
// A mistake of our own is an assert, never an Error.
struct Error {
  Fault fault;
  std::string sentence;
};

// A value, or the Error that stood in its way.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const {
    assert(!*this);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

// The Result of something that has nothing to give back.
struct Done {};
using Status = Result<Done>;

// Joins its arguments into one sentence.
template <class... Parts>
std::string say(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

}  // namespace linnet::core
