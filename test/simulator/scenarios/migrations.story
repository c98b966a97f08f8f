# Two live migrations, one of them to an HWM that dies on the way.
> 10.0 migrate ubuntu-vmm2 quark
    10.0 info  ubuntu-vmm2 is on the move
    32.4 info  ubuntu-vmm2 moved to quark (its home is snailin)
> 50.0 migrate test quark
    50.0 info  test is on the move
> 51.0 kill quark
    57.0 error quark does not answer; 4 VMs ran there (no sign of life for 6 s)
    57.0 info  test stays on snailin
