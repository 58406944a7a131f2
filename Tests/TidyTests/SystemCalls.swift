/// The calls to the kernel that only EdgeLinux makes: files, processes, threads, sockets, clocks, and what machine this is.
enum SystemCalls {
  private static let names = Set(
    files + processes + [
      "pthread_create", "pthread_join", "pthread_detach", "pthread_sigmask", "sem_init", "sem_wait", "sem_post", "usleep",
      "sleep",
      "clock_gettime", "gettimeofday", "time", "uname", "sysconf", "statvfs",
      "socket", "bind", "listen", "connect", "accept", "accept4", "send", "recv", "shutdown", "setsockopt", "getsockopt",
      "getsockname", "getpeername", "getaddrinfo", "inet_pton", "inet_ntop", "epoll_create1", "epoll_ctl", "epoll_wait", "poll",
    ])

  private static let files = [
    "open", "openat", "creat", "read", "write", "pread", "pwrite", "close", "dup", "dup2", "fcntl", "ioctl", "isatty", "lseek",
    "ftruncate", "fsync", "fdatasync", "syncfs", "flock", "sendfile", "mmap", "munmap", "stat", "lstat", "fstat", "fstatat",
    "access", "mkdir", "mkdirat", "mkdtemp", "mkstemp", "mkfifo", "mkfifoat", "mknod", "mknodat", "rmdir", "unlink", "unlinkat",
    "rename", "link", "linkat", "symlink", "symlinkat", "readlink", "realpath", "chmod", "fchmod", "fchmodat", "chown", "fchown",
    "fchownat", "utimensat", "setxattr", "fsetxattr", "opendir", "fdopendir", "readdir", "closedir", "pipe", "pipe2", "eventfd",
    "eventfd_read", "eventfd_write", "fopen", "fread", "fwrite",
  ]
  private static let processes = [
    "posix_spawn", "fork", "execve", "execv", "waitpid", "waitid", "kill", "signal", "sigaction", "sigwait", "signalfd", "system",
  ]

  /// The schema's compiler runs while the program is built and links nothing of it; the core cannot reach the C library.
  private static func isExempt(_ file: SourceText) -> Bool {
    file.isCore || ["EdgeLinux", "SchemaCompiler"].contains(file.target)
  }

  /// SQLite, libarchive and OpenSSL make calls of their own inside: they are handed a path or a descriptor that EdgeLinux opened.
  /// The heap is no file, process, thread, socket or clock.
  static func violations(_ file: SourceText) -> [String] {
    if isExempt(file) { return [] }
    let ours = file.code.replacing("linux_grow_heap_by", with: "").contains("linux_") ? ["calls CLinux"] : []
    // A name of the library may be given to something else by the file itself.
    let calls = names.intersection(file.functionsCalled).filter { !file.declares($0) || file.code.contains("Glibc.\($0)(") }
    return calls.sorted().map { "calls \($0)" } + ours
  }
}
