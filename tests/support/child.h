#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace linnet::support {

// How a child process ended, and what it wrote to standard error.
struct ChildEnd {
  int code = -1;   // -1: it was killed
  int signal = 0;  // that killed it
  std::string said;
};

// Runs `body`, which returns an exit code, in a child process.
template <class Body>
ChildEnd in_child(const Body& body) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::close(pipe_ends[0]);
    ::_exit(body());
  }
  ::close(pipe_ends[1]);
  ChildEnd end;
  char piece[256];
  for (ssize_t n; (n = ::read(pipe_ends[0], piece, sizeof(piece))) > 0;)
    end.said.append(piece, static_cast<std::size_t>(n));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace linnet::support
