#!/bin/sh
# Starts or kills one service of a lab host: host-service.sh FOLDER start|kill|pause|continue libvirtd|sshd|etcd
# Runs inside the host. Services are known by the pid of this host's own numbering, in /run/lab.
set -eu
folder=$1 action=$2 service=$3
. "$folder/host.env"
pid_file=/run/lab/$service.pid

start() {
  case $service in
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
