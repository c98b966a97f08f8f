#!/bin/sh
# Starts or kills one service of a lab host: host-service.sh FOLDER start|kill|pause|continue libvirtd|sshd|etcd|storage
# Runs inside the host. Services are known by the pid of this host's own numbering, in /run/lab.
set -eu
folder=$1 action=$2 service=$3
. "$folder/host.env"
pid_file=/run/lab/$service.pid

# A shared folder that can hang for good: two layers of FUSE, as only a request that the upper one has taken and the lower,
# paused one never answers is out of the reach of SIGKILL. QEMU's locks do not hold across hosts there, as they do not on RBD.
# Serial logs are no part of it: the guests' truth must not hang.
start_fuse_storage() {
  mkdir -p /run/lab/storage
  for layer in "$SHARED /run/lab/storage" "/run/lab/storage /srv"; do
    set -- $layer
    setsid bindfs -f --multithreaded "$1" "$2" </dev/null >>"$folder/log/storage.log" 2>&1 &
    [ "$2" = /srv ] || echo $! >"$pid_file"
    until mountpoint -q "$2"; do sleep 0.01; done
  done
  mount --bind "$SHARED/serial" /srv/serial
}

start() {
  case $service in
    storage)
      if [ "$STORAGE" = fuse ]; then start_fuse_storage; else mount --bind "$SHARED" /srv; fi
      return
      ;;
    libvirtd) set -- /usr/sbin/libvirtd -l ;;
    sshd) set -- /usr/sbin/sshd -D -e -f "$folder/sshd_config" ;;
    etcd)
      set -- /usr/bin/etcd --name "$NAME" --data-dir "$folder/etcd" \
        --listen-client-urls "http://$ADDRESS:2379,http://127.0.0.1:2379" --advertise-client-urls "http://$ADDRESS:2379" \
        --listen-peer-urls "http://$ADDRESS:2380" --initial-advertise-peer-urls "http://$ADDRESS:2380" \
        --initial-cluster "$ETCD_CLUSTER" --initial-cluster-token "$LAB_NAME" \
        --quota-backend-bytes 67108864 --logger zap --log-outputs stderr
      ;;
    *)
      echo "host-service.sh: no service '$service'" >&2
      exit 2
      ;;
  esac
  setsid "$@" </dev/null >>"$folder/log/$service.log" 2>&1 &
  echo $! >"$pid_file"
}

case $action in
  start) start "$@" ;;
  kill) kill -9 "$(cat "$pid_file")" ;;
  pause) kill -STOP "$(cat "$pid_file")" ;;
  continue) kill -CONT "$(cat "$pid_file")" ;;
esac
