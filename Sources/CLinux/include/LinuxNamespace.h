#ifndef LINUX_NAMESPACE_H
#define LINUX_NAMESPACE_H
#include <stddef.h>
#include <sys/xattr.h>

// Kinds of namespace for linux_unshare and linux_setns.
#define LINUX_NAMESPACE_MOUNT 0x00020000
#define LINUX_NAMESPACE_NETWORK 0x40000000
#define LINUX_NAMESPACE_PROCESS 0x20000000
#define LINUX_NAMESPACE_HOST_NAME 0x04000000
#define LINUX_NAMESPACE_IPC 0x08000000
#define LINUX_SHARED_DIRECTORY 0x00000200

/// Leaves the named namespaces for new ones. Returns 0, or -1 with errno set.
int linux_unshare(int kinds);
/// Joins the namespace that `descriptor` refers to, for the calling thread only. Returns 0, or -1 with errno set.
int linux_setns(int descriptor, int kind);

/// The seccomp profile that podman gives containers by default, in JSON.
const char *linux_seccomp_profile(size_t *length);

/// Opens `path` as if `root` were "/": links and ".." never lead out of it. Close-on-exec. Returns the descriptor, or -1 with errno set.
int linux_open_in_root(int root, const char *path, int flags, unsigned mode);

/// Opens what is below `directory`, never through a link and never where something else is mounted (EXDEV), be it of the same
/// file system. Close-on-exec. Returns the descriptor, or -1 with errno set.
int linux_open_same_mount(int directory, const char *name, int flags);

/// O_PATH: names a file without opening it.
#define LINUX_OPEN_PATH 010000000

#define LINUX_MOUNT_BIND 4096
#define LINUX_MOUNT_RECURSIVE 16384
#define LINUX_MOUNT_PRIVATE (1 << 18)
#define LINUX_MOUNT_SLAVE (1 << 19)
#define LINUX_MOUNT_SHARED (1 << 20)
#define LINUX_MOUNT_READ_ONLY 1
#define LINUX_MOUNT_NO_SUID 2
#define LINUX_MOUNT_NO_DEVICES 4
#define LINUX_UNMOUNT_DETACH 2
#define LINUX_UNMOUNT_NO_FOLLOW 8

int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int linux_unmount(const char *target, int flags);
/// The overlay, cgroup2 or other magic number of the file system at `path`, or -1 with errno set.
long linux_file_system(const char *path);
/// Returns once the file system that holds the descriptor is on the disk; 0, or -1 with errno set.
int linux_sync_file_system(int descriptor);
#define LINUX_CGROUP2_MAGIC 0x63677270
/// Free and total bytes of the file system at `path`. Returns 0, or -1 with errno set.
int linux_disk(const char *path, long long *total, long long *free_bytes);

#endif
