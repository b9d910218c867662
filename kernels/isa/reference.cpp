#include "kernels/isa/list.h"
#include "kernels/reference/activation.h"
#include "kernels/reference/attention.h"
#include "kernels/reference/elementwise.h"
#include "kernels/reference/matmul.h"
#include "kernels/reference/norm.h"
#include "kernels/reference/peak.h"
#include "kernels/reference/quantize.h"
#include "kernels/reference/rope.h"
#include "kernels/reference/softmax.h"

namespace linnet::kernels {

// Plain loops, built without vectorisation: what the contract says, word for word. The truth for
// tests and the fallback for any CPU.
constinit const Table table_reference = {
    .name = "reference",
    .needs = 0,
    .matmul_f32 = reference::matmul_f32,
    .matmul_f16 = reference::matmul_f16,
    .matmul_i8 = reference::matmul_i8,
    .matmul_i4 = reference::matmul_i4,
    .quantize = reference::quantize,
    .attend = reference::attend,
    .store_key_value = reference::store_key_value,
    .rotate = reference::rotate,
    .rms_norm = reference::rms_norm,
    .layer_norm = reference::layer_norm,
    .softmax = reference::softmax,
    .activate = reference::activate,
    .activate_gated = reference::activate_gated,
    .add = reference::add,
    .scale = reference::scale,
    .peak_f32 = reference::peak_f32,
    .peak_i8 = reference::peak_int,
    .peak_i4 = reference::peak_int,
    .read = reference::read,
};

}  // namespace linnet::kernels
