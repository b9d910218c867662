#include <doctest/doctest.h>

#include "tests/tools/convert/files.h"
#include "tools/convert/checkpoint/safetensors.h"

using namespace linnet;
using convert::ShardedSafetensors;
using support::SafetensorsFile;
using support::Scratch;

namespace {

constexpr const char* kIndex = "model.safetensors.index.json";

std::string shard(std::initializer_list<std::pair<const char*, float>> tensors) {
  SafetensorsFile file;
  for (const auto& [name, value] : tensors) file.add(name, {1}, std::vector<float>{value});
  return file.bytes();
}

// A folder of two parts, of which the tests spoil something.
struct Folder : Scratch {
  Folder() {
    write("one.safetensors", shard({{"a", 1.0f}, {"c", 3.0f}}));
    write("two.safetensors", shard({{"b", 2.0f}}));
    index(R"({"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors",)"
          R"("b":"two.safetensors","c":"one.safetensors"}})");
  }
  void index(std::string_view text) const { write(kIndex, text); }
  void map(std::string_view entries) const { index(core::say("{\"weight_map\":{", entries, "}}")); }
  auto open() const { return ShardedSafetensors::open(path(kIndex)); }
};

}  // namespace

TEST_CASE("the parts of a model read as one") {
  const Folder folder;
  const auto opened = folder.open();
  REQUIRE(opened);
  const convert::Checkpoint& checkpoint = **opened;
  REQUIRE(checkpoint.tensors().size() == 3);
  for (int i = 0; i < 3; ++i) {
    std::vector<float> value(1);
    REQUIRE(checkpoint.read(i, 0, value));
    CHECK(value[0] == static_cast<float>(i + 1));
  }
  CHECK(checkpoint.files().size() == 3);  // the index and two parts
}

TEST_CASE("an index that contradicts its parts is refused by name") {
  struct Case {
    const char* what;
    const char* map;
    const char* says;
  };
  const Case cases[] = {
      {"a missing part", R"("a":"one.safetensors","b":"three.safetensors","c":"one.safetensors")",
       "three.safetensors"},
      {"a tensor in another part",
       R"("a":"two.safetensors","b":"two.safetensors","c":"one.safetensors")",
       "'a' is not in 'two.safetensors'"},
      {"a tensor in no part",
       R"("a":"one.safetensors","b":"two.safetensors","c":"one.safetensors","d":"two.safetensors")",
       "'d' is not in 'two.safetensors'"},
      {"a tensor that is not listed", R"("a":"one.safetensors","b":"two.safetensors")",
       "does not list the tensor 'c'"},
      {"a tensor listed twice", R"("a":"one.safetensors","a":"two.safetensors")", "'a' twice"},
      {"a part outside the folder", R"("a":"../one.safetensors")", "beside it"},
      {"an absolute path", R"("a":"/etc/passwd")", "beside it"},
      {"the folder itself", R"("a":"..")", "beside it"},
      {"no name", R"("a":"")", "beside it"},
      {"a number for a name", R"("a":1)", "beside it"},
      {"an empty map", "", "has no weight_map"},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.what));
    const Folder folder;
    folder.map(c.map);
    const auto opened = folder.open();
    REQUIRE_FALSE(opened);
    CHECK_MESSAGE(opened.error().sentence.find(c.says) != std::string::npos,
                  opened.error().sentence);
    CHECK(opened.error().sentence.find(kIndex) != std::string::npos);
  }
}

TEST_CASE("an index that is no index is refused") {
  const Folder folder;
  for (const char* text : {"", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{"a":)"}) {
    folder.index(text);
    CHECK_FALSE(folder.open());
  }
}

TEST_CASE("a tensor that two parts have is refused") {
  const Folder folder;
  folder.write("two.safetensors", shard({{"b", 2.0f}, {"a", 1.0f}}));
  const auto opened = folder.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sentence.find("'a' is in both 'one.safetensors' and 'two.safetensors'") !=
        std::string::npos);
}

TEST_CASE("one file under two names is refused as a repeated part") {
  const Folder folder;
  std::filesystem::remove(folder.path("two.safetensors"));
  std::filesystem::create_symlink("one.safetensors", folder.path("two.safetensors"));
  const auto opened = folder.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sentence.find("one file as two parts") != std::string::npos);
}

TEST_CASE("a part that is broken is named") {
  const Folder folder;
  folder.write("two.safetensors", "short");
  const auto opened = folder.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sentence.find("two.safetensors is too short") != std::string::npos);
}
