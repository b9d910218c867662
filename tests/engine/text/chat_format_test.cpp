#include "engine/text/chat_format.h"

#include <doctest/doctest.h>

#include <functional>

#include "engine/core/limits.h"

using namespace linnet;
using core::BundleBuilder;
using core::Fault;
using text::ChatFormat;

namespace {

text::Tokenizer tiny_tokenizer() {
  BundleBuilder builder;
  const std::vector<std::string> tokens{"<unk>", "<s>", "</s>", "a", "<|im_end|>"};
  const std::byte types[]{std::byte{1}, std::byte{2}, std::byte{2}, std::byte{0}, std::byte{2}};
  builder.add_setting("tokenizer.kind", "characters");
  builder.add_setting("tokenizer.tokens", tokens);
  builder.add_setting("tokenizer.types", std::span(types));
  builder.add_setting("tokenizer.unknown", 0);
  auto tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) FAIL(tokenizer.error().sentence);
  return *tokenizer;
}

core::Result<std::optional<ChatFormat>> read(const std::function<void(BundleBuilder&)>& add) {
  BundleBuilder builder;
  builder.add_setting("chat.format", std::string_view("mine"));
  add(builder);
  return text::read_chat_format(builder.build(), tiny_tokenizer());
}

void refuses(Fault fault, const char* what, const std::function<void(BundleBuilder&)>& add) {
  const auto format = read(add);
  CAPTURE(what);
  REQUIRE_FALSE(format);
  CHECK(format.error().fault == fault);
  CHECK(format.error().sentence.find(what) != std::string::npos);
}

TEST_CASE("A chat format comes back from settings as it was written") {
  const ChatFormat wrote{.name = "mine",
                         .begin = "<s>",
                         .system_before = "1",
                         .system_after = "2",
                         .user_before = "3",
                         .user_after = "4",
                         .assistant_before = "5",
                         .assistant_after = "6",
                         .answer = "7",
                         .system_inside = true,
                         .trim = text::ChatTrim::turns,
                         .system = "",
                         .ends = {2, 4}};
  BundleBuilder builder;
  text::write_chat_format(wrote, builder);
  const auto format = text::read_chat_format(builder.build(), tiny_tokenizer());
  REQUIRE(format);
  REQUIRE(*format);
  const ChatFormat& got = **format;
  CHECK(got.name == wrote.name);
  CHECK(got.begin + got.system_before + got.system_after + got.user_before + got.user_after +
            got.assistant_before + got.assistant_after + got.answer ==
        "<s>1234567");
  CHECK(got.system_inside);
  CHECK((got.trim == wrote.trim));
  CHECK(got.system == wrote.system);
  CHECK(got.ends == wrote.ends);
}

TEST_CASE("A file without chat.format has no chat format, whatever else it has") {
  BundleBuilder builder;
  builder.add_setting("chat.user_before", std::string_view("x"));
  const auto format = text::read_chat_format(builder.build(), tiny_tokenizer());
  REQUIRE(format);
  CHECK_FALSE(*format);
}

TEST_CASE("Chat settings that are wrong are refused by name") {
  refuses(Fault::corrupt, "'chat.user_before' has the wrong type",
          [](BundleBuilder& to) { to.add_setting("chat.user_before", 1); });
  refuses(Fault::corrupt, "'chat.answer' is 1025 bytes long", [](BundleBuilder& to) {
    to.add_setting("chat.answer", std::string_view(std::string(1025, 'x')));
  });
  refuses(Fault::corrupt, "'chat.system' is", [](BundleBuilder& to) {
    to.add_setting("chat.system",
                   std::string_view(std::string(core::limits::kSystemBytes + 1, 'x')));
  });
  refuses(Fault::corrupt, "'chat.system_inside' is 2",
          [](BundleBuilder& to) { to.add_setting("chat.system_inside", 2); });
  refuses(Fault::unsupported, "'chat.trim'",
          [](BundleBuilder& to) { to.add_setting("chat.trim", std::string_view("some")); });
  for (const std::int32_t id : {3, -1, 5, 0x7fffffff})
    refuses(Fault::corrupt, "which is no special token", [&](BundleBuilder& to) {
      to.add_setting("chat.ends", std::span<const std::int32_t>(&id, 1));
    });
  refuses(Fault::corrupt, "'chat.ends' names 65 tokens", [](BundleBuilder& to) {
    const std::vector<std::int32_t> many(65, 2);
    to.add_setting("chat.ends", std::span<const std::int32_t>(many));
  });
}

}  // namespace
