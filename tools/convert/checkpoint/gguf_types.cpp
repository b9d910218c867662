#include "tools/convert/checkpoint/gguf_types.h"

#include <algorithm>
#include <array>

#include "kernels/pack.h"

namespace linnet::convert {
namespace {

std::uint16_t half_bits(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}
float half(const std::uint8_t* at) { return kernels::from_f16(half_bits(at)); }

int bit(const std::uint8_t* bytes, int i) { return bytes[i / 8] >> (i % 8) & 1; }

// Value i of the 32 whose lower halves of bytes come before the upper ones.
int nibble(const std::uint8_t* sixteen, int i) {
  return i < 16 ? sixteen[i] & 15 : sixteen[i - 16] >> 4;
}

void decode(const GgufGroup& group, float* to) {
  const float scale = kernels::from_f16(group.scale);
  for (int i = 0; i < 32; ++i) to[i] = static_cast<float>(group.integers[i]) * scale;
}
void decode_q8_0(const std::uint8_t* block, float* to) { decode(group_of_q8_0(block), to); }
void decode_q4_0(const std::uint8_t* block, float* to) { decode(group_of_q4_0(block), to); }

// scale, minimum, 32 * 4 bits
void decode_q4_1(const std::uint8_t* block, float* to) {
  const float scale = half(block), least = half(block + 2);
  for (int i = 0; i < 32; ++i) to[i] = static_cast<float>(nibble(block + 4, i)) * scale + least;
}

// scale, 32 fifth bits, 32 * 4 bits
void decode_q5_0(const std::uint8_t* block, float* to) {
  const float scale = half(block);
  for (int i = 0; i < 32; ++i)
    to[i] = static_cast<float>((nibble(block + 6, i) | bit(block + 2, i) << 4) - 16) * scale;
}

// scale, minimum, 32 fifth bits, 32 * 4 bits
void decode_q5_1(const std::uint8_t* block, float* to) {
  const float scale = half(block), least = half(block + 2);
  for (int i = 0; i < 32; ++i)
    to[i] = static_cast<float>(nibble(block + 8, i) | bit(block + 4, i) << 4) * scale + least;
}

// The K-quants have 256 values in parts of 16 or 32, whose scales are integers too. Values are cut
// into two halves of 128 with a byte for every value i of 32, or one for every i of 64.

// 16 * (4 bits of scale, 4 of minimum), 256 * 2 bits, scale and minimum of them
void decode_q2_k(const std::uint8_t* block, float* to) {
  const float scale = half(block + 80), least = half(block + 82);
  for (int i = 0; i < 256; ++i) {
    const int part = block[i / 16];
    const int q = block[16 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    to[i] = scale * static_cast<float>(part & 15) * static_cast<float>(q) -
            least * static_cast<float>(part >> 4);
  }
}

// 256 third bits, 256 * 2 bits, 16 * 6 bits of scale, scale of them. The four lower bits of the
// scales are nibbles of 8 bytes, the two upper ones lie in the next four.
void decode_q3_k(const std::uint8_t* block, float* to) {
  const std::uint8_t* scales = block + 96;
  const float scale = half(block + 108);
  for (int i = 0; i < 256; ++i) {
    const int part = i / 16;
    const int low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4;
    const int high = scales[8 + part % 4] >> (part / 4 * 2) & 3;
    const int third = block[i % 32] >> (i / 32) & 1;
    const int q = block[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    to[i] = scale * static_cast<float>((low | high << 4) - 32) *
            static_cast<float>((q | third << 2) - 4);
  }
}

// Scale and minimum, six bits each, of part 0 to 7 in the 12 bytes of Q4_K and Q5_K: those of the
// first four as they are, the upper two bits of the others above them.
std::array<int, 2> scale_and_least(const std::uint8_t* twelve, int part) {
  if (part < 4) return {twelve[part] & 63, twelve[part + 4] & 63};
  return {(twelve[part + 4] & 15) | twelve[part - 4] >> 6 << 4,
          twelve[part + 4] >> 4 | twelve[part] >> 6 << 4};
}

// scale, minimum, 12 bytes of those of the parts, [256 fifth bits,] 256 * 4 bits
void decode_q4_or_q5_k(const std::uint8_t* block, bool fifth_bits, float* to) {
  const float scale = half(block), least = half(block + 2);
  const std::uint8_t* fifths = block + 16;
  const std::uint8_t* fours = fifth_bits ? block + 48 : block + 16;
  for (int part = 0; part < 8; ++part) {
    const auto own = scale_and_least(block + 4, part);
    const float step = scale * static_cast<float>(own[0]);
    const float below = least * static_cast<float>(own[1]);
    for (int i = 0; i < 32; ++i) {
      const int four = fours[part / 2 * 32 + i] >> (part % 2 * 4) & 15;
      const int fifth = fifth_bits ? fifths[i] >> part & 1 : 0;
      to[part * 32 + i] = step * static_cast<float>(four | fifth << 4) - below;
    }
  }
}
void decode_q4_k(const std::uint8_t* block, float* to) { decode_q4_or_q5_k(block, false, to); }
void decode_q5_k(const std::uint8_t* block, float* to) { decode_q4_or_q5_k(block, true, to); }

// 256 * 4 bits, 256 * 2 upper bits, 16 scales of 8 bits, scale of them
void decode_q6_k(const std::uint8_t* block, float* to) {
  const float scale = half(block + 208);
  for (int i = 0; i < 256; ++i) {
    const int side = i / 128, within = i % 128;
    const int low = block[side * 64 + within % 64] >> (within / 64 * 4) & 15;
    const int high = block[128 + side * 32 + within % 32] >> (within / 32 * 2) & 3;
    const auto part = static_cast<std::int8_t>(block[192 + i / 16]);
    to[i] = scale * static_cast<float>(part) * static_cast<float>((low | high << 4) - 32);
  }
}

constexpr GgufType kGgufTypes[]{{0, "F32", SourceType::f32, 1, 4, nullptr},
                                {1, "F16", SourceType::f16, 1, 2, nullptr},
                                {2, "Q4_0", SourceType::i4_groups, 32, 18, decode_q4_0},
                                {3, "Q4_1", SourceType::blocks, 32, 20, decode_q4_1},
                                {6, "Q5_0", SourceType::blocks, 32, 22, decode_q5_0},
                                {7, "Q5_1", SourceType::blocks, 32, 24, decode_q5_1},
                                {8, "Q8_0", SourceType::i8_groups, 32, 34, decode_q8_0},
                                {10, "Q2_K", SourceType::blocks, 256, 84, decode_q2_k},
                                {11, "Q3_K", SourceType::blocks, 256, 110, decode_q3_k},
                                {12, "Q4_K", SourceType::blocks, 256, 144, decode_q4_k},
                                {13, "Q5_K", SourceType::blocks, 256, 176, decode_q5_k},
                                {14, "Q6_K", SourceType::blocks, 256, 210, decode_q6_k},
                                {24, "I8", SourceType::other, 1, 1, nullptr},
                                {25, "I16", SourceType::other, 1, 2, nullptr},
                                {26, "I32", SourceType::other, 1, 4, nullptr},
                                {27, "I64", SourceType::other, 1, 8, nullptr},
                                {28, "F64", SourceType::other, 1, 8, nullptr},
                                {30, "BF16", SourceType::bf16, 1, 2, nullptr}};

struct Named {
  std::uint32_t number;
  std::string_view name;
};
constexpr Named kOthers[]{
    {4, "Q4_2"},        {5, "Q4_3"},     {9, "Q8_1"},   {15, "Q8_K"},       {16, "IQ2_XXS"},
    {17, "IQ2_XS"},     {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"},     {21, "IQ3_S"},
    {22, "IQ2_S"},      {23, "IQ4_XS"},  {29, "IQ1_M"}, {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
    {33, "Q4_0_8_8"},   {34, "TQ1_0"},   {35, "TQ2_0"}, {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"},
    {38, "IQ4_NL_8_8"}, {39, "MXFP4"},   {40, "NVFP4"}, {41, "Q1_0"},       {42, "Q2_0"}};

}  // namespace

const GgufType* find_gguf_type(std::uint32_t number) {
  const auto* found = std::find_if(std::begin(kGgufTypes), std::end(kGgufTypes),
                                   [&](const GgufType& type) { return type.number == number; });
  return found == std::end(kGgufTypes) ? nullptr : found;
}

std::string_view name_of_other_gguf_type(std::uint32_t number) {
  const auto* found = std::find_if(std::begin(kOthers), std::end(kOthers),
                                   [&](const Named& type) { return type.number == number; });
  return found == std::end(kOthers) ? std::string_view() : found->name;
}

GgufGroup group_of_q8_0(const std::uint8_t* block) {
  GgufGroup group{half_bits(block), {}};
  for (int i = 0; i < 32; ++i) group.integers[i] = static_cast<std::int8_t>(block[2 + i]);
  return group;
}

GgufGroup group_of_q4_0(const std::uint8_t* block) {
  GgufGroup group{half_bits(block), {}};
  for (int i = 0; i < 32; ++i)
    group.integers[i] = static_cast<std::int8_t>(nibble(block + 2, i) - 8);
  return group;
}

}  // namespace linnet::convert
