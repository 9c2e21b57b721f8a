#!/usr/bin/env bash
# Makes the image that `sam local invoke` runs functions in (x86_64), from a few Debian packages.
# Then: sam local invoke --invoke-image engine-lambda:al2023 --skip-pull-image --docker-network host …
# It talks to the Docker of $DOCKER_HOST, or the system's. Needs Debian's apt and dpkg.
set -euo pipefail
image=engine-lambda:al2023

if docker image inspect "$image" >/dev/null 2>&1; then echo "$image"; exit; fi
fs=$(mktemp -d)
trap 'rm -rf "$fs"' EXIT

# The C library and a shell are all that the bootstraps and SAM's own additions need.
(cd "$fs" && apt-get download -qq libc6 libgcc-s1 busybox-static ca-certificates >/dev/null 2>&1) ||
    { echo "the packages cannot be had: run apt-get update" >&2; exit 1; }
mkdir -p "$fs"/root/{bin,tmp,opt,etc,root,var/task,var/runtime,var/rapid}
for package in "$fs"/*.deb; do dpkg-deb -x "$package" "$fs/root"; done
for name in $("$fs/root/bin/busybox" --list); do [ -e "$fs/root/bin/$name" ] || ln -s busybox "$fs/root/bin/$name"; done
echo 'root:x:0:0:root:/root:/bin/sh' >"$fs/root/etc/passwd"
chmod 1777 "$fs/root/tmp"

tar -C "$fs/root" -c . | docker import \
    --change 'WORKDIR /var/task' --change 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime PATH=/bin' \
    - "$image" >/dev/null
echo "$image"
