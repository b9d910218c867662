#include "engine/text/chat_format.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/core/limits.h"
#include "engine/text/blanks.h"

namespace linnet::text {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::array<std::string_view, 3> kTrims{"nothing", "texts", "turns"};

struct NamedText {
  std::string_view name;
  std::string ChatFormat::*text;
};
constexpr NamedText kTexts[]{
    {"chat.format", &ChatFormat::name},
    {"chat.begin", &ChatFormat::begin},
    {"chat.system_before", &ChatFormat::system_before},
    {"chat.system_after", &ChatFormat::system_after},
    {"chat.user_before", &ChatFormat::user_before},
    {"chat.user_after", &ChatFormat::user_after},
    {"chat.assistant_before", &ChatFormat::assistant_before},
    {"chat.assistant_after", &ChatFormat::assistant_after},
    {"chat.answer", &ChatFormat::answer},
};

Result<std::string> read_text(const core::Bundle& bundle, std::string_view name,
                              std::int64_t most) {
  const auto text = bundle.get(name, std::string_view());
  if (!text) return text.error();
  if (static_cast<std::int64_t>(text->size()) > most)
    return Error{Fault::corrupt, say("the setting '", name, "' is ", text->size(),
                                     " bytes long; at most ", most, " are allowed")};
  return std::string(*text);
}

Status read_trim(const core::Bundle& bundle, ChatTrim& trim) {
  const auto name = bundle.get("chat.trim", kTrims.front());
  if (!name) return name.error();
  const auto known = std::find(kTrims.begin(), kTrims.end(), *name);
  if (known == kTrims.end())
    return Error{Fault::unsupported, "the setting 'chat.trim' is of a kind that this build lacks"};
  trim = static_cast<ChatTrim>(known - kTrims.begin());
  return Done{};
}

Status read_ends(const core::Bundle& bundle, const Tokenizer& tokenizer, std::vector<int>& ends) {
  const auto ids = bundle.get("chat.ends", std::span<const std::int32_t>{});
  if (!ids) return ids.error();
  if (static_cast<std::int64_t>(ids->size()) > core::limits::kChatEnds)
    return Error{Fault::corrupt, say("the setting 'chat.ends' names ", ids->size(),
                                     " tokens; at most ", core::limits::kChatEnds, " are allowed")};
  for (const std::int32_t id : *ids)
    if (!tokenizer.is_special(id))
      return Error{Fault::corrupt,
                   say("the setting 'chat.ends' names ", id, ", which is no special token")};
  ends.assign(ids->begin(), ids->end());
  std::sort(ends.begin(), ends.end());
  return Done{};
}

}  // namespace

Result<std::optional<ChatFormat>> read_chat_format(const core::Bundle& bundle,
                                                   const Tokenizer& tokenizer) {
  if (bundle.setting("chat.format") == nullptr) return std::optional<ChatFormat>();
  ChatFormat format;
  for (const NamedText& named : kTexts) {
    Result<std::string> text = read_text(bundle, named.name, core::limits::kMarkBytes);
    if (!text) return text.error();
    format.*named.text = std::move(*text);
  }
  if (bundle.setting("chat.system") != nullptr) {
    Result<std::string> system = read_text(bundle, "chat.system", core::limits::kSystemBytes);
    if (!system) return system.error();
    format.system = std::move(*system);
  }
  const Result<bool> inside = read_flag(bundle, "chat.system_inside");
  if (!inside) return inside.error();
  format.system_inside = *inside;
  if (const Status read = read_trim(bundle, format.trim); !read) return read.error();
  if (const Status read = read_ends(bundle, tokenizer, format.ends); !read) return read.error();
  return std::optional<ChatFormat>(std::move(format));
}

void write_chat_format(const ChatFormat& format, core::BundleBuilder& builder) {
  for (const NamedText& named : kTexts)
    if (const std::string& text = format.*named.text; !text.empty())
      builder.add_setting(named.name, std::string_view(text));
  if (format.system) builder.add_setting("chat.system", std::string_view(*format.system));
  if (format.system_inside) builder.add_setting("chat.system_inside", 1);
  if (format.trim != ChatTrim::nothing)
    builder.add_setting("chat.trim", kTrims[static_cast<std::size_t>(format.trim)]);
  const std::vector<std::int32_t> ends(format.ends.begin(), format.ends.end());
  if (!ends.empty()) builder.add_setting("chat.ends", std::span<const std::int32_t>(ends));
}

}  // namespace linnet::text
