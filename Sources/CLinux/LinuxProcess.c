#define _GNU_SOURCE
#include <malloc.h>
#include "LinuxProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int fill(const struct linux_spawn *request, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
  int error = 0;
  for (size_t i = 0; i < request->descriptors && !error; i++)
    error = posix_spawn_file_actions_adddup2(actions, request->sources[i], request->targets[i]);
  if (!error && request->directory) error = posix_spawn_file_actions_addchdir_np(actions, request->directory);
  if (error) return error;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (request->session) flags |= POSIX_SPAWN_SETSID;
  return posix_spawnattr_setflags(attributes, flags);
}

int linux_spawn(const struct linux_spawn *request, int *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return error;
  error = posix_spawnattr_init(&attributes);
  if (!error) {
    error = fill(request, &actions, &attributes);
    pid_t child = -1;
    if (!error) error = posix_spawn(&child, request->path, &actions, &attributes, request->arguments, request->environment);
    *pid = child;
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int linux_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int linux_pidfd_send(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0); }

int linux_collect(int pidfd, int *code) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result;
  do result = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
  while (result < 0 && errno == EINTR);
  if (result < 0) return -1;
  if (info.si_pid == 0) return 0;
  *code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  return 1;
}

int linux_collect_group(int group) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result;
  do result = waitid(P_PGID, (id_t)group, &info, WEXITED | WNOHANG);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -1 : info.si_pid != 0;
}

int linux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int linux_receive_descriptor(int socket) {
  char byte[256], control[CMSG_SPACE(sizeof(int))];
  struct iovec vector = {byte, sizeof byte};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
    errno = ENOMSG;
    return -1;
  }
  int descriptor;
  memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

void linux_grow_heap_by(int bytes) {
  mallopt(M_TOP_PAD, bytes);
  // Large blocks come from the heap as well; by itself, malloc would map each anew once the heap's growth is set.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  // More than the first heap has left, less than what malloc maps by itself: the heap grows now.
  void *volatile block = malloc(130000);
  free(block);
  uintptr_t end = (uintptr_t)sbrk(0), start = (end - bytes + 0x1fffff) & ~(uintptr_t)0x1fffff;
  if (start < end) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

int linux_keep_from_programs(unsigned first) { return close_range(first, ~0U, CLOSE_RANGE_CLOEXEC); }

int linux_set_window(int terminal, unsigned short columns, unsigned short rows) {
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  return ioctl(terminal, TIOCSWINSZ, &size);
}

int linux_raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit);
}

int linux_socket(int family, int type, int protocol) { return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol); }

int linux_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends); }

int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int linux_memory_file(void) { return memfd_create("wavetank", MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int linux_seal(int file) { return fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE); }
