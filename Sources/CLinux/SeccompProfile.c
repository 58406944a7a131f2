#include "LinuxNamespace.h"

// Debian's package golang-github-containers-common has it. Part of the program, which runs where that package is not installed.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const char profile[] = {
#embed "/usr/share/containers/seccomp.json"
};

const char *linux_seccomp_profile(size_t *length) {
  *length = sizeof profile;
  return profile;
}
