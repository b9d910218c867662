#include "tools/linnet/pictures/jpeg_check.h"

#include <array>
#include <string_view>

#include "tools/linnet/pictures/big_endian.h"
#include "tools/linnet/pictures/picture_size.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Markers (table B.1): the second byte, after 0xFF.
constexpr std::uint32_t kStart = 0xD8, kEnd = 0xD9, kScan = 0xDA, kQuantization = 0xDB,
                        kHuffman = 0xC4, kArithmetic = 0xCC, kRestart = 0xDD, kComment = 0xFE;
constexpr std::uint32_t kProgressive = 0xC2;  // a frame; 0xC0 and 0xC1 are the sequential ones
constexpr std::uint32_t kBlock = 64;          // coefficients
constexpr std::uint32_t kTables = 4;          // of each kind

bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != kHuffman && marker != kArithmetic &&
         marker != 0xC8;
}
bool is_application(std::uint32_t marker) { return marker >= 0xE0 && marker <= 0xEF; }

struct Segment {
  std::uint32_t marker = 0;
  std::size_t at = 0;               // of its marker in the file
  std::span<const std::byte> data;  // without marker and length; empty for the end
};

struct Component {
  std::uint32_t id = 0, quantization = 0;
  bool scanned = false;
};

class JpegWalk {
 public:
  JpegWalk(std::span<const std::byte> bytes, const std::string& name)
      : bytes_(bytes), name_(name) {}

  core::Result<JpegHead> run() {
    for (;;) {
      const core::Result<Segment> segment = next();
      if (!segment) return segment.error();
      if (segment->marker == kEnd) break;
      if (const core::Status taken = take(*segment); !taken) return taken.error();
    }
    bool complete = components_ > 0;
    for (std::size_t i = 0; i < components_; ++i) complete = complete && frame_[i].scanned;
    if (!complete) return corrupt("this JPEG ends before it has all of its colours");
    return head_;
  }

 private:
  Error corrupt(std::string_view what) const { return {Fault::corrupt, say(name_, ": ", what)}; }
  Error unsupported(std::string_view what) const {
    return {Fault::unsupported, say(name_, ": ", what)};
  }
  Error corrupt(const Segment& segment, std::string_view what) const {
    return corrupt(say("the segment at byte ", segment.at, " of this JPEG ", what));
  }

  core::Result<Segment> next() {
    Segment segment;
    segment.at = at_;
    if (at_ < bytes_.size() && byte_at(bytes_, at_) != 0xFF)
      return corrupt(say("what stands at byte ", at_, " is no segment of a JPEG"));
    while (at_ < bytes_.size() && byte_at(bytes_, at_) == 0xFF) ++at_;
    if (at_ == bytes_.size()) return corrupt("this JPEG ends before its last segment");
    segment.marker = byte_at(bytes_, at_++);
    if (segment.marker == kEnd) return segment;
    if (segment.marker < 0xC0 || segment.marker == kStart ||
        (segment.marker >= 0xD0 && segment.marker < kStart))
      return corrupt(segment, "stands in the wrong place");
    const std::size_t left = bytes_.size() - at_;
    const std::size_t size = left < 2 ? 0 : big16(bytes_, at_);
    if (left < 2 || size > left) return corrupt("this JPEG ends before its last segment");
    if (size < 2) return corrupt(segment, "has the wrong length");
    segment.data = bytes_.subspan(at_ + 2, size - 2);
    at_ += size;
    return segment;
  }

  core::Status take(const Segment& segment) {
    if (is_frame(segment.marker)) return take_frame(segment);
    switch (segment.marker) {
      case kScan:
        return take_scan(segment);
      case kQuantization:
        return take_quantization(segment);
      case kHuffman:
        return take_huffman(segment);
      case kRestart:
        if (segment.data.size() != 2) return corrupt(segment, "has the wrong length");
        return core::Done{};
      default:
        if (is_application(segment.marker) || segment.marker == kComment) return core::Done{};
        return unsupported(say("the segment at byte ", segment.at, " of this JPEG is not known"));
    }
  }

  core::Status take_frame(const Segment& segment) {
    const auto data = segment.data;
    if (segment.marker > kProgressive)
      return unsupported("this JPEG is neither baseline nor progressive with Huffman codes");
    if (components_ != 0) return corrupt(segment, "is a second picture");
    if (data.size() < 6 || data.size() != 6 + 3 * byte_at(data, 5))
      return corrupt(segment, "has the wrong length");
    if (byte_at(data, 0) != 8) return unsupported("only JPEGs of 8 bits are supported");
    const core::Status size = check_picture_size(big16(data, 3), big16(data, 1), name_);
    if (!size) return size.error();
    const std::uint32_t count = byte_at(data, 5);
    if (count != 1 && count != 3)
      return unsupported(
          say("this JPEG has ", count, " components; grey and colours (1, 3) are supported"));
    for (std::uint32_t i = 0; i < count; ++i) {
      frame_[i] = {byte_at(data, 6 + 3 * i), byte_at(data, 8 + 3 * i)};
      if (frame_[i].quantization >= kTables) return corrupt(segment, "names an unknown table");
    }
    components_ = count;
    progressive_ = segment.marker == kProgressive;
    head_ = {static_cast<int>(big16(data, 3)), static_cast<int>(big16(data, 1))};
    return core::Done{};
  }

  core::Status take_quantization(const Segment& segment) {
    for (auto data = segment.data; !data.empty();) {
      const std::uint32_t precision = byte_at(data, 0) >> 4, table = byte_at(data, 0) & 15;
      const std::size_t size = 1 + kBlock * (precision + 1);
      if (precision > 1 || table >= kTables) return corrupt(segment, "names an unknown table");
      if (data.size() < size) return corrupt(segment, "has the wrong length");
      quantization_[table] = true;
      data = data.subspan(size);
    }
    return core::Done{};
  }

  core::Status take_huffman(const Segment& segment) {
    constexpr std::size_t kLengths = 16;
    for (auto data = segment.data; !data.empty();) {
      const std::uint32_t kind = byte_at(data, 0) >> 4, table = byte_at(data, 0) & 15;
      if (kind > 1 || table >= kTables) return corrupt(segment, "names an unknown table");
      std::uint32_t codes = 0;
      if (data.size() < 1 + kLengths) return corrupt(segment, "has the wrong length");
      for (std::size_t i = 1; i <= kLengths; ++i) codes += byte_at(data, i);
      if (codes > 256) return corrupt(segment, "has more codes than there are bytes");
      if (data.size() < 1 + kLengths + codes) return corrupt(segment, "has the wrong length");
      huffman_[kind][table] = true;
      data = data.subspan(1 + kLengths + codes);
    }
    return core::Done{};
  }

  core::Status take_scan(const Segment& segment) {
    const auto data = segment.data;
    if (components_ == 0) return corrupt(segment, "stands before the size of the picture");
    if (++scans_ > kJpegScans)
      return Error{Fault::limit, say(name_, ": the limit is ", kJpegScans, " scans of a JPEG")};
    if (std::int64_t{scans_} * head_.width * head_.height > kJpegWork)
      return Error{Fault::limit, say(name_, ": a JPEG of ", head_.width, " x ", head_.height,
                                     " pixels in so many scans takes too long")};
    const std::size_t count = data.empty() ? 0 : byte_at(data, 0);
    if (count < 1 || count > components_ || data.size() != 4 + 2 * count)
      return corrupt(segment, "has the wrong length");
    const std::uint32_t from = byte_at(data, 1 + 2 * count);
    const bool refines = byte_at(data, 3 + 2 * count) >> 4 != 0;
    if (progressive_ && from != 0 && count != 1)
      return corrupt(segment, "mixes the details of several colours");
    for (std::size_t i = 0; i < count; ++i) {
      Component* component = find(byte_at(data, 1 + 2 * i));
      if (component == nullptr) return corrupt(segment, "names an unknown colour");
      const std::uint32_t dc = byte_at(data, 2 + 2 * i) >> 4, ac = byte_at(data, 2 + 2 * i) & 15;
      const bool uses_dc = from == 0 && !refines, uses_ac = !progressive_ || from != 0;
      if ((uses_dc && !has(huffman_[0], dc)) || (uses_ac && !has(huffman_[1], ac)) ||
          !has(quantization_, component->quantization))
        return corrupt(segment, "names a table that does not stand before it");
      component->scanned = true;
    }
    skip_compressed();
    return core::Done{};
  }

  Component* find(std::uint32_t id) {
    for (std::size_t i = 0; i < components_; ++i)
      if (frame_[i].id == id) return &frame_[i];
    return nullptr;
  }
  static bool has(const std::array<bool, kTables>& tables, std::uint32_t table) {
    return table < kTables && tables[table];
  }

  // To the next marker that is no restart (0xD0 to 0xD7); 0xFF 0x00 stands for the byte 0xFF.
  void skip_compressed() {
    for (; at_ < bytes_.size(); ++at_) {
      if (byte_at(bytes_, at_) != 0xFF || at_ + 1 == bytes_.size()) continue;
      const std::uint32_t after = byte_at(bytes_, at_ + 1);
      if (after != 0 && after != 0xFF && (after < 0xD0 || after > 0xD7)) return;
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  std::size_t at_ = 2;
  JpegHead head_;
  std::array<Component, 3> frame_{};
  std::size_t components_ = 0;
  bool progressive_ = false;
  int scans_ = 0;
  std::array<bool, kTables> quantization_{};
  std::array<std::array<bool, kTables>, 2> huffman_{};  // for mean values (DC), for details (AC)
};

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && big16(bytes, 0) == (0xFF00 | kStart) && byte_at(bytes, 2) == 0xFF;
}

core::Result<JpegHead> check_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  return JpegWalk(bytes, name).run();
}

}  // namespace linnet::tools
