#include "tools/linnet/board.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

#include "engine/core/result.h"
#include "tools/common/first_word.h"
#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

using core::say;
namespace fs = std::filesystem;

// Calls each(folder) for the folders <parent>/<name><number>, in the order of their numbers.
void for_each_numbered(const std::string& parent, std::string_view name,
                       const std::function<void(const std::string& folder)>& each) {
  std::map<std::int64_t, std::string> folders;
  std::error_code failed;
  for (fs::directory_iterator at(parent, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string entry = at->path().filename().string();
    if (!entry.starts_with(name)) continue;
    const auto number = parse_integer(std::string_view(entry).substr(name.size()));
    if (number && *number >= 0) folders[*number] = at->path().string();
  }
  for (const auto& [number, folder] : folders) each(folder);
}

// The thousandth part of the number in a file.
std::optional<double> thousandth(const std::string& path) {
  const auto number = parse_integer(first_word(path));
  if (!number) return std::nullopt;
  return static_cast<double>(*number) / 1000;
}

std::string one_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double highest(const BoardState& state) {
  return *std::max_element(state.megahertz.begin(), state.megahertz.end());
}

}  // namespace

BoardState board_state(const std::string& root) {
  BoardState state;
  for_each_numbered(root + "/sys/devices/system/cpu", "cpu", [&](const std::string& folder) {
    const auto megahertz = thousandth(folder + "/cpufreq/scaling_cur_freq");
    if (megahertz && *megahertz > 0) state.megahertz.push_back(*megahertz);
  });
  for_each_numbered(root + "/sys/class/thermal", "thermal_zone", [&](const std::string& folder) {
    const std::string name = one_line_of(folder + "/type");
    if (const auto celsius = thousandth(folder + "/temp"))
      state.zones.push_back({name.empty() ? fs::path(folder).filename().string() : name, *celsius});
  });
  return state;
}

std::string describe(const BoardState& state) {
  std::string text;
  if (!state.megahertz.empty()) {
    const double low = *std::min_element(state.megahertz.begin(), state.megahertz.end());
    const std::string top = show_fixed(highest(state), 0), bottom = show_fixed(low, 0);
    text = say("processors at ", bottom == top ? "" : bottom + " to ", top, " MHz");
  }
  for (const BoardState::Zone& zone : state.zones)
    text += say(text.empty() ? "" : ", ", zone.name, " ", show_fixed(zone.celsius, 1), " °C");
  return text;
}

bool slowed_down(const BoardState& before, const BoardState& after) {
  if (before.megahertz.empty() || after.megahertz.empty()) return false;
  return highest(after) < 0.9 * highest(before);
}

}  // namespace linnet::tools
