#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace linnet::support {

struct Ended {
  int code = -1;          // -1: killed by a signal
  std::string out, said;  // standard output and standard error
};

struct How {
  std::string input;                          // standard input
  std::vector<std::string> environment = {};  // NAME=value, beside ours
  std::string output_to = {};                 // a file instead of a pipe
  bool close_output = false;                  // nobody reads standard output
  int signal_after_output = 0;                // sent once there is some
  bool keep_input_open = false;               // the signal is sent after a second without output
  std::int64_t stack = 0;                     // limit in bytes; 0: ours
};

// Some words of a command line and more of them.
inline std::vector<std::string> with(std::vector<std::string> words,
                                     const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Whether a process has a handler for a signal: one that is still starting would be ended by it.
inline bool catches(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigCgt:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return true;  // it has ended
}

// Runs `linnet` or `linnet-convert` of this build, under the emulator where it is for another
// machine, and waits for its end.
inline Ended run(const std::string& program, const std::vector<std::string>& arguments,
                 const How& how = {.input = ""}) {
  std::vector<std::string> words;
  std::istringstream emulator(LINNET_EMULATOR);
  for (std::string word; emulator >> word;) words.push_back(word);
  words.push_back(std::string(LINNET_BINARY_DIR) + "/" + program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int input[2], output[2], errors[2];
  if (::pipe(input) != 0 || ::pipe(output) != 0 || ::pipe(errors) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(how.output_to.empty() ? output[1] : ::open(how.output_to.c_str(), O_WRONLY),
           STDOUT_FILENO);
    ::dup2(errors[1], STDERR_FILENO);
    for (const int end : {input[0], input[1], output[0], output[1], errors[0], errors[1]})
      ::close(end);
    ::setenv("OMP_NUM_THREADS", "1", 1);  // tests run beside each other
    for (const std::string& variable : how.environment) {
      const std::size_t equals = variable.find('=');
      ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
    }
    if (how.stack > 0) {
      const rlimit limit{static_cast<rlim_t>(how.stack), static_cast<rlim_t>(how.stack)};
      ::setrlimit(RLIMIT_STACK, &limit);
    }
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  for (const int end : {input[0], output[1], errors[1]}) ::close(end);
  ::signal(SIGPIPE, SIG_IGN);
  // A program that refuses its flags may be gone before it is asked to read.
  if (!how.input.empty() && ::write(input[1], how.input.data(), how.input.size()) < 0 &&
      errno != EPIPE)
    return {};
  if (!how.keep_input_open) ::close(input[1]);
  if (how.close_output) ::close(output[0]);

  Ended ended;
  int signal = how.signal_after_output;
  pollfd ends[2] = {{how.close_output ? -1 : output[0], POLLIN, 0}, {errors[0], POLLIN, 0}};
  std::string* texts[2] = {&ended.out, &ended.said};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    const bool waits = signal != 0 && how.keep_input_open;  // give it time to begin to read
    const bool quiet = ::poll(ends, 2, waits ? 1000 : -1) == 0;
    for (int i = 0; i < 2; ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      char piece[4096];
      const ssize_t got = ::read(ends[i].fd, piece, sizeof piece);
      if (got > 0) texts[i]->append(piece, static_cast<std::size_t>(got));
      if (got <= 0) ::close(std::exchange(ends[i].fd, -1));
    }
    if (signal != 0 && (!ended.out.empty() || quiet) && catches(child, signal))
      ::kill(child, std::exchange(signal, 0));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (how.keep_input_open) ::close(input[1]);
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  return ended;
}

}  // namespace linnet::support
