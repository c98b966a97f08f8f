// The story that `yasco demo` tells: a bad quarter of an hour of the three hosts, and its good end.

export const FIRST_LOOK = `# Three hosts, seven VMs. Everything runs.
> 8.0 migrate ubuntu-vmm2 quark
# ubuntu-vmm2 moves while it runs: it is away from its home now.
> 40.0 kill quark
# quark loses its power. Nobody tells us: it only ceases to answer, and is called down when that has lasted.
> 55.0 start win7-vmm2 snailin
> 56.0 start ubuntu-vmm2 snailin
# Somebody restarts two of its VMs on snailin. The others wait.
> 75.0 rescue quark
# quark has power again. What waited for it runs again; win7-vmm2 is away from home.
> 100.0 migrate win7-vmm2 quark
# win7-vmm2 goes home.
> 130.0 etcd lose 1
# One of etcd's three members is lost: nothing else changes ...
> 140.0 etcd lose 2
# ... a second one, and etcd has no quorum: what it said last stays, with its age. The VMs do not care.
> 155.0 etcd return
> 165.0 cut andreys
# andreys' cable is cut. Its VM runs on, unseen.
> 185.0 join andreys
> 200.0 crash test
> 210.0 start test
# That was all. Type :help for what else can befall this cluster.
`
