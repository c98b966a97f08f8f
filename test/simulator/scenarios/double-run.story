# The same VM is started on a second HWM while it runs.
> 10.0 start win7-vmm2 snailin
    10.1 error win7-vmm2 RUNS TWICE: on quark and snailin (two copies of one VM destroy its disk: stop one of them at once)
> 20.0 stop win7-vmm2
    20.0 warn  win7-vmm2 runs only once now, on snailin
