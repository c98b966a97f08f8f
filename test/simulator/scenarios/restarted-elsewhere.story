# Somebody restarts an HAVM elsewhere; when its HWM is back, the VM stays where it is: away.
> 10.0 kill quark
    16.0 error quark does not answer; 3 VMs ran there (no sign of life for 6 s)
> 20.0 start win7-vmm2 snailin
    20.0 info  win7-vmm2 restarted on snailin, was on quark (its home is quark)
> 40.0 rescue quark
    44.4 info  quark answers again; 2 VMs run there (after 28 s)
