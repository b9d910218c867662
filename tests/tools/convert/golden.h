#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/tools/convert/files.h"
#include "tools/convert/convert.h"

// The committed models of tests/golden/hf, and copies of them that a test may spoil.
namespace linnet::support {

// What make_hf_golden.py makes.
inline constexpr std::array kGoldenModels{
    "llama-grouped",     "llama-tied",          "llama-linear",
    "llama-dynamic",     "llama-llama3",        "llama-bf16",
    "llama-sharded",     "llama-biased",        "gpt2-plain",
    "gpt2-unscaled",     "mistral-window",      "qwen2-plain",
    "qwen3-normed",      "gemma-plain",         "gemma2-capped",
    "gemma3-windows",    "phi-parallel",        "phi3-fused",
    "gpt-neox-parallel", "gpt-neox-sequential", "opt-before",
    "opt-after",         "falcon-grouped",      "falcon-one-key",
    "falcon-biased",     "stablelm-plain",      "stablelm-parallel",
    "bloom-plain",       "mpt-plain",           "openai-gpt-plain",
    "llama-yarn",        "qwen2-yarn",          "phi3-longrope",
    "starcoder2-window", "gpt-bigcode-one-key", "gpt-bigcode-all-keys",
    "cohere-parallel",   "gptj-plain",          "gptj-tied"};

inline std::string golden_folder(std::string_view name) {
  return core::say(LINNET_SOURCE_DIR "/tests/golden/hf/", name);
}

// That every folder in `folder` is among `names`: no test would read another.
inline void check_named(const std::string& folder, std::span<const char* const> names) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    CHECK_MESSAGE(std::count(names.begin(), names.end(), name) == 1, name);
  }
}

// One tensor of a safetensors file as its bytes.
struct RawTensor {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

inline std::vector<RawTensor> load_raw(const std::string& path) {
  const std::string file = contents(path);
  REQUIRE(file.size() > 8);
  std::uint64_t written = 0;
  std::memcpy(&written, file.data(), sizeof written);
  const auto length = static_cast<std::size_t>(written);
  const auto header = nlohmann::json::parse(file.substr(8, length));
  std::vector<RawTensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
    tensors.push_back(
        {name, entry["dtype"], entry["shape"], file.substr(8 + length + begin, end - begin)});
  }
  return tensors;
}

// A copy of a golden model in one safetensors file, to be changed, converted and thrown away.
struct ModelCopy : Scratch {
  explicit ModelCopy(std::string_view golden) {
    const std::string from = golden_folder(golden);
    config = nlohmann::json::parse(contents(from + "/config.json"));
    tensors = load_raw(from + "/model.safetensors");
  }
  nlohmann::json config;
  std::vector<RawTensor> tensors;

  RawTensor& tensor(std::string_view name) {
    for (RawTensor& raw : tensors)
      if (raw.name == name) return raw;
    FAIL("no tensor " << name);
    return tensors.front();
  }
  void erase(std::string_view name) {
    std::erase_if(tensors, [&](const RawTensor& raw) { return raw.name == name; });
  }
  // Writes the folder; `output` does not exist yet.
  convert::Options save(core::Dtype type = core::Dtype::f32) const {
    SafetensorsFile file;
    for (const RawTensor& raw : tensors) file.add_bytes(raw.name, raw.shape, raw.bytes, raw.dtype);
    write("config.json", config.dump());
    write("model.safetensors", file.bytes());
    return {.input = folder_of(*this), .output = path("out.linnet"), .type = type};
  }
  core::Result<convert::Report> convert(core::Dtype type = core::Dtype::f32) const {
    return linnet::convert::convert(save(type));
  }
  // The sentence with which the conversion is refused; nothing has been written then.
  core::Error refusal(core::Dtype type = core::Dtype::f32) const {
    const auto report = convert(type);
    REQUIRE_FALSE(report);
    CHECK_FALSE(std::filesystem::exists(path("out.linnet")));
    CHECK(entries() == 2);  // no temporary file either
    return report.error();
  }
};

// max |a - b| / max |b|
inline double relative_distance(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double distance = 0, largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(std::isfinite(a[i]));
    distance = std::max(distance, std::fabs(double{a[i]} - double{b[i]}));
    largest = std::max(largest, std::fabs(double{b[i]}));
  }
  return distance / largest;
}

inline bool says(const core::Error& error, std::string_view part) {
  return error.sentence.find(part) != std::string::npos;
}

}  // namespace linnet::support
