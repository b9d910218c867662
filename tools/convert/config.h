#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// The fields of a config.json, each asked for by type and name. The first thing that is wrong is
// kept and every later answer is a harmless number, so that a family can be written down without a
// question after every line; finish() tells. A field that nobody asked for is an error too: it may
// be one that changes what the model computes. A field that is null counts as absent.
class Config {
 public:
  // `file` begins every sentence. Fields named in `ignored` are never complained of.
  Config(Json fields, std::string file, std::vector<std::string> ignored = {});

  const std::string& file() const;
  const std::vector<std::string>& ignored() const;
  bool has(std::string_view name) const;
  bool is_null(std::string_view name) const;
  bool is_integer(std::string_view name) const;
  bool is_list(std::string_view name) const;

  // An integer from 1 to 2^28, so that four times as much is still an int.
  int count(std::string_view name);
  int count(std::string_view name, int otherwise);
  // An integer from -2^28 to 2^28.
  int integer(std::string_view name, int otherwise);
  // Ids of tokens, as a list or as a single one; none if it is absent.
  std::vector<std::int32_t> ids(std::string_view name);
  std::vector<std::vector<std::int32_t>> id_lists(std::string_view name);
  // A number that a float holds.
  double number(std::string_view name);
  double number(std::string_view name, double otherwise);
  // A list of such; none if it is absent.
  std::vector<double> numbers(std::string_view name);
  bool flag(std::string_view name, bool otherwise);
  std::string text(std::string_view name, std::string_view otherwise);
  std::vector<std::string> texts(std::string_view name);
  // An object inside, whose fields are asked for and accounted for likewise.
  std::optional<Config> section(std::string_view name);

  // These do not change what the model computes.
  void harmless(std::span<const std::string_view> names);
  void harmless(std::string_view name) { harmless(std::span(&name, 1)); }
  // This one may be there only with that value.
  void only(std::string_view name, const Json& value);
  // An error of Fault::unsupported: "FILE: the field 'NAME' <what>".
  void refuse(std::string_view name, std::string_view what);
  // An error about something else than a field.
  void fail(core::Error error);
  // A sentence for the person who converts, about what the model will not do.
  void note(std::string sentence);
  const std::vector<std::string>& notes() const;

  // The first error, or a field that nobody asked for.
  core::Status finish() const;

 private:
  struct Ledger;
  Config(std::shared_ptr<Ledger> ledger, const Json* object, std::string prefix);
  const Json* look(std::string_view name);
  const Json* need(std::string_view name);
  void wrong(std::string_view name, const Json& value, std::string_view wanted);
  std::vector<std::int32_t> as_ids(std::string_view name, const Json& value);
  void complain(core::Fault fault, std::string_view name, std::string_view what);

  std::shared_ptr<Ledger> ledger_;  // one for the whole file
  const Json* object_;              // inside the ledger
  std::string prefix_;              // "rope_scaling." inside that section
};

}  // namespace linnet::convert
