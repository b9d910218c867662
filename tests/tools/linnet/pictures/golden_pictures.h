#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/scratch.h"
#include "tools/linnet/pictures/picture.h"
#include "tools/linnet/pictures/png_check.h"

namespace linnet::support {

inline std::string golden_picture_path(const std::string& name) {
  return std::string(LINNET_SOURCE_DIR) + "/tests/golden/pictures/" + name;
}

inline std::string golden_picture(const std::string& name) {
  return contents(golden_picture_path(name));
}

// What Pillow and transformers said; see tests/golden/make_picture_golden.py.
inline const nlohmann::json& golden_pictures() {
  static const auto all = nlohmann::json::parse(golden_picture("expected.json"));
  return all;
}

inline std::vector<std::uint8_t> bytes_of(const std::string& hexadecimal) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
  return bytes;
}

// The picture of invented pixels that the golden file began with.
inline tools::Picture invented_picture(int width, int height) {
  tools::Picture picture{width, height, {}};
  std::uint32_t state = 1;
  for (int i = 0; i < 3 * width * height; ++i) {
    state = state * 1664525u + 1013904223u;
    picture.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return picture;
}

inline std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// What is said of a picture that has to be refused.
inline core::Error refusal(const std::string& bytes) {
  const auto picture = tools::parse_picture(as_bytes(bytes), "file.png");
  if (picture) {
    FAIL_CHECK("was accepted");
    return {core::Fault::io, ""};
  }
  CHECK(picture.error().sentence.starts_with("file.png: "));
  return picture.error();
}

}  // namespace linnet::support
