#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace linnet::support {

// The folder of trained models and vocabularies with known outputs (environment LINNET_ASSETS), or
// nothing, said in a message: the test that asked is then skipped. Where LINNET_ASSETS_REQUIRED is
// set (continuous integration), their absence fails the test instead.
inline std::optional<std::filesystem::path> assets() {
  const char* folder = std::getenv("LINNET_ASSETS");
  if (folder != nullptr && *folder != '\0' && std::filesystem::is_directory(folder))
    return std::filesystem::path(folder);
  if (std::getenv("LINNET_ASSETS_REQUIRED") != nullptr)
    FAIL("LINNET_ASSETS names no folder, and this run requires the trained test models");
  MESSAGE("skipped: LINNET_ASSETS names no folder of trained test models");
  return std::nullopt;
}

}  // namespace linnet::support
