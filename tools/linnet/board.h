#pragma once

#include <string>
#include <vector>

// How fast and how warm the machine runs, where it tells.
namespace linnet::tools {

struct BoardState {
  struct Zone {
    std::string name;
    double celsius;
  };
  std::vector<double> megahertz;  // of each processor that tells
  std::vector<Zone> zones;

  bool empty() const { return megahertz.empty() && zones.empty(); }
};

// From /sys; `root` is put before every path.
BoardState board_state(const std::string& root = "");

// "processors at 1500 to 1800 MHz, soc-thermal 54.2 °C"; empty where nothing is known.
std::string describe(const BoardState& state);

// Whether the fastest processor has lost more than a tenth of its frequency.
bool slowed_down(const BoardState& before, const BoardState& after);

}  // namespace linnet::tools
