#!/bin/sh
# The first process of a lab host, alone in its own mount, UTS, PID and network namespaces: it makes the host's view of
# the machine, starts its services, and then reaps children for as long as the host lives. Killing it is a power cut.
# $1: the host's folder, which holds host.env and everything that survives a reboot.
set -eu
folder=$1
here=$(dirname "$0")
. "$folder/host.env"

# /proc is still the machine's here, so this is the number by which the machine can kill this host; field 22 is its start.
read -r stat </proc/self/stat
set -- ${stat##*) }
printf '%s %s\n' "${stat%% *}" "${20}" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755,size=64m tmpfs /run
mkdir -p /run/sshd /run/lock /run/lab
for path in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
  mount --bind "$folder$path" "$path"
done
"$here/host-service.sh" "$folder" start storage
mount --bind "$LAB/hosts.txt" /etc/hosts
mount --bind "$LAB/ssh/ssh_config.d" /etc/ssh/ssh_config.d
# A locked root account would be refused by sshd; the lab's root has no password and is not locked.
mount --bind "$LAB/shadow" /etc/shadow
# What the machine's root has its shell do at every login is no business of a lab's host: it may wait for minutes (a version manager
# does, for a lock that a shell held when its host lost its power).
for file in ~root/.bashrc ~root/.zshenv; do
  if [ -e "$file" ]; then mount --bind /dev/null "$file"; fi
done
# boot_id is the kernel's, so one per machine; a reboot of this host must show as one.
cat /proc/sys/kernel/random/uuid >"$folder/boot_id"
mount --bind "$folder/boot_id" /proc/sys/kernel/random/boot_id
if [ -d /sys/class/dmi/id ]; then mount --bind "$folder/uuid" /sys/class/dmi/id/product_uuid 2>/dev/null || true; fi
hostname "$NAME"
if [ -p "$folder/watchdog" ]; then
  for file in watchdog watchdog_timeout; do
    : >"/run/lab/$file"
    mount --bind "$folder/$file" "/run/lab/$file"
  done
fi

for service in libvirtd sshd $MORE_SERVICES; do
  "$here/host-service.sh" "$folder" start "$service"
done
: >"$folder/booted"

# libvirt waits 40 s for each dead QEMU that nobody reaps.
while :; do
  sleep 3600 &
  wait $!
done
