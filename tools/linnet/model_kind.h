#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/engine.h"

namespace linnet::tools {

enum class ModelKind { decoder, encoder_decoder, encoder };

ModelKind kind_of(const Model& model);
// Whether the model of that file is of the kind that a command runs. Errors: bad_argument, with
// what it is instead and the command for that.
core::Status need_kind(const Model& model, const std::string& path, ModelKind wanted);

}  // namespace linnet::tools
