#include <doctest/doctest.h>
#include <sys/ioctl.h>

#include <cstdlib>

#include "tests/support/tiny_talker.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;

// `linnet chat` on a terminal of its own, where each text is typed when the next prompt is there.
class Terminal {
 public:
  Terminal(const std::string& model, const std::vector<std::string>& typed) {
    ours_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(ours_ >= 0);
    REQUIRE(::grantpt(ours_) == 0);
    REQUIRE(::unlockpt(ours_) == 0);
    const pid_t child = start(::ptsname(ours_), model);
    for (const std::string& text : typed) {
      read_until("> ");
      if (::write(ours_, text.data(), text.size()) < 0) break;
    }
    read_until("");
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ours_);
    if (WIFEXITED(status)) code = WEXITSTATUS(status);
  }
  int count(const std::string& text) const {
    int found = 0;
    for (std::size_t at = 0; (at = screen.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  std::string screen;
  int code = -1;

 private:
  static pid_t start(const std::string& terminal, const std::string& model) {
    std::vector<std::string> words;
    std::istringstream emulator(LINNET_EMULATOR);
    for (std::string word; emulator >> word;) words.push_back(word);
    words.push_back(std::string(LINNET_BINARY_DIR) + "/linnet");
    for (const char* word : {"chat", "--temp", "0", "-n", "4", "-m"}) words.emplace_back(word);
    words.push_back(model);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setsid();
    const int theirs = ::open(terminal.c_str(), O_RDWR);
    ::ioctl(theirs, TIOCSCTTY, 0);
    for (const int end : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(theirs, end);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }

  // Until that is the last on the screen, or the program has ended.
  void read_until(const std::string& end) {
    const std::size_t before = screen.size();
    char piece[256];
    while (end.empty() || screen.size() == before || !screen.ends_with(end)) {
      const ssize_t got = ::read(ours_, piece, sizeof piece);
      if (got <= 0) return;
      screen.append(piece, static_cast<std::size_t>(got));
    }
  }

  int ours_ = -1;
};

TEST_CASE("On a terminal there is a prompt for each turn, and /exit and the end of input end it") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_talker());
  for (const char* end : {"/exit\n", "\x04"}) {
    const Terminal terminal(model, {"hi\n", "\n", "more\n", end});
    CAPTURE(terminal.screen);
    CHECK(terminal.code == 0);
    CHECK(terminal.count("> ") == 4);
    CHECK(terminal.count("prompt 19 tokens") == 1);  // 8, and 11 for the second turn
  }
}

TEST_CASE("On a terminal /reset forgets the conversation, and Ctrl-C at the prompt ends it") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_talker());
  const Terminal reset(model, {"hi\n", "/reset\n", "hi\n", "/exit\n"});
  CAPTURE(reset.screen);
  CHECK(reset.count("prompt 16 tokens") == 1);
  const Terminal interrupted(model, {"hi\n", "\x03"});
  CHECK(interrupted.code == 130);
}

}  // namespace
