#pragma once

namespace linnet::ops {

struct SinCos {
  float sine, cosine;
};

// Sine and cosine of `angle` in radians, |angle| < 2^24: the same bits on every machine, within one
// unit in the last place of a float. (The C library's differ between processors in rare last bits.)
SinCos sincos(double angle);

}  // namespace linnet::ops
