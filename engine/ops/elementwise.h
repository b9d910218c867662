#pragma once

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "kernels/kernels.h"

// Row-wise operations between matrices of the same shape.
namespace linnet::ops {

using kernels::Activation;

// y = y + x
void add(core::Mat y, core::Mat x, core::Team team);
// x = f(x)
void activate(core::Mat x, Activation f, core::Team team);
// gate = f(gate) * up (Shazeer, 2020)
void activate_gated(core::Mat gate, core::Mat up, Activation f, core::Team team);
// x = x * factor
void scale(core::Mat x, float factor, core::Team team);
// x[2 i] += sines[i], x[2 i + 1] += cosines[i] if interleaved; else all sines are added to the
// first half of a row and all cosines to the second. Both are [tokens, features / 2].
void add_sinusoids(core::Mat x, core::Mat sines, core::Mat cosines, bool interleaved,
                   core::Team team);
// x = cap * tanh(x / cap)
void soft_cap(core::Mat x, float cap, core::Team team);

}  // namespace linnet::ops
