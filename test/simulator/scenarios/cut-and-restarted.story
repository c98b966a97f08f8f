# A cable is cut, and its VM restarted elsewhere: when the cable is mended, it runs twice, and that is seen at once.
> 10.0 cut quark
    16.0 error quark does not answer; 3 VMs ran there (no sign of life for 6 s)
> 30.0 start win7-vmm2 snailin
    30.0 info  win7-vmm2 restarted on snailin, was on quark (its home is quark)
> 60.0 join quark
    60.0 info  quark answers again; 2 VMs run there (after 44 s)
    60.0 error win7-vmm2 RUNS TWICE: on quark and snailin (two copies of one VM destroy its disk: stop one of them at once)
