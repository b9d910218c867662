#include "tools/common/flags.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "engine/core/result.h"
#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

using core::say;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  if (text.ends_with(separator)) parts.emplace_back();
  return parts;
}

bool read_integer(const std::string& text, int low, int high, int& value) {
  const std::optional<std::int64_t> parsed = parse_integer(text);
  if (!parsed || *parsed < low || *parsed > high) return false;
  value = static_cast<int>(*parsed);
  return true;
}

std::string range(std::int64_t low, std::int64_t high) {
  if (high == std::numeric_limits<int>::max()) return say(low, " or more");
  return say(low, " to ", high);
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : between) + word;
  return all;
}

}  // namespace

CLI::Option* Flags::add(const std::string& names, const Read& read, const std::string& must,
                        const std::string& what, const std::string& help,
                        const std::string& shown) {
  CLI::Option* option = app_.add_option_function<std::string>(
      names,
      [names, read, must](const std::string& text) {
        if (read(text)) return;
        const std::string name = names.substr(names.rfind(',') + 1);
        throw CLI::ValidationError(name, say("'", text, "' is not allowed, it must be ", must));
      },
      help + (shown.empty() ? "" : " [" + shown + "]"));
  option->type_name(what)->group(group_)->allow_extra_args(false);
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* Flags::text(const std::string& names, std::string& value, const std::string& what,
                         const std::string& help) {
  const Read read = [&value](const std::string& text) { return value = text, true; };
  return add(names, read, "", what, help, value);
}

CLI::Option* Flags::text(const std::string& names, std::optional<std::string>& value,
                         const std::string& what, const std::string& help) {
  const Read read = [&value](const std::string& text) { return value = text, true; };
  return add(names, read, "", what, help, "");
}

CLI::Option* Flags::texts(const std::string& names, std::vector<std::string>& values,
                          const std::string& what, const std::string& help) {
  CLI::Option* option = app_.add_option(
      names, [&values](const CLI::results_t& all) { return values = all, true; }, help);
  option->type_name(what)->group(group_)->type_size(1)->expected(1)->allow_extra_args(false);
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* Flags::on(const std::string& names, bool& value, const std::string& help) {
  return app_
      .add_flag_function(
          names, [&value](std::int64_t) { value = true; }, help)
      ->group(group_);
}

CLI::Option* Flags::off(const std::string& names, bool& value, const std::string& help) {
  return app_
      .add_flag_function(
          names, [&value](std::int64_t) { value = false; }, help)
      ->group(group_);
}

CLI::Option* Flags::integer(const std::string& names, int& value, int low, int high,
                            const std::string& what, const std::string& help,
                            const std::string& shown) {
  const Read read = [&value, low, high](const std::string& text) {
    return read_integer(text, low, high, value);
  };
  return add(names, read, range(low, high), what, help,
             shown.empty() ? std::to_string(value) : shown);
}

CLI::Option* Flags::seed(const std::string& names, std::optional<std::uint64_t>& value,
                         const std::string& help) {
  const Read read = [&value](const std::string& text) {
    value = parse_unsigned(text);
    return value.has_value();
  };
  return add(names, read, "0 to 2^64 - 1", "N", help, "random");
}

CLI::Option* Flags::number(const std::string& names, float& value, double low, double high,
                           bool above, const std::string& what, const std::string& help) {
  const Read read = [&value, low, high, above](const std::string& text) {
    const std::optional<double> parsed = parse_number(text);
    if (!parsed || *parsed < low || *parsed > high || (above && *parsed == low)) return false;
    value = static_cast<float>(*parsed);
    return true;
  };
  const std::string must = say(above ? "above " : "", show_number(low),
                               above ? " and at most " : " to ", show_number(high));
  return add(names, read, must, what, help, say(value));
}

CLI::Option* Flags::integers(const std::string& names, std::vector<int>& values, int low, int high,
                             const std::string& what, const std::string& help,
                             const std::string& shown) {
  const Read read = [&values, low, high](const std::string& text) {
    values.clear();
    for (const std::string& part : split(text, ','))
      if (!read_integer(part, low, high, values.emplace_back())) return false;
    return !values.empty();
  };
  std::vector<std::string> defaults;
  for (const int value : values) defaults.push_back(std::to_string(value));
  return add(names, read, "numbers from " + range(low, high) + ", separated by commas", what, help,
             shown.empty() ? joined(defaults, ",") : shown);
}

CLI::Option* Flags::bytes(const std::string& names, std::optional<std::int64_t>& value,
                          const std::string& help) {
  const Read read = [&value](const std::string& text) {
    value = parse_size(text);
    return value.has_value();
  };
  return add(names, read, "a size such as 900K, 64M or 1.5G", "SIZE", help, "");
}

CLI::Option* Flags::choice(const std::string& names, std::string& value,
                           const std::vector<std::string>& words, const std::string& help) {
  const Read read = [&value, words](const std::string& text) {
    value = text;
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  return add(names, read, joined(words, " or "), joined(words, "|"), help, value);
}

void require(CLI::Option* option) { option->required(); }

void exclude(CLI::Option* option, CLI::Option* other) { option->excludes(other); }

void check(CLI::Option* option, const std::function<std::string(const std::string&)>& problem) {
  option->check(CLI::Validator([problem](std::string& text) { return problem(text); }, ""));
}

}  // namespace linnet::tools
