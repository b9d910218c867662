#include "engine/io/writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cstring>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/io/head_encoder.h"
#include "engine/io/reader.h"
#include "engine/io/verify.h"
#include "tests/support/corpus.h"
#include "tests/support/scratch.h"

namespace linnet::io {
namespace {

using core::Fault;
using core::Status;
using support::contents;
using support::Scratch;

// The bundle of support::small_file(), in memory that `keeper` owns.
core::Bundle small_bundle() {
  const auto memory = std::make_shared<support::Aligned>(support::small_file().bytes());
  return *read_model(memory->bytes(), "small", memory);
}

TEST_CASE("The writer's bytes are those that FORMAT.md asks for") {
  const Scratch scratch;
  REQUIRE(write_model(scratch.path("model"), small_bundle()));
  CHECK(contents(scratch.path("model")) == support::small_file().bytes());
  CHECK(scratch.entries() == 1);
}

TEST_CASE("What was written is read back, setting for setting and tensor for tensor") {
  const Scratch scratch;
  const core::Bundle original = small_bundle();
  REQUIRE(write_model(scratch.path("model"), original));
  for (const bool map : {true, false}) {
    const auto read = read_model(scratch.path("model"), {.map = map, .verify = true});
    REQUIRE(read);
    REQUIRE(read->settings.size() == original.settings.size());
    CHECK(*read->get<std::int64_t>("a.integer", 0) == 42);
    CHECK(*read->get<double>("b.number", 0) == 0.25);
    CHECK(*read->get<std::string_view>("c.text", "") == "na\xc3\xafve");
    CHECK(read->get<std::span<const std::byte>>("d.bytes", {})->size() == 2);
    CHECK((*read->get<std::span<const std::int32_t>>("e.integers", {}))[1] == -2);
    CHECK((*read->get<std::span<const float>>("f.floats", {}))[1] == -1.5f);
    CHECK((*read->get<core::Strings>("g.strings", {}))[2] == "\xff");
    REQUIRE(read->weights.size() == original.weights.size());
    for (std::size_t i = 0; i < read->weights.size(); ++i) {
      const core::NamedWeight &a = original.weights[i], &b = read->weights[i];
      CHECK(a.name == b.name);
      CHECK(a.weight.dtype == b.weight.dtype);
      CHECK(a.weight.out == b.weight.out);
      CHECK(a.weight.in == b.weight.in);
      CHECK(a.vector == b.vector);
      REQUIRE(a.bytes == b.bytes);
      CHECK(std::memcmp(a.weight.panels, b.weight.panels, static_cast<std::size_t>(a.bytes)) == 0);
      CHECK(reinterpret_cast<std::uintptr_t>(b.weight.panels) % kernels::kAlignment == 0);
    }
  }
}

TEST_CASE("A model of no settings and no tensors is a valid file") {
  const Scratch scratch;
  REQUIRE(write_model(scratch.path("model"), core::Bundle{}));
  const auto read = read_model(scratch.path("model"), {.verify = true});
  REQUIRE(read);
  CHECK(read->settings.empty());
  CHECK(read->weights.empty());
}

TEST_CASE("Settings that no reader of today knows are kept") {
  const Scratch scratch;
  core::BundleBuilder builder;
  builder.add_setting("zebra.stripes", 17);
  REQUIRE(write_model(scratch.path("model"), builder.build()));
  CHECK(*read_model(scratch.path("model"))->get<std::int64_t>("zebra.stripes", 0) == 17);
}

TEST_CASE("Tensors stand in the order of the plan, and pieces of any size make the same file") {
  const Scratch scratch;
  const std::vector<TensorPlan> plans = {{"late", core::Dtype::f32, 1, 100'001, true},
                                         {"early", core::Dtype::f32, 20, 5'000, false}};
  const auto fill_in_pieces = [](std::int64_t piece) {
    return [piece](int index, TensorSink& sink) -> Status {
      const std::int64_t total = index == 0 ? 400'004 : 640'000;
      const std::vector<std::byte> zeros(static_cast<std::size_t>(piece));
      for (std::int64_t left = total; left > 0; left -= piece) {
        const auto size = static_cast<std::size_t>(std::min(piece, left));
        if (const Status put = sink.append(std::span(zeros).first(size)); !put) return put;
      }
      return core::Done{};
    };
  };
  for (const std::int64_t piece : {100, 4'096, 262'144, 300'000, 1'000'000})
    REQUIRE(write_model(scratch.path(std::to_string(piece)), {}, plans, fill_in_pieces(piece)));
  const std::string first = contents(scratch.path("100"));
  for (const char* other : {"4096", "262144", "300000", "1000000"})
    CHECK(contents(scratch.path(other)) == first);
  CHECK(first.find("late") < first.find("early"));
  CHECK(read_model(scratch.path("100"), {.verify = true}));
}

TEST_CASE("What readers would refuse is not written, and nothing is left behind") {
  const Scratch scratch;
  const std::string path = scratch.path("model");
  const auto refused = [&](const core::BundleBuilder& builder) {
    const Status status = write_model(path, builder.build());
    REQUIRE_FALSE(status);
    CHECK(scratch.entries() == 0);
    return status.error();
  };
  core::BundleBuilder text, large, name;
  text.add_setting("text", "\xff");
  CHECK(refused(text).sentence == path + ": the setting 'text' is not UTF-8");
  large.add_setting("large", std::vector<float>((16 << 20) / 4 + 1));
  CHECK(refused(large).sentence.find(path + ": the head cannot have") == 0);
  name.add_vector(std::string(256, 'n'), std::vector<float>{1});
  CHECK(refused(name).sentence == path + ": tensor 0 has a name of 256 bytes; 255 are allowed");
}

TEST_CASE("An error of whoever fills in the tensors is passed on and nothing is left behind") {
  const Scratch scratch;
  const std::vector<TensorPlan> plans = {{"a", core::Dtype::f32, 1, 3, true}};
  const Status status =
      write_model(scratch.path("model"), {}, plans, [](int, TensorSink&) -> Status {
        return core::Error{Fault::corrupt, "the checkpoint lacks 'a'"};
      });
  REQUIRE_FALSE(status);
  CHECK(status.error().fault == Fault::corrupt);
  CHECK(status.error().sentence == "the checkpoint lacks 'a'");
  CHECK(scratch.entries() == 0);
}

TEST_CASE("A model above four gigabytes opens where addresses are wide, and is refused elsewhere") {
  const Scratch scratch;
  std::vector<TensorEntry> tensors = {{.name = "large", .out = 17'000, .in = 70'000},
                                      {.name = "small", .vector = true, .out = 1, .in = 1}};
  const core::Checked bytes = lay_out(tensors, {});
  REQUIRE(bytes.valid());
  CHECK(bytes.value() > (std::int64_t{1} << 32));
  const std::vector<std::byte> head = encode_head(tensors, {}, bytes.value());
  const std::string path =
      scratch.write("model", {reinterpret_cast<const char*>(head.data()), head.size()});
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(bytes.value()));  // a hole
  const auto read = read_model(path);
  if (sizeof(void*) == 4) {
    REQUIRE_FALSE(read);
    CHECK(read.error().fault == Fault::limit);
    return;
  }
  REQUIRE(read);
  CHECK(read->weight("small")->weight.panels[0] == std::byte{0});
}

}  // namespace
}  // namespace linnet::io
