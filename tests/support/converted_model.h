#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "engine/engine.h"
#include "tests/support/scratch.h"
#include "tools/convert/convert.h"

namespace linnet::support {

// A folder or checkpoint as linnet-convert makes it, opened. The file lies in `scratch`, where the
// next one replaces it.
inline Model converted_model(const std::filesystem::path& input, core::Dtype type,
                             const Scratch& scratch) {
  const std::string file = scratch.path("model.linnet");
  const auto report =
      convert::convert({.input = input.string(), .output = file, .tokenizer = "", .type = type});
  if (!report) FAIL(report.error().sentence);
  auto model = Model::open(file);
  if (!model) FAIL(model.error().sentence);
  return *model;
}

}  // namespace linnet::support
