#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace linnet::tools {

// `text` as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD.
std::string json_text(std::string_view text);
// Not a finite number: null.
std::string json_number(double value);

// One JSON object, written field by field. Names are ours and need no escape.
class JsonLine {
 public:
  JsonLine& add(std::string_view name, std::string_view text) { return raw(name, json_text(text)); }
  JsonLine& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonLine& add(std::string_view name, std::same_as<bool> auto truth) {
    return raw(name, truth ? "true" : "false");
  }
  JsonLine& add(std::string_view name,
                std::integral auto number) requires(!std::same_as<decltype(number), bool>) {
    return raw(name, std::to_string(number));
  }
  JsonLine& add(std::string_view name, double number) { return raw(name, json_number(number)); }
  // A value that is JSON already.
  JsonLine& raw(std::string_view name, std::string_view json);

  std::string object() const { return "{" + fields_ + "}"; }
  // The object and the end of its line.
  std::string line() const { return object() + "\n"; }

 private:
  std::string fields_;
};

// A JSON array of values that are JSON already.
class JsonArray {
 public:
  void add(std::string_view json) {
    if (!items_.empty()) items_ += ",";
    items_ += json;
  }
  std::string array() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

// Arrays of token ids and of numbers.
std::string json_ids(std::span<const int> ids);
std::string json_numbers(std::span<const float> numbers);

}  // namespace linnet::tools
