#!/usr/bin/env bash
# The default seccomp profiles of podman and of docker (Debian 12: golang-github-containers-common 0.50.1+ds1-4 and
# golang-github-docker-docker-dev 20.10.24+dfsg1-1+deb12u1, loaded with pyseccomp 0.1.2 of PyPI) differ in both directions.
#
# Expected: the default profile is much the same list everywhere: mount, unshare and the like need CAP_SYS_ADMIN, keyctl is off.
# Seen:     that is docker's. Podman's lets mount, umount2, unshare, fsopen, move_mount, pivot_root and keyctl pass without any
#           capability; but it does not know io_uring_setup, which docker's of this age lets pass. A call that is not listed
#           fails with ENOSYS under podman's ("there is no such call") and with EPERM under docker's.
#           The lists are read with the capabilities that a container has by default; then each is loaded into a process, which calls
#           unshare(0), which asks for nothing, and a number that no list has.
# Matters:  `seccompProfile: {type: RuntimeDefault}` is whatever the node's runtime brings. A workload with a sandbox of its own (a
#           browser, an image build) or with io_uring can run in a test cluster on one runtime and be refused on another. What the
#           kernel itself demands for these calls is demanded under both.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q golang-github-containers-common=0.50.1+ds1-4 golang-github-docker-docker-dev=20.10.24+dfsg1-1+deb12u1 \
  >/dev/null 2>&1 || { echo "apt-get cannot download them; apt-get update first?" >&2; exit 3; }
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target py pyseccomp==0.1.2 || exit 3
cat >profiles.py <<'PY'
import ctypes, errno, json, os, sys
import pyseccomp as seccomp

DEFAULT_CAPABILITIES = {"CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT").split()}
UNSHARE, UNKNOWN = 272, 999  # numbers on x86-64; no kernel has 999 calls

def applies(rule):
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    architectures = includes.get("arches")
    return (set(includes.get("caps", [])) <= DEFAULT_CAPABILITIES and not set(excludes.get("caps", [])) & DEFAULT_CAPABILITIES
            and (not architectures or "amd64" in architectures))

def allowed(profile):
    return {name for rule in profile["syscalls"] if applies(rule) and rule["action"] == "SCMP_ACT_ALLOW" and not rule.get("args")
            for name in rule["names"]}

def outcome(profile, names, number):
    """What a process under the profile gets from the system call: 0, or the name of the error."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        call = ctypes.CDLL(None, use_errno=True).syscall
        rules = seccomp.SyscallFilter(seccomp.ERRNO(profile.get("defaultErrnoRet", errno.EPERM)))
        for name in sorted(names):
            try:
                rules.add_rule(seccomp.ALLOW, name)
            except (ValueError, RuntimeError):
                pass  # a call of another architecture, or newer than this libseccomp
        rules.load()
        result = call(number, 0, 0)
        os.write(writer, ("0" if result == 0 else errno.errorcode[ctypes.get_errno()]).encode())
        os._exit(0)
    os.wait()
    return os.read(reader, 100).decode()

profiles = {name: json.load(open(path)) for name, path in zip(["podman", "docker"], sys.argv[1:])}
names = {name: allowed(profile) for name, profile in profiles.items()}
for call in "mount umount2 unshare fsopen move_mount pivot_root keyctl io_uring_setup".split():
    print(f"{call:15}", *(f"{name}: {'passes' if call in names[name] else 'stopped'}" for name in profiles))
for name, profile in profiles.items():
    print(f"under {name}'s: unshare(0) {outcome(profile, names[name], UNSHARE)},",
          f"a call not listed {outcome(profile, names[name], UNKNOWN)}")
PY
seen=$(PYTHONPATH=py python3 profiles.py usr/share/containers/seccomp.json \
  usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json)
expected="mount           podman: passes docker: stopped
umount2         podman: passes docker: stopped
unshare         podman: passes docker: stopped
fsopen          podman: passes docker: stopped
move_mount      podman: passes docker: stopped
pivot_root      podman: passes docker: stopped
keyctl          podman: passes docker: stopped
io_uring_setup  podman: stopped docker: passes
under podman's: unshare(0) 0, a call not listed ENOSYS
under docker's: unshare(0) EPERM, a call not listed EPERM"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: without a capability seven calls pass under podman's profile and not under docker's, and one the other way round."
