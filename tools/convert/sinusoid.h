#pragma once

#include <vector>

namespace linnet::convert {

// base 10000: 10000^(-2 i / width) for pair i of width / 2 (Vaswani et al., 2017, section 3.5).
std::vector<float> paper_sinusoid(int width);
// 10000^(-i / (width / 2 - 1)), so that the last wavelength is exactly 10000 times the first
// (tensor2tensor, OpenNMT-tf, fairseq).
std::vector<float> tensor2tensor_sinusoid(int width);

}  // namespace linnet::convert
