// bench as people call it, with shapes so small that its figures mean nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/processors.h"
#include "kernels/kernels.h"
#include "tests/support/fastest.h"
#include "tests/support/slow.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

Words bench(const Words& more, const Words& subject = {"--shape", "64,2,4,2,96,300"}) {
  Words call = {"bench", "--repeats", "1"};
  call.insert(call.end(), subject.begin(), subject.end());
  call.insert(call.end(), more.begin(), more.end());
  return call;
}

// The timings of a call with --json.
std::vector<json> rows(const Words& more, const Words& subject = {"--shape", "64,2,4,2,96,300"}) {
  Words call = bench(more, subject);
  call.push_back("--json");
  const Ended ended = run("linnet", call);
  CAPTURE(ended.said);
  CHECK(ended.code == 0);
  std::vector<json> all;
  std::istringstream in(ended.out);
  for (std::string line; std::getline(in, line);)
    if (json row = json::parse(line); row["event"] == "timing") all.push_back(std::move(row));
  return all;
}

Words names(const std::vector<json>& all) {
  Words tests;
  for (const json& row : all) tests.push_back(row["test"]);
  return tests;
}

TEST_CASE("Rows at a depth are named so, and those of an empty context are not") {
  if (!fastest_is_active()) return;
  CHECK(names(rows({"-p", "5", "-n", "3", "-d", "0,17"})) ==
        Words{"prompt 5", "generation 3", "prompt 5 at 17", "generation 3 at 17"});
  CHECK(names(rows({"-p", "0", "-n", "2", "--depth", "16"})) == Words{"generation 2 at 16"});
}

TEST_CASE("A decoder alone has rows for batches and for beams") {
  if (!fastest_is_active()) return;
  CHECK(names(rows({"-p", "5", "-n", "3", "--batch", "1,4", "-d", "2"})) ==
        Words{"prompt 5 at 2", "generation 3 at 2", "generation 3 at 2, batch 4"});
  CHECK(names(rows({"-p", "0", "-n", "3,4", "-b", "4"})) ==
        Words{"generation 3, beam 4", "generation 4, beam 4"});
  CHECK(names(rows({"-p", "0", "-n", "3", "--batch", "2", "--beam-size", "1,3"})) ==
        Words{"generation 3, batch 2"});
  CHECK(names(rows({"-p", "0", "-n", "3", "--batch", "1,2", "-b", "1,3", "-d", "4"})) ==
        Words{"generation 3 at 4", "generation 3 at 4, batch 2", "generation 3 at 4, beam 3"});
}

TEST_CASE("A decoder alone is not searched in batches") {
  for (const Words& more : {Words{"--batch", "2", "-b", "2"}, Words{"--batch", "2,3", "-b", "4"}})
    CHECK(run("linnet", bench(more)).code == 2);
  CHECK(run("linnet", bench({"--batch", "257"})).code == 4);
  const Ended some = run("linnet", bench({"-p", "1", "-n", "1", "--batch", "1,2", "-b", "1,2"}));
  CHECK(some.said.find("are left out") != std::string::npos);
}

TEST_CASE("A context that is too long for the model is refused before it is filled") {
  CHECK(run("linnet", bench({"-d", "1048576", "-p", "1"})).code == 2);
  CHECK(run("linnet", bench({"-d", "1048577"})).code == 2);
}

TEST_CASE("Every table of a list is measured and named in its rows") {
  if (!fastest_is_active()) return;
  Words tables;
  for (const kernels::Table* table : kernels::built())
    if (kernels::runs_here(*table)) tables.emplace_back(table->name);
  const auto kernels_of = [](const std::vector<json>& all) {
    Words seen;
    for (const json& row : all) seen.push_back(row["kernels"]);
    return seen;
  };
  CHECK(kernels_of(rows({"-p", "1", "-n", "0", "--isa", "all"})) == tables);
  CHECK(kernels_of(rows({"-p", "1", "-n", "0", "--isa", "reference," + tables.back()})) ==
        Words{"reference", tables.back()});
  CHECK(kernels_of(rows({"-p", "1", "-n", "0"})) == Words{kernels::active().name});
  for (const char* list : {"abacus", "reference,", "reference,,reference", "ALL"}) {
    const Ended ended = run("linnet", bench({"--isa", list}));
    CAPTURE(list);
    CHECK(ended.code == 2);
    CHECK(ended.said.find("reference") != std::string::npos);
  }
}

TEST_CASE("Every type of random weights can be measured") {
  if (!fastest_is_active()) return;
  for (const char* type : {"int8", "int4", "f16", "f32"}) {
    const std::vector<json> all = rows({"-p", "2", "-n", "0", "--type", type});
    REQUIRE(all.size() == 1);
    CHECK(all[0]["model"] == std::string("random ") + type);
  }
}

TEST_CASE("Each row says which limit it has and how near it came") {
  if (!fastest_is_active()) return;
  for (const json& row : rows({"-p", "9", "-n", "3", "-t", "1,2", "--batch", "1,2"})) {
    const double limit = row["limit"], percent = row["percent_of_limit"], median = row["median"];
    CHECK(limit > 0);
    CHECK(percent == doctest::Approx(100 * median / limit).epsilon(1e-6));
    const std::string reason = row["limited_by"];
    CHECK((reason == "memory" || reason == "cache" || reason == "dot" || reason == "fma"));
    for (const char* rate :
         {"bytes_per_second", "int8_per_second", "int4_per_second", "f32_per_second"})
      CHECK(row[rate].get<double>() > 0);
  }
}

TEST_CASE("The limits are a remark for each table and number of threads, and quiet means none") {
  if (!fastest_is_active()) return;
  const Ended ended =
      run("linnet", bench({"-p", "1", "-n", "0", "-t", "1,2", "--isa", "reference"}));
  CHECK(ended.said.find("limits of reference on 1 thread: ") != std::string::npos);
  CHECK(ended.said.find("limits of reference on 2 threads: ") != std::string::npos);
  CHECK(ended.said.find("GB/s from ") != std::string::npos);
  CHECK(ended.out.find("| slowest | fastest | % of limit | limit |") != std::string::npos);
  CHECK(run("linnet", bench({"-p", "1", "-n", "0", "--quiet"})).said == "");
}

TEST_CASE("CSV has a line of names, and as many fields in each row") {
  const Ended ended =
      run("linnet", bench({"-p", "1", "-n", "2", "--batch", "1,2", "--csv", "--quiet"}));
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
  std::istringstream in(ended.out);
  Words lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].starts_with("test,kernels,threads,unit,median,"));
  CHECK(lines[1].starts_with("prompt 1,"));
  CHECK(lines[3].starts_with("\"generation 2, batch 2\","));
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  CHECK(commas(lines[1]) == commas(lines[0]));
  CHECK(commas(lines[3]) == commas(lines[0]) + 1);
  CHECK(run("linnet", bench({"--csv", "--json"})).code == 2);
}

TEST_CASE("Each row names the processors of its threads, which are those of --cores") {
  const std::vector<int> allowed = core::allowed_processors();
  REQUIRE(!allowed.empty());
  const std::string last = std::to_string(allowed.back());
  for (const json& row : rows({"-p", "9", "-n", "3", "-t", "1,5", "--cores", last}))
    CHECK(row["processors"] == json::array({allowed.back()}));
  std::size_t most = 0;
  for (const json& row : rows({"-p", "9", "-n", "3", "-t", "1,2,5", "--cores", "all"})) {
    const auto threads = std::min(row["threads"].get<std::size_t>(), allowed.size());
    CHECK(row["processors"].size() == threads);
    most = std::max(most, threads);
  }
  CHECK(most == std::min<std::size_t>(5, allowed.size()));
  const Ended crowded = run("linnet", bench({"-p", "1", "-n", "0", "-t", "2", "--cores", last}));
  CHECK(crowded.said.find("2 threads share 1 processor: ") != std::string::npos);
  CHECK(crowded.out.find("| 2 | " + last + " |") != std::string::npos);
}

TEST_CASE("A flag that says nothing about what is measured is refused") {
  const Scratch scratch;
  const std::string translator = write(scratch, "model", tiny_translator());
  const Words kernels = {"--kernels"}, random = {"--seq2seq-shape", "64,1,1,4,128,300"},
              file = {"-m", translator};
  const std::vector<std::pair<Words, Words>> refused = {{{"-p", "1"}, kernels},
                                                        {{"-t", "2"}, kernels},
                                                        {{"--batch", "2"}, kernels},
                                                        {{"-b", "2"}, kernels},
                                                        {{"-d", "1"}, kernels},
                                                        {{"--cache-type", "f32"}, kernels},
                                                        {{"--type", "f32"}, kernels},
                                                        {{"--type", "f32"}, file},
                                                        {{"-d", "1"}, file},
                                                        {{"-d", "1"}, random},
                                                        {{"-n", "1"}, random},
                                                        {{"-p", "1"}, random},
                                                        {{"--source-tokens", "3"}, kernels}};
  for (const auto& [more, subject] : refused) {
    const Ended ended = run("linnet", bench(more, subject));
    CAPTURE(more[0]);
    CAPTURE(subject[0]);
    CHECK(ended.code == 2);
    CHECK(ended.out == "");
  }
  for (const char* flag : {"--source-tokens", "--target-tokens"})
    CHECK(run("linnet", bench({flag, "3"})).code == 2);
}

TEST_CASE("Kernels are measured beside their limits") {
  // An emulator takes minutes.
  if (kEmulated || !fastest_is_active()) return;
  const std::vector<json> all = rows({"--isa", fastest_table().name}, {"--kernels"});
  CHECK(all.size() == 16);
  for (const json& row : all) {
    CHECK(row["kernels"] == fastest_table().name);
    CHECK(row["unit"] == "Gop/s");
    CHECK(row["percent_of_limit"].get<double>() > 0);
    CHECK_FALSE(row.contains("model"));
  }
}

}  // namespace
