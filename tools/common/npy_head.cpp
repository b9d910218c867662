#include "tools/common/npy_head.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Error corrupt(const std::string& what) { return Error{Fault::corrupt, what}; }

// The one form of a Python dictionary that NumPy writes: three keys in any order.
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : text_(text) {}

  bool read(NpyHead& head) {
    if (!take("{")) return false;
    while (!take("}")) {
      std::string key;
      if (!quoted(key) || !take(":") || !value(key, head)) return false;
      if (!take(",") && text_.substr(0, 1) != "}") return false;
    }
    blanks();
    return text_.empty() && seen_[0] && seen_[1] && seen_[2];
  }

 private:
  void blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }
  bool take(std::string_view word) {
    blanks();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    blanks();
    return true;
  }
  bool quoted(std::string& to) {
    const char quote = text_.empty() ? '\0' : text_.front();
    if (quote != '\'' && quote != '"') return false;
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos || end > 64) return false;
    to = text_.substr(1, end - 1);
    if (std::any_of(to.begin(), to.end(), [](char c) { return c < ' ' || c > '~'; })) return false;
    text_.remove_prefix(end + 1);
    return true;
  }
  bool once(int which) { return !std::exchange(seen_[which], true); }

  bool value(std::string_view key, NpyHead& head) {
    if (key == "descr") return once(0) && quoted(head.type);
    if (key == "fortran_order") {
      head.by_columns = take("True");
      return once(1) && (head.by_columns || take("False"));
    }
    return key == "shape" && once(2) && sizes(head.shape);
  }
  bool sizes(std::vector<std::int64_t>& shape) {
    if (!take("(")) return false;
    while (!take(")")) {
      std::int64_t size = 0;
      const auto [end, wrong] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (wrong != std::errc() || size < 1 || size > 0x7fffffff || shape.size() == kNpyRank)
        return false;
      shape.push_back(size);
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      if (!take(",") && text_.substr(0, 1) != ")") return false;
    }
    return true;
  }

  std::string_view text_;
  bool seen_[3] = {};
};

}  // namespace

bool begins_as_npy(std::span<const std::byte> start) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  return start.size() >= kMagic.size() &&
         std::memcmp(start.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<NpyHead> read_npy_head(std::span<const std::byte> start) {
  const std::string_view all(reinterpret_cast<const char*>(start.data()), start.size());
  if (!begins_as_npy(start) || all.size() < 12)
    return corrupt("does not begin as a NumPy file does");
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(all[i])};
  };
  const std::uint32_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    return Error{Fault::unsupported,
                 say("is of version ", version, ".", byte(7), " of NumPy's format")};
  std::uint32_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  const std::size_t begin = version == 1 ? 10 : 12;
  if (length > kNpyHeadBytes - begin)
    return Error{Fault::limit, say("has a head of ", length, " bytes")};
  if (all.size() - begin < length) return corrupt("ends within its head");
  NpyHead head;
  if (!Dictionary(all.substr(begin, length)).read(head))
    return corrupt(say("has a head that does not say type, order and a shape of at most ", kNpyRank,
                       " sizes, none of them 0"));
  head.bytes = static_cast<std::int64_t>(begin + length);
  return head;
}

}  // namespace linnet::tools
