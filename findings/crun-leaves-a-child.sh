#!/usr/bin/env bash
# crun 1.8.1 (Debian 12, amd64): every `crun run --detach` leaves a process of its own that nobody waits for.
#
# Expected: what starts detached containers through crun, and collects orphans itself (PR_SET_CHILD_SUBREAPER, as container managers
#           do, to hear how a container ended), has one more child for each container: its first process. crun has waited for its own.
# Seen:     it has two. The second one is crun itself, a process that crun has forked to make the container and not waited for: a
#           zombie with the name "crun", from before `crun run` returns until the container manager collects it. It is neither in a
#           namespace of the container nor in its process group, and its group is that of the `crun run` that has ended, so whoever
#           waits for the container's processes by number, descriptor or group misses it.
# Matters:  a daemon that waits only for what it has started or adopted by name keeps a zombie for each container it ever ran.
#
# Needs root. Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had, or this is not root.
set -euo pipefail
[ "$(id -u)" = 0 ] || exit 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
{ apt-get download -q crun=1.8.1-1+deb12u1 busybox-static || apt-get download -q crun=1.8.1-1+deb12u1 busybox-static; } >/dev/null 2>&1 || exit 3
for file in *.deb; do dpkg -x "$file" "$work/root"; done
# crun of this version refuses machines with both versions of control groups; the container has none.
seen=$(unshare -m bash -c 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec python3 - "$1"' _ "$work" <<'PY'
import ctypes, json, os, shutil, subprocess, sys, time

work = sys.argv[1]
bundle = work + "/bundle"
os.makedirs(bundle + "/rootfs/bin")
for place in ("proc", "dev"):
    os.makedirs(f"{bundle}/rootfs/{place}")
shutil.copy(work + "/root/bin/busybox", bundle + "/rootfs/bin/busybox")
kinds = ["pid", "mount", "ipc", "uts"]
with open(bundle + "/config.json", "w") as file:
    json.dump({
        "ociVersion": "1.0.2", "root": {"path": bundle + "/rootfs"},
        "process": {"args": ["/bin/busybox", "sleep", "1000"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {"namespaces": [{"type": kind} for kind in kinds]}}, file)
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
crun = [work + "/root/usr/bin/crun", "--cgroup-manager=disabled", "--root", work + "/state"]
null = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def children():
    found = []
    for child in open(f"/proc/self/task/{os.getpid()}/children").read().split():
        lines = open(f"/proc/{child}/status").read().splitlines()
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
        group = "its own group" if os.getpgid(int(child)) == int(child) else "another's group"
        namespaces = len(facts["NSpid"].split())
        found.append(f"{facts['Name'].strip()} {facts['State'].split()[0]} {namespaces} {group}")
    return sorted(found)


for name in ("a", "b"):
    starting = subprocess.Popen(crun + ["run", "--detach", "--bundle", bundle, name], start_new_session=True, **null)
    code = starting.wait()
    time.sleep(0.5)
    print(f"{name}: {code}; {'; '.join(children())}")
for name in ("a", "b"):
    subprocess.run(crun + ["delete", "--force", name], **null)
PY
)
echo "$seen"
[ "$seen" = "a: 0; busybox S 2 its own group; crun Z 1 another's group
b: 0; busybox S 2 its own group; busybox S 2 its own group; crun Z 1 another's group; crun Z 1 another's group" ]
