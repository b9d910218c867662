#include "tools/convert/config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::say;

constexpr int kLargestCount = 1 << 28;

struct Config::Ledger {
  Json fields;
  std::string file;
  std::vector<std::string> ignored;
  std::set<std::string, std::less<>> seen;                    // with prefix
  std::vector<std::pair<std::string, const Json*>> sections;  // prefix and object
  std::optional<Error> problem;
  std::vector<std::string> notes;
};

Config::Config(Json fields, std::string file, std::vector<std::string> ignored)
    : ledger_(std::make_shared<Ledger>()) {
  ledger_->fields = std::move(fields);
  ledger_->file = std::move(file);
  ledger_->ignored = std::move(ignored);
  object_ = &ledger_->fields;
  ledger_->sections.emplace_back("", object_);
}

Config::Config(std::shared_ptr<Ledger> ledger, const Json* object, std::string prefix)
    : ledger_(std::move(ledger)), object_(object), prefix_(std::move(prefix)) {
  ledger_->sections.emplace_back(prefix_, object_);
}

const std::string& Config::file() const { return ledger_->file; }
const std::vector<std::string>& Config::ignored() const { return ledger_->ignored; }

bool Config::has(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && !found->is_null();
}

bool Config::is_null(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && found->is_null();
}

bool Config::is_integer(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && found->is_number_integer();
}

bool Config::is_list(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && found->is_array();
}

const Json* Config::look(std::string_view name) {
  ledger_->seen.insert(say(prefix_, name));
  const auto found = object_->find(name);
  return found != object_->end() && !found->is_null() ? &*found : nullptr;
}

const Json* Config::need(std::string_view name) {
  const Json* value = look(name);
  if (value == nullptr) complain(Fault::corrupt, name, "is missing");
  return value;
}

void Config::complain(Fault fault, std::string_view name, std::string_view what) {
  if (!ledger_->problem)
    ledger_->problem =
        Error{fault, say(ledger_->file, ": the field '", prefix_, shown(name), "' ", what)};
}

void Config::wrong(std::string_view name, const Json& value, std::string_view wanted) {
  const std::string written = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  complain(Fault::corrupt, name, say("is ", shown(written), " and must be ", wanted));
}

int Config::count(std::string_view name) { return need(name) == nullptr ? 1 : count(name, 1); }

int Config::count(std::string_view name, int otherwise) {
  const Json* value = look(name);
  if (value == nullptr) return otherwise;
  if (value->is_number_integer()) {
    const double number = value->get<double>();  // exact within the bounds
    if (number >= 1 && number <= kLargestCount) return static_cast<int>(number);
  }
  wrong(name, *value, say("an integer from 1 to ", kLargestCount));
  return 1;
}

int Config::integer(std::string_view name, int otherwise) {
  const Json* value = look(name);
  if (value == nullptr) return otherwise;
  if (value->is_number_integer() && std::abs(value->get<double>()) <= kLargestCount)
    return value->get<int>();
  wrong(name, *value, say("an integer from ", -kLargestCount, " to ", kLargestCount));
  return otherwise;
}

std::vector<std::int32_t> Config::ids(std::string_view name) {
  const Json* value = look(name);
  return value == nullptr ? std::vector<std::int32_t>() : as_ids(name, *value);
}

std::vector<std::vector<std::int32_t>> Config::id_lists(std::string_view name) {
  const Json* value = look(name);
  std::vector<std::vector<std::int32_t>> all;
  if (value == nullptr) return all;
  if (!value->is_array()) wrong(name, *value, "a list of lists of ids");
  for (std::size_t i = 0; value->is_array() && i < value->size(); ++i)
    all.push_back(as_ids(name, (*value)[i]));
  return all;
}

std::vector<std::int32_t> Config::as_ids(std::string_view name, const Json& value) {
  const auto is_id = [](const Json& id) {
    return id.is_number_integer() && id.get<double>() >= 0 && id.get<double>() <= kLargestCount;
  };
  std::vector<std::int32_t> all;
  if (is_id(value)) return {value.get<std::int32_t>()};
  if (value.is_array())
    for (const Json& item : value)
      if (is_id(item)) all.push_back(item.get<std::int32_t>());
  if (!value.is_array() || all.size() != value.size())
    wrong(name, value, "the id of a token or a list of such");
  return all;
}

double Config::number(std::string_view name) {
  return need(name) == nullptr ? 1.0 : number(name, 1.0);
}

double Config::number(std::string_view name, double otherwise) {
  const Json* value = look(name);
  if (value == nullptr) return otherwise;
  if (value->is_number() && std::abs(value->get<double>()) <= std::numeric_limits<float>::max())
    return value->get<double>();
  wrong(name, *value, "a number that a float holds");
  return 1.0;
}

std::vector<double> Config::numbers(std::string_view name) {
  const Json* value = look(name);
  if (value == nullptr) return {};
  std::vector<double> all;
  if (value->is_array())
    for (const Json& item : *value)
      if (item.is_number() && std::abs(item.get<double>()) <= std::numeric_limits<float>::max())
        all.push_back(item.get<double>());
  if (!value->is_array() || all.size() != value->size())
    wrong(name, *value, "a list of numbers that a float holds");
  return all;
}

bool Config::flag(std::string_view name, bool otherwise) {
  const Json* value = look(name);
  if (value == nullptr) return otherwise;
  if (const bool* flag = value->get_ptr<const bool*>()) return *flag;
  wrong(name, *value, "true or false");
  return otherwise;
}

std::string Config::text(std::string_view name, std::string_view otherwise) {
  const Json* value = look(name);
  if (value == nullptr) return std::string(otherwise);
  if (const auto* text = value->get_ptr<const std::string*>()) return *text;
  wrong(name, *value, "a text");
  return std::string(otherwise);
}

std::vector<std::string> Config::texts(std::string_view name) {
  const Json* value = look(name);
  if (value == nullptr) return {};
  std::vector<std::string> all;
  if (value->is_array())
    for (const Json& item : *value)
      if (const auto* text = item.get_ptr<const std::string*>()) all.push_back(*text);
  if (!value->is_array() || all.size() != value->size()) wrong(name, *value, "a list of texts");
  return all;
}

std::optional<Config> Config::section(std::string_view name) {
  const Json* value = look(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return Config(ledger_, value, say(prefix_, name, "."));
  wrong(name, *value, "an object");
  return std::nullopt;
}

void Config::harmless(std::span<const std::string_view> names) {
  for (const std::string_view name : names) look(name);
}

void Config::only(std::string_view name, const Json& value) {
  const Json* given = look(name);
  if (given == nullptr || *given == value) return;
  const std::string written = given->dump(-1, ' ', true, Json::error_handler_t::replace);
  refuse(name, say("is ", shown(written), ", which this version does not support"));
}

void Config::refuse(std::string_view name, std::string_view what) {
  complain(Fault::unsupported, name, what);
}

void Config::fail(Error error) {
  if (!ledger_->problem) ledger_->problem = std::move(error);
}

void Config::note(std::string sentence) { ledger_->notes.push_back(std::move(sentence)); }
const std::vector<std::string>& Config::notes() const { return ledger_->notes; }

core::Status Config::finish() const {
  if (ledger_->problem) return *ledger_->problem;
  for (const auto& [prefix, object] : ledger_->sections)
    for (const auto& [name, value] : object->items()) {
      const std::string path = prefix + name;
      if (value.is_null() || ledger_->seen.contains(path)) continue;
      if (std::find(ledger_->ignored.begin(), ledger_->ignored.end(), path) !=
          ledger_->ignored.end())
        continue;
      return Error{Fault::unsupported,
                   say(ledger_->file, ": the field '", shown(path),
                       "' is unknown and may change what the model computes (--ignore-field ",
                       shown(path), " if it does not)")};
    }
  return core::Done{};
}

}  // namespace linnet::convert
