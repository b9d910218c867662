#pragma once

#include <string>

#include "tools/convert/convert.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// What packing did to the tensors, as a table for a person: one line each, then the whole and the
// worst. Empty if there are no tensors.
std::string report_table(const Report& report);

// The same as events of a program (`--json`).
Event tensor_event(const PackedTensor& tensor);
Event result_event(const Report& report, const std::string& output);

}  // namespace linnet::convert
