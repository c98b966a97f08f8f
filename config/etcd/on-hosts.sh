# Sourced by bring-up and restore: hosts as NAME=ADDRESS, reached by ssh, on which etcd's settings are in $etc and its data in $data.
# shellcheck shell=sh

SSH=${SSH:-ssh -o BatchMode=yes -o ConnectTimeout=5}
tls='' user=root etc=/etc/yasco data=/var/lib/yasco-etcd

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# on ADDRESS COMMAND: COMMAND is what the remote shell reads as one script.
on() { $SSH "$user@$1" "$2"; }

name_of() { printf '%s' "${1%%=*}"; }
address_of() { printf '%s' "${1#*=}"; }
# An IPv6 address goes into brackets in a URL.
in_url() { case $1 in *:*) printf '[%s]' "$1" ;; *) printf '%s' "$1" ;; esac; }

# urls PORT HOST...: https://ADDRESS:PORT,...; members HOST...: NAME=https://ADDRESS:2380,...
scheme() { if [ -n "$tls" ]; then printf https; else printf http; fi; }
urls() {
  port=$1 list='' && shift
  for each in "$@"; do list="${list:+$list,}$(scheme)://$(in_url "$(address_of "$each")"):$port"; done
  printf '%s' "$list"
}
members() {
  list=''
  for each in "$@"; do list="${list:+$list,}$(name_of "$each")=$(urls 2380 "$each")"; done
  printf '%s' "$list"
}

# start_etcd HOST...: all are started before any is waited for: the first one is up only when a second one is.
start_etcd() {
  for each in "$@"; do
    sed "s|/etc/yasco|$etc|" "$here/yasco-etcd.service" | on "$(address_of "$each")" "
      set -e
      if [ -d /run/systemd/system ]; then
        cat >/etc/systemd/system/yasco-etcd.service
        systemctl daemon-reload
        systemctl enable yasco-etcd.service >/dev/null 2>&1
        systemctl start --no-block yasco-etcd.service
      else
        cat >/dev/null
        set -a && . '$etc/etcd.env' && set +a
        setsid etcd >>'$data.log' 2>&1 </dev/null &
        echo \$! >'$etc/etcd.pid'
        echo '   no systemd on $(name_of "$each"): etcd was started once, and will not come back after a boot'
      fi
    " || fail "$(name_of "$each"): etcd could not be started"
  done
}

stop_etcd() {
  on "$(address_of "$1")" "
    if [ -d /run/systemd/system ]; then systemctl stop yasco-etcd.service
    elif [ -e '$etc/etcd.pid' ]; then kill \$(cat '$etc/etcd.pid') 2>/dev/null; rm '$etc/etcd.pid'; sleep 1
    fi
    true
  "
}

# etcdctl for use on a host.
ctl() {
  printf "ETCDCTL_API=3 etcdctl --endpoints '%s'" "$(urls 2379 "$@")"
  [ -z "$tls" ] || printf " --cacert '%s/ca.crt' --cert '%s/etcd.crt' --key '%s/etcd.key'" "$etc" "$etc" "$etc"
}

# agree HOST...: waits until all members answer a read that needs a majority.
agree() {
  limit=$(($(date +%s) + 60))
  until health=$(on "$(address_of "$1")" "$(ctl "$@") --command-timeout 3s endpoint health" 2>&1 </dev/null); do
    # Where passwords are in use, nobody but root may read; that etcd says so is health enough.
    case $health in *"user name is empty"*) break ;; esac
    if [ "$(date +%s)" -ge $limit ]; then
      say "$health" >&2
      fail "they did not within 60 s: see 'journalctl -u yasco-etcd' on each host. Is TCP 2379 and 2380 open between them?"
    fi
    sleep 1
  done
  on "$(address_of "$1")" "$(ctl "$@") endpoint status -w table" 2>/dev/null | sed 's/^/   /'
}
