#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H
#include <stddef.h>
#include <stdint.h>

/// What a child process is started with. Descriptors of the caller are given to the child by `sources` → `targets`; every other
/// one must be close-on-exec. `directory` may be null. With `session` the child leads a session of its own.
struct linux_spawn {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  const int *sources;
  const int *targets;
  size_t descriptors;
  int session;
};

/// Starts a process; its signal mask and handlers are the defaults. Returns 0 or an errno; `*pid` is the process.
int linux_spawn(const struct linux_spawn *request, int *pid);

/// A close-on-exec descriptor that is readable once the process has ended, or -1 with errno set.
int linux_pidfd_open(int pid);
/// Sends a signal through a pidfd: never to a stranger that took the number over. Returns 0, or -1 with errno set.
int linux_pidfd_send(int pidfd, int signal);
/// Collects an ended child without waiting. Returns 1 and its code (128 + signal where a signal ended it), 0 when it still runs, -1
/// with errno set (ECHILD for somebody else's child).
int linux_collect(int pidfd, int *code);

/// Collects one ended child of the process group. Returns 1, 0 when those that there are still run, -1 when there is none.
int linux_collect_group(int group);

/// Adopts orphaned descendants, so that supervisors that detached themselves do not become a foreign init's.
int linux_adopt_orphans(void);

/// Receives one descriptor over a connected Unix socket (SCM_RIGHTS). Returns it, or -1 with errno set.
int linux_receive_descriptor(int socket);
/// The main thread's heap grows by this much, and at least by it each time after that; its pages are huge where the kernel
/// has some.
void linux_grow_heap_by(int bytes);

/// No program that this one starts gets a descriptor from `first` on. Returns 0, or -1 with errno set.
int linux_keep_from_programs(unsigned first);

/// Sets a terminal's size. Returns 0, or -1 with errno set.
int linux_set_window(int terminal, unsigned short columns, unsigned short rows);
/// Raises the limit of open files to its hard limit. Returns 0, or -1 with errno set.
int linux_raise_file_limit(void);
/// A socket, close-on-exec and non-blocking. Returns the descriptor, or -1 with errno set.
int linux_socket(int family, int type, int protocol);

/// A pipe, both ends close-on-exec: reading end, writing end. Returns 0, or -1 with errno set.
int linux_pipe(int ends[2]);
/// Two connected stream sockets, non-blocking and close-on-exec. Returns 0, or -1 with errno set.
int linux_socket_pair(int ends[2]);
/// A file in memory, close-on-exec. Returns the descriptor, or -1 with errno set.
int linux_memory_file(void);
/// Nobody changes a file in memory from now on. Returns -1 with errno set where that is not possible.
int linux_seal(int file);

#endif
