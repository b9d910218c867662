#include "engine/core/bundle_builder.h"

#include <doctest/doctest.h>

#include <cstring>

namespace linnet::core {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text));
}

TEST_CASE("A built bundle gives back every setting with its type and value") {
  Bundle bundle;
  {
    BundleBuilder builder;
    builder.add_setting("z.text", "na\xc3\xafve");
    builder.add_setting("a.integer", 7);
    builder.add_setting("a.truth", true);
    builder.add_setting("a.number", 0.5);
    builder.add_setting("b.bytes", bytes_of(std::string_view("\0\1", 2)));
    builder.add_setting("b.integers", std::vector<std::int32_t>{1, -2, 3});
    builder.add_setting("b.floats", std::vector<float>{0.25f});
    builder.add_setting("b.strings", std::vector<std::string>{"ab", "", "c"});
    builder.add_setting("b.none", std::vector<std::string>{});
    bundle = builder.build();
  }  // the bundle outlives its builder
  CHECK(bundle.settings.size() == 9);
  CHECK(*bundle.get<std::int64_t>("a.integer", 0) == 7);
  CHECK(*bundle.get<std::int64_t>("a.truth", 0) == 1);
  CHECK(*bundle.get<double>("a.number", 0) == 0.5);
  CHECK(*bundle.get<std::string_view>("z.text", "") == "na\xc3\xafve");
  CHECK(bundle.get<std::span<const std::byte>>("b.bytes", {})->size() == 2);
  CHECK((*bundle.get<std::span<const std::int32_t>>("b.integers", {}))[1] == -2);
  CHECK((*bundle.get<std::span<const float>>("b.floats", {}))[0] == 0.25f);
  const Strings strings = *bundle.get<Strings>("b.strings", {});
  REQUIRE(strings.size() == 3);
  CHECK(strings[0] == "ab");
  CHECK(strings[1] == "");
  CHECK(strings[2] == "c");
  CHECK(bundle.get<Strings>("b.none", {})->size() == 0);
  CHECK_FALSE(bundle.get<double>("a.integer", 0));
}

TEST_CASE("A copied setting equals the original and does not share its bytes") {
  BundleBuilder first, second;
  first.add_setting("words", std::vector<std::string>{"one", "two"});
  const Bundle original = first.build();
  second.copy_setting("words", *original.setting("words"));
  const Bundle copy = second.build();
  const Strings a = *original.get<Strings>("words", {}), b = *copy.get<Strings>("words", {});
  REQUIRE(b.size() == 2);
  CHECK(b[1] == "two");
  CHECK(a.text != b.text);
}

TEST_CASE("Built weights are aligned, sized by their panels and found by name") {
  BundleBuilder builder;
  const std::span<std::byte> filled = builder.add_matrix("b", Dtype::i8, 17, 40);
  CHECK(static_cast<std::int64_t>(filled.size()) == 2 * kernels::kLayoutI8.panel_bytes(40));
  filled[5] = std::byte{9};
  const std::vector<std::byte> f32(static_cast<std::size_t>(matrix_bytes(Dtype::f32, 3, 2)),
                                   std::byte{1});
  builder.add_matrix("c", Dtype::f32, 3, 2, f32);
  builder.add_vector("a", std::vector<float>{1, 2, 3});
  const Bundle bundle = builder.build();
  REQUIRE(bundle.weights.size() == 3);
  CHECK(bundle.weights[0].name == "a");
  for (const NamedWeight& named : bundle.weights)
    CHECK(reinterpret_cast<std::uintptr_t>(named.weight.panels) % kernels::kAlignment == 0);
  CHECK(bundle.weight("a")->vector);
  CHECK(bundle.weight("a")->bytes == 12);
  CHECK(bundle.weight("a")->weight.in == 3);
  CHECK(bundle.weight("b")->weight.panels[5] == std::byte{9});
  CHECK(bundle.weight("b")->weight.panel_count() == 2);
  CHECK(std::memcmp(bundle.weight("c")->weight.panels, f32.data(), f32.size()) == 0);
  CHECK(bundle.weight("d") == nullptr);
}

}  // namespace
}  // namespace linnet::core
