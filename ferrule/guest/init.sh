#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of a guest: makes the usual mounts, then runs the commands that come over a serial line, FERRULE_LINE.
#
# To the guest, a line each:      "run TOKEN COMMAND" (base64), "kill", "alive", "off"
# From it, each after byte 0x1e:  "ready", "end TOKEN STATUS", "alive"
# What else comes from it is the commands' output. One command runs at a time; everything said passes one FIFO, so that
# a command's output comes before its end, also when it leaves processes behind that go on holding its output open.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox HOME=/tmp

say() {
    printf '\036%s\n' "$*" >&4
}

# FOLDER: a tmpfs over it with the same folders in it, empty, for servers that want to write there.
cover() {
    [ -d "$1" ] || return
    (cd "$1" && find . -mindepth 1 -maxdepth 1 -type d -print0 | tar --null --no-recursion -T - -cf /tmp/folders) 2>/dev/null
    mount -t tmpfs -o mode=755 tmpfs "$1"
    tar -C "$1" -xf /tmp/folders
    rm -f /tmp/folders
}

# What the line says. It goes on while a command runs.
obey() {
    while read -r verb token command; do
        case $verb in
            run)
                echo "$command" | base64 -d >/run/command
                echo "$token" >&5
                ;;
            kill)
                running=$(cat /run/running)
                kill -KILL "-$running" "$running"
                ;;
            alive) say alive ;;
            off) break ;;
        esac
    done 2>/dev/null
    echo o >/proc/sysrq-trigger
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
grep -q ' /dev devtmpfs ' /proc/mounts || mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock
if ! [ -w / ]; then # the host's root, read-only
    mount -t tmpfs tmpfs /var/tmp
    for folder in /var/log /var/lib /var/cache; do cover $folder; done
fi

mkfifo /run/said /run/tokens
exec 3<>"$FERRULE_LINE" 4<>/run/said 5<>/run/tokens
stty raw -echo <&3
cat <&4 >&3 &
obey <&3 &
say ready

# Commands are run here, in the foreground: those of a background job would ignore SIGINT.
while read -r token <&5; do
    rm -f /run/running
    setsid sh -c 'echo $$ >/run/running; exec sh /run/command' </dev/null >&4 2>&1 3<&- 4>&- 5<&-
    say end "$token" $?
done
