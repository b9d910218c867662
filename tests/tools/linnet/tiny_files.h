#pragma once

#include <doctest/doctest.h>

#include <string>

#include "engine/io/writer.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_writer.h"

namespace linnet::support {

// The path of a file with that model.
inline std::string write(const Scratch& scratch, const std::string& name,
                         const core::Bundle& bundle) {
  REQUIRE(io::write_model(scratch.path(name), bundle));
  return scratch.path(name);
}

}  // namespace linnet::support
