#include "tools/common/progress.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace linnet::tools {
namespace {

constexpr bool kTerminal = true, kPipe = false;

// What a child that counts for that long writes to its standard error.
std::string shown(bool terminal, int milliseconds, bool quiet = false, const char* variable = "X") {
  int ends[2] = {-1, -1};
  if (terminal) {
    ends[0] = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(ends[0] >= 0);
    REQUIRE(::grantpt(ends[0]) == 0);
    REQUIRE(::unlockpt(ends[0]) == 0);
    ends[1] = ::open(::ptsname(ends[0]), O_RDWR | O_NOCTTY);
  } else {
    REQUIRE(::pipe(ends) == 0);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
    ::setenv(variable, std::string(variable) == "TERM" ? "dumb" : "1", 1);
    {
      Progress progress("counting", milliseconds, quiet);
      for (int i = 0; i < milliseconds; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        progress.update(i);
      }
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(ends[0], piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST_CASE("Progress appears on a terminal after a second, on one line that is gone at the end") {
  const auto begin = std::chrono::steady_clock::now();
  const std::string text = shown(kTerminal, 1500);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  CHECK(std::count(text.begin(), text.end(), '%') <= 1 + 10 * (seconds - 1));
  CHECK(text.find("counting [") != std::string::npos);
  CHECK(text.find(" %") != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.ends_with("\r\x1b[K"));
}

TEST_CASE("Progress is silent off a terminal, in the first second, and when it is not wanted") {
  CHECK(shown(kPipe, 1200) == "");
  CHECK(shown(kTerminal, 200) == "");
  CHECK(shown(kTerminal, 1200, true) == "");
  CHECK(shown(kTerminal, 1200, false, "NO_COLOR") == "");
  CHECK(shown(kTerminal, 1200, false, "TERM") == "");
}

}  // namespace
}  // namespace linnet::tools
