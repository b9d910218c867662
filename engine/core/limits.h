#pragma once

#include <cstdint>

#include "kernels/layout.h"

// The published limits: what a file, a flag or a prompt may ask for. They bound time and memory,
// and they are the same on every architecture. The same table stands in engine/io/FORMAT.md.
namespace linnet::core::limits {

inline constexpr std::int64_t kHeadBytes = 16 << 20;  // header, settings and tensor table
inline constexpr std::int64_t kTensors = 65'536;
// Rows or columns of a tensor: an int, with room to round up to whole panels and groups.
inline constexpr std::int64_t kDimension = 0x7fffffff - 63;
inline constexpr std::int64_t kNameBytes = 255;
inline constexpr std::int64_t kSettings = 4'096;
inline constexpr std::int64_t kSettingBytes = 16 << 20;
inline constexpr std::int64_t kVocabulary = 1 << 20;
inline constexpr std::int64_t kTokenBytes = 1'024;
inline constexpr std::int64_t kMarkBytes = 1'024;  // a mark of a chat format
inline constexpr std::int64_t kSystemBytes = 64 << 10;
inline constexpr std::int64_t kChatEnds = 64;
inline constexpr std::int64_t kMerges = 1 << 21;
inline constexpr std::int64_t kLayers = 1'024;
inline constexpr std::int64_t kHeads = 1'024;
inline constexpr std::int64_t kModelWidth = 65'536;
inline constexpr std::int64_t kHeadWidth = kernels::kMaxHead;
inline constexpr std::int64_t kInnerWidth = 4 * kModelWidth;  // d_ff, and all heads side by side
inline constexpr float kRotaryFrequency = 16.0f;              // radians per position
inline constexpr float kBiasSlope = 1024.0f;                  // score per position
inline constexpr std::int64_t kRelativeBuckets = 1'024;
inline constexpr std::int64_t kClasses = 1 << 16;
inline constexpr std::int64_t kTokenTypes = 1'024;
inline constexpr std::int64_t kPictureSide = 16'384;      // pixels
inline constexpr std::int64_t kPicturePixels = 64 << 20;  // of a picture's file
inline constexpr std::int64_t kPictureBytes = 64 << 20;   // the same
inline constexpr std::int64_t kContext = 1 << 20;
inline constexpr std::int64_t kBeam = 256;
inline constexpr std::int64_t kBatch = 4'096;
inline constexpr std::int64_t kPromptBytes = 64 << 20;
inline constexpr std::int64_t kThreads = 1'024;

}  // namespace linnet::core::limits
