#ifndef CLINUX_H
#define CLINUX_H
// Linux calls that glibc hides without _GNU_SOURCE, or that are macros or variadic and so invisible to Swift.

// Event loop (EdgeHTTP).
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "LinuxLinks.h"
#include "LinuxNamespace.h"
#include "LinuxProcess.h"

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. Returns the descriptor, or -1 with errno set.
int linux_accept(int listener);

#endif
