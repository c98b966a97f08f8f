# One HWM dies. It is down when it has been silent for 6 s, not before; rescued, it runs its VMs again.
> 10.0 kill quark
    16.0 error quark does not answer; 3 VMs ran there (no sign of life for 6 s)
> 60.0 rescue quark
    64.8 info  quark answers again; 3 VMs run there (after 49 s)
