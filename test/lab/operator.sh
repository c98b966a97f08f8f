#!/bin/sh
# Runs a command as the lab's operator would: knowing all hosts by name, with the lab's key and host keys for ssh.
# operator.sh LAB_FOLDER COMMAND...; the caller has entered the operator's network namespace and made new mount and UTS ones.
set -eu
lab=$1
shift
mount --bind "$lab/hosts.txt" /etc/hosts
mount --bind "$lab/ssh/ssh_config.d" /etc/ssh/ssh_config.d
mount -t sysfs sysfs /sys
hostname operator
exec "$@"
