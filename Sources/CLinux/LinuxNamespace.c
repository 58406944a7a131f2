#define _GNU_SOURCE
#include "LinuxNamespace.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int linux_unshare(int kinds) { return unshare(kinds); }

int linux_setns(int descriptor, int kind) { return setns(descriptor, kind); }

int linux_open_in_root(int root, const char *path, int flags, unsigned mode) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .mode = mode, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

int linux_open_same_mount(int directory, const char *name, int flags) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
  return (int)syscall(SYS_openat2, directory, name, &how, sizeof how);
}

int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  return mount(source, target, type, flags, data);
}

int linux_unmount(const char *target, int flags) { return umount2(target, flags); }

int linux_sync_file_system(int descriptor) { return syncfs(descriptor); }

long linux_file_system(const char *path) {
  struct statfs status;
  return statfs(path, &status) < 0 ? -1 : (long)status.f_type;
}

int linux_disk(const char *path, long long *total, long long *free_bytes) {
  struct statvfs status;
  if (statvfs(path, &status) < 0) return -1;
  *total = (long long)status.f_blocks * (long long)status.f_frsize;
  *free_bytes = (long long)status.f_bavail * (long long)status.f_frsize;
  return 0;
}
