#include <archive.h>
#include <archive_entry.h>
#include <sys/xattr.h>

// glibc shows this only with _GNU_SOURCE.
extern int syncfs(int descriptor);
