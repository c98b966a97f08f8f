# etcd loses one member, then its quorum, then all, and returns.
> 10.0 etcd lose 1
    13.0 warn  etcd's member http://10.0.0.112:2379 is gone (connection refused)
> 20.0 etcd lose 2
    20.0 error etcd does not answer: what it said last stays on the screen (etcd has no leader)
    20.0 warn  etcd's member http://10.0.0.109:2379 is gone (connection refused)
> 30.0 etcd lose 3
    30.0 warn  etcd's member http://10.0.0.127:2379 is gone (connection refused)
> 40.0 stop test
    40.0 info  test stopped on snailin (shutdown)
> 50.0 etcd return
    50.0 info  etcd's member http://10.0.0.112:2379 is back
    50.0 info  etcd's member http://10.0.0.109:2379 is back
    50.0 info  etcd's member http://10.0.0.127:2379 is back
    50.2 info  etcd answers again (after 30 s)
