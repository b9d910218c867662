#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace linnet::support {

// An array with its shape, outermost first.
struct Numbers {
  std::vector<int> shape;
  std::vector<float> values;
};
using Store = std::map<std::string, Numbers>;

inline int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : 63;
}

inline std::vector<float> floats_of_base64(const std::string& text) {
  std::vector<unsigned char> bytes;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(base64_digit(c));
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<unsigned char>(bits >> held & 0xff));
    }
  }
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

// The arrays of a JSON file of {name: {"shape": [...], "data": base64 of little-endian float32}}.
inline Store read_store(const std::filesystem::path& path) {
  std::ifstream file(path);
  const nlohmann::json all = nlohmann::json::parse(file);
  Store store;
  for (const auto& [name, entry] : all.items())
    if (entry.is_object() && entry.contains("data"))
      store[name] = {entry["shape"].get<std::vector<int>>(),
                     floats_of_base64(entry["data"].get<std::string>())};
  return store;
}

}  // namespace linnet::support
