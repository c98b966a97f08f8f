# A guest crashes, another is paused and goes on, a third is stopped.
> 10.0 crash test
    10.0 error test crashed on snailin (crashed)
> 20.0 pause win7-vmm2
    20.0 warn  win7-vmm2 is paused on quark (user)
> 30.0 resume win7-vmm2
    30.0 info  win7-vmm2 goes on, on quark
> 40.0 stop freebsd-vmm2
    40.0 info  freebsd-vmm2 stopped on quark (shutdown)
